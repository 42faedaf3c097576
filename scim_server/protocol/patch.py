"""PATCH operations of every dialect to the closed set of changes (RFC 7644 §3.5.2; idp-wire §1.3 to §3).

Pure: knows the schema, not the resource. `apply.py` and the Team service carry the changes out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType
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
from scim_server.protocol.errors import InvalidSyntax, InvalidValue, Mutability, NoTarget, PayloadTooLarge
from scim_server.protocol.filters import equality_template
from scim_server.protocol.limits import MAX_MEMBER_VALUES, MAX_PATCH_OPERATIONS
from scim_server.protocol.path import PatchPath, UnknownAttribute, parse_path
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.resources import load_element, load_extension, load_value

ADD, REMOVE, REPLACE = "add", "remove", "replace"
_OPS = (ADD, REMOVE, REPLACE)
# Accepted and dropped wherever it comes from (product.md §6).
_PASSWORD = "password"  # noqa: S105 - the name of an attribute


def compile_operations(
    operations: Iterable[Mapping[str, Any]], resource_type: ResourceType, quirks: Quirks
) -> tuple[Change, ...]:
    """Return the changes that the operations ask for, in order.

    Each operation has `op`, and `path` and `value` where the client gave them. Raises InvalidSyntax, InvalidPath,
    InvalidFilter, InvalidValue, Mutability, NoTarget and PayloadTooLarge, each naming the operation's position.
    """
    compiler = _Compiler(resource_type, quirks)
    changes: list[Change] = []
    for position, operation in enumerate(operations):
        if position >= MAX_PATCH_OPERATIONS:
            raise PayloadTooLarge(f"A PATCH may have {MAX_PATCH_OPERATIONS} operations.")
        changes += compiler.compile(operation, position)
    return tuple(_merged(changes))


@dataclass
class _Compiler:
    resource_type: ResourceType
    quirks: Quirks

    def compile(self, operation: Mapping[str, Any], position: int) -> Iterator[Change]:
        """Yield the changes of one operation."""
        op = self._op(operation.get("op"), position)
        path, value = operation.get("path"), operation.get("value")
        if not path:
            yield from self._pathless(op, value, position)
            return
        if path.rpartition(":")[2].lower() == _PASSWORD:
            return
        target = parse_path(path, self.resource_type)
        _refuse_read_only(target.path, path)
        if op != REMOVE and "value" not in operation:
            raise InvalidValue(f"Operations[{position}]: '{op}' needs a value.")
        yield from self._at(op, target, value, has_value="value" in operation)

    def _op(self, op: Any, position: int) -> str:
        folded = op.lower() if isinstance(op, str) else ""
        if folded not in _OPS:
            raise InvalidSyntax(f"Operations[{position}].op must be one of {', '.join(_OPS)}.")
        if op != folded:
            self.quirks.record(Quirk.OPERATION_CASE, str(op))
        return folded

    def _pathless(self, op: str, value: Any, position: int) -> Iterator[Change]:
        """Yield the changes of an operation whose value names the attributes itself: each key is a path (E61)."""
        if op == REMOVE:
            raise NoTarget(f"Operations[{position}]: 'remove' needs a path.")
        if not isinstance(value, Mapping):
            raise InvalidValue(f"Operations[{position}]: without a path the value must be an object of attributes.")
        self.quirks.record(Quirk.PATHLESS)
        for key, item in value.items():
            if key.rpartition(":")[2].lower() == _PASSWORD:
                continue
            if key.lower() == self.resource_type.schema.id.lower() and isinstance(item, Mapping):
                yield from self._pathless(op, item, position)
                continue
            try:
                target = parse_path(key, self.resource_type)
            except UnknownAttribute:
                self.quirks.record(Quirk.UNKNOWN_ATTRIBUTE, key)
                continue
            if _is_read_only(target.path):
                self.quirks.record(Quirk.READ_ONLY_ATTRIBUTE, key)
                continue
            yield from self._at(op, target, item, has_value=True)

    def _at(self, op: str, target: PatchPath, value: Any, *, has_value: bool) -> Iterator[Change]:
        path, attribute = target.path, target.path.attribute
        if attribute is None:
            yield self._extension(op, path, value)
        elif target.filter is not None and attribute.multi_valued:
            yield from self._matching(op, target, value)
        elif target.filter is not None:
            # A filter on a singular attribute (E50): there is one element, and it is meant.
            yield from self._singular(op, path, value)
        elif attribute.multi_valued and path.sub_attribute is None:
            yield from self._multi_valued(op, path, attribute, value, has_value=has_value)
        elif attribute.multi_valued:
            # `emails.value` without a filter means the elements all together; there is no one value to set.
            everything = self._every_element(path, attribute)
            yield from self._matching(op, everything, value)
        else:
            yield from self._singular(op, path, value)

    def _every_element(self, path: AttributePath, attribute: Attribute) -> PatchPath:
        names = " or ".join(f"{sub.name} pr" for sub in attribute.sub_attributes)
        whole = AttributePath(path.extension, attribute)
        found = parse_path(f"{whole}[{names}]", self.resource_type).filter
        return PatchPath(path, found)

    def _extension(self, op: str, path: AttributePath, value: Any) -> Change:
        if op == REMOVE:
            return RemoveAttribute(path)
        loaded = load_extension(self.resource_type, path.extension or "", value, self.quirks)
        return MergeAttribute(path, loaded) if loaded else RemoveAttribute(path)

    def _singular(self, op: str, path: AttributePath, value: Any) -> Iterator[Change]:
        leaf = path.leaf
        assert leaf is not None  # noqa: S101 - a bare extension went another way
        loaded = None if op == REMOVE else load_value(leaf, value, self.quirks, name=str(path))
        if loaded is None:
            if leaf.required:
                raise Mutability(f"'{path}' is required and cannot be removed.")
            yield RemoveAttribute(path)
        elif isinstance(loaded, dict):
            # A null or empty text inside a complex value unassigns that part (RFC 7643 §2.5).
            yield from self._cleared_parts(path, leaf, value)
            yield MergeAttribute(path, loaded)
        else:
            yield SetAttribute(path, loaded)

    def _cleared_parts(self, path: AttributePath, leaf: Attribute, value: Any) -> Iterator[Change]:
        for key, item in value.items() if isinstance(value, Mapping) else ():
            sub_attribute = leaf.sub_attribute(key)
            if item in (None, "") and sub_attribute is not None and not sub_attribute.is_read_only:
                yield RemoveAttribute(AttributePath(path.extension, path.attribute, sub_attribute))

    def _multi_valued(
        self, op: str, path: AttributePath, attribute: Attribute, value: Any, *, has_value: bool
    ) -> Iterator[Change]:
        if op == REMOVE and (not has_value or value is None):
            yield RemoveAttribute(path)
            return
        loaded = tuple(load_value(attribute, value, self.quirks, name=str(path)))
        if op == REMOVE:
            # Entra and authentik name what to remove; nothing named is nothing removed (idp-wire 7.3).
            self.quirks.record(Quirk.REMOVE_WITH_VALUE, str(path))
            if loaded:
                yield RemoveValues(path, loaded)
        elif op == ADD:
            if loaded:
                yield AddValues(path, loaded)
        elif loaded:
            yield SetAttribute(path, list(loaded))
        else:
            yield RemoveAttribute(path)

    def _matching(self, op: str, target: PatchPath, value: Any) -> Iterator[Change]:
        path, found, attribute = target.path, target.filter, target.path.attribute
        assert attribute is not None  # noqa: S101
        assert found is not None  # noqa: S101
        template = equality_template(found)
        if path.sub_attribute is not None and path.sub_attribute.is_read_only:
            raise Mutability(f"'{path}' is read-only.")
        if op == REMOVE:
            if path.sub_attribute is None and template is not None and set(template) == {"value"}:
                yield RemoveValues(path, ({"value": template["value"]},))
            else:
                yield RemoveMatching(path, found)
            return
        if path.sub_attribute is not None:
            loaded = load_value(path.sub_attribute, value, self.quirks, name=str(path))
            if loaded is None:
                yield RemoveMatching(path, found)
            else:
                yield SetMatching(path, found, loaded, template, merge=True)
            return
        loaded = load_element(attribute, value, self.quirks, name=str(path))
        if loaded is None:
            yield RemoveMatching(path, found)
        else:
            # RFC 7644 §3.5.2.3: a replace whose filter selects nothing has no target.
            yield SetMatching(path, found, loaded, template if op == ADD else None, merge=op == ADD)


def _is_read_only(path: AttributePath) -> bool:
    return any(part is not None and part.is_read_only for part in (path.attribute, path.sub_attribute))


def _refuse_read_only(path: AttributePath, text: str) -> None:
    if _is_read_only(path):
        raise Mutability(f"'{text[:200]}' is read-only.")


def _merged(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes with neighbours of one kind on one attribute made one: authentik adds members one by one."""
    pending: AddValues | RemoveValues | None = None
    values: list[Any] = []
    members = 0
    for change in changes:
        if isinstance(change, AddValues | RemoveValues | SetAttribute) and _names_members(change.path):
            members += len(change.value if isinstance(change, SetAttribute) else change.values)
            if members > MAX_MEMBER_VALUES:
                raise PayloadTooLarge(f"members: one PATCH may name {MAX_MEMBER_VALUES} members.")
        if pending is not None and type(change) is type(pending) and change.path == pending.path:
            values += change.values
            continue
        if pending is not None:
            yield replace(pending, values=tuple(values))
            pending = None
        if isinstance(change, AddValues | RemoveValues):
            pending, values = change, list(change.values)
        else:
            yield change
    if pending is not None:
        yield replace(pending, values=tuple(values))


def _names_members(path: AttributePath) -> bool:
    return path.extension is None and path.attribute is not None and path.attribute.name == "members"
