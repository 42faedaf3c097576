"""An extension that an Organization registers behaves over SCIM as the built-in ones do (RFC 7643 §3.3)."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from scim_server.database.engines import dispose_engines
from scim_server.organizations.schemas import register_extension, remove_extension
from tests.conftest import OPERATOR, Organization, make_app
from tests.support.client import ENTERPRISE, GROUP, USER, ScimClient

URN = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
TEXT = {"name": "value", "type": "string"}
ATTRIBUTES: list[dict[str, Any]] = [
    {"name": "badge", "type": "string", "canonicalValues": ["alpha-1", "beta"]},
    {"name": "level", "type": "integer"},
    {"name": "rate", "type": "decimal"},
    {"name": "remote", "type": "boolean"},
    {"name": "since", "type": "dateTime"},
    {"name": "page", "type": "reference", "referenceTypes": ["external"], "caseExact": True},
    {
        "name": "desk",
        "type": "complex",
        "subAttributes": [{"name": "building", "type": "string"}, {"name": "floor", "type": "integer"}],
    },
    {
        "name": "skills",
        "type": "complex",
        "multiValued": True,
        "subAttributes": [TEXT, {"name": "years", "type": "integer"}],
    },
    {"name": "tags", "type": "string", "multiValued": True},
]
DOCUMENT = {"id": URN, "name": "Acme", "attributes": ATTRIBUTES}
ADA = {
    "badge": "Alpha-1",
    "level": 3,
    "rate": 1.5,
    "remote": True,
    "since": "2024-01-15T08:00:00Z",
    "page": "https://acme.example/Ada",
    "desk": {"building": "North", "floor": 2},
    "skills": [{"value": "SQL", "years": 5}, {"value": "Go", "years": 1}],
    "tags": ["Red", "blue"],
}
BOB = {
    "badge": "beta",
    "level": 10,
    "rate": 10.25,
    "remote": False,
    "since": "2025-06-30T23:30:00+02:00",
    "page": "https://acme.example/bob",
    "desk": {"building": "South", "floor": 10},
    "skills": [{"value": "sql", "years": 1}],
    "tags": ["green"],
}


@pytest.fixture
def acme(scim: ScimClient, organization: Organization) -> ScimClient:
    """Give a client of an Organization that has the extension."""
    register_extension(organization.id, OPERATOR, resource_type="User", document=DOCUMENT)
    return scim


@pytest.fixture
def people(acme: ScimClient) -> ScimClient:
    """Give the client after it has created ada, bob, and cyd, who has nothing of the extension."""
    acme.create_user("ada", **{URN: ADA})
    acme.create_user("bob", **{URN: BOB})
    acme.create_user("cyd")
    return acme


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [resource["userName"] for resource in answer.get_json(force=True)["Resources"]]


def refusal(answer: Any, scim_type: str) -> str:
    body = answer.get_json(force=True)
    assert (answer.status_code, body.get("scimType")) == (400, scim_type), body
    return str(body["detail"])


def test_discovery_shows_it(acme: ScimClient, other_scim: ScimClient) -> None:
    schema = acme.get(f"/Schemas/{URN}").get_json(force=True)
    assert [each["name"] for each in schema["attributes"]] == [each["name"] for each in ATTRIBUTES]
    shown = {each["name"]: each for each in schema["attributes"]}
    assert shown["desk"]["subAttributes"][1]["type"] == "integer"
    assert shown["page"]["caseExact"] is True
    assert URN in [each["id"] for each in acme.get("/Schemas").get_json(force=True)["Resources"]]
    user_type = acme.get("/ResourceTypes/User").get_json(force=True)
    assert {each["schema"] for each in user_type["schemaExtensions"]} == {ENTERPRISE, URN}

    assert other_scim.get(f"/Schemas/{URN}").status_code == 404
    assert URN not in [each["id"] for each in other_scim.get("/Schemas").get_json(force=True)["Resources"]]
    assert URN not in other_scim.get("/ResourceTypes").get_data(as_text=True)


def test_post_stores_and_put_replaces(acme: ScimClient) -> None:
    made = acme.create_user("ada", **{URN: ADA})
    assert made[URN] == ADA
    assert made["schemas"] == [USER, URN]
    path = f"/Users/{made['id']}"
    assert acme.get(path).get_json(force=True)[URN] == ADA
    put = acme.put(path, {"schemas": [USER, URN], "userName": "ada", URN.upper(): {"LEVEL": 4}})
    assert put.get_json(force=True)[URN] == {"level": 4}
    emptied = acme.put(path, {"schemas": [USER], "userName": "ada"}).get_json(force=True)
    assert URN not in emptied
    assert emptied["schemas"] == [USER]


@pytest.mark.parametrize(
    ("attribute", "value", "named"),
    [
        ("badge", 7, "badge"),
        ("badge", ["a", "b"], "badge"),
        ("level", "high", "level"),
        ("level", 1.5, "level"),
        ("level", True, "level"),
        ("rate", "much", "rate"),
        ("remote", "perhaps", "remote"),
        ("since", "yesterday", "since"),
        ("page", 5, "page"),
        ("desk", "North", "desk"),
        ("desk", {"floor": "second"}, "desk.floor"),
        ("skills", {"value": "SQL", "years": "five"}, "years"),
        ("skills", [{"years": "five"}], "years"),
        ("tags", [1], "tags"),
    ],
)
def test_wrong_values_are_refused_by_name(acme: ScimClient, attribute: str, value: Any, named: str) -> None:
    body = {"schemas": [USER, URN], "userName": "ada", URN: {attribute: value}}
    assert named in refusal(acme.post("/Users", body), "invalidValue")
    made = acme.create_user("ada")
    operation = {"op": "add", "path": f"{URN}:{attribute}", "value": value}
    assert named in refusal(acme.patch(f"/Users/{made['id']}", operation), "invalidValue")
    assert acme.get(f"/Users/{made['id']}").get_json(force=True) == made


FILTERS = [
    ('badge eq "ALPHA-1"', "ada"),
    ('badge ne "beta"', "ada cyd"),
    ('badge co "PHA"', "ada"),
    ('badge sw "al"', "ada"),
    ('badge ew "TA"', "bob"),
    ('badge gt "alpha-1"', "bob"),
    ('badge ge "alpha-1"', "ada bob"),
    ('badge lt "beta"', "ada"),
    ('badge le "beta"', "ada bob"),
    ("badge pr", "ada bob"),
    ("level eq 3", "ada"),
    ("level ne 3", "bob cyd"),
    ("level gt 3", "bob"),
    ("level ge 3", "ada bob"),
    ("level lt 10", "ada"),
    ("level le 10", "ada bob"),
    ("level pr", "ada bob"),
    ("rate eq 1.50", "ada"),
    ("rate ne 1.5", "bob cyd"),
    ("rate gt 9.5", "bob"),
    ("rate ge 10.25", "bob"),
    ("rate lt 9.5", "ada"),
    ("rate le 1.5", "ada"),
    ("remote eq true", "ada"),
    ("remote ne true", "bob cyd"),
    ("remote pr", "ada bob"),
    ('since eq "2024-01-15T09:00:00+01:00"', "ada"),
    ('since ne "2024-01-15T08:00:00Z"', "bob cyd"),
    ('since gt "2025-06-30T21:29:59Z"', "bob"),
    ('since ge "2025-06-30T21:30:00Z"', "bob"),
    ('since lt "2025-06-30T21:30:00Z"', "ada"),
    ('since le "2025-06-30T21:30:00.000Z"', "ada bob"),
    ('page eq "https://acme.example/Ada"', "ada"),
    ('page eq "https://acme.example/ada"', ""),
    ('page sw "https://acme.example/"', "ada bob"),
    ('page co "Ada"', "ada"),
    ("desk pr", "ada bob"),
    ("desk.floor gt 2", "bob"),
    ('desk.building sw "NOR"', "ada"),
    ('skills.value eq "sql"', "ada bob"),
    ("skills.years eq 1", "ada bob"),
    ("skills.years gt 4", "ada"),
    ('skills[value eq "sql" and years gt 3]', "ada"),
    ('skills[value eq "go" and years gt 3]', ""),
    ("skills pr", "ada bob"),
    ('tags eq "RED"', "ada"),
    ('tags co "E"', "ada bob"),
    ("tags pr", "ada bob"),
]


def test_filters_compare_by_type(people: ScimClient) -> None:
    for text, expected in FILTERS:
        assert sorted(names(people.filter("/Users", f"{URN}:{text}"))) == expected.split(), text
    assert names(people.filter("/Users", f'not ({URN.upper()}:LEVEL pr) and userName eq "cyd"')) == ["cyd"]


@pytest.mark.parametrize("text", ["remote gt true", "nosuch pr", "desk.nosuch pr", "level eq true", 'level sw "1"'])
def test_filters_that_cannot_be(people: ScimClient, other_scim: ScimClient, text: str) -> None:
    refusal(people.filter("/Users", f"{URN}:{text}"), "invalidFilter")
    refusal(other_scim.filter("/Users", f"{URN}:level pr"), "invalidFilter")


@pytest.mark.parametrize("attribute", ["badge", "level", "rate", "since", "page", "desk.floor"])
def test_sort(people: ScimClient, attribute: str) -> None:
    """Who has no value comes last, and first in descending order (RFC 7644 §3.4.2.3)."""
    query = {"sortBy": f"{URN}:{attribute}"}
    assert names(people.get("/Users", query_string=query)) == ["ada", "bob", "cyd"]
    assert names(people.get("/Users", query_string={**query, "sortOrder": "descending"})) == ["cyd", "bob", "ada"]


PATCHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"op": "replace", "path": f"{URN}:level", "value": 4}, {"level": 4}),
    ({"op": "Add", "path": f"{URN.upper()}:LEVEL", "value": 4}, {"level": 4}),
    ({"op": "replace", "path": f"{URN}:desk.floor", "value": 9}, {"desk": {"building": "North", "floor": 9}}),
    ({"op": "replace", "path": f"{URN}:desk", "value": {"floor": 9}}, {"desk": {"building": "North", "floor": 9}}),
    (
        {"op": "replace", "path": f'{URN}:skills[value eq "go"].years', "value": 2},
        {"skills": [{"value": "SQL", "years": 5}, {"value": "Go", "years": 2}]},
    ),
    ({"op": "remove", "path": f'{URN}:skills[value eq "go"]'}, {"skills": [{"value": "SQL", "years": 5}]}),
    ({"op": "add", "path": f"{URN}:tags", "value": ["white"]}, {"tags": ["Red", "blue", "white"]}),
    ({"op": "replace", "path": f"{URN}:tags", "value": ["white"]}, {"tags": ["white"]}),
    ({"op": "replace", "value": {URN: {"level": 4, "remote": False}}}, {"level": 4, "remote": False}),
    ({"op": "replace", "value": {f"{URN}:level": 4, f"{URN}:remote": False}}, {"level": 4, "remote": False}),
    ({"op": "add", "path": URN, "value": {"level": 4}}, {"level": 4}),
    ({"op": "replace", "path": URN, "value": {"level": 4}}, {"level": 4}),
    ({"op": "remove", "path": f"{URN}:level"}, {"level": None}),
    ({"op": "remove", "path": f"{URN}:desk.building"}, {"desk": {"floor": 2}}),
]


@pytest.mark.parametrize(("operation", "changes"), PATCHES)
def test_patch(acme: ScimClient, operation: dict[str, Any], changes: dict[str, Any]) -> None:
    made = acme.create_user("ada", **{URN: ADA})
    answer = acme.patch(f"/Users/{made['id']}", operation)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    expected = {name: value for name, value in {**ADA, **changes}.items() if value is not None}
    assert answer.get_json(force=True)[URN] == expected
    assert acme.get(f"/Users/{made['id']}").get_json(force=True)[URN] == expected


def test_a_patched_value_is_found(acme: ScimClient) -> None:
    made = acme.create_user("ada", **{URN: ADA})
    acme.patch(f"/Users/{made['id']}", {"op": "replace", "path": f"{URN}:level", "value": 77})
    assert names(acme.filter("/Users", f"{URN}:level eq 77")) == ["ada"]
    assert names(acme.filter("/Users", f"{URN}:level eq 3")) == []


def test_removing_the_whole_extension(acme: ScimClient) -> None:
    made = acme.create_user("ada", **{URN: ADA})
    answer = acme.patch(f"/Users/{made['id']}", {"op": "remove", "path": URN}).get_json(force=True)
    assert URN not in answer
    assert answer["schemas"] == [USER]
    assert names(acme.filter("/Users", f"{URN}:level pr")) == []


def test_unknown_attributes_of_it(acme: ScimClient) -> None:
    made = acme.create_user("ada", **{URN: {"level": 1, "nosuch": 1}})
    assert made[URN] == {"level": 1}
    operation = {"op": "replace", "path": f"{URN}:nosuch", "value": 1}
    assert acme.patch(f"/Users/{made['id']}", operation).status_code == 200
    assert acme.get(f"/Users/{made['id']}").get_json(force=True)[URN] == {"level": 1}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"attributes": f"{URN}:level"}, {"level": 3}),
        ({"attributes": f"{URN}:desk.floor,{URN.lower()}:LEVEL"}, {"level": 3, "desk": {"floor": 2}}),
        ({"attributes": URN}, ADA),
        ({"attributes": "userName"}, None),
        ({"excludedAttributes": URN}, None),
        ({"excludedAttributes": f"{URN}:level"}, {name: value for name, value in ADA.items() if name != "level"}),
    ],
)
def test_projection(acme: ScimClient, query: dict[str, str], shown: dict[str, Any] | None) -> None:
    made = acme.create_user("ada", **{URN: ADA})
    one = acme.get(f"/Users/{made['id']}", query_string=query).get_json(force=True)
    assert one.get(URN) == shown
    (listed,) = acme.get("/Users", query_string=query).get_json(force=True)["Resources"]
    assert listed == one


def test_another_organization_ignores_it(acme: ScimClient, other_scim: ScimClient) -> None:
    acme.create_user("ada", **{URN: ADA})
    made = other_scim.create_user("ada", **{URN: ADA})
    assert URN not in made
    assert URN not in other_scim.get(f"/Users/{made['id']}").get_data(as_text=True)


def test_after_its_removal_it_is_ignored_and_comes_back_when_registered_again(
    people: ScimClient, organization: Organization
) -> None:
    (ada,) = people.filter("/Users", 'userName eq "ada"').get_json(force=True)["Resources"]
    assert remove_extension(organization.id, OPERATOR, URN.upper())
    assert people.get(f"/Schemas/{URN}").status_code == 404
    refusal(people.filter("/Users", f"{URN}:level eq 3"), "invalidFilter")
    for shown in (people.get(f"/Users/{ada['id']}"), people.get("/Users"), people.get("/Users?attributes=name")):
        assert shown.status_code == 200
        assert URN not in shown.get_data(as_text=True)
    assert URN not in people.create_user("dan", **{URN: ADA})
    changed = people.patch(f"/Users/{ada['id']}", {"op": "replace", "path": "title", "value": "Countess"})
    assert changed.status_code == 200
    assert URN not in changed.get_data(as_text=True)

    register_extension(organization.id, OPERATOR, resource_type="User", document=DOCUMENT)
    assert URN not in people.get(f"/Users/{ada['id']}").get_data(as_text=True)
    assert people.filter("/Users", 'userName eq "bob"').get_json(force=True)["Resources"][0][URN] == BOB
    assert names(people.filter("/Users", f"{URN}:level eq 10")) == ["bob"]


def test_values_that_do_not_fit_a_later_registration_match_nothing(
    acme: ScimClient, organization: Organization
) -> None:
    acme.create_user("ada", **{URN: ADA})
    remove_extension(organization.id, OPERATOR, URN)
    turned = [{"name": "badge", "type": "integer"}, {"name": "tags", "type": "decimal", "multiValued": True}]
    register_extension(organization.id, OPERATOR, resource_type="User", document={**DOCUMENT, "attributes": turned})
    for text in ("badge eq 1", "tags gt 1.5"):
        assert names(acme.filter("/Users", f"{URN}:{text}")) == []
    assert names(acme.get("/Users", query_string={"sortBy": f"{URN}:badge"})) == ["ada"]


def test_every_worker_knows_it_on_the_next_request(
    scim: ScimClient, organization: Organization, database_url: str, tmp_path: Path
) -> None:
    worker: Flask = make_app(database_url, tmp_path)
    try:
        there = ScimClient(worker, organization.id, organization.token)
        assert URN not in there.create_user("ada", **{URN: ADA})
        register_extension(organization.id, OPERATOR, resource_type="User", document=DOCUMENT)
        assert there.create_user("bob", **{URN: BOB})[URN] == BOB
        assert names(there.filter("/Users", f"{URN}:level eq 10")) == ["bob"]
        grown = {**DOCUMENT, "attributes": [*ATTRIBUTES, {"name": "shoes", "type": "integer"}]}
        remove_extension(organization.id, OPERATOR, URN)
        register_extension(organization.id, OPERATOR, resource_type="User", document=grown)
        assert there.create_user("cyd", **{URN: {"shoes": 38}})[URN] == {"shoes": 38}
        assert scim.create_user("dan", **{URN: {"shoes": 45}})[URN] == {"shoes": 45}
    finally:
        dispose_engines(worker)


def test_groups_have_extensions_of_their_own(scim: ScimClient, organization: Organization) -> None:
    urn = "urn:example:scim:teams:2.0:Group"
    document = {"id": urn, "attributes": [{"name": "costCenter", "type": "string"}]}
    register_extension(organization.id, OPERATOR, resource_type="Group", document=document)
    made = scim.create_group("Engineers", **{urn: {"costCenter": "R&D"}})
    assert made[urn] == {"costCenter": "R&D"}
    assert made["schemas"] == [GROUP, urn]
    found = scim.filter("/Groups", f'{urn}:costcenter eq "r&d"').get_json(force=True)
    assert [each["id"] for each in found["Resources"]] == [made["id"]]
    changed = scim.patch(f"/Groups/{made['id']}", {"op": "replace", "path": f"{urn}:costCenter", "value": "Ops"})
    assert changed.get_json(force=True)[urn] == {"costCenter": "Ops"}
    refusal(scim.filter("/Users", f"{urn}:costCenter pr"), "invalidFilter")
