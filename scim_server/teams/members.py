"""What a Group's `members` shows and how filters find them."""

from sqlalchemy import ColumnElement, Table, and_, case, func, select
from sqlalchemy.orm import aliased

from scim_server.directory.json_sql import constant, text_aggregate, text_as_json
from scim_server.directory.mapping import BASE, Elements
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User

_members = TeamMember.__table__
assert isinstance(_members, Table)
_nested = aliased(Team, name="nested")
_joined = _members.outerjoin(
    User.__table__,
    and_(User.organization_id == _members.c.organization_id, User.id == _members.c.member_id),
).outerjoin(_nested, and_(_nested.organization_id == _members.c.organization_id, _nested.id == _members.c.member_id))
_endpoint = case((_members.c.member_type == "Group", constant("/Groups/")), else_=constant("/Users/"))

MEMBERS = Elements(
    source=_joined,
    organization=_members.c.organization_id,
    owner=_members.c.team_id,
    columns={
        "value": _members.c.member_id,
        "$ref": BASE + _endpoint + _members.c.member_id,
        "type": func.lower(_members.c.member_type),
        "display": func.coalesce(User.display_name_folded, _nested.display_name_folded),
    },
)


def members_json(dialect: str) -> ColumnElement[str]:
    """Return the expression for a Team's `members` as a JSON array, NULL where there are none."""
    display = func.coalesce(User.display_name, _nested.display_name)
    element = (
        constant('{"value":"')
        + _members.c.member_id
        + constant('","$ref":"')
        + BASE
        + _endpoint
        + _members.c.member_id
        + constant('","type":"')
        + _members.c.member_type
        + constant('"')
        + case((display.is_(None), constant("")), else_=constant(',"display":') + text_as_json(dialect, display))
        + constant("}")
    )
    array = constant("[") + text_aggregate(dialect, element) + constant("]")
    return (
        select(array)
        .select_from(_joined)
        .where(_members.c.organization_id == Team.organization_id, _members.c.team_id == Team.id)
        .correlate(Team)
        .scalar_subquery()
    )
