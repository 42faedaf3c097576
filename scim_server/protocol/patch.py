"""PATCH operations of every dialect to the closed set of changes (RFC 7644 §3.5.2; idp-wire §1.3 to §3, §7).

Knows the schema, not the resource: `apply.py` and the Team service carry the changes out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType, Returned
from scim_server.protocol.bodies import kind
from scim_server.protocol.changes import (
    AddValues,
    Change,
    MergeAttribute,
    RemoveAttribute,
    RemoveMatching,
    RemoveValues,
    SetAttribute,
    SetMatching,
)
from scim_server.protocol.errors import InvalidSyntax, InvalidValue, Mutability, NoTarget, PayloadTooLarge, ScimError
from scim_server.protocol.filters import equality_template
from scim_server.protocol.filters.tree import Filter, Not, Shape, Unknown
from scim_server.protocol.folding import is_sent_unassigned, is_unassigned
from scim_server.protocol.limits import MAX_MEMBER_VALUES, MAX_PATCH_OPERATIONS
from scim_server.protocol.path import PatchPath, UnknownAttribute, parse_path
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.resources import load_element, load_value
from scim_server.protocol.schemas import GROUP

ADD, REMOVE, REPLACE = "add", "remove", "replace"
_OPS = (ADD, REMOVE, REPLACE)
_MEMBERS = GROUP.attribute("members")
# What `emails.value` without a filter means: a test that never fails, as `Unknown` never holds.
_EVERY_ELEMENT = Filter(Shape(Not(Unknown()), 0), ())


def compile_operations(
    operations: Sequence[Mapping[str, Any]], resource_type: ResourceType, quirks: Quirks
) -> tuple[Change, ...]:
    """Return the changes that the operations ask for, in order; neighbours that add to one attribute are one change.

    Each operation holds `op`, and `path` and `value` where the client gave them. Raises InvalidSyntax, InvalidPath,
    InvalidFilter, InvalidValue, Mutability and NoTarget with the position of the operation, PayloadTooLarge over a
    limit.
    """
    if len(operations) > MAX_PATCH_OPERATIONS:
        raise PayloadTooLarge(
            f"One PATCH may have {MAX_PATCH_OPERATIONS} operations, not {len(operations)}; split it into several."
        )
    compiler = _Compiler(resource_type, quirks)
    changes: list[Change] = []
    for position, operation in enumerate(operations):
        try:
            changes += compiler.compile(operation)
        except ScimError as error:
            raise type(error)(f"Operations[{position}]: {error.detail}") from None
    return tuple(_joined(changes))


# What the URNs of schemas begin with (RFC 7643 §10.2.1).
_SCHEMA_PREFIX = "urn:ietf:params:scim:schemas:"


class _Compiler:
    """Compiles the operations of one PATCH, and counts the members that they name."""

    def __init__(self, resource_type: ResourceType, quirks: Quirks) -> None:
        self.resource_type = resource_type
        self.quirks = quirks
        self.member_values = 0
        # Accepted and dropped wherever it comes from, Groups as well (product.md §6).
        self.dropped = {"password", f"{resource_type.schema.id}:password".lower()}

    def compile(self, operation: Mapping[str, Any]) -> Iterator[Change]:
        """Yield the changes of one operation."""
        op, path, value = self._op(operation.get("op")), operation.get("path"), operation.get("value")
        if path is not None and not isinstance(path, str):
            raise InvalidSyntax(f"'path' must be a string, not {kind(path)}.")
        if op != REMOVE and "value" not in operation:
            raise InvalidValue(f"'{op}' needs a 'value'; to unassign an attribute, send 'remove' with its path.")
        if not path or path.lower() == self.resource_type.schema.id.lower():
            yield from self._pathless(op, value)
            return
        if path.lower() in self.dropped:
            return
        try:
            target = parse_path(path, self.resource_type)
        except UnknownAttribute:
            # Entra sends a URN for each custom attribute that is mapped; refusing it would hold up the person's other
            # changes (idp-wire E46, E55, E66; product.md §6). A plain name is a mistake, and is told.
            if not path.lower().startswith(_SCHEMA_PREFIX):
                raise
            self.quirks.record(Quirk.UNKNOWN_ATTRIBUTE, path)
            return
        if _is_read_only(target.path):
            raise Mutability(f"'{target.path}' is read-only; leave it out.")
        yield from self._at(op, target, value)

    def _op(self, op: Any) -> str:
        folded = op.lower() if isinstance(op, str) else ""
        if folded not in _OPS:
            raise InvalidSyntax("'op' must be one of 'add', 'remove' and 'replace'.")
        if op != folded:
            self.quirks.record(Quirk.OPERATION_CASE, op)
        return folded

    def _pathless(self, op: str, value: Any) -> Iterator[Change]:
        """Yield the changes of an operation whose value names the attributes itself (idp-wire E61, O33, A5)."""
        if op == REMOVE:
            raise NoTarget("'remove' needs a 'path' that names what to remove.")
        self.quirks.record(Quirk.PATHLESS)
        yield from self._object(op, self._mapping(value, "Without a path, 'value'"), "")

    def _mapping(self, value: Any, what: str) -> Mapping[str, Any]:
        if isinstance(value, list) and len(value) == 1:
            self.quirks.record(Quirk.ARRAY_FOR_SINGULAR)
            value = value[0]
        if not isinstance(value, Mapping):
            raise InvalidValue(f"{what} must be an object of attributes, not {kind(value)}.")
        return value

    def _object(self, op: str, value: Mapping[str, Any], prefix: str) -> Iterator[Change]:
        """Yield a change for each key, which is a path by itself; `prefix` is the extension's that holds them."""
        for key, item in value.items():
            text = prefix + key
            folded = text.lower()
            if folded in self.dropped or key.lower() == "schemas":
                continue
            if folded == self.resource_type.schema.id.lower() and isinstance(item, Mapping):
                yield from self._object(op, item, "")
                continue
            try:
                target = parse_path(text, self.resource_type)
            except UnknownAttribute:
                self.quirks.record(Quirk.UNKNOWN_ATTRIBUTE, text)
                continue
            if _is_read_only(target.path):
                self.quirks.record(Quirk.READ_ONLY_ATTRIBUTE, str(target.path))
                continue
            if target.filter is not None or target.path.sub_attribute is not None:
                self.quirks.record(Quirk.PATH_AS_KEY, str(target.path))
            yield from self._at(op, target, item)

    def _at(self, op: str, target: PatchPath, value: Any) -> Iterator[Change]:
        """Yield the changes of one operation at one place."""
        path, attribute = target.path, target.path.attribute
        if any(part is not None and part.returned is Returned.NEVER for part in (attribute, path.sub_attribute)):
            # What nobody will ever see is not kept.
            return
        if attribute is None:
            yield from self._extension(op, path, value)
        elif target.filter is not None:
            yield from self._matching(op, path, target.filter, equality_template(target.filter), value)
        elif not attribute.multi_valued:
            yield from self._singular(op, path, value)
        elif path.sub_attribute is not None:
            yield from self._matching(op, path, _EVERY_ELEMENT, {}, value)
        else:
            yield from self._multi_valued(op, path, attribute, value)

    def _extension(self, op: str, path: AttributePath, value: Any) -> Iterator[Change]:
        if op == REMOVE or value in (None, "", []):
            yield RemoveAttribute(path)
        else:
            yield from self._object(op, self._mapping(value, f"'{path.extension}'"), f"{path.extension}:")

    def _singular(self, op: str, path: AttributePath, value: Any) -> Iterator[Change]:
        leaf = _leaf(path)
        if op == REMOVE or (is_sent_unassigned(leaf, value) and value != {}):
            yield _removal(path)
            return
        loaded = load_value(leaf, value, self.quirks, name=str(path))
        if not leaf.is_complex:
            yield _removal(path) if loaded is None else SetAttribute(path, loaded)
            return
        # What is null or empty inside a complex value unassigns that part alone (RFC 7644 §3.5.2.3) ...
        cleared = _cleared(path, leaf, value)
        if loaded is None and any(part.sub_attribute and part.sub_attribute.name == "value" for part in cleared):
            # ... but what has lost its value is nothing: Entra clears a manager so (idp-wire E50).
            yield _removal(path)
            return
        for part in cleared:
            yield _removal(part)
        if loaded is not None:
            yield MergeAttribute(path, loaded)

    def _multi_valued(self, op: str, path: AttributePath, attribute: Attribute, value: Any) -> Iterator[Change]:
        if value is None and op == REMOVE:
            yield _removal(path)
            return
        if isinstance(value, str) and attribute.is_complex and value:
            value = [value]
        if attribute is _MEMBERS:
            self._count_members(len(value) if isinstance(value, list) else 1)
        values = tuple(load_value(attribute, value, self.quirks, name=str(path)))
        if op == REPLACE:
            yield SetAttribute(path, list(values)) if values else _removal(path)
            return
        if op == REMOVE:
            # Entra and authentik name what is to go; nothing named is nothing removed (idp-wire E76, A6, 7.3).
            self.quirks.record(Quirk.REMOVE_WITH_VALUE, str(path))
        if values:
            yield RemoveValues(path, values) if op == REMOVE else AddValues(path, values)

    def _count_members(self, number: int) -> None:
        self.member_values += number
        if self.member_values > MAX_MEMBER_VALUES:
            raise PayloadTooLarge(f"One PATCH may name {MAX_MEMBER_VALUES} members; split it into several.")

    def _matching(
        self, op: str, path: AttributePath, filter_: Filter, template: dict[str, Any] | None, value: Any
    ) -> Iterator[Change]:
        """Yield the change of elements that fulfil a filter, or of one sub-attribute in them."""
        attribute, part = path.attribute, path.sub_attribute
        assert attribute is not None, "a filter stands behind an attribute"
        if attribute is _MEMBERS and (op != REMOVE or part is not None):
            raise Mutability("A member cannot be changed; remove it and add another (RFC 7643 §4.2).")
        if op == REMOVE and value is not None:
            self.quirks.record(Quirk.REMOVE_WITH_VALUE, str(path))
        if op == REMOVE or (is_sent_unassigned(part or attribute, value) and value != {}):
            if part is not None and part.required:
                raise _required(path)
            if (
                part is None
                and attribute.multi_valued
                and template
                and set(template) == {"value"}
                and template["value"]
            ):
                yield RemoveValues(path, (template,))
            else:
                yield RemoveMatching(path, filter_)
            return
        load, loaded_as = (load_value, part) if part else (load_element, attribute)
        loaded = load(loaded_as, value, self.quirks, name=str(path))
        if loaded is None:
            return
        # The filter's literals may come to be stored, so they have to be what the schema allows.
        created = load_element(attribute, template, self.quirks, name=str(path)) if template else template
        if part is not None:
            yield SetMatching(path, filter_, loaded, {} if template == {} else created, merge=True)
        else:
            # A whole element is replaced but never made by replace (RFC 7644 §3.5.2.3, idp-wire R38, 7.1); a bare
            # text is its value only.
            merge = op == ADD or not isinstance(value, Mapping)
            yield SetMatching(path, filter_, loaded, created if op == ADD else None, merge=merge)


def _leaf(path: AttributePath) -> Attribute:
    leaf = path.leaf
    assert leaf is not None, "an extension as a whole goes another way"
    return leaf


def _is_read_only(path: AttributePath) -> bool:
    return any(part is not None and part.is_read_only for part in (path.attribute, path.sub_attribute))


def _removal(path: AttributePath) -> RemoveAttribute:
    """Return the change that unassigns; raises Mutability for a required attribute (idp-wire R34)."""
    if _leaf(path).required:
        raise _required(path)
    return RemoveAttribute(path)


def _required(path: AttributePath) -> Mutability:
    return Mutability(f"'{path}' is required and cannot be unassigned; replace it by another value.")


def _cleared(path: AttributePath, leaf: Attribute, value: Any) -> list[AttributePath]:
    """Return the writable sub-attributes that a complex value unassigns."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    named = [(leaf.sub_attribute(key), item) for key, item in value.items()] if isinstance(value, Mapping) else []
    return [
        AttributePath(path.extension, path.attribute, sub_attribute)
        for sub_attribute, item in named
        if sub_attribute and not sub_attribute.is_read_only and is_unassigned(item)
    ]


def _joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes, with neighbours of one kind at one path made one: authentik adds members one by one."""
    kept: AddValues | RemoveValues | None = None
    values: list[Any] = []
    for change in changes:
        if kept is not None:
            if type(change) is type(kept) and change.path == kept.path:
                values += change.values
                continue
            yield type(kept)(kept.path, tuple(values))
            kept = None
        if isinstance(change, AddValues | RemoveValues):
            kept, values = change, list(change.values)
        else:
            yield change
    if kept is not None:
        yield type(kept)(kept.path, tuple(values))
