"""Pages: what a query asks for, by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865), and the ListResponse around one.

Where RFC 9865 leaves a choice: `cursor` together with `startIndex` is `invalidCursor`; a count below 0 is 0 and one
over the maximum is the maximum, with a cursor as without; `invalidCount` is left to a count that is no integer, and
to whoever opens the cursor and finds another count in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from scim_server.protocol.errors import InvalidCount, InvalidCursor, InvalidFilter, InvalidValue
from scim_server.protocol.limits import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from scim_server.protocol.messages import LIST_RESPONSE, SearchRequest, read_sort_order, split_names

# No Organization has more resources; every database takes it as an offset.
LARGEST_START_INDEX = 2**31 - 1
_LONGEST_CURSOR = 2_048
_INTEGER = re.compile(r"\s*([+-]?)0*([0-9]+)\s*")
# RFC 9865 §2: unreserved characters of RFC 3986 only.
_CURSOR = re.compile(rf"[A-Za-z0-9._~-]{{0,{_LONGEST_CURSOR}}}")
_PARAMETERS = (
    "attributes",
    "excludedAttributes",
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of the results is asked for: `count` is within 0 and MAX_PAGE_SIZE.

    `cursor` is None for a page by index, "" for the first page by cursors, or what an earlier answer named.
    """

    start_index: int = 1
    count: int = DEFAULT_PAGE_SIZE
    cursor: str | None = None


def search_from_query(parameters: Mapping[str, Sequence[str]]) -> SearchRequest:
    """Return the search that the parameters of a URL ask for; unknown ones are ignored (idp-wire 0.7).

    A startIndex or count that is no number counts as not given (R52), a count beside a cursor raises InvalidCount.
    Raises InvalidFilter or InvalidValue for a parameter that is given twice (security FL18).
    """
    given: dict[str, str] = {}
    for name in [name for name in _PARAMETERS if name in parameters]:
        values = parameters[name]
        if len(values) > 1:
            error = InvalidFilter if name == "filter" else InvalidValue
            raise error(f"The parameter {name!r} is given {len(values)} times; give it once.")
        given[name] = values[0]
    count = _clamped(given.get("count"))
    if count is None and given.get("count") and "cursor" in given:
        raise InvalidCount("'count' must be an integer.")
    start_index = _clamped(given.get("startIndex"))
    if start_index is None and given.get("startIndex"):
        start_index = 1
    return SearchRequest(
        attributes=split_names(given.get("attributes", "")),
        excluded_attributes=split_names(given.get("excludedAttributes", "")),
        filter=given.get("filter") or None,
        sort_by=given.get("sortBy") or None,
        sort_order=read_sort_order(given.get("sortOrder", "")),
        start_index=start_index,
        count=count,
        cursor=given.get("cursor"),
    )


def page_request(search: SearchRequest) -> PageRequest:
    """Return the page that a search asks for, within the limits. Raises InvalidCursor."""
    count = DEFAULT_PAGE_SIZE if search.count is None else min(max(search.count, 0), MAX_PAGE_SIZE)
    if search.cursor is None:
        return PageRequest(min(max(search.start_index or 1, 1), LARGEST_START_INDEX), count)
    if search.start_index is not None:
        raise InvalidCursor("'cursor' and 'startIndex' exclude each other; send one of them.")
    if not _CURSOR.fullmatch(search.cursor):
        raise InvalidCursor
    return PageRequest(1, count, search.cursor)


def list_response(resources: Sequence[str], total: int | None, start_index: int = 1) -> bytes:
    """Return a ListResponse around documents that are JSON already, as a page by index (RFC 7644 §3.4.2)."""
    return _around(resources, {"totalResults": total, "startIndex": start_index})


def cursor_list_response(
    resources: Sequence[str],
    total: int | None,
    next_cursor: str | None = None,
    previous_cursor: str | None = None,
) -> bytes:
    """Return a ListResponse as a page by cursor; without `next_cursor` it is the last one (RFC 9865 §2)."""
    return _around(resources, {"totalResults": total, "nextCursor": next_cursor, "previousCursor": previous_cursor})


def _around(resources: Sequence[str], fields: Mapping[str, object]) -> bytes:
    envelope = {"schemas": [LIST_RESPONSE], "itemsPerPage": len(resources)}
    envelope |= {name: value for name, value in fields.items() if value is not None}
    # The documents are never parsed: reading a page costs a join (performance.md §2.4). They are encoded one by one, as
    # one letter beyond ASCII makes a whole text take several times as long, and most have none.
    documents = b",".join([text.encode() for text in resources])
    return b'%s,"Resources":[%s]}' % (orjson.dumps(envelope)[:-1], documents)


def _clamped(text: str | None) -> int | None:
    """Return an integer, a huge one as the largest that is of use, or None for anything else."""
    match = _INTEGER.fullmatch(text) if text else None
    if match is None:
        return None
    sign, digits = match.groups()
    # Python refuses to convert thousands of digits.
    number = min(int(digits[:11]), LARGEST_START_INDEX)
    return -number if sign == "-" else number
