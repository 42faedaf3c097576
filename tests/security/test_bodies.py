"""Attacks through bodies and schemas (security catalogue BD01 to BD16), on both databases."""

import gzip
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from scim_server.protocol.limits import (
    MAX_BODY_BYTES,
    MAX_BULK_BODY_BYTES,
    MAX_BULK_OPERATIONS,
    MAX_INDEXED_STRING_LENGTH,
    MAX_JSON_DEPTH,
    MAX_MULTI_VALUES,
    MAX_STRING_LENGTH,
)
from tests.conftest import Cast
from tests.support.answers import assert_error, body
from tests.support.client import BULK, ENTERPRISE, GROUP, PATCH, SCIM, SEARCH, USER, ScimClient


def user(user_name: str = "ada", **attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **attributes}


def total(scim: ScimClient) -> int:
    """Return how many Users there are."""
    return int(body(scim.get("/Users?count=0"))["totalResults"])


def send(scim: ScimClient, data: bytes | str, path: str = "/Users", **headers: str) -> TestResponse:
    """POST bytes."""
    return scim.request("POST", path, data=data, headers=headers)


DEEP = {
    "arrays": "[" * 100_000,
    "closed arrays": "[" * 100_000 + "]" * 100_000,
    "objects": '{"a":' * 100_000,
    "in an attribute": '{"schemas":["x"],"userName":"a","x":' + "[" * 50_000 + "]" * 50_000 + "}",
    "one too deep": '{"schemas":["x"],"x":' + "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH + "}",
    "mixed": '{"a":[' * 20_000,
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Users/.search", "/.search", "/Bulk"])
def test_BD01_deep_json(scim: ScimClient, path: str, name: str) -> None:
    assert_error(send(scim, DEEP[name], path), 400, "invalidSyntax")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_BD01_deep_json_for_a_resource(cast: Cast, method: str) -> None:
    for deep in DEEP.values():
        assert_error(cast.acme.request(method, f"/Users/{cast.bob}", data=deep), 400, "invalidSyntax")


@pytest.mark.parametrize(
    ("path", "limit"), [("/Users", MAX_BODY_BYTES), ("/Users/.search", MAX_BODY_BYTES), ("/Bulk", MAX_BULK_BODY_BYTES)]
)
def test_BD02_big_body(scim: ScimClient, path: str, limit: int) -> None:
    for data in (b"x" * (limit + 1), b" " * 10_000_000, b'{"a":"' + b"x" * limit + b'"}'):
        assert_error(send(scim, data, path), 413)


def test_BD02_body_at_the_limit_is_read(scim: ScimClient) -> None:
    text = json.dumps(user())
    assert send(scim, text + " " * (MAX_BODY_BYTES - len(text))).status_code == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP", "x-unknown"])
def test_BD02_compressed_body(scim: ScimClient, encoding: str) -> None:
    bomb = gzip.compress(b"x" * 10_000_000)

    assert_error(send(scim, bomb, **{"Content-Encoding": encoding}), 415)


@pytest.mark.parametrize(
    "text",
    [
        '{{"schemas":["{0}"],"userName":"a","active":false,"active":true}}',
        '{{"schemas":["{0}"],"userName":"a","userName":"b"}}',
        '{{"schemas":["{0}"],"schemas":["{0}"],"userName":"a"}}',
        '{{"schemas":["{0}"],"userName":"a","name":{{"givenName":"x","givenName":"y"}}}}',
        '{{"schemas":["{0}"],"userName":"a","unknown":{{"x":1,"x":2}}}}',
        '{{"schemas":["{0}"],"userName":"a","\\u0061ctive":false,"active":true}}',
    ],
)
def test_BD03_duplicate_keys(scim: ScimClient, text: str) -> None:
    assert_error(send(scim, text.format(USER)), 400, "invalidSyntax")
    assert total(scim) == 0


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000, "1" + "0" * 400, "2e308"]
)
@pytest.mark.parametrize("attribute", ["title", "unknown", "active"])
def test_BD04_numbers_that_are_none(scim: ScimClient, attribute: str, number: str) -> None:
    text = f'{{"schemas":["{USER}"],"userName":"a","{attribute}":{number}}}'

    assert_error(send(scim, text), 400, "invalidSyntax")


VALID = json.dumps(user())
ENCODINGS = {
    "UTF-16": VALID.encode("utf-16"),
    "UTF-16LE": VALID.encode("utf-16-le"),
    "UTF-32": VALID.encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf" + VALID.encode(),
    "Latin-1": json.dumps(user("caf\u00e9"), ensure_ascii=False).encode("latin-1"),
    "overlong": VALID.encode().replace(b"ada", b"\xc0\xaf"),
    "encoded surrogate": VALID.encode().replace(b"ada", b"\xed\xa0\x80"),
    "cut": VALID.encode().replace(b"ada", b"\xe2\x82"),
    "lone surrogate": VALID.encode().replace(b"ada", b"\\ud800"),
    "surrogates the wrong way round": VALID.encode().replace(b"ada", b"\\udc00\\ud800"),
    "NUL": VALID.encode().replace(b"ada", b"a\\u0000b"),
    "raw NUL": VALID.encode().replace(b"ada", b"a\x00b"),
    "NUL in a key": VALID.encode().replace(b'"userName"', b'"x\\u0000":1,"userName"'),
    "lone surrogate in a key": VALID.encode().replace(b'"userName"', b'"\\ud800":1,"userName"'),
    "raw control character": VALID.encode().replace(b"ada", b"a\x07b"),
    "trailing garbage": VALID.encode() + b"x",
    "two documents": VALID.encode() * 2,
    "comment": VALID.encode() + b"// x",
    "single quotes": VALID.replace('"', "'").encode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_BD05_encodings(scim: ScimClient, name: str) -> None:
    assert_error(send(scim, ENCODINGS[name]), 400, "invalidSyntax")
    assert total(scim) == 0


@pytest.mark.parametrize("data", [b"", b" ", b"null", b"[]", b'"x"', b"5", b"true", b"[{}]", b'["schemas"]'])
def test_BD06_no_object(cast: Cast, data: bytes) -> None:
    requests = [("POST", "/Users"), ("POST", "/Groups"), ("POST", "/.search"), ("POST", "/Bulk")]
    requests += [(method, f"/Users/{cast.bob}") for method in ("PUT", "PATCH")]
    for method, path in requests:
        assert_error(cast.acme.request(method, path, data=data), 400, "invalidSyntax")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/xml",
        "application/scim",
        "application/scim+json, text/plain",
        "*/*",
        "",
        "application/json; charset=utf-16",
        "application/scim+json; charset=iso-8859-1",
        'application/json; charset="utf-7"',
    ],
)
def test_BD07_content_type(scim: ScimClient, content_type: str) -> None:
    assert_error(send(scim, VALID, **{"Content-Type": content_type}), 415)
    assert total(scim) == 0


@pytest.mark.parametrize(
    "content_type",
    [
        SCIM,
        "application/json",
        "application/json; charset=utf-8",
        'application/scim+json; charset="UTF-8"',
        "APPLICATION/SCIM+JSON",
        "application/json;odata=verbose",
    ],
)
def test_BD07_content_type_that_is_right(scim: ScimClient, content_type: str) -> None:
    assert send(scim, VALID, **{"Content-Type": content_type}).status_code == 201


MASS: dict[str, Any] = {
    "is_admin": True,
    "isAdmin": True,
    "admin": True,
    "organization_id": "x",
    "org_id": "x",
    "password_hash": "x",
    "_sa_instance_state": {},
    "__class__": "x",
    "__proto__": {"admin": True},
    "constructor": {"prototype": {}},
    "version": 99,
    "status": "ACTIVE",
    "role": "ORGANIZATION_OWNER",
    "source": "bootstrap",
    "is_idp_managed": False,
    "status_before": "ACTIVE",
    "document": "{}",
    "user_name_folded": "x",
    "created_at": "x",
}


def test_BD08_mass_assignment(cast: Cast) -> None:
    made = cast.acme.create_user("new", **MASS)
    put = body(cast.acme.put(f"/Users/{made['id']}", user("new", title="x", **MASS)))
    group = cast.acme.create_group("New", **MASS)

    assert set(made) == {"schemas", "id", "meta", "userName", "active"}
    assert set(put) == {"schemas", "id", "meta", "userName", "active", "title"}
    assert set(group) == {"schemas", "id", "meta", "displayName"}
    assert put["meta"]["version"] == 'W/"2"'


@pytest.mark.parametrize("name", [*MASS, "name.__class__", "emails.__init__", f"{USER}:role"])
def test_BD08_mass_assignment_by_patch(cast: Cast, name: str) -> None:
    before = cast.acme.get(f"/Users/{cast.bob}").get_data()

    by_path = cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": name, "value": "x"})
    cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "value": {name: "x"}})

    assert by_path.status_code in {200, 400}
    assert cast.acme.get(f"/Users/{cast.bob}").get_data() == before


@pytest.mark.parametrize(
    "twins",
    [
        {"userName": "a", "USERNAME": "b"},
        {"userName": "a", "username": "a"},
        {"userName": "a", "name": {"givenName": "x", "GIVENNAME": "y"}},
        {"userName": "a", "emails": [{"value": "a", "VALUE": "b"}]},
        {"userName": "a", "active": False, "Active": True},
        {"userName": "a", ENTERPRISE: {"department": "x"}, ENTERPRISE.upper(): {"department": "y"}},
        {"userName": "a", f"{USER}:userName": "b"},
    ],
)
def test_BD09_case_twins(scim: ScimClient, twins: dict[str, Any]) -> None:
    assert scim.post("/Users", {"schemas": [USER], **twins}).status_code == 400
    assert total(scim) == 0


@pytest.mark.parametrize("schemas", [None, [], "", USER, [GROUP], ["x"], [5], {}, [ENTERPRISE], [None]])
def test_BD10_wrong_schemas(scim: ScimClient, schemas: Any) -> None:
    sent = {"userName": "a"} if schemas is None else {"schemas": schemas, "userName": "a"}
    answer = scim.post("/Users", sent)

    # Some IdPs send one URN without its list around it; nothing else passes.
    assert answer.status_code == 400 or schemas == USER
    assert schemas == USER or assert_error(answer, 400, "invalidSyntax")


@pytest.mark.parametrize(
    "schemas", [[USER], [USER.upper()], [USER, "urn:example:more"], [USER, ENTERPRISE], [ENTERPRISE, USER]]
)
def test_BD10_right_schemas(scim: ScimClient, schemas: list[str]) -> None:
    made = body(scim.post("/Users", {"schemas": schemas, "userName": "a"}))

    assert made["schemas"] == [USER]


@pytest.mark.parametrize(("path", "urn"), [("/.search", SEARCH), ("/Bulk", BULK)])
def test_BD10_schemas_of_messages(scim: ScimClient, path: str, urn: str) -> None:
    for schemas in ([], [USER], ["x"], 5):
        assert_error(scim.post(path, {"schemas": schemas, "Operations": []}), 400, "invalidSyntax")
    assert scim.post(path, {"schemas": [urn.upper()], "Operations": []}).status_code == (200 if urn == SEARCH else 400)


@pytest.mark.parametrize(("sent", "stored"), [("True", True), ("False", False), ("true", True), ("false", False)])
def test_BD11_entras_booleans(scim: ScimClient, sent: str, stored: bool) -> None:
    assert scim.create_user("a", active=sent)["active"] is stored


WRONG: list[dict[str, Any]] = [
    {"active": "yes"},
    {"active": "FALSE "},
    {"active": "on"},
    {"active": 1},
    {"active": 0},
    {"active": {}},
    {"active": {"value": True}},
    {"active": [True, False]},
    {"active": [[True]]},
    {"userName": 5},
    {"userName": ["a", "b"]},
    {"userName": []},
    {"userName": {"value": "a"}},
    {"userName": True},
    {"userName": None},
    {"userName": ""},
    {"userName": "   "},
    {"name": "Ada"},
    {"name": ["Ada"]},
    {"name": {"givenName": {"x": 1}}},
    {"name": {"givenName": ["x", "y"]}},
    {"emails": "ada@example.com"},
    {"emails": 5},
    {"emails": [["a"]]},
    {"emails": [5]},
    {"emails": [{"value": {"x": 1}}]},
    {"emails": [{"value": "a", "primary": "yes"}]},
    {"title": {"x": 1}},
    {"title": ["x", "y"]},
    {ENTERPRISE: "x"},
    {ENTERPRISE: [1]},
    {ENTERPRISE: {"department": {"x": 1}}},
]


@pytest.mark.parametrize("attributes", WRONG, ids=str)
def test_BD11_wrong_types(scim: ScimClient, attributes: dict[str, Any]) -> None:
    answer = scim.post("/Users", {"schemas": [USER], "userName": "a", **attributes})

    assert_error(answer, 400, "invalidValue")
    assert total(scim) == 0


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"active": [True]}, {"active": True}),
        ({"title": ["x"]}, {"title": "x"}),
        ({"name": {"givenName": ["x"]}}, {"name": {"givenName": "x"}}),
        ({"title": {}}, {}),
        ({"title": []}, {}),
        ({"name": {"givenName": {}}}, {}),
        ({"emails": [{"value": {}}]}, {}),
        ({"emails": [None, {}]}, {}),
    ],
    ids=str,
)
def test_BD11_one_value_in_an_array_and_empty_objects_are_repaired(
    scim: ScimClient, sent: dict[str, Any], stored: dict[str, Any]
) -> None:
    made = scim.create_user("a", **sent)

    assert {name: value for name, value in made.items() if name not in {"schemas", "id", "meta", "userName"}} == {
        "active": True,
        **stored,
    }


def test_BD12_too_many_values(scim: ScimClient) -> None:
    emails = [{"value": f"{number}@x"} for number in range(10_000)]

    assert scim.post("/Users", user(emails=emails)).status_code in {400, 413}
    assert scim.post("/Users", user(emails=emails[: MAX_MULTI_VALUES + 1])).status_code in {400, 413}
    assert len(scim.create_user("many", emails=emails[:MAX_MULTI_VALUES])["emails"]) == MAX_MULTI_VALUES


def test_BD12_two_primaries(scim: ScimClient) -> None:
    """Refused, or one of them kept (idp-wire R18); never both."""
    emails = [{"value": "a", "primary": True}, {"value": "b", "primary": True}]

    answer = scim.post("/Users", user(emails=emails))

    if answer.status_code == 201:
        assert [email.get("primary") for email in body(answer)["emails"]].count(True) == 1
    else:
        assert_error(answer, 400, "invalidValue")


def test_BD12_same_value_twice_is_kept_or_made_one(scim: ScimClient) -> None:
    made = scim.create_user("a", emails=[{"value": "a", "type": "work"}, {"value": "a", "type": "work"}])

    assert made["emails"] in ([{"value": "a", "type": "work"}], [{"value": "a", "type": "work"}] * 2)
    assert body(scim.filter("/Users", 'emails.value eq "a"'))["totalResults"] == 1


@pytest.mark.parametrize(
    ("attributes", "bounded"),
    [
        ({"title": "x" * (MAX_STRING_LENGTH + 1)}, True),
        ({"displayName": "x" * (MAX_INDEXED_STRING_LENGTH + 1)}, True),
        ({"externalId": "x" * (MAX_INDEXED_STRING_LENGTH + 1)}, True),
        ({"userName": "x" * (MAX_INDEXED_STRING_LENGTH + 1)}, True),
        ({"userName": "\U0001f600" * (MAX_INDEXED_STRING_LENGTH + 1)}, True),
        ({"emails": [{"value": "x" * (MAX_INDEXED_STRING_LENGTH + 1)}]}, True),
        ({"title": "x" * MAX_STRING_LENGTH}, False),
        ({"displayName": "\U0001f600" * MAX_INDEXED_STRING_LENGTH}, False),
        ({"userName": "\U0001f600" * MAX_INDEXED_STRING_LENGTH}, False),
        # Folding makes three letters of this one.
        ({"userName": "\u0390" * MAX_INDEXED_STRING_LENGTH}, False),
        ({"emails": [{"value": "\U0001f600" * MAX_INDEXED_STRING_LENGTH, "type": "work"}]}, False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_BD12_long_strings(scim: ScimClient, attributes: dict[str, Any], bounded: bool) -> None:
    answer = scim.post("/Users", {"schemas": [USER], "userName": "a", **attributes})

    assert answer.status_code == (400 if bounded else 201), answer.get_data(as_text=True)[:500]


@pytest.mark.parametrize(
    "attributes",
    [
        {"emails": [{"value": "a", "type": "<script>alert(1)</script>"}]},
        {"profileUrl": "javascript:alert(1)"},
        {"photos": [{"value": "data:text/html,<script>"}]},
        {"displayName": "<img src=x onerror=alert(1)>"},
        {"userName": "=cmd()"},
        {"displayName": "{{7*7}}"},
        {"title": "\u202eevil\u200b"},
    ],
)
def test_BD13_hostile_text_is_only_text(scim: ScimClient, attributes: dict[str, Any]) -> None:
    made = scim.create_user(attributes.pop("userName", "a"), **attributes)

    answer = scim.get(f"/Users/{made['id']}")
    assert {name: body(answer)[name] for name in attributes} == attributes
    assert answer.content_type == SCIM
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_BD14_manager_loops_are_allowed_and_bounded(scim: ScimClient) -> None:
    """A manager is never checked (idp-wire E52): whoever follows managers has to stop."""
    first, second = scim.create_user("a")["id"], scim.create_user("b")["id"]
    for user_id, manager in ((first, first), (first, second), (second, first)):
        operation = {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": manager}}
        assert scim.patch(f"/Users/{user_id}", operation).status_code == 200

    assert body(scim.get("/Users"))["totalResults"] == 2


def test_BD14_foreign_manager_tells_nothing(cast: Cast) -> None:
    made = cast.acme.create_user("new", **{ENTERPRISE: {"manager": {"value": cast.charlie}}})

    manager = made[ENTERPRISE]["manager"]
    assert manager["value"] == cast.charlie
    assert "displayName" not in manager
    assert cast.elsewhere.organization_id not in json.dumps(made)


def test_BD15_put_with_another_id(cast: Cast) -> None:
    answer = cast.acme.put(f"/Users/{cast.bob}", user("bob@acme.example", id=cast.alice, active=True))

    # id is readOnly, and so it is ignored (RFC 7644 §3.5.1).
    assert body(answer)["id"] == cast.bob
    assert body(cast.acme.get(f"/Users/{cast.alice}"))["userName"] == "alice@acme.example"


@pytest.mark.parametrize("name", ["id", "meta", "meta.version", "schemas", "groups"])
def test_BD15_patch_of_what_is_read_only(cast: Cast, name: str) -> None:
    before = cast.acme.get(f"/Users/{cast.bob}").get_data()

    answer = cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": name, "value": "x"})

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or assert_error(answer, 400, "mutability")
    assert cast.acme.get(f"/Users/{cast.bob}").get_data() == before


def operation(index: int, method: str = "POST", path: str = "/Users", **data: Any) -> dict[str, Any]:
    return {"method": method, "path": path, "bulkId": str(index), "data": data or user(f"user{index}")}


def bulk(scim: ScimClient, *operations: dict[str, Any], **more: Any) -> TestResponse:
    return scim.post("/Bulk", {"schemas": [BULK], "Operations": list(operations), **more})


def statuses(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [result["status"] for result in body(answer)["Operations"]]


def test_BD16_one_operation_too_many(scim: ScimClient) -> None:
    config = body(scim.get("/ServiceProviderConfig"))["bulk"]
    assert config["maxOperations"] == MAX_BULK_OPERATIONS
    assert config["maxPayloadSize"] == MAX_BULK_BODY_BYTES

    detail = assert_error(bulk(scim, *(operation(index) for index in range(MAX_BULK_OPERATIONS + 1))), 413)

    assert str(MAX_BULK_OPERATIONS) in detail
    assert total(scim) == 0


def test_BD16_circle_of_bulk_ids(scim: ScimClient) -> None:
    """Each creation is promised its id, so a circle of managers resolves (RFC 7644 §3.7.1)."""
    people = [
        operation(index, **user(f"user{index}", **{ENTERPRISE: {"manager": {"value": f"bulkId:{1 - index}"}}}))
        for index in range(2)
    ]

    assert statuses(bulk(scim, *people)) == ["201", "201"]
    first, second = (body(scim.filter("/Users", f'userName eq "user{index}"'))["Resources"][0] for index in range(2))
    assert first[ENTERPRISE]["manager"]["value"] == second["id"]
    assert second[ENTERPRISE]["manager"]["value"] == first["id"]


def test_BD16_circle_of_groups(scim: ScimClient) -> None:
    groups = [
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": str(index),
            "data": {"schemas": [GROUP], "displayName": str(index), "members": [{"value": f"bulkId:{1 - index}"}]},
        }
        for index in range(2)
    ]

    found = statuses(bulk(scim, *groups))

    # A Group that is not there yet cannot be a member; a circle is never stored.
    assert set(found) <= {"201", "400", "409"}
    stored = body(scim.get("/Groups"))["Resources"]
    assert sum(len(group.get("members", [])) for group in stored) <= 1


@pytest.mark.parametrize("reference", ["bulkId:nobody", "bulkId:", "bulkId:1"])
def test_BD16_references_to_nothing(scim: ScimClient, reference: str) -> None:
    group = {"schemas": [GROUP], "displayName": "Team", "members": [{"value": reference}]}
    failing = operation(1, schemas=[USER], title="no userName")

    found = statuses(bulk(scim, failing, operation(2, path="/Groups", **group)))

    assert found[0] == "400"
    assert found[1] in {"201", "400", "409"}
    assert found[1] != "201" or "members" not in body(scim.get("/Groups"))["Resources"][0]


def test_BD16_forward_reference(scim: ScimClient) -> None:
    group = {"schemas": [GROUP], "displayName": "Team", "members": [{"value": "bulkId:2"}]}

    assert statuses(bulk(scim, operation(1, path="/Groups", **group), operation(2))) == ["201", "201"]
    (team,) = body(scim.get("/Groups"))["Resources"]
    (person,) = body(scim.get("/Users"))["Resources"]
    assert [member["value"] for member in team["members"]] == [person["id"]]


@pytest.mark.parametrize("limit", [0, -1, "x", 1.5, None])
def test_BD16_fail_on_errors_that_is_no_number_of_errors(scim: ScimClient, limit: Any) -> None:
    answer = bulk(scim, operation(1), failOnErrors=limit)

    assert answer.status_code == (200 if limit is None else 400)
    assert total(scim) == (1 if limit is None else 0)


def test_BD16_fail_on_errors(scim: ScimClient) -> None:
    wrong = [operation(index, schemas=[USER]) for index in range(3)]

    assert statuses(bulk(scim, *wrong, operation(9), failOnErrors=2)) == ["400", "400"]
    assert statuses(bulk(scim, *wrong, operation(9), failOnErrors=4)) == ["400", "400", "400", "201"]
    assert total(scim) == 1


@pytest.mark.parametrize(
    "path", ["/Bulk", "Bulk", "/bulk", "/Me", "/.search", "/Users/.search", "/Schemas", "/", "", "//"]
)
def test_BD16_paths_that_bulk_does_not_serve(scim: ScimClient, path: str) -> None:
    answer = bulk(scim, {**operation(1), "path": path})

    assert answer.status_code == 400 or statuses(answer)[0] in {"400", "404"}
    assert total(scim) == 0


def test_BD16_same_bulk_id_twice(scim: ScimClient) -> None:
    assert bulk(scim, operation(1), operation(1)).status_code == 400
    assert total(scim) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "TRACE", "", None, 5, "post; delete"])
def test_BD16_methods_that_bulk_does_not_have(scim: ScimClient, method: Any) -> None:
    assert_error(bulk(scim, {**operation(1), "method": method}), 400, "invalidSyntax")


def test_BD16_each_operation_is_atomic(cast: Cast) -> None:
    half = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "replace", "path": "title", "value": "x"},
            {"op": "replace", "path": "active", "value": "perhaps"},
        ],
    }
    before = cast.acme.get(f"/Users/{cast.bob}").get_data()

    found = bulk(
        cast.acme,
        {"method": "PATCH", "path": f"/Users/{cast.bob}", "data": half},
        operation(1, **user("bob@acme.example")),
        operation(2),
        {"method": "DELETE", "path": f"/Users/{cast.dora}"},
    )

    assert statuses(found) == ["400", "409", "201", "204"]
    assert cast.acme.get(f"/Users/{cast.bob}").get_data() == before
    assert_error(cast.acme.get(f"/Users/{cast.dora}"), 404)


def test_BD16_last_owner_in_bulk(cast: Cast) -> None:
    found = bulk(cast.acme, {"method": "DELETE", "path": f"/Users/{cast.alice}"}, operation(1))

    assert statuses(found) == ["409", "201"]
    assert cast.acme.get(f"/Users/{cast.alice}").status_code == 200
