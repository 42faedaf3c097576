"""Read a filter into a tree and its literals; filters that differ in their literals alone are parsed once."""

from functools import lru_cache

from scim_server.protocol.attributes import AttributePath, ResourceType
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters.building import Builder, Plan
from scim_server.protocol.filters.grammar import read
from scim_server.protocol.filters.literals import lift
from scim_server.protocol.filters.tree import Filter
from scim_server.protocol.limits import MAX_FILTER_BYTES

# Identity providers send a handful of shapes; the bounds keep what an attacker invents below some ten MiB.
_MAX_PLANS = 1_000
_MAX_CACHED_LENGTH = 512


def parse(text: str, resource_type: ResourceType, *, lenient_unknown: bool = False) -> Filter:
    """Return the filter that `text` writes, over resources of this type (RFC 7644 §3.4.2.2).

    Filters of one shape and resource type share one `Shape` object as long as it is cached. Raises InvalidFilter for
    all that is no filter, is over a limit, compares what cannot be compared, or names an attribute that the type does
    not have; with `lenient_unknown`, for queries over several types, the latter becomes a test that is never true
    (RFC 7644 §3.4.2.1).
    """
    return _filter(text, resource_type, None, lenient_unknown)


def parse_condition(text: str, path: AttributePath) -> Filter:
    """Return the filter between the brackets of `path[...]` in a PATCH path (RFC 7644 §3.5.2).

    Its names are those of sub-attributes of `path`; its comparisons carry full paths. Raises InvalidFilter as `parse`
    does, and where `path` is no complex attribute.
    """
    if path.attribute is None or path.leaf is None or not path.leaf.is_complex:
        raise InvalidFilter(f"'{path}' has no sub-attributes that could be compared in square brackets.")
    return _filter(text, None, path, False)


def _filter(text: str, resource_type: ResourceType | None, scope: AttributePath | None, lenient: bool) -> Filter:
    # A character takes one to four bytes, so most texts need no encoding to be counted.
    if len(text) > MAX_FILTER_BYTES // 4 and len(text.encode("utf-8", "surrogatepass")) > MAX_FILTER_BYTES:
        raise InvalidFilter(f"The filter is longer than {MAX_FILTER_BYTES} bytes; split it into several queries.")
    key, literals = lift(text)
    find_plan = _cached_plan if len(key) <= _MAX_CACHED_LENGTH else _plan
    return find_plan(key, resource_type, scope, lenient).fill(literals)


def _plan(key: str, resource_type: ResourceType | None, scope: AttributePath | None, lenient: bool) -> Plan:
    return Builder(resource_type, scope, lenient).plan(read(key))


_cached_plan = lru_cache(_MAX_PLANS)(_plan)
