"""The elements of a multi-valued attribute: which are the same, which one is primary; linear in their number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scim_server.protocol.attributes import Attribute
from scim_server.protocol.values import comparable


def add_elements(held: Sequence[Any], values: Iterable[Any], attribute: Attribute) -> list[Any]:
    """Return the elements with the values appended that are not there yet (RFC 7644 §3.5.2.1).

    A value that is there gains the sub-attributes that it lacked or that differ; the last value with primary true
    keeps it (idp-wire R18, R28).
    """
    result = list(held)
    known = _Known(attribute)
    for place, element in enumerate(result):
        known.note(element, place)
    primary = None
    for value in values:
        found = known.find(value)
        place = len(result) if found is None else found
        if found is None:
            result.append(value)
            known.note(value, place)
        elif attribute.is_complex:
            news = {name: part for name, part in value.items() if not _is_same(attribute, name, result[place], part)}
            if news:
                result[place] = {**result[place], **news}
                known.note(result[place], place)
        if is_primary(value):
            primary = place
    return result if primary is None else only_primary(result, primary)


def remove_elements(held: Sequence[Any], values: Iterable[Any], attribute: Attribute) -> list[Any]:
    """Return the elements without those that a value names, by its `value`, else by all that it holds."""
    wanted: dict[tuple[str, ...], set[Any]] = {}
    for value in values:
        names = _naming(value)
        wanted.setdefault(names, set()).add(_key(attribute, value, names))
    return [
        element
        for element in held
        if not any(_has(element, names) and _key(attribute, element, names) in keys for names, keys in wanted.items())
    ]


def is_primary(element: Any) -> bool:
    """Tell whether an element, or what is set in it, has primary true."""
    return isinstance(element, Mapping) and element.get("primary") is True


def only_primary(elements: list[Any], kept: int) -> list[Any]:
    """Return the elements with at most the one at place `kept` as primary (RFC 7644 §3.5.2)."""
    return [
        {**element, "primary": False} if place != kept and is_primary(element) else element
        for place, element in enumerate(elements)
    ]


class _Known:
    """Where the elements are, found by what makes two the same.

    Those with a `value` are the same where it is, and `type` too if both have one; others where all that the new one
    says is said by the old one.
    """

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.by_value: dict[Any, dict[Any, int]] = {}
        self.without_value: dict[int, Mapping[str, Any]] = {}

    def note(self, element: Any, place: int) -> None:
        if not isinstance(element, Mapping):
            self.by_value.setdefault(_plain(self.attribute, element), {}).setdefault(None, place)
        elif "value" in element:
            value, kind = _key(self.attribute, element, ("value",)), _key(self.attribute, element, ("type",))
            self.by_value.setdefault(value, {}).setdefault(kind, place)
        else:
            self.without_value[place] = self._plain_parts(element)

    def find(self, value: Any) -> int | None:
        if not isinstance(value, Mapping):
            return self.by_value.get(_plain(self.attribute, value), {}).get(None)
        if "value" not in value:
            parts = self._plain_parts(value).items()
            return next((place for place, known in self.without_value.items() if parts <= known.items()), None)
        same = self.by_value.get(_key(self.attribute, value, ("value",)), {})
        if "type" not in value:
            return next(iter(same.values()), None)
        return same.get(_key(self.attribute, value, ("type",)), same.get(_NO_TYPE))

    def _plain_parts(self, element: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _part(self.attribute, name, part) for name, part in element.items()}


_NO_TYPE = (None,)


def _naming(value: Any) -> tuple[str, ...]:
    """Return the names of the sub-attributes by which a value names elements; none for a simple value."""
    if not isinstance(value, Mapping):
        return ()
    return ("value",) if "value" in value else tuple(sorted(value))


def _has(element: Any, names: tuple[str, ...]) -> bool:
    return isinstance(element, Mapping) and all(name in element for name in names) if names else True


def _key(attribute: Attribute, element: Any, names: tuple[str, ...]) -> Any:
    if not names:
        return _plain(attribute, element)
    return tuple(_part(attribute, name, element.get(name)) for name in names)


def _is_same(attribute: Attribute, name: str, element: Mapping[str, Any], part: Any) -> bool:
    return name in element and bool(_part(attribute, name, element[name]) == _part(attribute, name, part))


def _part(attribute: Attribute, name: str, value: Any) -> Any:
    part = attribute.sub_attribute(name)
    return _plain(part, value) if part else value


def _plain(attribute: Attribute, value: Any) -> Any:
    """Return what a value is compared as; one stored under an earlier schema is compared as it stands."""
    try:
        return comparable(attribute, value)
    except ValueError:
        return None if value is None else repr(value)
