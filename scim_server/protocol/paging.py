"""Which page a list asks for, and the ListResponse around it (RFC 7644 §3.4.2.4, RFC 9865)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from scim_server.protocol.errors import InvalidCursor, InvalidFilter, InvalidValue
from scim_server.protocol.limits import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from scim_server.protocol.messages import LIST_SCHEMA, SearchRequest

# Beyond any list; keeps arithmetic and SQL within 64 bits.
MAX_START_INDEX = 2**53
_INTEGER = re.compile(r"\s*([+-]?)0*([0-9]{1,30})\s*")
# Parameters by their folded names; all others are ignored (idp-wire 0.7).
_PARAMETERS = {
    "attributes": "attributes",
    "excludedattributes": "excluded_attributes",
    "filter": "filter",
    "sortby": "sort_by",
    "sortorder": "sort_order",
    "startindex": "start_index",
    "count": "count",
    "cursor": "cursor",
}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page: by `start_index`, which counts from 1, or by `cursor` where it is not None ("" is the first page)."""

    start_index: int = 1
    count: int = DEFAULT_PAGE_SIZE
    cursor: str | None = None


def search_from_parameters(parameters: Mapping[str, Sequence[str]]) -> SearchRequest:
    """Return what query parameters ask for; raises InvalidFilter or InvalidValue for one that is given twice."""
    found: dict[str, str] = {}
    for name, values in parameters.items():
        known = _PARAMETERS.get(name.lower())
        if known is None:
            continue
        if len(values) > 1 or known in found:
            error = InvalidFilter if known == "filter" else InvalidValue
            raise error(f"{name} is given more than once.")
        found[known] = values[0]
    return SearchRequest(
        attributes=found.get("attributes"),
        excluded_attributes=found.get("excluded_attributes"),
        filter=found.get("filter"),
        sort_by=found.get("sort_by"),
        sort_order=found.get("sort_order"),
        start_index=found.get("start_index"),
        count=found.get("count"),
        cursor=found.get("cursor"),
    )


def page_request(asked: SearchRequest) -> PageRequest:
    """Return the page that is asked for.

    A startIndex below 1 or unreadable is 1; a count below 0 is 0, an unreadable one the default, a large one the
    maximum (idp-wire R52). Raises InvalidCursor for a cursor together with a startIndex (idp-wire S7), and
    InvalidValue for a sortOrder that is none.
    """
    if asked.sort_order is not None and asked.sort_order not in {"ascending", "descending"}:
        raise InvalidValue("sortOrder must be 'ascending' or 'descending'.")
    if asked.cursor is not None and asked.start_index is not None:
        raise InvalidCursor("Send either cursor or startIndex, not both.")
    count = _integer(asked.count)
    size = DEFAULT_PAGE_SIZE if count is None else min(max(count, 0), MAX_PAGE_SIZE)
    start = _integer(asked.start_index)
    return PageRequest(min(max(start or 1, 1), MAX_START_INDEX), size, asked.cursor)


def list_response(
    resources: Sequence[str],
    total: int | None,
    start_index: int | None = None,
    next_cursor: str | None = None,
) -> str:
    """Return a ListResponse around resources that are JSON text already; they are joined, not parsed.

    `total` is left out where it is None, as cursor pages may (RFC 9865 §2.1).
    """
    envelope: dict[str, object] = {"schemas": [LIST_SCHEMA]}
    if total is not None:
        envelope["totalResults"] = total
    if start_index is not None:
        envelope["startIndex"] = start_index
    envelope["itemsPerPage"] = len(resources)
    if next_cursor is not None:
        envelope["nextCursor"] = next_cursor
    head = orjson.dumps(envelope).decode()[:-1]
    return f'{head},"Resources":[{",".join(resources)}]}}'


def _integer(value: str | int | None) -> int | None:
    if value is None or isinstance(value, int):
        return value
    match = _INTEGER.fullmatch(value)
    return int(match.group(1) + match.group(2)) if match else None
