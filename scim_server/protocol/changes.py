"""The closed set of changes that every PATCH dialect of every identity provider compiles to.

`path` never names a sub-attribute of a multi-valued attribute except together with a filter (`*Matching`). Values are
already loaded: typed, with canonical keys, without nulls.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from scim_server.protocol.attributes import AttributePath
from scim_server.protocol.filters.tree import Filter


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Set a simple attribute, a sub-attribute of a singular complex one, or a whole multi-valued list."""

    path: AttributePath
    value: Any


@dataclass(frozen=True, slots=True)
class MergeAttribute:
    """Set the named sub-attributes of a singular complex attribute; the others stay (RFC 7644 §3.5.2.3)."""

    path: AttributePath
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemoveAttribute:
    """Unassign an attribute, a sub-attribute of a singular complex one, or a whole extension."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class AddValues:
    """Append elements to a multi-valued attribute; those already there change nothing (RFC 7644 §3.5.2.1)."""

    path: AttributePath
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RemoveValues:
    """Remove the elements that have one of these as their `value`, or, of values without one, all that they say.

    The form of Entra and authentik (idp-wire E76, A6), and `members[value eq "..."]`.
    """

    path: AttributePath
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SetMatching:
    """Set `value` in the elements that match.

    `path.sub_attribute` names what is set; None replaces (op replace) or merges (op add) the element as a whole,
    where `value` is a dict. Without a match, `template` (from the filter's `eq` terms) becomes a new element with the
    value; no template means `noTarget`.
    """

    path: AttributePath
    filter: Filter
    value: Any
    template: dict[str, Any] | None
    merge: bool = False


@dataclass(frozen=True, slots=True)
class RemoveMatching:
    """Remove the elements that match, or of them `path.sub_attribute` only."""

    path: AttributePath
    filter: Filter


Change: TypeAlias = (
    SetAttribute | MergeAttribute | RemoveAttribute | AddValues | RemoveValues | SetMatching | RemoveMatching
)
