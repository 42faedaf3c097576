"""Roles and what subjects hold, in the tenant matrix."""

import uuid

from tests.conftest import Cast
from tests.support.api import ApiClient, good
from tests.support.tree import custom_role, new_token_id, on_workspace, workspace
from tests.web.management.entries import Entry

PERMISSION = "deployment.get"
DRAFT = {"name": "Matrix", "permissions": [PERMISSION]}


def whose(cast: Cast, theirs: bool) -> ApiClient:
    return cast.charlies_api if theirs else cast.api


def role(cast: Cast, theirs: bool) -> str:
    return custom_role(whose(cast, theirs), f"Role {uuid.uuid4().hex[:8]}", PERMISSION)


def user(cast: Cast, theirs: bool) -> str:
    return cast.charlie if theirs else cast.bob


def team(cast: Cast, theirs: bool) -> str:
    return cast.charlies_team if theirs else cast.team


def token(cast: Cast, theirs: bool) -> str:
    return new_token_id(whose(cast, theirs).organization_id)


def dora_holds_nothing(cast: Cast) -> None:
    """What dora was given is kept, holds nothing while she is deprovisioned, and holds again afterwards."""
    given = on_workspace(workspace(cast.api), "WORKSPACE_AUTHOR")
    assert good(cast.api.post(f"/users/{cast.dora}/roles", {"workspaceRoles": [given]}))["workspaceRoles"] == [given]

    hidden = good(cast.api.get(f"/users/{cast.dora}/effective-roles"))

    assert (hidden["status"], hidden["organizationRole"], hidden["workspaceRoles"]) == ("INACTIVE", None, [])
    assert "INACTIVE" in hidden["note"]
    cast.acme.patch(f"/Users/{cast.dora}", {"op": "replace", "path": "active", "value": True})
    shown = good(cast.api.get(f"/users/{cast.dora}/effective-roles"))
    assert shown["organizationRole"]["role"] == "ORGANIZATION_MEMBER"
    assert [each["role"] for each in shown["workspaceRoles"]] == ["WORKSPACE_AUTHOR"]


TABLE = {
    ("Roles.list_roles", "GET"): [Entry("/roles")],
    ("Roles.create_role", "POST"): [Entry("/roles", {**DRAFT, "scopeType": "DEPLOYMENT"})],
    ("Roles.read_role", "GET"): [Entry("/roles/{id}", own=role)],
    ("Roles.update_role", "POST"): [Entry("/roles/{id}", DRAFT, own=role)],
    ("Roles.delete_role", "DELETE"): [Entry("/roles/{id}", status=204, own=role)],
    ("Roles.list_role_templates", "GET"): [Entry("/role-templates")],
    ("Roles.list_permission_groups", "GET"): [Entry("/authorization/permission-groups")],
    ("Roles held.read_effective_roles", "GET"): [
        Entry("/users/{id}/effective-roles", own=user, dora=dora_holds_nothing)
    ],
    ("Roles held.change_user_roles", "POST"): [
        Entry("/users/{id}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}, own=user)
    ],
    ("Roles held.change_team_roles", "POST"): [
        Entry("/teams/{id}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"}, own=team)
    ],
    ("Roles held.change_token_roles", "POST"): [
        Entry(
            "/tokens/{id}/roles", {"roles": [{"entityType": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}]}, own=token
        )
    ],
}
