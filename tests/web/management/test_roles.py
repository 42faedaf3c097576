"""Custom roles, default roles, templates and permission groups over the API."""

from typing import Any

import pytest
from flask import Flask

from scim_server.roles.catalogue import catalogue
from scim_server.tokens.service import revoke_token
from tests.conftest import OPERATOR, Cast, make_api, make_organization
from tests.support.api import ApiClient, good, refused
from tests.support.tree import (
    custom_role,
    deployment,
    events,
    new_token_id,
    on_dag,
    on_deployment,
    scoped_api,
    token_role,
    workspace,
)

PERMISSIONS = ["deployment.get", "deployment.logs.get"]


def draft(**changed: Any) -> dict[str, Any]:
    return {"name": "Reader", "scopeType": "DEPLOYMENT", "permissions": PERMISSIONS, **changed}


def test_role_is_made_read_changed_and_deleted(api: ApiClient) -> None:
    one = workspace(api)
    made = good(api.post("/roles", draft(description="Reads", restrictedWorkspaceIds=[one])))
    assert made["permissions"] == PERMISSIONS
    assert made["restrictedWorkspaceIds"] == [one]
    assert made["createdBy"] == made["updatedBy"]
    assert made["createdBy"]["apiTokenName"] == "ORGANIZATION_OWNER api"
    path = f"/roles/{made['id']}"
    assert good(api.get(path)) == made

    changed = good(api.post(path, {"name": "Logs", "permissions": ["deployment.logs.get"]}))

    assert (changed["name"], changed["description"], changed["scopeType"]) == ("Logs", None, "DEPLOYMENT")
    assert (changed["permissions"], changed["restrictedWorkspaceIds"]) == (["deployment.logs.get"], [])
    assert good(api.post(path, {"name": "Logs", "permissions": ["deployment.logs.get"]})) == changed
    assert api.delete(path).status_code == 204
    for answer in (api.get(path), api.delete(path), api.post(path, {"name": "L", "permissions": PERMISSIONS})):
        refused(answer, 404)
    assert [action for action, _ in events(api.organization_id, made["id"])] == [
        "owner:role:created",
        "owner:role:updated",
        "owner:role:deleted",
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "WORKSPACE_OWNER"}, "name"),
        ({"name": "deployment_admin"}, "name"),
        ({"name": " Reader"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["deployment.get", "workspace.users.update"]}, "permissions.1"),
        ({"permissions": ["organization.users.update"]}, "permissions.0"),
        ({"scopeType": "DAG", "permissions": ["deployment.delete"]}, "permissions.0"),
        ({"scopeType": "WORKSPACE"}, "scopeType"),
        ({"scopeType": "ORGANIZATION"}, "scopeType"),
        ({"restrictedWorkspaceIds": ["nowhere"]}, "restrictedWorkspaceIds.0"),
        ({"id": "mine"}, "id"),
    ],
)
def test_wrong_fields_are_named(api: ApiClient, changed: dict[str, Any], field: str) -> None:
    refused(api.post("/roles", draft(**changed)), 400, field)


def test_role_cannot_be_restricted_to_another_organizations_workspace(app: Flask, api: ApiClient) -> None:
    elsewhere = workspace(make_api(app, make_organization("Elsewhere")))

    refused(api.post("/roles", draft(restrictedWorkspaceIds=[elsewhere])), 400, "restrictedWorkspaceIds.0")


def test_names_are_unique_in_the_organization(app: Flask, api: ApiClient) -> None:
    good(api.post("/roles", draft()))
    other = custom_role(api, "Other", *PERMISSIONS)

    refused(api.post("/roles", draft()), 409, "name")
    refused(api.post(f"/roles/{other}", {"name": "Reader", "permissions": PERMISSIONS}), 409, "name")
    good(make_api(app, make_organization("Elsewhere")).post("/roles", draft()))


def test_list_pages_custom_roles_and_adds_default_ones(api: ApiClient) -> None:
    for name, scope in (("b", "DEPLOYMENT"), ("a", "DAG"), ("c", "DAG")):
        custom_role(api, name, "deployment.airflow.dag.get", scope=scope)

    everything = good(api.get("/roles"))
    assert [role["name"] for role in everything["roles"]] == ["a", "b", "c"]
    assert "defaultRoles" not in everything
    page = good(api.get("/roles", scopeTypes=["DAG"], includeDefaultRoles="true", limit=1, offset=1))
    assert ([role["name"] for role in page["roles"]], page["totalCount"]) == (["c"], 2)
    assert [role["name"] for role in page["defaultRoles"]] == ["DAG_AUTHOR", "DAG_VIEWER"]
    defaults = good(api.get("/roles", includeDefaultRoles="true"))["defaultRoles"]
    assert {role["name"] for role in defaults} == catalogue().default_names
    owner = next(role for role in defaults if role["name"] == "WORKSPACE_OWNER")
    assert set(owner["permissions"]) == catalogue().workspace_owner_permissions
    refused(api.get("/roles", scopeTypes=["SYSTEM"]), 400, "scopeTypes.0")


def test_templates_can_be_made_roles(api: ApiClient) -> None:
    templates = good(api.get("/role-templates"))

    assert [template["name"] for template in templates] == [
        "Deployment Viewer",
        "Deployment Author",
        "Deployment Operator",
    ]
    for template in templates:
        body = {name: template[name] for name in ("name", "scopeType", "permissions", "description")}
        assert good(api.post("/roles", body))["permissions"] == template["permissions"]


def test_permission_groups_hold_every_permission_once(api: ApiClient) -> None:
    for scope in ("DEPLOYMENT", "DAG"):
        groups = good(api.get("/authorization/permission-groups", scopeType=scope))
        found = [each["permission"] for group in groups for each in group["permissions"]]
        assert sorted(found) == sorted(catalogue().scopes[scope.lower()].custom_permissions)
        assert all(
            each["permission"] == f"{group['name']}.{each['action']}"
            for group in groups
            for each in group["permissions"]
        )
    both = good(api.get("/authorization/permission-groups"))
    assert {group["scope"] for group in both} == {"DEPLOYMENT", "DAG"}


def test_bindings_follow_a_rename_and_keep_a_role_from_being_deleted(cast: Cast) -> None:
    api = cast.api
    live = deployment(api, workspace(api))
    role_id = custom_role(api, "Reader", *PERMISSIONS)
    good(api.post(f"/users/{cast.bob}/roles", {"deploymentRoles": [on_deployment(live, "Reader")]}))
    good(api.post(f"/teams/{cast.team}/roles", {"deploymentRoles": [on_deployment(live, "Reader")]}))

    good(api.post(f"/roles/{role_id}", {"name": "Viewer", "permissions": PERMISSIONS}))

    (shown,) = good(api.get(f"/users/{cast.bob}/effective-roles"))["deploymentRoles"]
    assert shown["role"] == "Viewer"
    assert {reason["role"] for reason in shown["why"]} == {"Viewer"}
    assert "2 places" in refused(api.delete(f"/roles/{role_id}"), 409)
    refused(
        api.post(f"/users/{cast.bob}/roles", {"deploymentRoles": [on_deployment(live, "Reader")]}),
        400,
        "deploymentRoles.0.role",
    )
    good(api.post(f"/users/{cast.bob}/roles", {"deploymentRoles": []}))
    good(api.post(f"/teams/{cast.team}/roles", {"deploymentRoles": []}))
    assert api.delete(f"/roles/{role_id}").status_code == 204


def test_revoked_token_keeps_no_role_from_being_deleted(api: ApiClient) -> None:
    live, token_id = deployment(api, workspace(api)), new_token_id(api.organization_id)
    role_id = custom_role(api, "Reader", *PERMISSIONS)
    good(api.post(f"/tokens/{token_id}/roles", {"roles": [token_role("DEPLOYMENT", live, "Reader")]}))
    refused(api.delete(f"/roles/{role_id}"), 409)

    revoke_token(api.organization_id, token_id, OPERATOR)

    assert api.delete(f"/roles/{role_id}").status_code == 204


def test_role_is_held_only_in_its_scope_and_workspaces(cast: Cast) -> None:
    api = cast.api
    one, two = workspace(api), workspace(api)
    here, there = deployment(api, one), deployment(api, two)
    role_id = custom_role(api, "Here", *PERMISSIONS, restrictedWorkspaceIds=[one])
    custom_role(api, "OfDags", "deployment.airflow.dag.get", scope="DAG")
    path = f"/users/{cast.bob}/roles"

    refused(api.post(path, {"deploymentRoles": [on_deployment(there, "Here")]}), 400, "deploymentRoles.0.role")
    refused(api.post(path, {"deploymentRoles": [on_deployment(here, "OfDags")]}), 400, "deploymentRoles.0.role")
    refused(api.post(path, {"dagRoles": [on_dag(here, "d", "Here")]}), 400, "dagRoles.0.role")
    good(api.post(path, {"deploymentRoles": [on_deployment(here, "Here")], "dagRoles": [on_dag(there, "d", "OfDags")]}))
    elsewhere = {"name": "Here", "permissions": PERMISSIONS, "restrictedWorkspaceIds": [two]}
    assert one in refused(api.post(f"/roles/{role_id}", elsewhere), 409, "restrictedWorkspaceIds")
    good(api.post(f"/roles/{role_id}", {**elsewhere, "restrictedWorkspaceIds": [one, two]}))
    good(api.post(f"/roles/{role_id}", {**elsewhere, "restrictedWorkspaceIds": []}))
    good(api.post(f"/roles/{role_id}", {**elsewhere, "restrictedWorkspaceIds": [one]}))


@pytest.mark.parametrize("role", catalogue().organization.names[1:])
def test_others_than_owners_only_read(api: ApiClient, role: str) -> None:
    role_id = custom_role(api, "Reader", *PERMISSIONS)
    client = scoped_api(api, organization_role=role)

    good(client.get("/roles"))
    good(client.get(f"/roles/{role_id}"))
    refused(client.post("/roles", draft(name="Mine")), 403)
    refused(client.post(f"/roles/{role_id}", {"name": "Mine", "permissions": PERMISSIONS}), 403)
    refused(client.delete(f"/roles/{role_id}"), 403)
