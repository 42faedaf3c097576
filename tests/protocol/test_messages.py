"""PatchOp, SearchRequest and BulkRequest as clients write them (RFC 7644 §3.5.2, §3.4.3, §3.7)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import BulkResponse, ListResponse, ResourceType, User

from scim_server.protocol.discovery import resource_type_document
from scim_server.protocol.errors import InvalidSyntax, InvalidValue, PayloadTooLarge, ScimError
from scim_server.protocol.limits import MAX_BULK_OPERATIONS, MAX_PATCH_OPERATIONS
from scim_server.protocol.messages import (
    BULK_REQUEST,
    PATCH_OP,
    SEARCH_REQUEST,
    BulkOperation,
    BulkRequest,
    SearchRequest,
    _PatchOp,
    _plain_operations,
    bulk_message,
    list_message,
    load_bulk,
    load_patch,
    load_search,
)
from scim_server.protocol.schemas import GROUP, USER
from tests.protocol.examples import json_values


def patch(*operations: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def search(**parts: Any) -> dict[str, Any]:
    return {"schemas": [SEARCH_REQUEST], **parts}


def bulk(*operations: Any, **parts: Any) -> dict[str, Any]:
    return {"schemas": [BULK_REQUEST], "Operations": list(operations), **parts}


def post(**parts: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": "q", "data": {"userName": "a"}, **parts}


@pytest.mark.parametrize(
    ("operation", "loaded"),
    [
        pytest.param(
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "active", "value": "False"},
            id="E40",
        ),
        pytest.param(
            {"op": "replace", "value": {"active": False}},
            {"op": "replace", "path": None, "value": {"active": False}},
            id="O33",
        ),
        pytest.param({"op": "REMOVE", "path": "manager"}, {"op": "REMOVE", "path": "manager"}, id="E50"),
        pytest.param({"OP": "add", "Path": "x", "VALUE": [1]}, {"op": "add", "path": "x", "value": [1]}, id="R1"),
        pytest.param(
            {"op": "add", "path": None, "value": None}, {"op": "add", "path": None, "value": None}, id="nulls"
        ),
        pytest.param({"op": "add", "value": 0, "from": "x"}, {"op": "add", "path": None, "value": 0}, id="unknown key"),
    ],
)
def test_a_patch_operation_is_read(operation: dict[str, Any], loaded: dict[str, Any]) -> None:
    """`value` is there only where one was sent."""
    assert load_patch(patch(operation)) == [loaded]


def test_patch_operations_keep_their_order() -> None:
    operations = [{"op": "add", "path": f"a{number}", "value": number} for number in range(MAX_PATCH_OPERATIONS)]
    assert load_patch(patch(*operations)) == operations


@pytest.mark.parametrize("key", ["Operations", "operations", "OPERATIONS"])
def test_the_key_of_operations_has_any_letter_case(key: str) -> None:
    """idp-wire R25."""
    body = {"SCHEMAS": [PATCH_OP.upper()], key: [{"op": "remove", "path": "title"}], "other": 1}
    assert load_patch(body) == [{"op": "remove", "path": "title"}]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (None, "must be a PatchOp object, not null"),
        ([patch()], "must be a PatchOp object, not an array"),
        ({"Operations": [{"op": "remove", "path": "a"}]}, "'schemas' is missing"),
        (patch({"op": "add"}) | {"schemas": ["urn:x:y"]}, "'schemas' lacks"),
        ({"schemas": [PATCH_OP]}, "'Operations' is required."),
        (patch() | {"Operations": None}, "'Operations' is required."),
        (patch(), "'Operations' must hold at least one operation."),
        (patch() | {"Operations": {"op": "add"}}, "'Operations' must be an array of operations."),
        (patch(5), "must hold an object here, not a number"),
        (patch({"path": "a"}), "'Operations[0].op' is required."),
        (patch({"op": "add"}, {"op": 5}), "'Operations[1].op' must be a string."),
        (patch({"op": "move", "path": "a"}), "'Operations[0].op' must be 'add', 'remove' or 'replace'."),
        (patch({"op": "add", "path": ["a"]}), "'Operations[0].path' must be a string."),
        (patch({"op": "add", "OP": "add"}), "'op' and 'OP' name the same"),
        (patch({"op": "add"}) | {"operations": []}, "'Operations' and 'operations' name the same"),
    ],
)
def test_a_malformed_patch_is_refused(body: Any, detail: str) -> None:
    with pytest.raises(InvalidSyntax) as caught:
        load_patch(body)
    assert detail in caught.value.detail


def test_the_number_of_patch_operations_is_limited() -> None:
    operations = [{"op": "remove", "path": "title"}] * (MAX_PATCH_OPERATIONS + 1)
    with pytest.raises(PayloadTooLarge, match="1001 operations; at most 1000"):
        load_patch(patch(*operations))


@pytest.mark.parametrize(
    ("body", "loaded"),
    [
        (search(), SearchRequest()),
        (
            search(
                attributes=["userName", " name.givenName "],
                filter='title eq "x"',
                sortBy="userName",
                sortOrder="Descending",
                startIndex=3,
                count=10,
            ),
            SearchRequest(
                attributes=("userName", "name.givenName"),
                filter='title eq "x"',
                sort_by="userName",
                sort_order="descending",
                start_index=3,
                count=10,
            ),
        ),
        (
            search(excludedAttributes="members, name", COUNT=0),
            SearchRequest(excluded_attributes=("members", "name"), count=0),
        ),
        (search(cursor="", count=10), SearchRequest(cursor="", count=10)),
        (search(cursor=None, count=None, attributes=None, filter=None), SearchRequest()),
        (search(sortOrder="", startIndex=-5, domain="x"), SearchRequest(start_index=-5)),
    ],
)
def test_a_search_is_read(body: dict[str, Any], loaded: SearchRequest) -> None:
    """idp-wire R55, S5."""
    assert load_search(body) == loaded


@pytest.mark.parametrize(
    ("part", "value", "detail"),
    [
        ("attributes", 5, "'attributes' must be an array of strings."),
        ("attributes", ["a", None], "'attributes' must be an array of strings."),
        ("filter", 5, "'filter' must be a string."),
        ("count", "10", "'count' must be an integer."),
        ("count", 1.5, "'count' must be an integer."),
        ("startIndex", True, "'startIndex' must be an integer."),
        ("cursor", 1, "'cursor' must be a string."),
        ("schemas", [PATCH_OP], "'schemas' lacks"),
    ],
)
def test_a_malformed_search_is_refused(part: str, value: Any, detail: str) -> None:
    with pytest.raises(InvalidSyntax) as caught:
        load_search(search(**{part: value}))
    assert detail in caught.value.detail


def test_an_unknown_sort_order_is_refused() -> None:
    with pytest.raises(InvalidValue, match="'ascending' or 'descending'"):
        load_search(search(sortOrder="up"))


def test_a_bulk_request_is_read() -> None:
    """idp-wire R57."""
    body = bulk(
        post(),
        {"Method": "put", "path": "Users/1", "version": 'W/"3"', "DATA": {"a": 1}},
        {"method": "Patch", "path": "/Groups/bulkId:q", "bulkId": None, "data": patch()},
        {"method": "DELETE", "path": "/Users/2", "bulkId": "r"},
        failOnErrors=1,
    )
    assert load_bulk(body) == BulkRequest(
        (
            BulkOperation("POST", "/Users", "q", None, {"userName": "a"}),
            BulkOperation("PUT", "/Users/1", None, 'W/"3"', {"a": 1}),
            BulkOperation("PATCH", "/Groups/bulkId:q", None, None, patch()),
            BulkOperation("DELETE", "/Users/2", "r"),
        ),
        1,
    )


@pytest.mark.parametrize(
    ("body", "error", "detail"),
    [
        (bulk(), InvalidSyntax, "'Operations' must hold at least one operation."),
        (bulk(post()) | {"schemas": [PATCH_OP]}, InvalidSyntax, "'schemas' lacks"),
        (bulk(post(method="GET")), InvalidSyntax, "'Operations[0].method' must be POST, PUT, PATCH or DELETE."),
        (bulk(post(method=None)), InvalidSyntax, "'Operations[0].method' is required."),
        (bulk(post(path=None)), InvalidSyntax, "'Operations[0].path' is required."),
        (bulk(post(), post(bulkId=None)), InvalidSyntax, "'Operations[1].bulkId' is required for POST."),
        (bulk(post(bulkId="")), InvalidSyntax, "'Operations[0].bulkId' must not be empty."),
        (bulk(post(bulkId=5)), InvalidSyntax, "'Operations[0].bulkId' must be a string."),
        (bulk(post(data=None)), InvalidSyntax, "'Operations[0].data' is required for POST."),
        (bulk(post(data=[])), InvalidSyntax, "'Operations[0].data' must be an object."),
        (bulk(post(path="/Bulk")), InvalidSyntax, "Bulk requests do not nest"),
        (bulk(post(path="bulk/?x")), InvalidSyntax, "Bulk requests do not nest"),
        (bulk(post(), post()), InvalidValue, "The bulkId 'q' is used twice"),
        (bulk(post(), failOnErrors=0), InvalidValue, "'failOnErrors' must be 1 or more"),
        (bulk(post(), failOnErrors=-1), InvalidValue, "'failOnErrors' must be 1 or more"),
        (bulk(post(), failOnErrors="1"), InvalidSyntax, "'failOnErrors' must be an integer."),
        (bulk(post(), failOnErrors=True), InvalidSyntax, "'failOnErrors' must be an integer."),
    ],
)
def test_a_malformed_bulk_request_is_refused(body: Any, error: type[ScimError], detail: str) -> None:
    """BD16."""
    with pytest.raises(error) as caught:
        load_bulk(body)
    assert detail in caught.value.detail


def test_the_number_of_bulk_operations_is_limited() -> None:
    """BD16; idp-wire R59."""
    operations = [{"method": "DELETE", "path": "/Users/1"}] * MAX_BULK_OPERATIONS
    assert len(load_bulk(bulk(*operations)).operations) == MAX_BULK_OPERATIONS
    with pytest.raises(PayloadTooLarge, match="1001 operations; at most 1000"):
        load_bulk(bulk(*operations, *operations[:1]))


KEYS = st.sampled_from(
    ["op", "path", "value", "OP", "method", "bulkId", "data", "version", "attributes", "filter", "count", "sortOrder"]
)
OPERATIONS = st.lists(
    st.fixed_dictionaries({}, optional={"op": st.sampled_from(["Add", "x"]), "method": st.just("POST")})
    | st.dictionaries(KEYS, json_values(KEYS), max_size=6),
    max_size=3,
)


@pytest.mark.parametrize(
    ("load", "urn"), [(load_patch, PATCH_OP), (load_search, SEARCH_REQUEST), (load_bulk, BULK_REQUEST)]
)
@given(data=st.data())
def test_any_json_is_a_message_or_a_scim_error(load: Callable[[Any], Any], urn: str, data: st.DataObject) -> None:
    body = data.draw(json_values(KEYS) | st.dictionaries(KEYS, json_values(KEYS)))
    if isinstance(body, dict):
        body = {**body, "schemas": [urn], "Operations": data.draw(OPERATIONS | json_values(KEYS))}
    try:
        load(body)
    except ScimError as error:
        assert error.status in (400, 413)


def test_lists_and_bulk_answers_are_what_clients_parse() -> None:
    documents = [resource_type_document(each, "https://x.test/scim/v2/1") for each in (USER, GROUP)]
    parsed = ListResponse[ResourceType].model_validate(list_message(documents))
    assert (parsed.total_results, parsed.start_index, parsed.items_per_page) == (2, 1, 2)
    assert [each.id for each in parsed.resources or ()] == ["User", "Group"]
    answer = bulk_message([{"method": "POST", "bulkId": "q", "status": "201", "location": "https://x.test/Users/1"}])
    operations = BulkResponse[User].model_validate(answer).operations or []
    assert [operation.bulk_id for operation in operations] == ["q"]


def by_marshmallow(body: Any) -> Any:
    return _PatchOp().load(body)["operations"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "title", "value": "x"},
        {"op": "replace", "value": {"title": "x"}},
        {"op": "replace", "path": None, "value": None},
        {"op": "remove", "path": "title"},
        {"op": "remove", "path": "", "value": []},
    ],
)
def test_operations_that_need_no_repair_are_what_marshmallow_makes_of_them(operation: dict[str, Any]) -> None:
    body = patch(operation, {"op": "add", "path": "nickName", "value": 1})

    assert _plain_operations(body) == by_marshmallow(body) == load_patch(body)


@pytest.mark.parametrize(
    "body",
    [
        patch(),
        patch({"op": "Add", "path": "title", "value": "x"}),
        patch({"Op": "add", "path": "title", "value": "x"}),
        patch({"op": "add", "path": "title", "value": "x", "more": 1}),
        patch({"op": "add", "path": 5, "value": "x"}),
        patch({"op": ["add"], "value": "x"}),
        patch({"value": "x"}),
        patch("add"),
        {"schemas": [PATCH_OP], "Operations": {}},
        {"schemas": [PATCH_OP], "operations": []},
        {"schemas": [PATCH_OP.lower()], "Operations": []},
        {"Operations": []},
        [],
        None,
    ],
)
def test_all_other_messages_are_left_to_marshmallow(body: Any) -> None:
    assert not _plain_operations(body)
