"""Carry out changes on a resource in memory: pure, in order, and without touching what it is given."""

from collections.abc import Iterable, Mapping
from typing import Any

from scim_server.protocol.attributes import Attribute, AttributePath, Mutability, ResourceType
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
from scim_server.protocol.elements import add_elements, is_primary, only_primary, remove_elements
from scim_server.protocol.errors import InvalidValue, NoTarget
from scim_server.protocol.errors import Mutability as MutabilityError
from scim_server.protocol.filters import matches_element
from scim_server.protocol.folding import is_unassigned
from scim_server.protocol.limits import MAX_MULTI_VALUES
from scim_server.protocol.schemas import GROUP

# An element that has nothing but these left says nothing any more (idp-wire E51).
_ACCESSORIES = {"type", "primary", "display"}
_MEMBERS = GROUP.attribute("members")


def apply(changes: Iterable[Change], resource: Mapping[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """Return the resource after the changes; each sees what those before it did (RFC 7644 §3.5.2).

    `resource` and the result hold canonical attributes, those of an extension under its URN. Changes that change
    nothing return an equal dict. Raises NoTarget, Mutability and InvalidValue.
    """
    result = dict(resource)
    for change in changes:
        path = change.path
        if path.attribute is None:
            result.pop(path.extension or "", None)
        elif path.extension is None:
            _update(result, path.attribute, change)
        else:
            holder = dict(result.get(path.extension, {}))
            _update(holder, path.attribute, change)
            _put(result, path.extension, holder)
    order = [
        *(attribute.name for attribute in resource_type.attributes),
        *(each.id for each in resource_type.extensions),
    ]
    return {name: result[name] for name in order if name in result}


def _update(holder: dict[str, Any], attribute: Attribute, change: Change) -> None:
    """Give one attribute its new value, checked for what holds whatever the change is."""
    held = holder.get(attribute.name)
    value = _changed(held, attribute, change)
    if attribute.mutability is Mutability.IMMUTABLE and held is not None and value != held:
        raise MutabilityError(f"'{change.path}' is immutable: once set it keeps its value.")
    if attribute.required and held is not None and is_unassigned(value):
        raise MutabilityError(f"'{change.path}' is required and cannot be unassigned; replace it by another value.")
    if attribute.multi_valued and attribute is not _MEMBERS and len(value or ()) > MAX_MULTI_VALUES:
        raise InvalidValue(f"'{change.path}' may have {MAX_MULTI_VALUES} values, not {len(value)}.")
    _put(holder, attribute.name, value)


def _put(holder: dict[str, Any], name: str, value: Any) -> None:
    if is_unassigned(value):
        holder.pop(name, None)
    else:
        holder[name] = value


def _changed(held: Any, attribute: Attribute, change: Change) -> Any:
    """Return the value of an attribute after a change, from the one it held before; None for no value."""
    match change:
        case SetAttribute(path, value):
            return _with(held or {}, {path.sub_attribute.name: value}, attribute) if path.sub_attribute else value
        case MergeAttribute(_, value):
            return _with(held or {}, value, attribute)
        case RemoveAttribute(path):
            return _without(held or {}, path, attribute) if path.sub_attribute else None
        case AddValues(_, values):
            return add_elements(held or [], values, attribute)
        case RemoveValues(_, values):
            return remove_elements(held or [], values, attribute)
        case SetMatching() | RemoveMatching():
            elements = held or [] if attribute.multi_valued else [held] if held else []
            if isinstance(change, SetMatching):
                changed = _set_matching(elements, attribute, change)
            else:
                changed = _remove_matching(elements, attribute, change)
            return changed if attribute.multi_valued else changed[0] if changed else None


def _with(element: Mapping[str, Any], parts: Mapping[str, Any], attribute: Attribute) -> dict[str, Any]:
    return _unless_immutable(element, {**element, **parts}, attribute)


def _without(element: Mapping[str, Any], path: AttributePath, attribute: Attribute) -> dict[str, Any]:
    name = path.sub_attribute.name if path.sub_attribute else ""
    return _unless_immutable(element, {key: value for key, value in element.items() if key != name}, attribute)


def _unless_immutable(before: Mapping[str, Any], after: dict[str, Any], attribute: Attribute) -> dict[str, Any]:
    """Return `after`; raises Mutability where it changes an immutable sub-attribute that was set (idp-wire R20)."""
    for part in attribute.sub_attributes:
        if part.mutability is Mutability.IMMUTABLE and before.get(part.name, after.get(part.name)) != after.get(
            part.name
        ):
            raise MutabilityError(f"'{attribute.name}.{part.name}' is immutable: remove the value and add another.")
    return after


def _set_matching(elements: list[dict[str, Any]], attribute: Attribute, change: SetMatching) -> list[dict[str, Any]]:
    part = change.path.sub_attribute
    parts = {part.name: change.value} if part else change.value
    result = list(elements)
    places = [place for place, element in enumerate(elements) if matches_element(change.filter, element)]
    if not places:
        created = _created(elements, attribute, change, parts)
        places, result = [len(result)], [*result, created]
    for place in places:
        held = result[place]
        changed = {**held, **parts} if part or change.merge else dict(parts)
        result[place] = _unless_immutable(held, changed, attribute)
    sets_primary = is_primary(parts) or (len(result) > len(elements) and is_primary(result[-1]))
    return only_primary(result, places[0]) if sets_primary else result


def _created(
    elements: list[dict[str, Any]], attribute: Attribute, change: SetMatching, parts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the element that a filter without a match describes (idp-wire 0.3, 7.1, 7.2)."""
    if change.template is None or (elements and not attribute.multi_valued):
        raise NoTarget(
            f"The filter at '{change.path}' selects no value; add one, or name it by 'eq' comparisons joined by 'and'."
        )
    return {**change.template, **parts}


def _remove_matching(
    elements: list[dict[str, Any]], attribute: Attribute, change: RemoveMatching
) -> list[dict[str, Any]]:
    result = []
    for element in elements:
        if not matches_element(change.filter, element):
            result.append(element)
        elif change.path.sub_attribute is not None:
            rest = _without(element, change.path, attribute)
            if set(rest) - _ACCESSORIES or len(rest) == len(element):
                result.append(rest)
    return result
