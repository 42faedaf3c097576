"""Read a filter into a tree and its literals."""

from scim_server.protocol.attributes import AttributePath, ResourceType
from scim_server.protocol.filters.tree import Filter


def parse(text: str, resource_type: ResourceType, *, lenient_unknown: bool = False) -> Filter:
    """Return the filter that `text` writes, over resources of this type (RFC 7644 §3.4.2.2)."""
    raise NotImplementedError


def parse_condition(text: str, path: AttributePath) -> Filter:
    """Return the filter between the brackets of `path[...]` (RFC 7644 §3.5.2)."""
    raise NotImplementedError
