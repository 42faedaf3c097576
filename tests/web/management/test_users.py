"""Users over the management API: lists, and who the caller is."""

from typing import Any

import pytest
from flask import Flask

from scim_server.users.policy import Source, Status
from tests.conftest import Cast, Organization, make_api
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.people import insert_person
from tests.users.test_administration import insert_binding

MEMBER = "ORGANIZATION_MEMBER"


def names(api: ApiClient, **query: Any) -> list[str]:
    """Return the userNames of a list."""
    answer = good(api.get("/users", **query))
    assert answer["totalCount"] == len(answer["users"])
    return [user["username"] for user in answer["users"]]


@pytest.fixture
def crowd(organization: Organization, scim: ScimClient, api: ApiClient) -> dict[str, str]:
    """Give people of every status and source; return their ids by name."""
    people = {
        "Zoe@a.example": {"displayName": "Ann Zett", "emails": [{"value": "zoe@work.example", "primary": True}]},
        "bob_50%@a.example": {"name": {"givenName": "Bob", "familyName": "Öztürk"}},
        "carl": {"name": {"formatted": "Dr Carl"}, "photos": [{"value": "https://a.example/carl.png"}]},
    }
    ids = {name: scim.create_user(name, **attributes)["id"] for name, attributes in people.items()}
    organization.set_jit(None)
    ids["waiting"] = scim.create_user("waiting")["id"]
    ids["invited"] = insert_person(organization.id, "invited", Status.PENDING, "ORGANIZATION_BILLING_ADMIN")
    ids["owner"] = insert_person(organization.id, "owner", Status.ACTIVE, "ORGANIZATION_OWNER", source=Source.BOOTSTRAP)
    ids["gone"] = insert_person(
        organization.id, "gone", Status.INACTIVE, "ORGANIZATION_OWNER", active=False, status_before=Status.ACTIVE
    )
    ids["team"] = scim.create_group("Team", ids["carl"], ids["gone"])["id"]
    ids["workspace"] = insert_binding(organization.id, ids["carl"])
    return ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "ZOE@"}, ["Zoe@a.example"]),
        ({"search": "@work"}, ["Zoe@a.example"]),
        ({"search": "n zet"}, ["Zoe@a.example"]),
        ({"search": "ÖZTÜRK"}, ["bob_50%@a.example"]),
        ({"search": "bob öz"}, ["bob_50%@a.example"]),
        ({"search": "dr carl"}, ["carl"]),
        # What is a wildcard elsewhere is a character here.
        ({"search": "%"}, ["bob_50%@a.example"]),
        ({"search": "_"}, ["bob_50%@a.example"]),
        ({"search": "\\"}, []),
        ({"search": "'"}, []),
        ({"status": "AWAITING_INVITATION"}, ["waiting"]),
        ({"status": "PENDING"}, ["invited"]),
        ({"status": "INACTIVE"}, ["gone"]),
        # What an INACTIVE User holds is hidden.
        ({"organizationRole": "ORGANIZATION_OWNER"}, ["owner"]),
        ({"organizationRole": "ORGANIZATION_OWNER", "status": "INACTIVE"}, []),
        ({"organizationRole": "ORGANIZATION_BILLING_ADMIN"}, ["invited"]),
        ({"teamId": "{team}"}, ["carl"]),
        ({"teamId": "nothing"}, []),
        ({"isIdpManaged": "false"}, ["invited", "owner", "gone"]),
        ({"isIdpManaged": "true", "search": "a.example"}, ["Zoe@a.example", "bob_50%@a.example"]),
        ({"source": "bootstrap"}, ["owner"]),
        ({"workspaceId": "{workspace}"}, ["carl"]),
        ({"workspaceId": "{workspace}", "deploymentId": "x"}, []),
        ({"dagId": "x"}, []),
        ({"dagTags": ["x", "y"]}, []),
        ({"sorts": "username:asc", "isIdpManaged": "true"}, ["bob_50%@a.example", "carl", "waiting", "Zoe@a.example"]),
        ({"sorts": "fullName:desc", "source": "scim"}, ["waiting", "carl", "bob_50%@a.example", "Zoe@a.example"]),
        ({"sorts": "createdAt:desc", "source": "scim"}, ["waiting", "carl", "bob_50%@a.example", "Zoe@a.example"]),
        ({"sorts": ["updatedAt:asc", "id:desc"], "source": "invite"}, ["invited", "gone"]),
    ],
    ids=str,
)
def test_filters_and_sorts(crowd: dict[str, str], api: ApiClient, query: dict[str, str], expected: list[str]) -> None:
    filled = {name: crowd.get(str(value).strip("{}"), value) for name, value in query.items()}

    assert names(api, **filled) == expected


def test_user_as_it_is_shown(crowd: dict[str, str], api: ApiClient) -> None:
    user = good(api.get(f"/users/{crowd['carl']}"))

    moments = user.pop("createdAt"), user.pop("updatedAt")
    assert moments == (moments[0], moments[0])
    assert user == {
        "id": crowd["carl"],
        "username": "carl",
        "fullName": "Dr Carl",
        "avatarUrl": "https://a.example/carl.png",
        "status": "ACTIVE",
        "organizationRole": MEMBER,
        "workspaceRoles": [{"workspaceId": crowd["workspace"], "role": "WORKSPACE_AUTHOR"}],
        "deploymentRoles": [],
        "dagRoles": [],
        "isIdpManaged": True,
        "source": "scim",
        "teams": [{"id": crowd["team"], "name": "Team", "isIdpManaged": True}],
    }
    listed = {each["id"]: each for each in good(api.get("/users"))["users"]}
    assert listed[crowd["carl"]] == {
        **{name: value for name, value in user.items() if name != "teams"},
        "createdAt": moments[0],
        "updatedAt": moments[1],
    }
    assert [team["name"] for team in good(api.get(f"/users/{crowd['carl']}/teams"))["teams"]] == ["Team"]


def test_pages_hold_everybody_once(crowd: dict[str, str], api: ApiClient) -> None:
    for sort in ("id:asc", "fullName:desc", "createdAt:asc"):
        pages = [good(api.get("/users", limit=3, offset=offset, sorts=sort)) for offset in (0, 3, 6, 9)]
        assert [len(page["users"]) for page in pages] == [3, 3, 1, 0]
        assert {page["totalCount"] for page in pages} == {7}
        assert [(page["limit"], page["offset"]) for page in pages] == [(3, 0), (3, 3), (3, 6), (3, 9)]
        assert len({user["id"] for page in pages for user in page["users"]}) == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "active"}, "status"),
        ({"organizationRole": "OWNER"}, "organizationRole"),
        ({"isIdpManaged": "yes"}, "isIdpManaged"),
        ({"source": "ldap"}, "source"),
        ({"search": ""}, "search"),
        ({"search": "x" * 201}, "search"),
        ({"sorts": "status:asc"}, "sorts.0"),
        ({"sorts": "username"}, "sorts.0"),
        ({"sorts": ["id:asc", "id:desc"]}, "sorts"),
        ({"limit": 1001}, "limit"),
        ({"limit": 0}, "limit"),
        ({"offset": -1}, "offset"),
        ({"filter": "x"}, "filter"),
        ({"teamId": ["a", "b"]}, "teamId"),
    ],
    ids=str,
)
def test_wrong_parameters_are_named(api: ApiClient, query: dict[str, Any], field: str) -> None:
    refused(api.get("/users", **query), 400, field)


def test_member_reads_and_changes_nobody(app: Flask, cast: Cast) -> None:
    acme = Organization(cast.acme.organization_id, "", cast.acme.token)
    member = make_api(app, acme, MEMBER)

    assert good(member.get("/users"))["totalCount"] == 3
    good(member.get(f"/users/{cast.bob}"))
    for answer in (
        member.delete(f"/users/{cast.bob}"),
        member.post(f"/users/{cast.bob}/deactivate"),
        member.post(f"/users/{cast.dora}/reactivate"),
    ):
        refused(answer, 403)


def test_last_owner_is_told_the_way_out(cast: Cast) -> None:
    for answer in (cast.api.delete(f"/users/{cast.alice}"), cast.api.post(f"/users/{cast.alice}/deactivate")):
        assert "Make another User an Organization Owner first" in refused(answer, 409)


def test_deactivated_and_reactivated_user_is_answered(cast: Cast) -> None:
    deactivated = good(cast.api.post(f"/users/{cast.bob}/deactivate"))
    assert (deactivated["status"], deactivated["organizationRole"], deactivated["teams"]) == ("INACTIVE", None, [])

    reactivated = good(cast.api.post(f"/users/{cast.bob}/reactivate"))
    assert (reactivated["id"], reactivated["status"]) == (cast.bob, "ACTIVE")
    assert [team["id"] for team in reactivated["teams"]] == [cast.team]


def test_token_learns_who_it_is(app: Flask, organization: Organization, api: ApiClient) -> None:
    found = good(api.get("/v1/users/self"))

    assert found.pop("id")
    assert "organization.users.delete" in found.pop("permissions")
    assert found == {
        "subjectType": "SERVICEKEY",
        "apiTokenName": "ORGANIZATION_OWNER api",
        "status": "ACTIVE",
        "isIdpManaged": False,
        "organizationId": organization.id,
        "roles": [{"entityType": "ORGANIZATION", "entityId": organization.id, "role": "ORGANIZATION_OWNER"}],
    }
    nothing = good(make_api(app, organization, None).get("/v1/users/self"))
    assert (nothing["roles"], nothing["permissions"]) == ([], [])


def test_strangers_learn_nothing_of_themselves(app: Flask, organization: Organization) -> None:
    for token in ("", organization.token):
        refused(ApiClient(app, organization.id, token).get("/v1/users/self"), 401)


def test_users_are_found_by_tags_of_dags(crowd: dict[str, str], api: ApiClient) -> None:
    made = good(api.post("/deployments", {"workspaceId": crowd["workspace"], "name": "Production"}))
    dags = [{"deploymentId": made["id"], "dagTag": tag, "role": "DAG_VIEWER"} for tag in ("finance", "weekly")]
    good(api.post(f"/users/{crowd['carl']}/roles", {"dagRoles": dags}))
    good(api.post(f"/users/{crowd['owner']}/roles", {"dagRoles": dags[1:]}))

    assert names(api, dagTags="finance") == ["carl"]
    assert names(api, dagTags=["finance", "weekly"], sorts="username:asc") == ["carl", "owner"]
    assert names(api, dagTags=["none"]) == []
