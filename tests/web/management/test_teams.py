"""Teams over the management API: made by hand, pushed by an identity provider, and what each allows."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from scim_server.audit.models import AuditEvent
from scim_server.connections.service import read_connection
from scim_server.database import reading
from tests.conftest import Cast, Organization, make_api
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.web.management.entries_teams import by_hand


def members(api: ApiClient, team: str) -> list[str]:
    return [member["userId"] for member in good(api.get(f"/teams/{team}/members"))["teamMembers"]]


def events(api: ApiClient, team: str) -> list[tuple[str, dict[str, Any]]]:
    statement = (
        select(AuditEvent.action, AuditEvent.changes)
        .where(AuditEvent.organization_id == api.organization_id, AuditEvent.target_id == team)
        .order_by(AuditEvent.id)
    )
    with reading() as connection:
        return [(row.action, row.changes) for row in connection.execute(statement)]


def test_team_made_by_hand(scim: ScimClient, api: ApiClient) -> None:
    users = [scim.create_user(name)["id"] for name in ("ann", "bob")]
    by_hand(api)
    sent = {"name": "Engineers", "description": "Those who build", "memberIds": users}

    team = good(api.post("/teams", {**sent, "organizationRole": "ORGANIZATION_OBSERVE_MEMBER"}))

    token = {"id": team["createdBy"]["id"], "subjectType": "SERVICEKEY", "apiTokenName": "ORGANIZATION_OWNER api"}
    assert team == {
        "id": team["id"],
        "name": "Engineers",
        "description": "Those who build",
        "organizationId": api.organization_id,
        "organizationRole": "ORGANIZATION_OBSERVE_MEMBER",
        "isIdpManaged": False,
        "rolesCount": 1,
        "workspaceRoles": [],
        "deploymentRoles": [],
        "dagRoles": [],
        "createdAt": team["createdAt"],
        "createdBy": token,
        "updatedAt": team["createdAt"],
        "updatedBy": token,
    }
    assert good(api.get(f"/teams/{team['id']}")) == team
    assert good(api.get("/teams")) == {"teams": [team], "limit": 20, "offset": 0, "totalCount": 1}
    found = good(api.get(f"/teams/{team['id']}/members"))
    shown = {"userId": users[0], "username": "ann", "fullName": "ann", "avatarUrl": None}
    assert found["teamMembers"][0] == {**shown, "createdAt": found["teamMembers"][0]["createdAt"]}
    assert found["totalCount"] == 2
    assert events(api, team["id"])[0] == (
        "owner:team:created",
        {
            "displayName": [None, "Engineers"],
            "#description": [None, "Those who build"],
            "#role": [None, "ORGANIZATION_OBSERVE_MEMBER"],
            "#membersAdded": [None, users],
        },
    )


def test_team_made_by_hand_is_a_group_which_an_identity_provider_adopts(scim: ScimClient, api: ApiClient) -> None:
    user = scim.create_user("ann")["id"]
    by_hand(api)
    team = good(api.post("/teams", {"name": "Engineers", "memberIds": [user]}))["id"]
    good(api.post("", {"name": "Acme", "billingEmail": "a@acme.example", "isScimEnabled": True}))

    group = scim.filter("/Groups", 'displayName eq "engineers"').get_json(force=True)["Resources"][0]
    assert (group["id"], [each["value"] for each in group["members"]]) == (team, [user])
    answer = scim.patch(f"/Groups/{team}", {"op": "replace", "path": "externalId", "value": "g1"})
    assert answer.status_code == 200

    assert good(api.get(f"/teams/{team}"))["isIdpManaged"] is True
    assert good(api.get(f"/teams/{team}"))["updatedBy"]["apiTokenName"] == "tests"


def test_change_of_a_team(scim: ScimClient, api: ApiClient) -> None:
    by_hand(api)
    team = good(api.post("/teams", {"name": "Engineers", "description": "old"}))["id"]

    renamed = good(api.post(f"/teams/{team}", {"name": "Builders"}))
    assert (renamed["name"], renamed["description"]) == ("Builders", "old")
    assert good(api.post(f"/teams/{team}", {"name": "Builders", "description": "new"}))["description"] == "new"
    assert good(api.post(f"/teams/{team}", {"name": "builders", "description": None}))["description"] is None
    good(api.post(f"/teams/{team}", {"name": "builders"}))

    assert [changes for _, changes in events(api, team)[1:]] == [
        {"displayName": ["Engineers", "Builders"]},
        {"#description": ["old", "new"]},
        {"displayName": ["Builders", "builders"], "#description": ["new", None]},
    ]
    good(api.post("", {"name": "Acme", "billingEmail": "a@acme.example", "isScimEnabled": True}))
    group = scim.get(f"/Groups/{team}").get_json(force=True)
    assert (group["displayName"], group["meta"]["version"]) == ("builders", 'W/"4"')


def test_names_are_unique_without_regard_to_letter_case(scim: ScimClient, api: ApiClient) -> None:
    scim.create_group("Straße")
    by_hand(api)
    other = good(api.post("/teams", {"name": "Other"}))["id"]

    assert "called 'STRASSE'" in refused(api.post("/teams", {"name": "STRASSE"}), 409, "name")
    refused(api.post(f"/teams/{other}", {"name": "strasse"}), 409, "name")
    assert good(api.get("/teams"))["totalCount"] == 2


def test_members_by_hand(cast: Cast) -> None:
    api = cast.api
    by_hand(api)
    team = good(api.post("/teams", {"name": "By hand", "memberIds": [cast.bob, cast.bob]}))["id"]

    good(api.post(f"/teams/{team}/members", {"memberIds": [cast.alice, cast.bob]}), 204)
    assert members(api, team) == sorted([cast.alice, cast.bob])
    good(api.delete(f"/teams/{team}/members/{cast.bob}"), 204)
    refused(api.delete(f"/teams/{team}/members/{cast.bob}"), 404)
    refused(api.delete(f"/teams/{team}/members/{cast.charlie}"), 404)

    assert members(api, team) == [cast.alice]
    assert [changes for _, changes in events(api, team)[1:]] == [
        {"#membersAdded": [None, [cast.alice]]},
        {"#membersRemoved": [None, [cast.bob]]},
    ]


def test_members_are_users_of_the_organization(cast: Cast) -> None:
    api = cast.api
    by_hand(api)
    team = good(api.post("/teams", {"name": "By hand"}))["id"]

    for stranger in (cast.charlie, cast.team, "nobody", "x' OR 1=1 --"):
        told = refused(api.post(f"/teams/{team}/members", {"memberIds": [cast.bob, stranger]}), 400, "memberIds.1")
        assert stranger in told
        refused(api.post("/teams", {"name": "Second", "memberIds": [stranger]}), 400, "memberIds.0")
    assert members(api, team) == []
    assert good(api.get("/teams", names="Second"))["totalCount"] == 0


def test_deleted_team_leaves_its_members(cast: Cast) -> None:
    good(cast.api.delete(f"/teams/{cast.team}"), 204)

    refused(cast.api.delete(f"/teams/{cast.team}"), 404)
    refused(cast.api.get(f"/teams/{cast.team}/members"), 404)
    assert good(cast.api.get(f"/users/{cast.bob}"))["teams"] == []
    assert events(cast.api, cast.team)[-1] == (
        "owner:team:deleted",
        {"displayName": ["Engineers", None], "#memberCount": [2, None]},
    )


# astro.md §3.7: what is refused and what stays possible while an identity provider provisions the Organization.
Attempt = Callable[[ApiClient, Cast], TestResponse]
UNDER_SCIM: dict[str, tuple[Attempt, int]] = {
    "create": (lambda api, cast: api.post("/teams", {"name": "New"}), 409),
    "add members": (lambda api, cast: api.post(f"/teams/{cast.team}/members", {"memberIds": [cast.alice]}), 409),
    "rename an IdP-managed Team": (lambda api, cast: api.post(f"/teams/{cast.team}", {"name": "New"}), 409),
    "describe": (lambda api, cast: api.post(f"/teams/{cast.team}", {"name": "Engineers", "description": "x"}), 200),
    "remove a member": (lambda api, cast: api.delete(f"/teams/{cast.team}/members/{cast.bob}"), 204),
    "delete": (lambda api, cast: api.delete(f"/teams/{cast.team}"), 204),
}


@pytest.mark.parametrize("name", UNDER_SCIM)
def test_under_scim(cast: Cast, name: str) -> None:
    attempt, status = UNDER_SCIM[name]

    answer = attempt(cast.api, cast)

    assert answer.status_code == status, answer.get_data(as_text=True)
    if name in {"create", "add members"}:
        told = refused(answer, 409)
        assert f"PATCH .../connections/{read_connection(cast.api.organization_id).id}" in told
        assert "in the identity provider" in told


def test_switching_provisioning_off_is_the_way_out(cast: Cast) -> None:
    refused(cast.api.post("/teams", {"name": "New"}), 409)
    by_hand(cast.api)

    good(cast.api.post("/teams", {"name": "New"}))
    good(cast.api.post(f"/teams/{cast.team}/members", {"memberIds": [cast.alice]}), 204)
    # The name is still the identity provider's.
    assert "rename it there" in refused(cast.api.post(f"/teams/{cast.team}", {"name": "Renamed"}), 409, "name")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Alpha", "beta", "Gamma_1"]),
        ({"names": ["ALPHA", "gamma_1", "none"]}, ["Alpha", "Gamma_1"]),
        ({"search": "A"}, ["Alpha", "beta", "Gamma_1"]),
        ({"search": "_"}, ["Gamma_1"]),
        ({"search": "%"}, []),
        ({"workspaceId": "x"}, []),
        ({"deploymentId": "x"}, []),
        ({"sorts": "name:desc"}, ["Gamma_1", "beta", "Alpha"]),
        ({"sorts": "description:asc"}, ["beta", "Gamma_1", "Alpha"]),
        ({"sorts": "createdAt:desc"}, ["Gamma_1", "beta", "Alpha"]),
        ({"sorts": ["updatedAt:asc", "id:asc"]}, ["Alpha", "beta", "Gamma_1"]),
    ],
    ids=str,
)
def test_filters_and_sorts(scim: ScimClient, api: ApiClient, query: dict[str, Any], expected: list[str]) -> None:
    for name in ("Alpha", "beta", "Gamma_1"):
        scim.create_group(name)
    if "description:asc" in query.values():
        for team in good(api.get("/teams"))["teams"]:
            described = {"Alpha": "z", "beta": None, "Gamma_1": "b"}[team["name"]]
            good(api.post(f"/teams/{team['id']}", {"name": team["name"], "description": described}))

    answer = good(api.get("/teams", **query))

    assert [team["name"] for team in answer["teams"]] == expected
    assert answer["totalCount"] == len(expected)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"name": "x", "description": "x" * 501}, "description"),
        ({"name": "x", "memberIds": "x"}, "memberIds"),
        ({"name": "x", "memberIds": [1]}, "memberIds.0"),
        ({"name": "x", "organizationRole": "OWNER"}, "organizationRole"),
        ({"name": "x", "isIdpManaged": True}, "isIdpManaged"),
    ],
    ids=str,
)
def test_wrong_fields_are_named(api: ApiClient, body: dict[str, Any], field: str) -> None:
    by_hand(api)

    refused(api.post("/teams", body), 400, field)


def test_no_member_is_asked_for(cast: Cast) -> None:
    refused(cast.api.post(f"/teams/{cast.team}/members", {"memberIds": []}), 400, "memberIds")
    refused(cast.api.post(f"/teams/{cast.team}/members", {}), 400, "memberIds")


def test_member_reads_and_changes_nothing(app: Flask, cast: Cast) -> None:
    by_hand(cast.api)
    member = make_api(app, Organization(cast.acme.organization_id, "", ""), "ORGANIZATION_MEMBER")

    good(member.get("/teams"))
    good(member.get(f"/teams/{cast.team}/members"))
    for answer in (
        member.post("/teams", {"name": "x"}),
        member.post(f"/teams/{cast.team}", {"name": "Engineers"}),
        member.delete(f"/teams/{cast.team}"),
        member.post(f"/teams/{cast.team}/members", {"memberIds": [cast.alice]}),
        member.delete(f"/teams/{cast.team}/members/{cast.bob}"),
    ):
        refused(answer, 403)


def test_members_of_a_privileged_team_gain_and_lose_its_role(cast: Cast) -> None:
    api = cast.api
    by_hand(api)
    sent = {"name": "Billing", "organizationRole": "ORGANIZATION_BILLING_ADMIN", "memberIds": [cast.bob]}

    team = good(api.post("/teams", sent))["id"]
    good(api.delete(f"/teams/{team}/members/{cast.bob}"), 204)
    good(api.post(f"/teams/{team}/members", {"memberIds": [cast.bob]}), 204)
    good(api.delete(f"/teams/{team}"), 204)

    told = [action for action, _ in events(api, cast.bob) if action.startswith("owner:user:role-")]
    assert told == ["owner:user:role-gained", "owner:user:role-lost"] * 2
