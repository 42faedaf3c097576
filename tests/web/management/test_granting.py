"""Who may grant what to whom over the API: in their own Workspace, up to their own role, and nothing else."""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Cast, make_api, make_organization
from tests.support.api import good, refused
from tests.support.tree import (
    custom_role,
    deployment,
    new_token_id,
    on_dag,
    on_deployment,
    on_workspace,
    scoped_api,
    token_role,
    workspace,
)


@pytest.mark.parametrize("kind", ["users", "teams", "tokens"])
def test_unknown_subjects(cast: Cast, kind: str) -> None:
    body: dict[str, Any] = {"organizationRole": "ORGANIZATION_MEMBER"}
    if kind == "tokens":
        body = {"roles": [{"entityType": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}]}

    refused(cast.api.post(f"/{kind}/nobody/roles", body), 404)


def test_workspace_owner_grants_in_their_workspace_alone(cast: Cast) -> None:
    api = cast.api
    one, two = workspace(api), workspace(api)
    here, there = deployment(api, one), deployment(api, two)
    custom_role(api, "Deployer", "deployment.deploys.create")
    owner = scoped_api(api, token_role("WORKSPACE", one, "WORKSPACE_OWNER"))
    path = f"/users/{cast.bob}/roles"
    good(api.post(path, {"workspaceRoles": [on_workspace(two, "WORKSPACE_MEMBER")]}))
    elsewhere = on_workspace(two, "WORKSPACE_MEMBER")

    granted = good(owner.post(path, {"workspaceRoles": [elsewhere, on_workspace(one, "WORKSPACE_OWNER")]}))
    assert len(granted["workspaceRoles"]) == 2
    good(owner.post(path, {"deploymentRoles": [on_deployment(here, "Deployer")]}))
    good(owner.post(path, {"dagRoles": [on_dag(here, "daily", "DAG_AUTHOR")]}))
    good(owner.post(path, {"deploymentRoles": [], "dagRoles": []}))
    refused(owner.post(path, {"workspaceRoles": [on_workspace(one, "WORKSPACE_OWNER")]}), 403)
    refused(owner.post(path, {"workspaceRoles": [on_workspace(two, "WORKSPACE_OPERATOR")]}), 403)
    refused(owner.post(path, {"deploymentRoles": [on_deployment(there, "DEPLOYMENT_ADMIN")]}), 403)
    refused(owner.post(path, {"dagRoles": [on_dag(there, "daily", "DAG_VIEWER")]}), 403)
    refused(owner.post(path, {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}), 403)
    refused(owner.post(f"/teams/{cast.team}/roles", {"organizationRole": "ORGANIZATION_OWNER"}), 403)
    good(owner.post(f"/teams/{cast.team}/roles", {"workspaceRoles": [on_workspace(one, "WORKSPACE_OWNER")]}))
    good(api.post(path, {"workspaceRoles": []}))


def test_operator_manages_tokens_up_to_their_own_role(cast: Cast) -> None:
    api = cast.api
    one = workspace(api)
    operator = scoped_api(api, token_role("WORKSPACE", one, "WORKSPACE_OPERATOR"))
    path = f"/tokens/{new_token_id(api.organization_id)}/roles"

    good(operator.post(path, {"roles": [token_role("WORKSPACE", one, "WORKSPACE_OPERATOR")]}))
    refused(operator.post(path, {"roles": [token_role("WORKSPACE", one, "WORKSPACE_OWNER")]}), 403)
    refused(operator.post(f"/users/{cast.bob}/roles", {"workspaceRoles": []}), 403)
    refused(operator.post(f"/teams/{cast.team}/roles", {"workspaceRoles": []}), 403)
    good(api.post(path, {"roles": [token_role("WORKSPACE", one, "WORKSPACE_OWNER")]}))
    # Nor takes anybody a role that stands above their own.
    refused(operator.post(path, {"roles": [token_role("WORKSPACE", one, "WORKSPACE_MEMBER")]}), 403)


def test_custom_role_lets_take_roles_of_a_deployment_and_give_none(cast: Cast) -> None:
    api = cast.api
    live = deployment(api, workspace(api))
    custom_role(api, "Warden", "deployment.get", "deployment.users.delete")
    custom_role(api, "Less", "deployment.get")
    warden = scoped_api(api, token_role("DEPLOYMENT", live, "Warden"))
    path = f"/users/{cast.bob}/roles"

    refused(warden.post(path, {"deploymentRoles": [on_deployment(live, "Less")]}), 403)
    good(api.post(path, {"deploymentRoles": [on_deployment(live, "DEPLOYMENT_ADMIN")]}))
    refused(warden.post(path, {"deploymentRoles": []}), 403)
    good(api.post(path, {"deploymentRoles": [on_deployment(live, "Less")]}))
    assert good(warden.post(path, {"deploymentRoles": []}))["workspaceRoles"] == []
    refused(warden.post(f"/teams/{cast.team}/roles", {"deploymentRoles": []}), 403)


@pytest.mark.parametrize(
    "role",
    ["ORGANIZATION_BILLING_ADMIN", "ORGANIZATION_OBSERVE_ADMIN", "ORGANIZATION_OBSERVE_MEMBER", "ORGANIZATION_MEMBER"],
)
def test_other_organization_roles_change_no_roles(cast: Cast, role: str) -> None:
    client = scoped_api(cast.api, organization_role=role)
    token = {"roles": [{"entityType": "ORGANIZATION", "role": role}]}

    refused(client.post(f"/users/{cast.bob}/roles", {"organizationRole": role}), 403)
    refused(client.post(f"/teams/{cast.team}/roles", {"organizationRole": role}), 403)
    refused(client.post(f"/tokens/{new_token_id(client.organization_id)}/roles", token), 403)
    good(client.get(f"/users/{cast.bob}/effective-roles"))


def test_members_of_other_organizations_and_their_tokens_are_nobody_here(app: Flask, cast: Cast) -> None:
    other = make_api(app, make_organization("Elsewhere"))

    refused(cast.api.get(f"/users/{cast.charlie}/effective-roles"), 404)
    refused(
        cast.api.post(
            f"/tokens/{new_token_id(other.organization_id)}/roles",
            {"roles": [{"entityType": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}]},
        ),
        404,
    )
