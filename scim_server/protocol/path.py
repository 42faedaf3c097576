"""PATCH paths (RFC 7644 §3.5.2): `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, with or without a URN."""

import re
from dataclasses import dataclass

from scim_server.protocol.attributes import AttributePath, ResourceType
from scim_server.protocol.errors import InvalidFilter, InvalidPath
from scim_server.protocol.filters import parse_condition
from scim_server.protocol.filters.tree import Filter
from scim_server.protocol.limits import MAX_FILTER_BYTES

_NAME = r"[a-z$][a-z0-9_$-]*"
# The URN is matched whole here and taken apart by the resource type, which knows where it ends (idp-wire E45).
_PLAIN = re.compile(rf"urn:[a-z0-9:._$-]*[a-z0-9_$-]|{_NAME}(?:\.{_NAME})?", re.IGNORECASE | re.ASCII)
_SUB_ATTRIBUTE = re.compile(rf"\.({_NAME})", re.IGNORECASE | re.ASCII)
# A filter without brackets, but for those inside its strings.
_CONDITION = re.compile(r'(?:[^"\[\]]|"(?:[^"\\]|\\.)*")*', re.DOTALL)
_EXAMPLES = "write it like 'name.givenName' or 'emails[type eq \"work\"].value'"


class UnknownAttribute(InvalidPath):
    """A path that names nothing in the schemas; as a key of a value object it is passed over."""


@dataclass(frozen=True, slots=True)
class PatchPath:
    """Where an operation points: at an attribute, or at those of its elements that fulfil the filter."""

    path: AttributePath
    filter: Filter | None = None


def parse_path(text: str, resource_type: ResourceType) -> PatchPath:
    """Return what a path points at, in time linear to its length.

    Raises UnknownAttribute where it names nothing, InvalidPath where it is malformed or too long, and InvalidFilter
    for what stands between its brackets (RFC 7644 §3.12, idp-wire R39).
    """
    if len(text) > MAX_FILTER_BYTES // 4 and len(text.encode("utf-8", "surrogatepass")) > MAX_FILTER_BYTES:
        raise InvalidPath(f"The path is longer than {MAX_FILTER_BYTES} bytes; name one attribute with a short filter.")
    name, bracket, rest = text.strip().partition("[")
    path = resource_type.resolve(name) if _PLAIN.fullmatch(name) else None
    if path is None:
        raise UnknownAttribute(f"The path {_shown(text)} names no attribute of {resource_type.name}; {_EXAMPLES}.")
    return _with_filter(path, rest, text) if bracket else PatchPath(path)


def _with_filter(path: AttributePath, rest: str, text: str) -> PatchPath:
    """Return the path with what follows its opening bracket: `filter]` or `filter].sub`."""
    condition, bracket, following = rest.rpartition("]")
    if not bracket or not _CONDITION.fullmatch(condition):
        raise InvalidPath(f"The path {_shown(text)} needs one pair of square brackets; {_EXAMPLES}.")
    attribute = path.attribute
    if attribute is None or not attribute.is_complex or path.sub_attribute is not None:
        raise InvalidPath(f"The path {_shown(text)} puts a filter where there are no sub-attributes; {_EXAMPLES}.")
    try:
        found = parse_condition(condition, path)
    except InvalidFilter as error:
        raise InvalidFilter(f"The path {_shown(text)}: {error.detail}") from None
    if not following:
        return PatchPath(path, found)
    named = _SUB_ATTRIBUTE.fullmatch(following)
    if named is None:
        raise InvalidPath(f"The path {_shown(text)} goes on wrongly after its brackets; {_EXAMPLES}.")
    sub_attribute = attribute.sub_attribute(named.group(1))
    if sub_attribute is None:
        raise UnknownAttribute(f"The path {_shown(text)} names no sub-attribute of '{path}'.")
    return PatchPath(AttributePath(path.extension, attribute, sub_attribute), found)


def _shown(text: str) -> str:
    """Return the beginning of a client's text, harmless to print."""
    return ascii(text[:200])
