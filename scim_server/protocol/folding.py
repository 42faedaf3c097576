"""Bring the keys of a JSON object to the names of the attribute table."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from scim_server.protocol.attributes import Attribute, Returned, Type
from scim_server.protocol.bodies import twins
from scim_server.protocol.quirks import Quirk, Quirks

# Clients echo or send these as a matter of course; dropping them is no news (idp-wire O23, O24, O28, O53).
_EXPECTED = frozenset({"schemas", "id", "meta", "groups", "password", "members.display"})


@lru_cache(maxsize=4096)
def table_of(attributes: tuple[Attribute, ...]) -> dict[str, Attribute]:
    """Return the attributes by name, both as the schema writes it and in lower case."""
    return {name: attribute for attribute in attributes for name in (attribute.name.lower(), attribute.name)}


def is_unassigned(value: Any) -> bool:
    """Tell whether a loaded value stands for no value: null, "", [] and {} (RFC 7643 §2.5)."""
    return not value and (value is None or isinstance(value, str | list | dict))


def is_sent_unassigned(attribute: Attribute, value: Any) -> bool:
    """Tell whether a client's value unassigns the attribute; [] and {} are no way to say so of a boolean."""
    if attribute.type is Type.BOOLEAN and not attribute.multi_valued:
        return value is None or value == ""
    return is_unassigned(value)


def fold_keys(
    pairs: Iterable[tuple[str, Any]], table: Mapping[str, Attribute], prefix: str, quirks: Quirks
) -> dict[str, Any]:
    """Return the assigned, writable attributes among `pairs` under their canonical names (RFC 7643 §2.1).

    Unknown and readOnly attributes are left out and recorded, `prefix` before their name (idp-wire 0.8, 7.20); those
    that are never returned (`password`) are left out, so that nobody stores them.
    Raises InvalidSyntax where two keys name one attribute.
    """
    result: dict[str, Any] = {}
    seen: dict[str, str] = {}
    for key, value in pairs:
        attribute = table.get(key) or table.get(key.lower())
        if attribute is None:
            _record(Quirk.UNKNOWN_ATTRIBUTE, prefix, key, quirks)
            continue
        if attribute.name in seen:
            raise twins(prefix + seen[attribute.name], prefix + key)
        seen[attribute.name] = key
        if attribute.is_read_only:
            _record(Quirk.READ_ONLY_ATTRIBUTE, prefix, attribute.name, quirks)
        elif attribute.returned is not Returned.NEVER and (value or not is_sent_unassigned(attribute, value)):
            result[attribute.name] = value
    return result


def _record(quirk: Quirk, prefix: str, name: str, quirks: Quirks) -> None:
    folded = name.lower()
    if folded != "schemas" and (prefix + folded) not in _EXPECTED:
        quirks.record(quirk, (prefix + name)[:200])
