"""Teams as Owners see them: list, make, read, change, delete, and their members."""

from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.roles.catalogue import catalogue
from scim_server.teams import administration, listing
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page, sort_keys, sorts_field
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import LineField, LowerRolesSchema, SearchField, SubjectSchema

teams = organization_blueprint("Teams", "Groups of Users, made by hand or pushed by the identity provider.")

MAX_NAME_LENGTH = 256
MAX_DESCRIPTION_LENGTH = 500
MAX_NAMES = 100
ORGANIZATION_ROLES = validate.OneOf(catalogue().organization.names)


class TeamSchema(LowerRolesSchema):
    """A Team. Its roles are held by each of its members; `rolesCount` counts the Organization role among them."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True)
    organizationId = fields.String(attribute="organization_id", required=True)  # noqa: N815
    organizationRole = fields.String(attribute="organization_role", required=True)  # noqa: N815
    isIdpManaged = fields.Boolean(attribute="is_idp_managed", required=True)  # noqa: N815
    rolesCount = fields.Integer(attribute="roles_count", required=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    createdBy = fields.Nested(SubjectSchema, attribute="created_by", allow_none=True)  # noqa: N815
    updatedAt = fields.String(attribute="updated_at", required=True)  # noqa: N815
    updatedBy = fields.Nested(SubjectSchema, attribute="updated_by", allow_none=True)  # noqa: N815


class TeamsSchema(EnvelopeSchema):
    """A page of Teams."""

    teams = fields.List(fields.Nested(TeamSchema), required=True)


class TeamsQuerySchema(PageSchema):
    """Which Teams."""

    names = fields.List(
        fields.String(validate=validate.Length(1, MAX_NAME_LENGTH)),
        validate=validate.Length(max=MAX_NAMES),
        metadata={"many": True, "description": "Whole names, without regard to letter case; may stand several times."},
    )
    search = SearchField("the name")
    workspaceId = fields.String(attribute="workspace_id")  # noqa: N815
    deploymentId = fields.String(attribute="deployment_id")  # noqa: N815
    sorts = sorts_field(*listing.SORTS)


class CreateTeamSchema(Schema):
    """A new Team."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    description = fields.String(validate=validate.Length(max=MAX_DESCRIPTION_LENGTH), allow_none=True)
    memberIds = fields.List(fields.String(), attribute="member_ids")  # noqa: N815
    organizationRole = fields.String(attribute="organization_role", validate=ORGANIZATION_ROLES)  # noqa: N815


class UpdateTeamSchema(Schema):
    """What a Team is called; a description that is not sent stays."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    description = fields.String(validate=validate.Length(max=MAX_DESCRIPTION_LENGTH), allow_none=True)


class TeamMemberSchema(Schema):
    """A User in a Team."""

    userId = fields.String(attribute="user_id", required=True)  # noqa: N815
    username = fields.String(required=True)
    fullName = fields.String(attribute="full_name", required=True)  # noqa: N815
    avatarUrl = fields.String(attribute="avatar_url", allow_none=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815


class TeamMembersSchema(EnvelopeSchema):
    """A page of a Team's members; those who are INACTIVE are kept and hidden."""

    teamMembers = fields.List(fields.Nested(TeamMemberSchema), required=True)  # noqa: N815


class AddMembersSchema(Schema):
    """Who shall be in a Team."""

    memberIds = fields.List(  # noqa: N815
        fields.String(), attribute="member_ids", validate=validate.Length(min=1), required=True
    )


@teams.endpoint("/teams", "GET", permission="organization.teams.get")
@teams.reads(TeamsQuerySchema, "query")
@teams.answers(200, TeamsSchema)
def list_teams(query: dict[str, Any]) -> dict[str, Any]:
    """List the Teams of the Organization."""
    place = {"offset": query.pop("offset"), "limit": query.pop("limit")}
    order = sort_keys(query.pop("sorts"))
    if "names" in query:
        query["names"] = tuple(query["names"])
    found, total = listing.list_teams(current_requester(), listing.TeamFilters(**query), order, **place)
    return page("teams", found, total, place)


@teams.endpoint("/teams", "POST", permission="organization.teams.create", others=(409,))
@teams.reads(CreateTeamSchema)
@teams.answers(200, TeamSchema)
def create_team(body: dict[str, Any]) -> listing.TeamRecord:
    """Make a Team; refused while an identity provider provisions the Organization."""
    return listing.read_team(current_requester(), administration.create(current_requester(), **body))


@teams.endpoint("/teams/<team_id>", "GET", permission="organization.teams.get")
@teams.answers(200, TeamSchema)
def read_team(team_id: str) -> listing.TeamRecord:
    """Read a Team."""
    return listing.read_team(current_requester(), team_id)


@teams.endpoint("/teams/<team_id>", "POST", permission="organization.teams.update", others=(409,))
@teams.reads(UpdateTeamSchema)
@teams.answers(200, TeamSchema)
def update_team(body: dict[str, Any], team_id: str) -> listing.TeamRecord:
    """Rename and describe a Team; the name of an IdP-managed one is the identity provider's."""
    administration.update(current_requester(), team_id, **body)
    return listing.read_team(current_requester(), team_id)


@teams.endpoint("/teams/<team_id>", "DELETE", permission="organization.teams.delete")
@teams.answers(204)
def delete_team(team_id: str) -> None:
    """Delete a Team with its roles; its members keep their own."""
    administration.delete(current_requester(), team_id)


@teams.endpoint("/teams/<team_id>/members", "GET", permission="organization.teams.get")
@teams.reads(PageSchema, "query")
@teams.answers(200, TeamMembersSchema)
def list_members(query: dict[str, Any], team_id: str) -> dict[str, Any]:
    """List the Users in a Team."""
    found, total = listing.list_members(current_requester(), team_id, **query)
    return page("teamMembers", found, total, query)


@teams.endpoint("/teams/<team_id>/members", "POST", permission="organization.teams.update", others=(409,))
@teams.reads(AddMembersSchema)
@teams.answers(204)
def add_members(body: dict[str, Any], team_id: str) -> None:
    """Add Users to a Team; refused while an identity provider provisions the Organization."""
    administration.add_members(current_requester(), team_id, body["member_ids"])


@teams.endpoint("/teams/<team_id>/members/<member_id>", "DELETE", permission="organization.teams.update")
@teams.answers(204)
def remove_member(team_id: str, member_id: str) -> None:
    """Take a User out of a Team."""
    administration.remove_member(current_requester(), team_id, member_id)
