"""Roles: the default ones, those that the Organization made, templates for more, and what they can permit."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.roles import custom
from scim_server.roles.catalogue import catalogue
from scim_server.roles.custom import CustomRoleDraft, CustomRoleRecord
from scim_server.roles.places import PlaceScope
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import SubjectSchema
from scim_server.web.management.subjects import signatures

# Permissions or Workspaces that one role names.
MAX_LISTED = 1_000
_SCOPES = [name.upper() for name in catalogue().scopes]
_CUSTOM_SCOPES = [scope.value for scope in custom.CUSTOM_SCOPES]

roles = organization_blueprint("Roles", "Default roles, custom roles, and what they permit.")


class RolesQuerySchema(PageSchema):
    """Which roles to list."""

    includeDefaultRoles = fields.Boolean(  # noqa: N815 - the names on the wire
        load_default=False, metadata={"description": "Also answer the default roles, apart from the page."}
    )
    scopeTypes = fields.List(  # noqa: N815
        fields.String(validate=validate.OneOf(_SCOPES)), load_default=list, metadata={"many": True}
    )


class DefaultRoleSchema(Schema):
    """A role that every Organization has."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    scopeType = fields.String(required=True)  # noqa: N815
    permissions = fields.List(fields.String(), required=True)


class RoleSchema(Schema):
    """A role that the Organization made."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True)
    scopeType = fields.String(required=True)  # noqa: N815
    permissions = fields.List(fields.String(), required=True)
    restrictedWorkspaceIds = fields.List(fields.String(), required=True)  # noqa: N815
    createdAt = fields.String(required=True)  # noqa: N815
    createdBy = fields.Nested(SubjectSchema, required=True)  # noqa: N815
    updatedAt = fields.String(required=True)  # noqa: N815
    updatedBy = fields.Nested(SubjectSchema, required=True)  # noqa: N815


class RolesSchema(EnvelopeSchema):
    """A page of custom roles; the default ones stand beside it and are not counted."""

    roles = fields.List(fields.Nested(RoleSchema), required=True)
    defaultRoles = fields.List(fields.Nested(DefaultRoleSchema))  # noqa: N815


class RoleDraftSchema(Schema):
    """What a custom role should be."""

    name = fields.String(required=True, validate=validate.Length(1, custom.MAX_NAME_LENGTH))
    description = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=custom.MAX_DESCRIPTION_LENGTH)
    )
    permissions = fields.List(fields.String(), required=True, validate=validate.Length(1, MAX_LISTED))
    restrictedWorkspaceIds = fields.List(  # noqa: N815
        fields.String(), load_default=list, validate=validate.Length(max=MAX_LISTED)
    )


class NewRoleSchema(RoleDraftSchema):
    """What a new custom role should be, and of which scope, which never changes."""

    scopeType = fields.String(required=True, validate=validate.OneOf(_CUSTOM_SCOPES))  # noqa: N815


class RoleTemplateSchema(Schema):
    """What a custom role may begin with."""

    name = fields.String(required=True)
    description = fields.String(required=True)
    scopeType = fields.String(required=True)  # noqa: N815
    permissions = fields.List(fields.String(), required=True)


class PermissionSchema(Schema):
    """One action on one kind of thing: the permission is called `{name of the group}.{action}`."""

    action = fields.String(required=True)
    permission = fields.String(required=True)


class PermissionGroupSchema(Schema):
    """What custom roles of a scope can permit about one kind of thing."""

    name = fields.String(required=True)
    scope = fields.String(required=True)
    permissions = fields.List(fields.Nested(PermissionSchema), required=True)


class PermissionGroupsQuerySchema(Schema):
    """Of which scope."""

    scopeType = fields.String(validate=validate.OneOf(_CUSTOM_SCOPES))  # noqa: N815


@roles.endpoint("/roles", "GET", permission="organization.roles.get")
@roles.reads(RolesQuerySchema, "query")
@roles.answers(200, RolesSchema)
def list_roles(query: dict[str, Any]) -> dict[str, Any]:
    """List the Organization's custom roles, and the default roles where asked for."""
    scopes = query["scopeTypes"] or _SCOPES
    found, total = custom.list_custom_roles(
        current_requester().organization_id, scopes=scopes, offset=query["offset"], limit=query["limit"]
    )
    answer = page("roles", _all_shown(found), total, query)
    if query["includeDefaultRoles"]:
        answer["defaultRoles"] = [
            {
                "name": role.name,
                "title": role.title,
                "description": role.description,
                "scopeType": scope.name.upper(),
                "permissions": sorted(role.permissions),
            }
            for scope in catalogue().scopes.values()
            if scope.name.upper() in scopes
            for role in scope.roles
        ]
    return answer


@roles.endpoint("/roles", "POST", permission="organization.roles.create", others=(409,))
@roles.reads(NewRoleSchema)
@roles.answers(200, RoleSchema)
def create_role(body: dict[str, Any]) -> dict[str, Any]:
    """Make a custom role for Deployments or Dags."""
    return _shown(custom.create_custom_role(current_requester(), PlaceScope(body["scopeType"]), _draft(body)))


@roles.endpoint("/roles/<role_id>", "GET", permission="organization.roles.get")
@roles.answers(200, RoleSchema)
def read_role(role_id: str) -> dict[str, Any]:
    """Read a custom role."""
    return _shown(custom.find_custom_role(current_requester().organization_id, role_id))


@roles.endpoint("/roles/<role_id>", "POST", permission="organization.roles.update", others=(409,))
@roles.reads(RoleDraftSchema)
@roles.answers(200, RoleSchema)
def update_role(body: dict[str, Any], role_id: str) -> dict[str, Any]:
    """Replace a custom role; whoever holds it keeps it under its new name."""
    return _shown(custom.change_custom_role(current_requester(), role_id, _draft(body)))


@roles.endpoint("/roles/<role_id>", "DELETE", permission="organization.roles.delete", others=(409,))
@roles.answers(204)
def delete_role(role_id: str) -> None:
    """Delete a custom role that nobody holds."""
    custom.delete_custom_role(current_requester(), role_id)


@roles.endpoint("/role-templates", "GET", permission="organization.roles.get")
@roles.answers(200, RoleTemplateSchema(many=True))
def list_role_templates() -> list[dict[str, Any]]:
    """List what custom roles may begin with."""
    return [
        {
            "name": template.name,
            "description": template.description,
            "scopeType": scope.name.upper(),
            "permissions": sorted(template.permissions),
        }
        for scope in catalogue().scopes.values()
        for template in scope.templates
    ]


@roles.endpoint("/authorization/permission-groups", "GET", permission="organization.roles.get")
@roles.reads(PermissionGroupsQuerySchema, "query")
@roles.answers(200, PermissionGroupSchema(many=True))
def list_permission_groups(query: dict[str, Any]) -> list[dict[str, Any]]:
    """List what custom roles can permit, by the kind of thing that it is about."""
    wanted = [query["scopeType"]] if "scopeType" in query else _CUSTOM_SCOPES
    return [group for name in wanted for group in _permission_groups(name)]


def _permission_groups(scope: str) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for permission in sorted(catalogue().scopes[scope.lower()].custom_permissions):
        name, _, action = permission.rpartition(".")
        groups.setdefault(name, []).append({"action": action, "permission": permission})
    return [{"name": name, "scope": scope, "permissions": actions} for name, actions in groups.items()]


def _draft(body: dict[str, Any]) -> CustomRoleDraft:
    return CustomRoleDraft(body["name"], body["description"], body["permissions"], body["restrictedWorkspaceIds"])


def _shown(role: CustomRoleRecord) -> dict[str, Any]:
    return _all_shown([role])[0]


def _all_shown(found: Sequence[CustomRoleRecord]) -> list[dict[str, Any]]:
    return [_one(role) | signature for role, signature in zip(found, signatures(found), strict=True)]


def _one(role: CustomRoleRecord) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "scopeType": role.scope,
        "permissions": role.permissions,
        "restrictedWorkspaceIds": role.restricted_workspace_ids,
        "createdAt": role.created_at,
        "updatedAt": role.modified_at,
    }
