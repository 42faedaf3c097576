"""What Users, Teams and tokens hold: change it, and explain a User's."""

from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.protocol.errors import InvalidValue
from scim_server.roles import effective
from scim_server.roles.bindings import LowerRoles
from scim_server.roles.catalogue import catalogue
from scim_server.roles.effective import EffectiveRole, EffectiveRoles, Reason
from scim_server.roles.places import PlaceScope
from scim_server.roles.requests import MAX_ROLES_IN_REQUEST, RoleLists, Wanted
from scim_server.teams import roles as team_roles
from scim_server.tokens import roles as token_roles
from scim_server.users import roles as user_roles
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import (
    DagRoleSchema,
    DeploymentRoleSchema,
    LowerRolesSchema,
    SubjectSchema,
    WorkspaceRoleSchema,
    subject,
)

_ORGANIZATION_ROLES = catalogue().organization.names
_LENGTH = validate.Length(max=MAX_ROLES_IN_REQUEST)

subject_roles = organization_blueprint("Roles held", "The roles of Users, Teams and tokens, and why Users hold them.")


class RoleListsSchema(Schema):
    """What a User's or Team's roles should be: each list replaces what was held on that scope, one left out stays."""

    organizationRole = fields.String(validate=validate.OneOf(_ORGANIZATION_ROLES))  # noqa: N815 - names on the wire
    workspaceRoles = fields.List(fields.Nested(WorkspaceRoleSchema), validate=_LENGTH)  # noqa: N815
    deploymentRoles = fields.List(fields.Nested(DeploymentRoleSchema), validate=_LENGTH)  # noqa: N815
    dagRoles = fields.List(fields.Nested(DagRoleSchema), validate=_LENGTH)  # noqa: N815


class SubjectRolesSchema(LowerRolesSchema):
    """All that a subject holds directly."""

    organizationRole = fields.String(attribute="organization_role", allow_none=True)  # noqa: N815


class TokenRoleSchema(Schema):
    """A role of a token: `entityId` is a Workspace's, Deployment's or Dag's id, a Dag tag, or the Organization's id.

    The Organization's may be left out.
    """

    entityType = fields.String(  # noqa: N815
        required=True, validate=validate.OneOf(["ORGANIZATION", "WORKSPACE", "DEPLOYMENT", "DAG", "DAG_TAG"])
    )
    entityId = fields.String()  # noqa: N815
    role = fields.String(required=True)
    deploymentId = fields.String(metadata={"description": "The Deployment of a Dag."})  # noqa: N815


class TokenRolesSchema(Schema):
    """All that a token should hold."""

    roles = fields.List(
        fields.Nested(TokenRoleSchema), required=True, validate=validate.Length(1, MAX_ROLES_IN_REQUEST)
    )


class ReasonSchema(Schema):
    """Why a role is held: given directly, by a Team, or as it comes with being an Organization Owner."""

    kind = fields.String(required=True, validate=validate.OneOf(["DIRECT", "TEAM", "ORGANIZATION_OWNER"]))
    role = fields.String(required=True)
    isAutomatic = fields.Boolean(  # noqa: N815
        required=True, metadata={"description": "Came along with a role on a Deployment or Dag."}
    )
    teamId = fields.String(allow_none=True)  # noqa: N815
    teamName = fields.String(allow_none=True)  # noqa: N815
    grantedAt = fields.String(allow_none=True)  # noqa: N815
    grantedBy = fields.Nested(SubjectSchema, allow_none=True)  # noqa: N815


class EffectiveRoleSchema(Schema):
    """The most privileged role on a place, and all that gives a role there."""

    role = fields.String(required=True)
    why = fields.List(fields.Nested(ReasonSchema), required=True)


class EffectiveWorkspaceRoleSchema(EffectiveRoleSchema):
    """A role on a Workspace."""

    workspaceId = fields.String(required=True)  # noqa: N815


class EffectiveDeploymentRoleSchema(EffectiveWorkspaceRoleSchema):
    """A role on a Deployment of a Workspace."""

    deploymentId = fields.String(required=True)  # noqa: N815


class EffectiveDagRoleSchema(EffectiveDeploymentRoleSchema):
    """A role on the Dag of this id, or on the Dags of this tag."""

    dagId = fields.String(allow_none=True)  # noqa: N815
    dagTag = fields.String(allow_none=True)  # noqa: N815


class EffectiveRolesSchema(Schema):
    """All that a User holds in effect; `note` says why it is nothing, where the User is not ACTIVE."""

    userId = fields.String(required=True)  # noqa: N815
    status = fields.String(required=True)
    note = fields.String(allow_none=True)
    organizationRole = fields.Nested(EffectiveRoleSchema, allow_none=True)  # noqa: N815
    workspaceRoles = fields.List(fields.Nested(EffectiveWorkspaceRoleSchema), required=True)  # noqa: N815
    deploymentRoles = fields.List(fields.Nested(EffectiveDeploymentRoleSchema), required=True)  # noqa: N815
    dagRoles = fields.List(fields.Nested(EffectiveDagRoleSchema), required=True)  # noqa: N815


@subject_roles.endpoint("/users/<user_id>/effective-roles", "GET", permission="organization.users.get")
@subject_roles.answers(200, EffectiveRolesSchema)
def read_effective_roles(user_id: str) -> dict[str, Any]:
    """Read what a User may do on every scope, and why: directly or by which Team, given by whom and when."""
    return _effective(effective.effective_roles(current_requester().organization_id, user_id))


@subject_roles.endpoint("/users/<user_id>/roles", "POST", permission=None, others=(409,))
@subject_roles.reads(RoleListsSchema)
@subject_roles.answers(200, SubjectRolesSchema)
def change_user_roles(body: dict[str, Any], user_id: str) -> dict[str, Any]:
    """Change a User's roles; needs organization.users.update, or workspace.users.update where a role changes."""
    changed = user_roles.change_roles(current_requester(), user_id, _role_lists(body))
    return _shown(changed.organization_role, changed.lower)


@subject_roles.endpoint("/teams/<team_id>/roles", "POST", permission=None)
@subject_roles.reads(RoleListsSchema)
@subject_roles.answers(200, SubjectRolesSchema)
def change_team_roles(body: dict[str, Any], team_id: str) -> dict[str, Any]:
    """Change a Team's roles; needs organization.teams.update, or workspace.teams.update where a role changes."""
    changed = team_roles.change_roles(current_requester(), team_id, _role_lists(body))
    return _shown(changed.organization_role, changed.lower)


@subject_roles.endpoint("/tokens/<token_id>/roles", "POST", permission=None)
@subject_roles.reads(TokenRolesSchema)
@subject_roles.answers(200, SubjectRolesSchema)
def change_token_roles(body: dict[str, Any], token_id: str) -> dict[str, Any]:
    """Replace a token's roles; needs organization.tokens.update, or workspace.apiTokens.update where a role changes."""
    requester = current_requester()
    changed = token_roles.replace_roles(requester, token_id, _token_role_lists(body, requester.organization_id))
    return _shown(*changed)


def _role_lists(body: dict[str, Any]) -> RoleLists:
    """Return what the body of a User's or Team's roles asks for; raises InvalidValue where it asks for nothing."""
    if not body:
        raise InvalidValue("Name an organizationRole, workspaceRoles, deploymentRoles or dagRoles.")
    lower: dict[PlaceScope, tuple[Wanted, ...]] = {}
    for scope in PlaceScope:
        name = f"{scope.catalogue_name}Roles"
        target = "workspace" if scope is PlaceScope.WORKSPACE else "deployment"
        if name in body:
            lower[scope] = tuple(
                Wanted(
                    scope,
                    entry[f"{target}_id"],
                    entry["role"],
                    f"{name}.{index}",
                    f"{target}Id",
                    entry.get("dag_id"),
                    entry.get("dag_tag"),
                )
                for index, entry in enumerate(body[name])
            )
    return RoleLists(body.get("organizationRole"), lower)


def _token_role_lists(body: dict[str, Any], organization_id: str) -> RoleLists:
    """Return what the body of a token's roles asks for; raises InvalidValue naming the entry that is wrong."""
    role: str | None = None
    lower: dict[PlaceScope, tuple[Wanted, ...]] = dict.fromkeys(PlaceScope, ())
    for index, entry in enumerate(body["roles"]):
        kind, entity_id, field = entry["entityType"], entry.get("entityId"), f"roles.{index}"
        if kind == "ORGANIZATION":
            if role is not None or entity_id not in {None, organization_id}:
                raise InvalidValue("A token has at most one role on its own Organization.", field=f"{field}.entityId")
            if entry["role"] not in _ORGANIZATION_ROLES:
                raise InvalidValue(f"Choose one of {', '.join(_ORGANIZATION_ROLES)}.", field=f"{field}.role")
            role = entry["role"]
            continue
        if entity_id is None:
            raise InvalidValue("Name what the role is held on.", field=f"{field}.entityId")
        if kind not in {"DAG", "DAG_TAG"}:
            wanted = Wanted(PlaceScope(kind), entity_id, entry["role"], field, "entityId")
        elif "deploymentId" not in entry:
            raise InvalidValue("A role on a Dag names the Dag's Deployment.", field=f"{field}.deploymentId")
        else:
            named = (entity_id, None) if kind == "DAG" else (None, entity_id)
            wanted = Wanted(PlaceScope.DAG, entry["deploymentId"], entry["role"], field, "deploymentId", *named)
        lower[wanted.scope] = (*lower[wanted.scope], wanted)
    return RoleLists(role, lower)


def _shown(organization_role: str | None, lower: LowerRoles) -> dict[str, Any]:
    return {"organization_role": organization_role, **lower._asdict()}


def _effective(found: EffectiveRoles) -> dict[str, Any]:
    return {
        "userId": found.user_id,
        "status": found.status,
        "note": found.note,
        "organizationRole": _explained(found.organization) if found.organization else None,
        "workspaceRoles": [_explained(each) for each in found.workspaces],
        "deploymentRoles": [_explained(each) for each in found.deployments],
        "dagRoles": [_explained(each) for each in found.dags],
    }


def _explained(found: EffectiveRole) -> dict[str, Any]:
    return {
        "role": found.role,
        "workspaceId": found.workspace_id,
        "deploymentId": found.deployment_id,
        "dagId": found.dag_id,
        "dagTag": found.dag_tag,
        "why": [_reason(reason) for reason in found.why],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind,
        "role": reason.role,
        "isAutomatic": reason.is_automatic,
        "teamId": reason.team_id,
        "teamName": reason.team_name,
        "grantedAt": reason.granted_at,
        "grantedBy": subject(*reason.granted_by),
    }
