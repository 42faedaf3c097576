"""PATCH paths (RFC 7644 §3.5.2): `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, with or without a URN."""

import re
from typing import NamedTuple

from scim_server.protocol.attributes import AttributePath, ResourceType
from scim_server.protocol.errors import InvalidFilter, InvalidPath
from scim_server.protocol.filters import parse_condition
from scim_server.protocol.filters.tree import Filter
from scim_server.protocol.limits import MAX_FILTER_BYTES

_NAME = r"[A-Za-z$][A-Za-z0-9_$-]*"
_PLAIN = re.compile(rf"(?:urn:[A-Za-z0-9:._-]+|{_NAME}(?:\.{_NAME})?)", re.IGNORECASE)
_SUB = re.compile(rf"\.({_NAME})")
# Details repeat no more of a client's path than this.
_SHOWN = 200


class UnknownAttribute(InvalidPath):
    """A well-formed path to an attribute that the schemas do not have; inside a value object it is passed over."""


class PatchPath(NamedTuple):
    """Where an operation points: at an attribute, or at those of its elements that fulfil the filter."""

    path: AttributePath
    filter: Filter | None = None


def parse_path(text: str, resource_type: ResourceType) -> PatchPath:
    """Return what a path points at; raises InvalidPath, and UnknownAttribute where it names nothing.

    A malformed filter in it is InvalidFilter (RFC 7644 §3.12).
    """
    if len(text) > MAX_FILTER_BYTES:
        raise InvalidPath(f"path is longer than {MAX_FILTER_BYTES} characters.")
    stripped = text.strip()
    head, bracket, rest = stripped.partition("[")
    if not _PLAIN.fullmatch(head):
        raise InvalidPath(
            f'path {_shown(text)} is not valid; write it like name.givenName or emails[type eq "work"].value.'
        )
    path = resource_type.resolve(head)
    if path is None:
        raise UnknownAttribute(f"path {_shown(text)} names an attribute that {resource_type.name} does not have.")
    return _with_filter(path, rest, text) if bracket else PatchPath(path)


def _with_filter(path: AttributePath, rest: str, text: str) -> PatchPath:
    condition, bracket, tail = rest.rpartition("]")
    attribute = path.attribute
    if not bracket or attribute is None or not attribute.is_complex or path.sub_attribute is not None:
        raise InvalidPath(f"path {_shown(text)} is not valid; only a complex attribute takes a filter in brackets.")
    try:
        found = parse_condition(condition, path)
    except InvalidFilter as error:
        raise InvalidFilter(f"path {_shown(text)}: {error.detail}") from None
    if not tail:
        return PatchPath(path, found)
    named = _SUB.fullmatch(tail)
    if named is None:
        raise InvalidPath(f"path {_shown(text)} is not valid after the bracket; name one sub-attribute there.")
    sub_attribute = attribute.sub_attribute(named.group(1))
    if sub_attribute is None:
        raise UnknownAttribute(f"path {_shown(text)} names a sub-attribute that '{attribute.name}' does not have.")
    return PatchPath(AttributePath(path.extension, attribute, sub_attribute), found)


def _shown(text: str) -> str:
    return ascii(text[:_SHOWN])
