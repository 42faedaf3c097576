"""A resource tree and roles on it, made by the API as an Owner's script makes them."""

import uuid
from typing import Any

from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.tokens.service import MANAGEMENT_SCOPE, create_token
from tests.conftest import OPERATOR
from tests.support.api import ApiClient, good


def workspace(api: ApiClient, name: str | None = None) -> str:
    """Make a Workspace and return its id."""
    return str(good(api.post("/workspaces", {"name": name or f"Workspace {uuid.uuid4().hex[:8]}"}))["id"])


def deployment(api: ApiClient, workspace_id: str, name: str | None = None) -> str:
    """Make a Deployment and return its id."""
    body = {"workspaceId": workspace_id, "name": name or f"Deployment {uuid.uuid4().hex[:8]}"}
    return str(good(api.post("/deployments", body))["id"])


def custom_role(api: ApiClient, name: str, *permissions: str, scope: str = "DEPLOYMENT", **more: Any) -> str:
    """Make a custom role and return its id."""
    body = {"name": name, "scopeType": scope, "permissions": list(permissions), **more}
    return str(good(api.post("/roles", body))["id"])


def on_workspace(workspace_id: str, role: str) -> dict[str, str]:
    """Return an entry of workspaceRoles."""
    return {"workspaceId": workspace_id, "role": role}


def on_deployment(deployment_id: str, role: str) -> dict[str, str]:
    """Return an entry of deploymentRoles."""
    return {"deploymentId": deployment_id, "role": role}


def on_dag(deployment_id: str, dag_id: str, role: str) -> dict[str, str]:
    """Return an entry of dagRoles."""
    return {"deploymentId": deployment_id, "dagId": dag_id, "role": role}


def scoped_api(api: ApiClient, *roles: dict[str, str], organization_role: str | None = None) -> ApiClient:
    """Return a client whose token holds these entries of a token's `roles`, and an Organization role or none."""
    record, text = create_token(
        api.organization_id, OPERATOR, name="scoped", role=organization_role, scopes=(MANAGEMENT_SCOPE,)
    )
    if roles:
        whole = [*roles]
        if organization_role is not None:
            entry = {"entityType": "ORGANIZATION", "entityId": api.organization_id, "role": organization_role}
            whole.append(entry)
        good(api.post(f"/tokens/{record.id}/roles", {"roles": whole}))
    return ApiClient(api.app, api.organization_id, text)


def token_role(kind: str, entity_id: str, role: str, **more: str) -> dict[str, str]:
    """Return an entry of a token's `roles`."""
    return {"entityType": kind, "entityId": entity_id, "role": role, **more}


def new_token_id(organization_id: str) -> str:
    """Make a management token without any role, and return its id."""
    return create_token(organization_id, OPERATOR, name="target", scopes=(MANAGEMENT_SCOPE,))[0].id


def events(organization_id: str, target_id: str, *actions: str) -> list[tuple[str, Any]]:
    """Return action and changes of the audit events about something, of these actions where they are given."""
    statement = (
        select(AuditEvent.action, AuditEvent.changes)
        .where(AuditEvent.organization_id == organization_id, AuditEvent.target_id == target_id)
        .order_by(AuditEvent.id)
    )
    with reading() as connection:
        found = [(row.action, row.changes) for row in connection.execute(statement)]
    return [each for each in found if not actions or each[0] in actions]
