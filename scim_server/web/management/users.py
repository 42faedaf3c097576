"""Users as Owners see them: list, read, remove, deactivate, reactivate; and who the caller is."""

from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.audit.service import ActorType
from scim_server.connections.service import read_connection
from scim_server.roles.catalogue import catalogue
from scim_server.teams.listing import TeamFilters, TeamRecord, list_teams
from scim_server.users import administration, listing
from scim_server.users.policy import Source, Status
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page, sort_keys, sorts_field
from scim_server.web.management.routing import ManagementBlueprint, organization_blueprint
from scim_server.web.management.schemas import LowerRolesSchema, SearchField, TagsField
from scim_server.web.management.teams import ORGANIZATION_ROLES, TeamsSchema

users = organization_blueprint("Users", "The people of the Organization, whatever brought them here.")
myself = ManagementBlueprint("Self", __name__, url_prefix="/v1/users", description="Who the caller is.")

STATUSES = [status.value for status in Status]


class TeamOfUserSchema(Schema):
    """A Team of a User in short."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    isIdpManaged = fields.Boolean(attribute="is_idp_managed", required=True)  # noqa: N815


class UserSchema(LowerRolesSchema):
    """A User; of an INACTIVE one, roles and Teams are kept and hidden. The roles are the direct ones."""

    id = fields.String(required=True)
    username = fields.String(attribute="user_name", required=True)
    fullName = fields.String(attribute="full_name", required=True)  # noqa: N815
    avatarUrl = fields.String(attribute="avatar_url", allow_none=True)  # noqa: N815
    status = fields.String(validate=validate.OneOf(STATUSES), required=True)
    organizationRole = fields.String(attribute="organization_role", allow_none=True)  # noqa: N815
    isIdpManaged = fields.Boolean(attribute="is_idp_managed", required=True)  # noqa: N815
    source = fields.String(validate=validate.OneOf([source.value for source in Source]), required=True)
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    updatedAt = fields.String(attribute="updated_at", required=True)  # noqa: N815


class UserWithTeamsSchema(UserSchema):
    """A User with the Teams that it is a direct member of."""

    teams = fields.List(fields.Nested(TeamOfUserSchema), required=True)


class UsersSchema(EnvelopeSchema):
    """A page of Users."""

    users = fields.List(fields.Nested(UserSchema), required=True)


class UsersQuerySchema(PageSchema):
    """Which Users."""

    search = SearchField("the userName, the full name or an e-mail address")
    status = fields.String(validate=validate.OneOf(STATUSES))
    organizationRole = fields.String(attribute="organization_role", validate=ORGANIZATION_ROLES)  # noqa: N815
    teamId = fields.String(attribute="team_id")  # noqa: N815
    isIdpManaged = fields.Boolean(attribute="is_idp_managed", truthy={"true"}, falsy={"false"})  # noqa: N815
    source = fields.String(validate=validate.OneOf([source.value for source in Source]))
    workspaceId = fields.String(attribute="workspace_id")  # noqa: N815
    deploymentId = fields.String(attribute="deployment_id")  # noqa: N815
    dagId = fields.String(attribute="dag_id")  # noqa: N815
    dagTags = TagsField("dag_tags")  # noqa: N815
    sorts = sorts_field(*listing.SORTS)


class RoleOfSelfSchema(Schema):
    """A role of the caller."""

    entityType = fields.String(attribute="entity_type", required=True)  # noqa: N815
    entityId = fields.String(attribute="entity_id", required=True)  # noqa: N815
    role = fields.String(required=True)


class SelfSchema(Schema):
    """Who the caller is, and what it may do in the Organization."""

    id = fields.String(required=True)
    subjectType = fields.String(validate=validate.OneOf(["USER", "SERVICEKEY"]), required=True)  # noqa: N815
    username = fields.String()
    fullName = fields.String()  # noqa: N815
    avatarUrl = fields.String(allow_none=True)  # noqa: N815
    apiTokenName = fields.String()  # noqa: N815
    status = fields.String(required=True)
    isIdpManaged = fields.Boolean(required=True)  # noqa: N815
    organizationId = fields.String(required=True)  # noqa: N815
    roles = fields.List(fields.Nested(RoleOfSelfSchema), required=True)
    permissions = fields.List(fields.String(), required=True)


@users.endpoint("/users", "GET", permission="organization.users.get")
@users.reads(UsersQuerySchema, "query")
@users.answers(200, UsersSchema)
def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """List the Users of the Organization, whatever their status or source."""
    place = {"offset": query.pop("offset"), "limit": query.pop("limit")}
    order = sort_keys(query.pop("sorts"))
    found, total = listing.list_users(current_requester(), listing.UserFilters(**query), order, **place)
    return page("users", found, total, place)


@users.endpoint("/users/<user_id>", "GET", permission="organization.users.get")
@users.answers(200, UserWithTeamsSchema)
def read_user(user_id: str) -> listing.UserRecord:
    """Read a User."""
    return listing.read_user(current_requester(), user_id)


@users.endpoint("/users/<user_id>", "DELETE", permission="organization.users.delete", others=(409,))
@users.answers(204)
def remove_user(user_id: str) -> None:
    """Remove a User from the Organization, with all Teams, roles and invitations."""
    administration.remove(current_requester(), user_id)


@users.endpoint("/users/self", "DELETE", permission=None, others=(409,))
@users.answers(204)
def leave_organization() -> None:
    """Leave the Organization oneself, with all Teams and roles; not for API tokens, which are no members."""
    administration.remove_self(current_requester())


@users.endpoint("/users/<user_id>/deactivate", "POST", permission="organization.users.update", others=(409,))
@users.answers(200, UserWithTeamsSchema)
def deactivate_user(user_id: str) -> listing.UserRecord:
    """Deactivate a User: access ends, roles and Teams are kept."""
    administration.deactivate(current_requester(), user_id)
    return listing.find_user(current_requester().organization_id, user_id)


@users.endpoint("/users/<user_id>/reactivate", "POST", permission="organization.users.update")
@users.answers(200, UserWithTeamsSchema)
def reactivate_user(user_id: str) -> listing.UserRecord:
    """Reactivate a User, who gets back what deactivation took."""
    requester = current_requester()
    connection_id = read_connection(requester.organization_id).id
    administration.reactivate(requester, user_id, connection_id=connection_id)
    return listing.find_user(requester.organization_id, user_id)


@users.endpoint("/users/<user_id>/teams", "GET", permission="organization.users.get")
@users.reads(PageSchema, "query")
@users.answers(200, TeamsSchema)
def list_teams_of_user(query: dict[str, Any], user_id: str) -> dict[str, Any]:
    """List the Teams that a User is a direct member of."""
    requester = current_requester()
    user = listing.read_user(requester, user_id)
    found: list[TeamRecord] = []
    total = 0
    if user.status != Status.INACTIVE:
        found, total = list_teams(requester, TeamFilters(member_id=user_id), **query)
    return page("teams", found, total, query)


@myself.endpoint("/self", "GET", permission=None)
@myself.answers(200, SelfSchema)
def read_self() -> dict[str, Any]:
    """Tell who the caller is."""
    requester = current_requester()
    origin, role, organization_id = requester.origin, requester.authority.role, requester.organization_id
    held = [{"entity_type": "ORGANIZATION", "entity_id": organization_id, "role": role}] if role else []
    permissions = sorted(catalogue().organization.role(role).permissions) if role else []
    known = {"id": origin.actor_id, "organizationId": organization_id, "roles": held, "permissions": permissions}
    if origin.actor_type is not ActorType.USER:
        token = {"subjectType": "SERVICEKEY", "apiTokenName": origin.actor_name}
        return {**known, **token, "status": Status.ACTIVE.value, "isIdpManaged": False}
    user = listing.find_user(organization_id, str(origin.actor_id))
    person = {"subjectType": "USER", "username": user.user_name, "fullName": user.full_name}
    return {
        **known,
        **person,
        "avatarUrl": user.avatar_url,
        "status": user.status,
        "isIdpManaged": user.is_idp_managed,
    }
