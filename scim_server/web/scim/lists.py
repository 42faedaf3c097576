"""Lists by GET and by POST /.search, for one resource type and for both at the root (RFC 7644 §3.4.2, §3.4.3)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, current_app

from scim_server.directory.listing import Asked, Lister, Listing
from scim_server.directory.ordering import parse_sort
from scim_server.directory.search import Query
from scim_server.protocol.errors import InvalidCursor, InvalidValue
from scim_server.protocol.filters import parse
from scim_server.protocol.messages import SearchRequest, load_search
from scim_server.protocol.paging import (
    PageRequest,
    cursor_list_response,
    list_response,
    page_request,
    search_from_query,
)
from scim_server.web.requests import query_parameters
from scim_server.web.scim.answers import json_answer, projection_of, resource_texts
from scim_server.web.scim.authentication import current_principal, current_witness
from scim_server.web.scim.blueprint import route
from scim_server.web.scim.bodies import body
from scim_server.web.scim.context import Kind, kind, organization_base

_COLLECTION = "/<any(Users, Groups):endpoint>"
_ENDPOINTS = ("Users", "Groups")


@route(_COLLECTION, "GET")
def list_resources(endpoint: str) -> Response:
    """List Users or Groups."""
    return _one_type(endpoint, search_from_query(query_parameters()))


@route(f"{_COLLECTION}/.search", "POST")
def search_resources(endpoint: str) -> Response:
    """List Users or Groups, with the parameters in the body."""
    return _one_type(endpoint, load_search(body()))


@route("", "GET")
def list_everything() -> Response:
    """List Users and Groups together."""
    return _all_types(search_from_query(query_parameters()))


@route("/.search", "POST")
def search_everything() -> Response:
    """List Users and Groups together, with the parameters in the body."""
    return _all_types(load_search(body()))


class _Part(NamedTuple):
    """The list of one type, as text, with what is left to skip and to take for the next type."""

    texts: list[str]
    listing: Listing


def _one_type(endpoint: str, asked: SearchRequest) -> Response:
    page = page_request(asked)
    part = _part(kind(endpoint), endpoint, asked, page, any_type=False)
    listing = part.listing
    if page.cursor is not None:
        return json_answer(cursor_list_response(part.texts, listing.total, listing.next_cursor))
    return json_answer(list_response(part.texts, listing.total, page.start_index))


def _all_types(asked: SearchRequest) -> Response:
    """Answer with Users first, then Groups; an attribute that a type lacks matches nothing there (idp-wire R50)."""
    page = page_request(asked)
    if page.cursor is not None:
        raise InvalidCursor("Lists over several resource types are paged by startIndex only.")
    if asked.sort_by:
        raise InvalidValue("sortBy needs one resource type; ask /Users or /Groups.")
    texts: list[str] = []
    total, skip = 0, page.start_index - 1
    for endpoint in _ENDPOINTS:
        left = PageRequest(start_index=skip + 1, count=page.count - len(texts))
        part = _part(kind(endpoint), endpoint, asked, left, any_type=True)
        texts += part.texts
        found = part.listing.total or 0
        total, skip = total + found, max(0, skip - found)
    return json_answer(list_response(texts, total, page.start_index))


def _part(resources: Kind, endpoint: str, asked: SearchRequest, page: PageRequest, *, any_type: bool) -> _Part:
    principal = current_principal()
    resource_type, mapping = resources.resource_type, resources.directory.mapping
    projection = projection_of(asked.attributes, asked.excluded_attributes, resource_type)
    query = Query(
        filter=parse(asked.filter, resource_type, lenient_unknown=any_type) if asked.filter is not None else None,
        sort=parse_sort(asked.sort_by, descending=asked.sort_order == "descending", resource_type=resource_type),
        count=page.count,
        derived=projection.returns(mapping.derived_name),
        witness=current_witness(),
    )
    base = organization_base(principal)
    extensions: Mapping[str, Any] = current_app.extensions
    lister = Lister(resources.directory, resource_type, base, extensions["scim_walks"], extensions["scim_cursors"])
    key = Asked(principal.organization_id, principal.token_id, endpoint, asked.filter, asked.sort_by, asked.sort_order)
    listing = lister.list(key, page, query)
    return _Part(resource_texts(resource_type, mapping, listing.rows, base, projection), listing)
