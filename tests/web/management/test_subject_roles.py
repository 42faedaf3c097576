"""Roles of Users, Teams and tokens over the API: lists that replace, validation, escalation, and the explanation."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from scim_server.database import reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.invitations.models import Invitation
from scim_server.roles.bindings import SubjectKind, roles_of
from scim_server.users.models import User
from scim_server.users.policy import Status
from tests.conftest import Cast, Organization
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.people import insert_person, standing
from tests.support.tree import (
    custom_role,
    deployment,
    events,
    new_token_id,
    on_dag,
    on_deployment,
    on_workspace,
    token_role,
    workspace,
)

SUBJECTS = ("users", "teams")


def subject_id(cast: Cast, kind: str) -> str:
    return cast.bob if kind == "users" else cast.team


@pytest.mark.parametrize("kind", SUBJECTS)
def test_lists_replace_their_scope_and_others_stay(cast: Cast, kind: str) -> None:
    api, path = cast.api, f"/{kind}/{subject_id(cast, kind)}/roles"
    one, two = sorted(workspace(api) for _ in range(2))
    live = deployment(api, two)
    author, admin = on_workspace(one, "WORKSPACE_AUTHOR"), on_deployment(live, "DEPLOYMENT_ADMIN")
    accessor = on_workspace(two, "WORKSPACE_ACCESSOR")
    dag = {"deploymentId": live, "dagTag": "nightly", "role": "DAG_VIEWER"}

    first = good(api.post(path, {"organizationRole": "ORGANIZATION_BILLING_ADMIN", "workspaceRoles": [author]}))
    second = good(api.post(path, {"deploymentRoles": [admin], "dagRoles": [dag]}))
    third = good(api.post(path, {"workspaceRoles": [], "dagRoles": []}))
    last = good(api.post(path, {"deploymentRoles": []}))

    shown_dag = {**dag, "dagId": None}
    member = {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}
    assert first == {**member, "workspaceRoles": [author], "deploymentRoles": [], "dagRoles": []}
    assert second["workspaceRoles"] == [author, accessor]
    assert (second["deploymentRoles"], second["dagRoles"]) == ([admin], [shown_dag])
    assert third == {**member, "workspaceRoles": [accessor], "deploymentRoles": [admin], "dagRoles": []}
    assert last == {**member, "workspaceRoles": [], "deploymentRoles": [], "dagRoles": []}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_sending_back_what_was_read_changes_nothing(cast: Cast, kind: str) -> None:
    api, found = cast.api, subject_id(cast, kind)
    live = deployment(api, workspace(api))
    dags = [on_dag(live, "daily", "DAG_AUTHOR"), {"deploymentId": live, "dagTag": "t", "role": "DAG_VIEWER"}]
    held = good(api.post(f"/{kind}/{found}/roles", {"dagRoles": dags}))
    before = events(api.organization_id, found)

    assert good(api.post(f"/{kind}/{found}/roles", held)) == held

    assert events(api.organization_id, found) == before


def test_change_is_told_place_by_place(cast: Cast) -> None:
    api, one = cast.api, workspace(cast.api)
    for role in ("WORKSPACE_AUTHOR", "WORKSPACE_OWNER"):
        good(api.post(f"/users/{cast.bob}/roles", {"workspaceRoles": [on_workspace(one, role)]}))
    body = {"organizationRole": "ORGANIZATION_OWNER", "workspaceRoles": []}
    good(api.post(f"/users/{cast.bob}/roles", body))

    assert [changes for _, changes in events(api.organization_id, cast.bob, "owner:user:roles-changed")] == [
        {f"workspace/{one}": [None, "WORKSPACE_AUTHOR"]},
        {f"workspace/{one}": ["WORKSPACE_AUTHOR", "WORKSPACE_OWNER"]},
        {"#role": ["ORGANIZATION_MEMBER", "ORGANIZATION_OWNER"], f"workspace/{one}": ["WORKSPACE_OWNER", None]},
    ]


@pytest.mark.parametrize("kind", SUBJECTS)
def test_wrong_fields_are_named(cast: Cast, app: Flask, kind: str) -> None:
    api, path = cast.api, f"/{kind}/{subject_id(cast, kind)}/roles"
    one = workspace(api)
    live = deployment(api, one)
    theirs = workspace(cast.charlies_api)
    on_theirs = deployment(cast.charlies_api, theirs)
    good_workspace = on_workspace(one, "WORKSPACE_MEMBER")
    rows: list[tuple[dict[str, Any], str]] = [
        ({"organizationRole": "ORGANIZATION_EMPEROR"}, "organizationRole"),
        ({"organizationRole": None}, "organizationRole"),
        ({"workspaceRoles": [on_workspace("nowhere", "WORKSPACE_MEMBER")]}, "workspaceRoles.0.workspaceId"),
        (
            {"workspaceRoles": [good_workspace, on_workspace(theirs, "WORKSPACE_MEMBER")]},
            "workspaceRoles.1.workspaceId",
        ),
        ({"workspaceRoles": [good_workspace, good_workspace]}, "workspaceRoles.1.workspaceId"),
        ({"workspaceRoles": [on_workspace(one, "DEPLOYMENT_ADMIN")]}, "workspaceRoles.0.role"),
        ({"workspaceRoles": [on_workspace(one, "workspace_member")]}, "workspaceRoles.0.role"),
        ({"workspaceRoles": [{"role": "WORKSPACE_MEMBER"}]}, "workspaceRoles.0.workspaceId"),
        ({"workspaceRoles": [{**good_workspace, "name": "x"}]}, "workspaceRoles.0.name"),
        ({"deploymentRoles": [on_deployment(one, "DEPLOYMENT_ADMIN")]}, "deploymentRoles.0.deploymentId"),
        ({"deploymentRoles": [on_deployment(on_theirs, "DEPLOYMENT_ADMIN")]}, "deploymentRoles.0.deploymentId"),
        ({"deploymentRoles": [on_deployment(live, "WORKSPACE_MEMBER")]}, "deploymentRoles.0.role"),
        ({"deploymentRoles": [on_deployment(live, "No such role")]}, "deploymentRoles.0.role"),
        ({"deploymentRoles": 2 * [on_deployment(live, "DEPLOYMENT_ADMIN")]}, "deploymentRoles.1.deploymentId"),
        ({"dagRoles": [on_dag("nowhere", "d", "DAG_VIEWER")]}, "dagRoles.0.deploymentId"),
        ({"dagRoles": [on_deployment(live, "DAG_VIEWER")]}, "dagRoles.0.dagId"),
        ({"dagRoles": [{**on_dag(live, "d", "DAG_VIEWER"), "dagTag": "t"}]}, "dagRoles.0.dagId"),
        ({"dagRoles": [on_dag(live, "", "DAG_VIEWER")]}, "dagRoles.0.dagId"),
        ({"dagRoles": [on_dag(live, "x" * 251, "DAG_VIEWER")]}, "dagRoles.0.dagId"),
        ({"dagRoles": 2 * [on_dag(live, "d", "DAG_VIEWER")]}, "dagRoles.1.deploymentId"),
        ({"dagRoles": [on_dag(live, "d", "DEPLOYMENT_ADMIN")]}, "dagRoles.0.role"),
        ({"roles": []}, "roles"),
    ]
    before = events(api.organization_id, subject_id(cast, kind))

    for body, field in rows:
        refused(api.post(path, body), 400, field)
    refused(api.post(path, {}), 400)

    many = {"workspaceRoles": [on_workspace(str(number), "WORKSPACE_MEMBER") for number in range(1_001)]}
    refused(api.post(path, many), 400, "workspaceRoles")
    assert events(api.organization_id, subject_id(cast, kind)) == before


def test_nothing_is_stored_where_one_entry_is_wrong(cast: Cast) -> None:
    one = workspace(cast.api)
    body = {
        "organizationRole": "ORGANIZATION_OWNER",
        "workspaceRoles": [on_workspace(one, "WORKSPACE_MEMBER"), on_workspace("nowhere", "WORKSPACE_MEMBER")],
    }

    refused(cast.api.post(f"/users/{cast.bob}/roles", body), 400)

    assert standing(cast.api.organization_id, cast.bob)[1] == "ORGANIZATION_MEMBER"
    assert good(cast.api.get(f"/users/{cast.bob}/effective-roles"))["workspaceRoles"] == []


# Tokens


def test_token_roles_are_replaced_as_a_whole(api: ApiClient) -> None:
    one = workspace(api)
    live, token_id = deployment(api, one), new_token_id(api.organization_id)
    path = f"/tokens/{token_id}/roles"
    organization = token_role("ORGANIZATION", api.organization_id, "ORGANIZATION_MEMBER")

    first = good(api.post(path, {"roles": [organization, token_role("DEPLOYMENT", live, "DEPLOYMENT_ADMIN")]}))
    dags = [
        token_role("DAG", "daily", "DAG_AUTHOR", deploymentId=live),
        token_role("DAG_TAG", "nightly", "DAG_VIEWER", deploymentId=live),
    ]
    second = good(api.post(path, {"roles": dags}))

    assert first["organizationRole"] == "ORGANIZATION_MEMBER"
    assert first["workspaceRoles"] == [on_workspace(one, "WORKSPACE_ACCESSOR")]
    assert second["organizationRole"] is None
    assert second["deploymentRoles"] == [on_deployment(live, "DEPLOYMENT_ACCESSOR")]
    assert [(each["dagId"], each["dagTag"]) for each in second["dagRoles"]] == [("daily", None), (None, "nightly")]
    changes = [changes for _, changes in events(api.organization_id, token_id, "owner:token:roles-changed")]
    assert changes[1]["role"] == ["ORGANIZATION_MEMBER", None]


def test_wrong_roles_of_a_token_are_named(api: ApiClient) -> None:
    live = deployment(api, workspace(api))
    path = f"/tokens/{new_token_id(api.organization_id)}/roles"
    organization = {"entityType": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}
    rows: list[tuple[Any, str]] = [
        ([], "roles"),
        ([{**organization, "entityId": "another"}], "roles.0.entityId"),
        ([organization, organization], "roles.1.entityId"),
        ([{**organization, "role": "WORKSPACE_OWNER"}], "roles.0.role"),
        ([token_role("WORKSPACE", "nowhere", "WORKSPACE_OWNER")], "roles.0.entityId"),
        ([{"entityType": "WORKSPACE", "role": "WORKSPACE_OWNER"}], "roles.0.entityId"),
        ([token_role("DAG", "d", "DAG_VIEWER")], "roles.0.deploymentId"),
        ([token_role("DAG", "d", "DAG_VIEWER", deploymentId="nowhere")], "roles.0.deploymentId"),
        ([token_role("DEPLOYMENT", live, "DAG_VIEWER")], "roles.0.role"),
        ([token_role("SYSTEM", live, "DAG_VIEWER")], "roles.0.entityType"),
    ]

    for roles, field in rows:
        refused(api.post(path, {"roles": roles}), 400, field)


# Any status


@pytest.mark.parametrize(
    ("status", "role"),
    [
        (Status.PENDING, "ORGANIZATION_MEMBER"),
        (Status.AWAITING_INVITATION, None),
        (Status.INACTIVE, "ORGANIZATION_MEMBER"),
    ],
)
def test_roles_of_any_status_can_be_set_and_hold_once_active(api: ApiClient, status: Status, role: str | None) -> None:
    one = workspace(api)
    user_id = insert_person(api.organization_id, "somebody@example.org", status, role)
    body = {"organizationRole": "ORGANIZATION_OWNER", "workspaceRoles": [on_workspace(one, "WORKSPACE_AUTHOR")]}

    good(api.post(f"/users/{user_id}/roles", body))

    assert standing(api.organization_id, user_id)[:2] == (status.value, "ORGANIZATION_OWNER")
    shown = good(api.get(f"/users/{user_id}/effective-roles"))
    assert (shown["organizationRole"], shown["workspaceRoles"]) == (None, [])
    assert status.value in shown["note"]


def test_open_invitation_offers_the_new_role(api: ApiClient) -> None:
    user_id = insert_person(api.organization_id, "invited@example.org", Status.PENDING, "ORGANIZATION_MEMBER")
    ids = [insert_invitation(api.organization_id, user_id, state) for state in ("REVOKED", "OPEN")]

    good(api.post(f"/users/{user_id}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}))

    statement = select(Invitation.id, Invitation.role).where(Invitation.user_id == user_id).order_by(Invitation.id)
    with reading() as connection:
        offered = [tuple(row) for row in connection.execute(statement)]
    assert offered == list(zip(ids, ("ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"), strict=True))


def insert_invitation(organization_id: str, user_id: str, state: str) -> str:
    moment = now()
    row = {
        "organization_id": organization_id,
        "id": new_id(),
        "user_id": user_id,
        "email": "invited@example.org",
        "email_folded": "invited@example.org",
        "role": "ORGANIZATION_MEMBER",
        "state": state,
        "secret_digest": "x",
        "invited_by_type": "operator",
        "created_at": moment,
        "sent_at": moment,
        "sent_count": 1,
        "expires_at": moment,
    }
    with transaction() as connection:
        connection.execute(insert(Invitation), row)
    return str(row["id"])


def test_role_chosen_for_the_waiting_is_theirs_when_they_are_let_in(
    api: ApiClient, organization: Organization, scim: ScimClient
) -> None:
    organization.set_jit(None)
    user_id = scim.create_user("waiting@example.org")["id"]
    good(api.post(f"/users/{user_id}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}))
    scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": False})
    organization.set_jit("ORGANIZATION_MEMBER")

    scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": True})

    assert standing(organization.id, user_id)[:2] == ("ACTIVE", "ORGANIZATION_BILLING_ADMIN")


def test_who_gave_the_role_and_when_is_kept(cast: Cast) -> None:
    good(cast.api.post(f"/users/{cast.bob}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}))

    statement = select(User.role_granted_at, User.role_granted_by_type).where(User.id == cast.bob)
    with reading() as connection:
        granted_at, kind = connection.execute(statement).one()
    assert kind == "token"
    (reason,) = good(cast.api.get(f"/users/{cast.bob}/effective-roles"))["organizationRole"]["why"]
    assert reason["grantedAt"] == granted_at
    assert reason["grantedBy"]["apiTokenName"] == "ORGANIZATION_OWNER api"


# The explanation


def test_every_effective_role_is_explained(cast: Cast) -> None:
    api = cast.api
    one = workspace(api)
    live = deployment(api, one)
    custom_role(api, "Deployer", "deployment.deploys.create", "deployment.get")
    direct = {
        "workspaceRoles": [on_workspace(one, "WORKSPACE_MEMBER")],
        "deploymentRoles": [on_deployment(live, "Deployer")],
    }
    by_team = {
        "organizationRole": "ORGANIZATION_BILLING_ADMIN",
        "workspaceRoles": [on_workspace(one, "WORKSPACE_OPERATOR")],
        "dagRoles": [on_dag(live, "daily", "DAG_VIEWER")],
    }
    good(api.post(f"/users/{cast.bob}/roles", direct))
    good(api.post(f"/teams/{cast.team}/roles", by_team))

    found = good(api.get(f"/users/{cast.bob}/effective-roles"))

    def explained(entry: Any) -> tuple[str, list[tuple[str, str, bool, str | None]]]:
        why = [(each["kind"], each["role"], each["isAutomatic"], each["teamName"]) for each in entry["why"]]
        assert all(each["grantedBy"]["subjectType"] == "SERVICEKEY" for each in entry["why"])
        return entry["role"], sorted(why)

    assert found["note"] is None
    assert explained(found["organizationRole"]) == (
        "ORGANIZATION_BILLING_ADMIN",
        [
            ("DIRECT", "ORGANIZATION_MEMBER", False, None),
            ("TEAM", "ORGANIZATION_BILLING_ADMIN", False, "Engineers"),
        ],
    )
    assert [explained(each) for each in found["workspaceRoles"]] == [
        (
            "WORKSPACE_OPERATOR",
            [("DIRECT", "WORKSPACE_MEMBER", False, None), ("TEAM", "WORKSPACE_OPERATOR", False, "Engineers")],
        )
    ]
    assert [explained(each) for each in found["deploymentRoles"]] == [
        (
            "Deployer",
            [("DIRECT", "Deployer", False, None), ("TEAM", "DEPLOYMENT_ACCESSOR", True, "Engineers")],
        )
    ]
    (dag,) = found["dagRoles"]
    assert (dag["workspaceId"], dag["deploymentId"], dag["dagId"], dag["dagTag"]) == (one, live, "daily", None)
    assert explained(dag) == ("DAG_VIEWER", [("TEAM", "DAG_VIEWER", False, "Engineers")])


def test_owners_are_workspace_owners_everywhere(cast: Cast) -> None:
    api = cast.api
    one, two = sorted(workspace(api) for _ in range(2))
    good(api.post(f"/users/{cast.alice}/roles", {"workspaceRoles": [on_workspace(one, "WORKSPACE_MEMBER")]}))
    good(api.post(f"/teams/{cast.team}/roles", {"organizationRole": "ORGANIZATION_OWNER"}))

    alice = good(api.get(f"/users/{cast.alice}/effective-roles"))
    bob = good(api.get(f"/users/{cast.bob}/effective-roles"))

    for found in (alice, bob):
        assert found["organizationRole"]["role"] == "ORGANIZATION_OWNER"
        roles = [(each["workspaceId"], each["role"]) for each in found["workspaceRoles"]]
        assert roles == [(one, "WORKSPACE_OWNER"), (two, "WORKSPACE_OWNER")]
    kinds = [[(each["kind"], each["role"]) for each in entry["why"]] for entry in alice["workspaceRoles"]]
    owner = ("ORGANIZATION_OWNER", "WORKSPACE_OWNER")
    assert kinds == [[("DIRECT", "WORKSPACE_MEMBER"), owner], [owner]]
    assert bob["workspaceRoles"][0]["why"][0]["teamId"] == cast.team


def test_roles_do_not_reach_through_nested_teams(cast: Cast) -> None:
    api = cast.api
    one = workspace(api)
    outer = cast.acme.create_group("Outer", cast.team)["id"]
    body = {"organizationRole": "ORGANIZATION_OWNER", "workspaceRoles": [on_workspace(one, "WORKSPACE_OWNER")]}
    good(api.post(f"/teams/{outer}/roles", body))

    found = good(api.get(f"/users/{cast.bob}/effective-roles"))

    assert (found["organizationRole"]["role"], found["workspaceRoles"]) == ("ORGANIZATION_MEMBER", [])


def test_roles_of_many_are_read_at_once(cast: Cast) -> None:
    api = cast.api
    one = workspace(api)
    good(api.post(f"/users/{cast.bob}/roles", {"workspaceRoles": [on_workspace(one, "WORKSPACE_MEMBER")]}))

    with reading() as connection:
        found = roles_of(connection, api.organization_id, SubjectKind.USER, [cast.bob, cast.alice, cast.charlie])
        nobody = roles_of(connection, api.organization_id, SubjectKind.USER, [])
        elsewhere = roles_of(connection, cast.charlies_api.organization_id, SubjectKind.USER, [cast.bob])

    assert found[cast.bob].workspace_roles == ((one, "WORKSPACE_MEMBER"),)
    assert not any(found[cast.alice])
    assert not any(found[cast.charlie])
    assert nobody == {}
    assert not any(elsewhere[cast.bob])
