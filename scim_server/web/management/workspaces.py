"""Workspaces and Deployments: what roles below the Organization are held on."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page, sort_keys, sorts_field
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import SubjectSchema
from scim_server.web.management.subjects import signatures
from scim_server.workspaces import deployments as deployments_service
from scim_server.workspaces import service
from scim_server.workspaces.listing import Query

_Record = service.WorkspaceRecord | deployments_service.DeploymentRecord
_MAX_IDS = 1_000

workspaces = organization_blueprint("Workspaces", "Workspaces of the Organization.")
deployments = organization_blueprint("Deployments", "Deployments in the Workspaces of the Organization.")


class _TreeQuerySchema(PageSchema):
    search = fields.String(
        validate=validate.Length(max=service.MAX_NAME_LENGTH), metadata={"description": "A part of the name."}
    )
    sorts = sorts_field("id", "name", "createdAt", "updatedAt")


class WorkspacesQuerySchema(_TreeQuerySchema):
    """Which Workspaces to list."""

    workspaceIds = fields.List(  # noqa: N815 - the names on the wire
        fields.String(), validate=validate.Length(max=_MAX_IDS), metadata={"many": True}
    )


class DeploymentsQuerySchema(_TreeQuerySchema):
    """Which Deployments to list."""

    workspaceId = fields.String()  # noqa: N815


class WorkspaceDraftSchema(Schema):
    """What a Workspace or Deployment should be called."""

    name = fields.String(required=True, validate=validate.Length(1, service.MAX_NAME_LENGTH))
    description = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=service.MAX_DESCRIPTION_LENGTH)
    )


class NewDeploymentSchema(WorkspaceDraftSchema):
    """What a new Deployment should be called, and the Workspace that it lies in for good."""

    workspaceId = fields.String(required=True)  # noqa: N815


class WorkspaceSchema(Schema):
    """A Workspace."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True)
    organizationId = fields.String(required=True)  # noqa: N815
    createdAt = fields.String(required=True)  # noqa: N815
    createdBy = fields.Nested(SubjectSchema, required=True)  # noqa: N815
    updatedAt = fields.String(required=True)  # noqa: N815
    updatedBy = fields.Nested(SubjectSchema, required=True)  # noqa: N815


class DeploymentSchema(WorkspaceSchema):
    """A Deployment."""

    workspaceId = fields.String(required=True)  # noqa: N815


class WorkspacesSchema(EnvelopeSchema):
    """A page of Workspaces."""

    workspaces = fields.List(fields.Nested(WorkspaceSchema), required=True)


class DeploymentsSchema(EnvelopeSchema):
    """A page of Deployments."""

    deployments = fields.List(fields.Nested(DeploymentSchema), required=True)


@workspaces.endpoint("/workspaces", "GET", permission=None)
@workspaces.reads(WorkspacesQuerySchema, "query")
@workspaces.answers(200, WorkspacesSchema)
def list_workspaces(query: dict[str, Any]) -> dict[str, Any]:
    """List the Workspaces that the caller may see: all with organization.workspaces.get, else those of their roles."""
    found = service.list_workspaces(current_requester(), _query(query), query.get("workspaceIds"))
    return page("workspaces", _all_shown(found.records), found.total, query)


@workspaces.endpoint("/workspaces", "POST", permission="organization.workspaces.create", others=(409,))
@workspaces.reads(WorkspaceDraftSchema)
@workspaces.answers(200, WorkspaceSchema)
def create_workspace(body: dict[str, Any]) -> dict[str, Any]:
    """Make a Workspace."""
    return _shown(service.create_workspace(current_requester(), **body))


@workspaces.endpoint("/workspaces/<workspace_id>", "GET", permission=None)
@workspaces.answers(200, WorkspaceSchema)
def read_workspace(workspace_id: str) -> dict[str, Any]:
    """Read a Workspace; needs workspace.get there."""
    return _shown(service.find_workspace(current_requester(), workspace_id))


@workspaces.endpoint("/workspaces/<workspace_id>", "POST", permission=None, others=(409,))
@workspaces.reads(WorkspaceDraftSchema)
@workspaces.answers(200, WorkspaceSchema)
def update_workspace(body: dict[str, Any], workspace_id: str) -> dict[str, Any]:
    """Rename a Workspace; needs workspace.update there."""
    return _shown(service.change_workspace(current_requester(), workspace_id, **body))


@workspaces.endpoint("/workspaces/<workspace_id>", "DELETE", permission=None)
@workspaces.answers(204)
def delete_workspace(workspace_id: str) -> None:
    """Delete a Workspace with its Deployments and all roles in it; needs workspace.delete there."""
    service.delete_workspace(current_requester(), workspace_id)


@deployments.endpoint("/deployments", "GET", permission=None)
@deployments.reads(DeploymentsQuerySchema, "query")
@deployments.answers(200, DeploymentsSchema)
def list_deployments(query: dict[str, Any]) -> dict[str, Any]:
    """List the Deployments that the caller may see: all with organization.workspaces.get, else those of their roles."""
    found = deployments_service.list_deployments(current_requester(), _query(query), query.get("workspaceId"))
    return page("deployments", _all_shown(found.records), found.total, query)


@deployments.endpoint("/deployments", "POST", permission=None, others=(409,))
@deployments.reads(NewDeploymentSchema)
@deployments.answers(200, DeploymentSchema)
def create_deployment(body: dict[str, Any]) -> dict[str, Any]:
    """Make a Deployment; needs workspace.deployments.create on its Workspace."""
    made = deployments_service.create_deployment(
        current_requester(),
        workspace_id=body["workspaceId"],
        name=body["name"],
        description=body["description"],
    )
    return _shown(made)


@deployments.endpoint("/deployments/<deployment_id>", "GET", permission=None)
@deployments.answers(200, DeploymentSchema)
def read_deployment(deployment_id: str) -> dict[str, Any]:
    """Read a Deployment; needs deployment.get there."""
    return _shown(deployments_service.find_deployment(current_requester(), deployment_id))


@deployments.endpoint("/deployments/<deployment_id>", "POST", permission=None, others=(409,))
@deployments.reads(WorkspaceDraftSchema)
@deployments.answers(200, DeploymentSchema)
def update_deployment(body: dict[str, Any], deployment_id: str) -> dict[str, Any]:
    """Rename a Deployment; needs deployment.update there."""
    return _shown(deployments_service.change_deployment(current_requester(), deployment_id, **body))


@deployments.endpoint("/deployments/<deployment_id>", "DELETE", permission=None)
@deployments.answers(204)
def delete_deployment(deployment_id: str) -> None:
    """Delete a Deployment and all roles on it and its Dags; needs deployment.delete there."""
    deployments_service.delete_deployment(current_requester(), deployment_id)


def _query(query: dict[str, Any]) -> Query:
    return Query(query["offset"], query["limit"], query.get("search"), sort_keys(query["sorts"]))


def _shown(record: _Record) -> dict[str, Any]:
    return _all_shown([record])[0]


def _all_shown(records: Sequence[_Record]) -> list[dict[str, Any]]:
    return [_one(record) | signature for record, signature in zip(records, signatures(records), strict=True)]


def _one(record: _Record) -> dict[str, Any]:
    shown = {
        "id": record.id,
        "name": record.name,
        "description": record.description,
        "organizationId": current_requester().organization_id,
        "createdAt": record.created_at,
        "updatedAt": record.modified_at,
    }
    if isinstance(record, deployments_service.DeploymentRecord):
        shown["workspaceId"] = record.workspace_id
    return shown
