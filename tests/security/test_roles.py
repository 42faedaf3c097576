"""Attacks on roles (security catalogue IN13, WB09, PT17 to PT20): nobody rises by themselves, nor by a Group."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from scim_server.database import reading
from scim_server.roles.models import RoleBinding
from scim_server.tokens.models import Token
from scim_server.users.models import User
from tests.conftest import Cast
from tests.support.api import ApiClient, good, refused
from tests.support.client import GROUP
from tests.support.people import standing
from tests.support.tree import (
    custom_role,
    deployment,
    events,
    new_token_id,
    on_deployment,
    on_workspace,
    scoped_api,
    token_role,
    workspace,
)

OWNER, MEMBER = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"
LOWER_ROLES = ["ORGANIZATION_BILLING_ADMIN", "ORGANIZATION_OBSERVE_ADMIN", "ORGANIZATION_OBSERVE_MEMBER", MEMBER]


def organization_role(cast: Cast, user_id: str) -> str:
    return str(good(cast.api.get(f"/users/{user_id}/effective-roles"))["organizationRole"]["role"])


def owner_token(role: str = OWNER) -> dict[str, Any]:
    return {"roles": [{"entityType": "ORGANIZATION", "role": role}]}


def id_of(client: ApiClient) -> str:
    """Return the id of a client's own token."""
    return client.token.split("_")[1]


@pytest.mark.parametrize("role", LOWER_ROLES)
def test_IN13_nobody_grants_above_their_own_organization_role(cast: Cast, role: str) -> None:
    client = scoped_api(cast.api, organization_role=role)

    for path in (f"/users/{cast.bob}/roles", f"/teams/{cast.team}/roles"):
        refused(client.post(path, {"organizationRole": OWNER}), 403)
    refused(client.post(f"/tokens/{new_token_id(client.organization_id)}/roles", owner_token()), 403)

    assert organization_role(cast, cast.bob) == MEMBER


def test_IN13_nor_above_their_own_role_on_a_place(cast: Cast) -> None:
    one = workspace(cast.api)
    live = deployment(cast.api, one)
    custom_role(cast.api, "TokenMaker", "deployment.apiTokens.create", "deployment.get")
    operator = scoped_api(cast.api, token_role("WORKSPACE", one, "WORKSPACE_OPERATOR"))
    path = f"/tokens/{new_token_id(operator.organization_id)}/roles"

    for role in (
        token_role("WORKSPACE", one, "WORKSPACE_OWNER"),
        token_role("DEPLOYMENT", live, "TokenMaker"),
        token_role("ORGANIZATION", operator.organization_id, MEMBER),
    ):
        refused(operator.post(path, {"roles": [role]}), 403)
    good(operator.post(path, {"roles": [token_role("DEPLOYMENT", live, "DEPLOYMENT_ADMIN")]}))


@pytest.mark.parametrize("role", LOWER_ROLES)
def test_WB09_token_does_not_promote_itself(cast: Cast, role: str) -> None:
    client = scoped_api(cast.api, organization_role=role)

    refused(client.post(f"/tokens/{id_of(client)}/roles", owner_token()), 403)

    statement = select(Token.role).where(Token.id == id_of(client))
    with reading() as connection:
        assert connection.execute(statement).scalar_one() == role


@pytest.mark.parametrize("role", ["WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR"])
def test_WB09_nor_within_its_workspace_or_into_another(cast: Cast, role: str) -> None:
    one, two = workspace(cast.api), workspace(cast.api)
    client = scoped_api(cast.api, token_role("WORKSPACE", one, role))
    path = f"/tokens/{id_of(client)}/roles"

    refused(client.post(path, {"roles": [token_role("WORKSPACE", one, "WORKSPACE_OWNER")]}), 403)
    both = [token_role("WORKSPACE", one, role), token_role("WORKSPACE", two, "WORKSPACE_ACCESSOR")]
    refused(client.post(path, {"roles": both}), 403)
    refused(client.get(f"/workspaces/{two}"), 404)


def test_WB09_role_of_a_body_that_names_more_is_refused(cast: Cast) -> None:
    for body in ({"role": OWNER}, {"organizationRole": MEMBER, "status": "ACTIVE"}, {"organization_role": OWNER}):
        refused(cast.api.post(f"/users/{cast.bob}/roles", body), 400)
    assert organization_role(cast, cast.bob) == MEMBER


def test_WB09_last_owner_is_not_demoted(cast: Cast) -> None:
    path = f"/users/{cast.alice}/roles"

    message = refused(cast.api.post(path, {"organizationRole": MEMBER, "workspaceRoles": []}), 409)

    assert "only active Organization Owner" in message
    assert standing(cast.api.organization_id, cast.alice)[1] == OWNER
    # An Owner by Team is none by themselves, and one who is not ACTIVE is none yet.
    good(cast.api.post(f"/teams/{cast.team}/roles", {"organizationRole": OWNER}))
    good(cast.api.post(f"/users/{cast.dora}/roles", {"organizationRole": OWNER}))
    refused(cast.api.post(path, {"organizationRole": MEMBER}), 409)
    good(cast.api.post(f"/users/{cast.bob}/roles", {"organizationRole": OWNER}))
    good(cast.api.post(path, {"organizationRole": MEMBER}))
    refused(cast.api.post(f"/users/{cast.bob}/roles", {"organizationRole": MEMBER}), 409)


def together(*sends: Callable[[], TestResponse]) -> list[TestResponse]:
    """Send requests at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(sends))

    def run(send: Callable[[], TestResponse]) -> TestResponse:
        start.wait()
        return send()

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(run, sends))


def posting(api: ApiClient, path: str, body: dict[str, Any]) -> Callable[[], TestResponse]:
    client = ApiClient(api.app, api.organization_id, api.token)
    return lambda: client.post(path, body)


def test_WB09_two_owners_who_demote_one_another_leave_one(cast: Cast) -> None:
    for _ in range(5):
        for user_id in (cast.alice, cast.bob):
            good(cast.api.post(f"/users/{user_id}/roles", {"organizationRole": OWNER}))

        demoted = {"organizationRole": MEMBER}
        answers = together(*(posting(cast.api, f"/users/{each}/roles", demoted) for each in (cast.alice, cast.bob)))

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        statement = select(User.id).where(User.organization_id == cast.api.organization_id, User.role == OWNER)
        with reading() as connection:
            assert len(connection.execute(statement).all()) == 1


def test_CC01_role_changes_at_once_are_one_after_the_other(cast: Cast) -> None:
    """Each list replaces the whole: what stands in the end is one of them, never a mixture."""
    ids = [workspace(cast.api) for _ in range(4)]
    lists = [[on_workspace(each, role) for each in ids] for role in ("WORKSPACE_MEMBER", "WORKSPACE_AUTHOR")]
    lists += [[], lists[0][:2]]
    for path in (f"/users/{cast.bob}/roles", f"/teams/{cast.team}/roles"):
        answers = together(*(posting(cast.api, path, {"workspaceRoles": each}) for each in 3 * lists))

        assert {answer.status_code for answer in answers} == {200}
        shown = good(cast.api.post(path, {"deploymentRoles": []}))["workspaceRoles"]
        assert shown in [sorted(each, key=lambda entry: entry["workspaceId"]) for each in lists]


def test_CC05_workspace_that_is_deleted_meanwhile_keeps_no_role(cast: Cast) -> None:
    for _ in range(5):
        one = workspace(cast.api)
        live = deployment(cast.api, one)
        body = {"deploymentRoles": [on_deployment(live, "DEPLOYMENT_ADMIN")]}
        client = ApiClient(cast.api.app, cast.api.organization_id, cast.api.token)

        *granted, deleted = together(
            posting(cast.api, f"/users/{cast.bob}/roles", body),
            posting(cast.api, f"/teams/{cast.team}/roles", body),
            partial(client.delete, f"/workspaces/{one}"),
        )

        assert {answer.status_code for answer in granted} <= {200, 400}
        assert deleted.status_code == 204
        statement = select(RoleBinding.id).where(RoleBinding.workspace_id == one)
        with reading() as connection:
            assert connection.execute(statement).all() == []


def test_PT17_name_of_a_privileged_group_gives_nothing(cast: Cast) -> None:
    good(cast.api.post(f"/teams/{cast.team}/roles", {"organizationRole": OWNER}))
    for name in ("Owners", OWNER, "engineers owners"):
        cast.acme.create_group(name, cast.charlie, cast.bob)
    cast.acme.patch(f"/Groups/{cast.team}", {"op": "remove", "path": "members"})

    assert organization_role(cast, cast.bob) == MEMBER


def test_PT18_renamed_group_keeps_its_roles_and_gives_them_to_no_other(cast: Cast) -> None:
    good(cast.api.post(f"/teams/{cast.team}/roles", {"organizationRole": OWNER}))
    cast.acme.patch(f"/Groups/{cast.team}", {"op": "replace", "path": "displayName", "value": "Renamed"})
    carol = cast.acme.create_user("carol@acme.example")["id"]
    cast.acme.create_group("Engineers", carol)

    assert organization_role(cast, cast.bob) == OWNER
    assert organization_role(cast, carol) == MEMBER
    assert [action for action, _ in events(cast.api.organization_id, cast.bob) if "role-" in action] == [
        "owner:user:role-gained"
    ]


def test_PT19_deleted_group_takes_its_roles_from_its_members(cast: Cast) -> None:
    one = workspace(cast.api)
    body = {"organizationRole": OWNER, "workspaceRoles": [on_workspace(one, "WORKSPACE_OWNER")]}
    good(cast.api.post(f"/teams/{cast.team}/roles", body))
    assert organization_role(cast, cast.bob) == OWNER

    assert cast.acme.delete(f"/Groups/{cast.team}").status_code == 204

    found = good(cast.api.get(f"/users/{cast.bob}/effective-roles"))
    assert (found["organizationRole"]["role"], found["workspaceRoles"]) == (MEMBER, [])
    assert "scim:user:role-lost" in [action for action, _ in events(cast.api.organization_id, cast.bob)]
    # The same name again is another Group.
    cast.acme.create_group("Engineers", cast.bob)
    assert organization_role(cast, cast.bob) == MEMBER


def test_PT20_provisioning_gives_no_role_by_any_attribute(cast: Cast) -> None:
    extras = {"role": OWNER, "organizationRole": OWNER, "roles": [{"value": OWNER}], "binding_count": 1}
    team = cast.acme.create_group("Admins", cast.bob, **extras)["id"]
    cast.acme.put(f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Admins", **extras})
    for name, value in extras.items():
        cast.acme.patch(f"/Groups/{team}", {"op": "add", "path": name, "value": value})
        cast.acme.patch(f"/Users/{cast.bob}", {"op": "add", "path": name, "value": value})
    carol = cast.acme.create_user("carol@acme.example", roles=[{"value": OWNER, "primary": True}], role=OWNER)["id"]

    assert organization_role(cast, cast.bob) == MEMBER
    assert organization_role(cast, carol) == MEMBER
    scim_token = ApiClient(cast.api.app, cast.api.organization_id, cast.acme.token)
    refused(scim_token.post(f"/teams/{team}/roles", {"organizationRole": OWNER}), 401)
