"""Carry out changes on a resource in memory: pure, in order, and without touching what it is given."""

from collections.abc import Callable, Iterable, Mapping
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
from scim_server.protocol.errors import InvalidValue, NoTarget
from scim_server.protocol.errors import Mutability as MutabilityError
from scim_server.protocol.filters import matches_element
from scim_server.protocol.limits import MAX_MULTI_VALUES
from scim_server.protocol.values import comparable

Element = dict[str, Any]
# What is left of an element when its value is gone says nothing of its own (idp-wire E51).
_ACCESSORIES = {"type", "primary", "display"}


def apply(changes: Iterable[Change], resource: Mapping[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """Return the resource after the changes; raises NoTarget, InvalidValue, Mutability.

    `resource` holds canonical attributes, those of extensions under their URN. Later changes see what earlier ones
    did. Changes that change nothing return an equal dict.
    """
    result = dict(resource)
    for change in changes:
        _carry_out(change, result)
    return {name: result[name] for name in _order(result, resource_type)}


def _order(result: Mapping[str, Any], resource_type: ResourceType) -> list[str]:
    known = [attribute.name for attribute in resource_type.attributes if attribute.name in result]
    return known + [name for name in result if name not in set(known)]


def _carry_out(change: Change, resource: dict[str, Any]) -> None:
    path = change.path
    match change:
        case MergeAttribute(_, value) if path.attribute is None:
            held = resource.get(path.extension or "", {})
            resource[path.extension or ""] = {**held, **_merged_parts(held, value)}
        case RemoveAttribute(_) if path.attribute is None:
            resource.pop(path.extension or "", None)
        case MergeAttribute(_, value):
            _update(resource, path, lambda held: {**(held or {}), **value})
        case SetAttribute(_, value) if path.sub_attribute is not None:
            _update(resource, path, lambda held: _with_part(held or {}, path.sub_attribute, value))
        case SetAttribute(_, value):
            _update(resource, path, lambda _: _one_primary(value) if isinstance(value, list) else value)
        case RemoveAttribute(_) if path.sub_attribute is not None:
            _update(resource, path, lambda held: _without(held or {}, path.sub_attribute))
        case RemoveAttribute(_):
            _update(resource, path, lambda _: None)
        case AddValues(_, values):
            _update(resource, path, lambda held: _added(held or [], values, _attribute(path)))
        case RemoveValues(_, values):
            _update(resource, path, lambda held: _removed(held or [], values, _attribute(path)))
        case SetMatching():
            _update(resource, path, lambda held: _set_matching(held or [], change))
        case RemoveMatching():
            _update(resource, path, lambda held: _remove_matching(held or [], change))


def _update(resource: dict[str, Any], path: AttributePath, change: Callable[[Any], Any]) -> None:
    """Replace the value of the path's attribute; one that becomes empty is unassigned, an empty extension goes."""
    name = _attribute(path).name
    holder = dict(resource.get(path.extension, {})) if path.extension else resource
    value = change(holder.get(name))
    if value in (None, [], {}):
        holder.pop(name, None)
    else:
        holder[name] = value
    if path.extension and holder:
        resource[path.extension] = holder
    elif path.extension:
        resource.pop(path.extension, None)


def _attribute(path: AttributePath) -> Attribute:
    assert path.attribute is not None  # noqa: S101 - whole extensions are handled apart
    return path.attribute


def _merged_parts(held: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """Return new values of an extension's attributes, singular complex ones merged with what they were."""
    return {
        name: {**held[name], **new} if isinstance(new, dict) and isinstance(held.get(name), dict) else new
        for name, new in value.items()
    }


def _with_part(element: Mapping[str, Any], part: Attribute | None, value: Any) -> Element:
    assert part is not None  # noqa: S101
    held = element.get(part.name)
    if part.mutability is Mutability.IMMUTABLE and held is not None and held != value:
        raise MutabilityError(f"'{part.name}' cannot be changed once it is set.")
    return {**element, part.name: value}


def _without(element: Mapping[str, Any], part: Attribute | None) -> Element:
    return {name: value for name, value in element.items() if part is None or name != part.name}


def _identity(element: Any, attribute: Attribute) -> Any:
    """Return what two elements are the same by: their value and type where they have a value, else all they hold."""
    if not attribute.is_complex:
        return comparable(attribute, element)
    names = ("value", "type") if "value" in element else tuple(sorted(element))
    parts = ((name, attribute.sub_attribute(name)) for name in names if name in element)
    return tuple((name, comparable(part, element[name]) if part else element[name]) for name, part in parts)


def _added(held: list[Any], values: Iterable[Any], attribute: Attribute) -> list[Any]:
    result = list(held)
    places = {_identity(element, attribute): place for place, element in enumerate(result)}
    for value in values:
        place = places.setdefault(_identity(value, attribute), len(result))
        if place == len(result):
            result.append(value)
        elif isinstance(value, dict):
            result[place] = {**result[place], **value}
        if isinstance(value, dict) and value.get("primary"):
            result = _demoted(result, place)
    _check_number(result, attribute)
    return result


def _removed(held: list[Any], values: Iterable[Any], attribute: Attribute) -> list[Any]:
    return [element for element in held if not any(_is_named(element, value, attribute) for value in values)]


def _is_named(element: Any, value: Any, attribute: Attribute) -> bool:
    """Tell whether a value names an element: by its `value`, or where it has none by everything it says."""
    if not isinstance(value, dict) or not isinstance(element, dict):
        return bool(comparable(attribute, element) == comparable(attribute, value))
    names = ("value",) if "value" in value else tuple(value)
    for name in names:
        part = attribute.sub_attribute(name)
        if part is None or name not in element or comparable(part, element[name]) != comparable(part, value[name]):
            return False
    return True


def _set_matching(held: list[Any], change: SetMatching) -> list[Any]:
    attribute, part = _attribute(change.path), change.path.sub_attribute
    places = [place for place, element in enumerate(held) if matches_element(change.filter, element)]
    result = list(held)
    if not places:
        if change.template is None:
            raise NoTarget(f"The filter in '{attribute.name}[...]' selects no value.")
        places = [len(result)]
        result.append(dict(change.template))
    for place in places:
        if part is not None:
            result[place] = _with_part(result[place], part, change.value)
        else:
            result[place] = {**result[place], **change.value} if change.merge else dict(change.value)
    primaries = [place for place in places if result[place].get("primary")]
    if primaries:
        result = _demoted(result, primaries[0])
    _check_number(result, attribute)
    return result


def _remove_matching(held: list[Any], change: RemoveMatching) -> list[Any]:
    part = change.path.sub_attribute
    result = []
    for element in held:
        if not matches_element(change.filter, element):
            result.append(element)
        elif part is not None:
            rest = _without(element, part)
            if set(rest) - _ACCESSORIES:
                result.append(rest)
    return result


def _demoted(elements: list[Any], kept: int) -> list[Any]:
    """Return the elements with `kept` as the only primary one (RFC 7644 §3.5.2)."""
    return [
        {**element, "primary": False}
        if place != kept and isinstance(element, dict) and element.get("primary")
        else element
        for place, element in enumerate(elements)
    ]


def _one_primary(elements: list[Any]) -> list[Any]:
    primaries = [
        place for place, element in enumerate(elements) if isinstance(element, dict) and element.get("primary")
    ]
    return _demoted(elements, primaries[-1]) if len(primaries) > 1 else elements


def _check_number(elements: list[Any], attribute: Attribute) -> None:
    if len(elements) > MAX_MULTI_VALUES:
        raise InvalidValue(f"'{attribute.name}' may have {MAX_MULTI_VALUES} values.")
