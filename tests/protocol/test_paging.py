"""Pages by index and by cursor, and the ListResponse around them (RFC 7644 §3.4.2.4, RFC 9865)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import ListResponse, User

from scim_server.protocol.errors import InvalidCount, InvalidCursor, InvalidFilter, InvalidValue, ScimError
from scim_server.protocol.limits import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from scim_server.protocol.messages import SearchRequest
from scim_server.protocol.paging import (
    LARGEST_START_INDEX,
    PageRequest,
    cursor_list_response,
    list_response,
    page_request,
    search_from_query,
)


def page(**parameters: str) -> PageRequest:
    return page_request(search_from_query({name: [value] for name, value in parameters.items()}))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, PageRequest(1, DEFAULT_PAGE_SIZE)),
        ({"startIndex": "3", "count": "10"}, PageRequest(3, 10)),
        ({"startIndex": "0"}, PageRequest(1)),
        ({"startIndex": "-5"}, PageRequest(1)),
        ({"startIndex": "abc"}, PageRequest(1)),
        ({"startIndex": "1.5"}, PageRequest(1)),
        ({"startIndex": ""}, PageRequest(1)),
        ({"startIndex": "\u0663"}, PageRequest(1)),
        ({"startIndex": "007"}, PageRequest(7)),
        ({"startIndex": " +7 "}, PageRequest(7)),
        ({"startIndex": "9" * 5000}, PageRequest(LARGEST_START_INDEX)),
        ({"startIndex": "-" + "9" * 5000}, PageRequest(1)),
        ({"count": "0"}, PageRequest(count=0)),
        ({"count": "-1"}, PageRequest(count=0)),
        ({"count": "abc"}, PageRequest()),
        ({"count": ""}, PageRequest()),
        ({"count": str(MAX_PAGE_SIZE + 1)}, PageRequest(count=MAX_PAGE_SIZE)),
        ({"count": "9" * 5000}, PageRequest(count=MAX_PAGE_SIZE)),
        ({"cursor": ""}, PageRequest(cursor="")),
        ({"cursor": "VZUTiy-_.~", "count": "10"}, PageRequest(1, 10, "VZUTiy-_.~")),
        ({"cursor": "", "count": "-1"}, PageRequest(1, 0, "")),
        ({"cursor": "", "count": "5000"}, PageRequest(1, MAX_PAGE_SIZE, "")),
    ],
)
def test_a_page_is_always_within_the_limits(parameters: dict[str, str], expected: PageRequest) -> None:
    """idp-wire R52, S1, S3."""
    assert page(**parameters) == expected


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"cursor": "x", "startIndex": "1"}, InvalidCursor),
        ({"cursor": "", "startIndex": "abc"}, InvalidCursor),
        ({"cursor": "a b"}, InvalidCursor),
        ({"cursor": "a="}, InvalidCursor),
        ({"cursor": "a\n"}, InvalidCursor),
        ({"cursor": "\u00e4"}, InvalidCursor),
        ({"cursor": "x" * 2049}, InvalidCursor),
        ({"cursor": "x", "count": "abc"}, InvalidCount),
        ({"sortOrder": "up"}, InvalidValue),
    ],
)
def test_what_a_cursor_cannot_have_is_refused(parameters: dict[str, str], error: type[ScimError]) -> None:
    """idp-wire S4, S7."""
    with pytest.raises(error):
        page(**parameters)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (SearchRequest(), PageRequest()),
        (SearchRequest(start_index=0, count=-3), PageRequest(1, 0)),
        (SearchRequest(start_index=2**62, count=2**62), PageRequest(LARGEST_START_INDEX, MAX_PAGE_SIZE)),
        (SearchRequest(cursor="", count=10), PageRequest(1, 10, "")),
    ],
)
def test_a_body_asks_for_a_page_too(search: SearchRequest, expected: PageRequest) -> None:
    """idp-wire S5."""
    assert page_request(search) == expected


def test_all_parameters_are_read_and_others_ignored() -> None:
    """idp-wire 0.7, R13."""
    parameters = {
        "attributes": ["userName, name.givenName,"],
        "excludedAttributes": ["emails"],
        "filter": ['userName eq "a"'],
        "sortBy": ["userName"],
        "sortOrder": ["DESCENDING"],
        "aadOptscim062020": ["", ""],
    }
    assert search_from_query(parameters) == SearchRequest(
        attributes=("userName", "name.givenName"),
        excluded_attributes=("emails",),
        filter='userName eq "a"',
        sort_by="userName",
        sort_order="descending",
    )


def test_empty_parameters_are_as_none() -> None:
    names = ("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count")
    assert search_from_query({name: [""] for name in names}) == SearchRequest()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("filter", InvalidFilter),
        ("count", InvalidValue),
        ("startIndex", InvalidValue),
        ("attributes", InvalidValue),
        ("cursor", InvalidValue),
        ("sortBy", InvalidValue),
    ],
)
def test_a_parameter_is_given_once(name: str, error: type[ScimError]) -> None:
    """FL18."""
    with pytest.raises(error, match=f"'{name}' is given 2 times"):
        search_from_query({name: ["a", "a"]})


@given(st.dictionaries(st.sampled_from(["startIndex", "count", "cursor", "sortOrder"]), st.text()))
def test_any_text_is_a_page_or_a_scim_error(parameters: dict[str, str]) -> None:
    try:
        asked = page(**parameters)
    except ScimError as error:
        assert error.status == 400
        return
    assert 1 <= asked.start_index <= LARGEST_START_INDEX
    assert 0 <= asked.count <= MAX_PAGE_SIZE


USERS = [{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": name, "userName": name} for name in "ab"]


def test_a_list_by_index_is_what_clients_parse() -> None:
    """idp-wire 0.10, R53."""
    text = list_response([json.dumps(each) for each in USERS], 7, 3)
    parsed = ListResponse[User].model_validate_json(text)
    assert (parsed.total_results, parsed.start_index, parsed.items_per_page) == (7, 3, 2)
    assert json.loads(text)["Resources"] == USERS


def test_an_empty_list_has_empty_resources() -> None:
    """idp-wire E4."""
    assert json.loads(list_response([], 0)) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ((5, "n", None), {"totalResults": 5, "nextCursor": "n"}),
        ((5, "n", "p"), {"totalResults": 5, "nextCursor": "n", "previousCursor": "p"}),
        ((None, None, "p"), {"previousCursor": "p"}),
    ],
)
def test_a_list_by_cursor_names_the_pages_that_there_are(arguments: Any, fields: dict[str, Any]) -> None:
    """idp-wire S2."""
    text = cursor_list_response([json.dumps(each) for each in USERS], *arguments)
    assert json.loads(text) == fields | {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "itemsPerPage": 2,
        "Resources": USERS,
    }
