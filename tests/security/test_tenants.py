"""Attacks across tenants and with ids (security catalogue TN01 to TN15), on both databases.

tests/web/test_tenancy.py asks the same of every route there is.
"""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.teams.models import TeamMember
from tests.conftest import Cast, Organization
from tests.support.answers import assert_error, body, without
from tests.support.client import BULK, GROUP, USER, ScimClient
from tests.support.people import standing


def user(user_name: str, **attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **attributes}


def members(scim: ScimClient, group_id: str) -> set[str]:
    """Return the ids of a Group's members."""
    return {member["value"] for member in body(scim.get(f"/Groups/{group_id}")).get("members", [])}


def events(organization_id: str) -> int:
    """Return how many audit events an Organization has."""
    statement = select(func.count()).where(AuditEvent.organization_id == organization_id)
    with reading() as connection:
        return int(connection.execute(statement).scalar_one())


def test_TN01_read_across(cast: Cast) -> None:
    assert_error(cast.acme.get(f"/Users/{cast.charlie}"), 404)
    assert_error(cast.acme.get(f"/Groups/{cast.charlies_team}"), 404)


@pytest.mark.parametrize(
    ("method", "json"),
    [
        ("PUT", user("charlie@globex.example", title="Owned")),
        ("PATCH", {"schemas": [], "Operations": [{"op": "replace", "path": "title", "value": "Owned"}]}),
        ("DELETE", None),
    ],
)
def test_TN02_write_across(cast: Cast, method: str, json: dict[str, Any] | None) -> None:
    if method == "PATCH":
        json = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": (json or {})["Operations"]}
    before, count = cast.elsewhere.get(f"/Users/{cast.charlie}").get_data(), events(cast.elsewhere.organization_id)
    arguments: dict[str, Any] = {} if json is None else {"json": json}

    assert_error(cast.acme.request(method, f"/Users/{cast.charlie}", **arguments), 404)

    assert cast.elsewhere.get(f"/Users/{cast.charlie}").get_data() == before
    assert events(cast.elsewhere.organization_id) == count


def rows_of(member_id: str) -> set[str]:
    """Return the Teams that have this member, in any Organization."""
    with reading() as connection:
        return set(connection.execute(select(TeamMember.team_id).where(TeamMember.member_id == member_id)).scalars())


@pytest.mark.parametrize("op", ["add", "replace"])
def test_TN03_foreign_member_is_an_unknown_member(cast: Cast, op: str) -> None:
    answers = []
    for foreign in (cast.charlie, cast.charlies_team, str(uuid.uuid4())):
        team = cast.acme.create_group(f"Team {foreign}", cast.bob)["id"]
        value = [{"value": cast.bob}, {"value": foreign}]
        answer = cast.acme.patch(f"/Groups/{team}", {"op": op, "path": "members", "value": value})
        assert answer.status_code == 200
        assert members(cast.acme, team) == {cast.bob}
        assert foreign not in answer.get_data(as_text=True).replace(f"Team {foreign}", "")
        answers.append(sorted(body(answer)))

    assert answers == [answers[0]] * 3
    assert rows_of(cast.charlie) == {cast.charlies_team}


def test_TN03_foreign_member_in_post_and_put(cast: Cast) -> None:
    foreign = [{"value": cast.charlie}, {"value": cast.bob}]

    made = body(cast.acme.post("/Groups", {"schemas": [GROUP], "displayName": "New", "members": foreign}))
    cast.acme.put(f"/Groups/{cast.team}", {"schemas": [GROUP], "displayName": "Put", "members": foreign})

    assert members(cast.acme, made["id"]) == members(cast.acme, cast.team) == {cast.bob}
    assert rows_of(cast.charlie) == {cast.charlies_team}


def test_TN03_strict_connection_names_foreign_and_random_alike(cast: Cast, organization: Organization) -> None:
    organization.refuse_unknown_members()
    scim = ScimClient(cast.acme.app, organization.id, organization.token)
    bob = scim.create_user("bob")["id"]
    team = scim.create_group("Team", bob)["id"]
    random = str(uuid.uuid4())

    answers = [
        scim.patch(f"/Groups/{team}", {"op": "add", "path": "members", "value": [{"value": each}]})
        for each in (cast.charlie, random)
    ]

    assert cast.charlie in assert_error(answers[0], 400, "invalidValue")
    assert without(answers[0], cast.charlie) == without(answers[1], random)
    assert members(scim, team) == {bob}


@pytest.mark.parametrize(
    "text",
    [
        'id eq "{charlie}"',
        'userName eq "charlie@globex.example"',
        'userName sw "charlie"',
        'id eq "{charlie}" or userName eq "charlie@globex.example"',
        'groups.value eq "{team}"',
        'groups[value eq "{team}"]',
        'meta.location co "{charlie}"',
    ],
)
def test_TN04_filter_by_foreign_values(cast: Cast, text: str) -> None:
    listed = body(cast.acme.filter("/Users", text.format(charlie=cast.charlie, team=cast.charlies_team)))

    assert listed["totalResults"] == 0
    assert not listed.get("Resources")


def test_TN04_filter_by_foreign_member(cast: Cast) -> None:
    assert body(cast.acme.filter("/Groups", f'members.value eq "{cast.charlie}"'))["totalResults"] == 0
    assert body(cast.acme.filter("/Groups", f'id eq "{cast.charlies_team}"'))["totalResults"] == 0


def test_TN04_negation_stays_inside(cast: Cast) -> None:
    ids = {each["id"] for each in body(cast.acme.filter("/Users", f'not (id eq "{cast.bob}")'))["Resources"]}

    assert ids == {cast.alice, cast.dora}


def test_TN05_claim_of_a_foreign_person(cast: Cast) -> None:
    before = cast.elsewhere.get(f"/Users/{cast.charlie}").get_data()

    grafted = cast.acme.create_user(
        "charlie@globex.example", displayName="Renamed", emails=[{"value": "charlie@globex.example"}]
    )
    cast.acme.patch(f"/Users/{grafted['id']}", {"op": "replace", "path": "active", "value": False})

    assert grafted["id"] != cast.charlie
    assert cast.elsewhere.get(f"/Users/{cast.charlie}").get_data() == before
    assert standing(cast.elsewhere.organization_id, cast.charlie)[0] == "ACTIVE"


def test_TN06_organization_in_body_header_or_query(cast: Cast) -> None:
    theirs = cast.elsewhere.organization_id
    before = body(cast.elsewhere.get("/Users"))["totalResults"]

    made = cast.acme.post(
        f"/Users?org={theirs}&organization={theirs}&organizationId={theirs}&tenant={theirs}",
        user("new", organizationId=theirs, organization_id=theirs, orgId=theirs, tenant={"id": theirs}),
        headers={"X-Org": theirs, "X-Organization-Id": theirs, "X-Tenant": theirs},
    )

    assert made.status_code == 201
    assert theirs not in made.get_data(as_text=True)
    assert cast.acme.get(f"/Users/{body(made)['id']}").status_code == 200
    assert body(cast.elsewhere.get("/Users"))["totalResults"] == before


def test_TN07_ids_next_to_mine(cast: Cast) -> None:
    mine = uuid.UUID(cast.bob)
    assert mine.version == 7
    ids = [str(uuid.UUID(int=mine.int + step)) for step in (-2, -1, 1, 2)]

    assert {cast.acme.get(f"/Users/{each}").status_code for each in ids} == {404}
    # 74 random bits: of two made one after the other the second is no guess away.
    first, second = (uuid.UUID(cast.acme.create_user(name)["id"]).int & (2**62 - 1) for name in ("a", "b"))
    assert abs(first - second) > 2**20


@pytest.mark.parametrize(
    "shape",
    [
        "1",
        "0",
        "-1",
        "9" * 30,
        "x" * 10_000,
        "%00",
        "a%00b",
        "%F0%9F%92%A5",
        "%FF%FE",
        "..",
        "../",
        "..%2f",
        "%2e%2e",
        "null",
        "None",
        "undefined",
        "{id}",
        "%25",
        "'",
        "' OR 1=1--",
        '"',
        "*",
        "a b",
        "a,b",
        "a;b",
        "[]",
        "%0d%0aX-Evil:%201",
        "00000000-0000-0000-0000-000000000000",
        "me",
    ],
)
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_TN08_id_shapes(scim: ScimClient, endpoint: str, shape: str) -> None:
    for method in ("GET", "DELETE"):
        answer = scim.request(method, f"{endpoint}/{shape}")
        assert_error(answer, 404)
        assert "X-Evil" not in answer.headers


def test_TN08_upper_case_id_is_another_id(cast: Cast) -> None:
    assert_error(cast.acme.get(f"/Users/{cast.bob.upper()}"), 404)


@pytest.mark.parametrize("external_id", ["1", "0", "-1", "true", "{id}"])
def test_TN09_external_id_is_no_id(cast: Cast, external_id: str) -> None:
    external_id = external_id.format(id=cast.alice)

    made = cast.acme.create_user("new", externalId=external_id)

    assert made["externalId"] == external_id
    assert made["id"] != external_id
    assert body(cast.acme.get(f"/Users/{cast.alice}"))["userName"] == "alice@acme.example"
    (found,) = body(cast.acme.filter("/Users", f'externalId eq "{external_id}"'))["Resources"]
    assert found["id"] == made["id"]
    assert cast.acme.get("/Users/1").status_code == 404


def test_TN09_numeric_external_id_is_refused_or_kept_as_text(scim: ScimClient) -> None:
    answer = scim.post("/Users", user("new", externalId=1))

    assert answer.status_code in {201, 400}
    assert answer.status_code == 400 or body(answer)["externalId"] == "1"


def test_TN10_two_users_with_one_external_id(cast: Cast) -> None:
    first = cast.acme.create_user("first", externalId="7")

    assert "externalId" in assert_error(cast.acme.post("/Users", user("second", externalId="7")), 409, "uniqueness")
    second = cast.acme.create_user("second", externalId="8")["id"]
    rename = {"op": "replace", "path": "externalId", "value": "7"}
    assert_error(cast.acme.patch(f"/Users/{second}", rename), 409, "uniqueness")
    assert_error(cast.acme.put(f"/Users/{second}", user("second", externalId="7")), 409, "uniqueness")
    assert body(cast.acme.get(f"/Users/{second}"))["externalId"] == "8"
    assert cast.elsewhere.create_user("first", externalId="7")["id"] != first["id"]


def test_TN11_client_sets_what_is_the_servers(cast: Cast) -> None:
    wanted = str(uuid.uuid4())
    forged = {
        "id": wanted,
        "meta": {"created": "2001-01-01T00:00:00Z", "location": "https://evil.test/", "version": 'W/"99"'},
        "groups": [{"value": cast.team}],
    }

    made = cast.acme.create_user("new", **forged)
    answer = cast.acme.put(f"/Users/{made['id']}", user("new", **forged, title="x"))
    group = cast.acme.create_group("New", id=wanted, meta=forged["meta"])

    replaced = body(answer)
    for resource in (made, replaced, group):
        assert resource["id"] != wanted
        assert resource["meta"]["created"] > "2025"
        assert "evil" not in resource["meta"]["location"]
        assert "groups" not in resource
    assert (made["meta"]["version"], replaced["meta"]["version"]) == ('W/"1"', 'W/"2"')
    assert cast.acme.get(f"/Users/{wanted}").status_code == 404
    assert made["id"] not in members(cast.acme, cast.team)


def test_TN12_locations_are_the_servers(cast: Cast) -> None:
    forged = {"value": cast.bob, "$ref": "https://evil.test/Users/1", "display": "Evil", "type": "Group"}

    made = body(cast.acme.post("/Groups", {"schemas": [GROUP], "displayName": "New", "members": [forged]}))

    (member,) = body(cast.acme.get(f"/Groups/{made['id']}"))["members"]
    base = f"{cast.acme.app.config['PUBLIC_URL']}{cast.acme.base}"
    assert member["$ref"] == f"{base}/Users/{cast.bob}"
    assert member["type"] == "User"
    assert member.get("display") != "Evil"
    assert made["meta"]["location"] == f"{base}/Groups/{made['id']}"


def test_TN13_bulk_mixes_tenants(cast: Cast) -> None:
    rename = [{"op": "replace", "path": "displayName", "value": "Renamed"}]
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": rename}
    paths = [f"/Users/{cast.charlie}", f"/Users/{cast.bob}", f"/Users/{uuid.uuid4()}"]
    operations = [{"method": "PATCH", "path": path, "data": patch} for path in paths]
    operations += [
        {"method": "DELETE", "path": f"/Users/{cast.charlie}"},
        {"method": "PATCH", "path": f"/scim/v2/{cast.elsewhere.organization_id}{paths[0]}", "data": patch},
        {"method": "PATCH", "path": f"{cast.elsewhere.base}/Users/../Users/{cast.charlie}", "data": patch},
    ]
    before = cast.elsewhere.get(f"/Users/{cast.charlie}").get_data()

    results = body(cast.acme.post("/Bulk", {"schemas": [BULK], "Operations": operations}))["Operations"]

    assert [result["status"] for result in results] == ["404", "200", "404", "404", "404", "404"]
    assert body(cast.acme.get(f"/Users/{cast.bob}"))["displayName"] == "Renamed"
    assert cast.elsewhere.get(f"/Users/{cast.charlie}").get_data() == before


def test_TN14_entity_tag_of_another_tenant(cast: Cast) -> None:
    theirs = cast.elsewhere.get(f"/Users/{cast.charlie}").headers["ETag"]
    random = str(uuid.uuid4())

    for name in ("If-None-Match", "If-Match"):
        for method in ("GET", "DELETE"):
            foreign = cast.acme.request(method, f"/Users/{cast.charlie}", headers={name: theirs})
            unknown = cast.acme.request(method, f"/Users/{random}", headers={name: theirs})
            assert_error(foreign, 404)
            assert without(foreign, cast.charlie) == without(unknown, random)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"])
@pytest.mark.parametrize("endpoint", ["Users", "Groups", "Nothing"])
def test_TN15_answers_to_foreign_and_random_ids_are_the_same(cast: Cast, method: str, endpoint: str) -> None:
    theirs, random = cast.charlie if endpoint == "Users" else cast.charlies_team, str(uuid.uuid4())
    json = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp", USER, GROUP],
        "userName": "x",
        "displayName": "x",
        "Operations": [{"op": "replace", "path": "displayName", "value": "x"}],
    }

    answers = [cast.acme.request(method, f"/{endpoint}/{each}", json=json) for each in (theirs, random)]

    assert without(answers[0], theirs) == without(answers[1], random)
    assert answers[0].status_code in {404, 405}
