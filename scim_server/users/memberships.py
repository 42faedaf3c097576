"""The User's side of Team memberships: what `groups` shows, and leaving all Teams.

Teams stand above Users in the order of imports, so their tables are named here by what is needed of them.
"""

from sqlalchemy import ColumnElement, Connection, bindparam, column, delete, literal, select, table, update
from sqlalchemy.types import Integer, Text

from scim_server.directory.json_sql import text_aggregate, text_as_json
from scim_server.directory.mapping import BASE, Elements
from scim_server.users.models import User

_TEXT = Text()
_members = table("team_members", column("organization_id", _TEXT), column("team_id", _TEXT), column("member_id", _TEXT))
_teams = table(
    "teams",
    column("organization_id", _TEXT),
    column("id", _TEXT),
    column("version", Integer),
    column("member_count", Integer),
    column("display_name", _TEXT),
    column("display_name_folded", _TEXT),
    column("modified_at", _TEXT),
)
_joined = _members.join(
    _teams,
    (_teams.c.organization_id == _members.c.organization_id) & (_teams.c.id == _members.c.team_id),
)

GROUPS = Elements(
    source=_joined,
    organization=_members.c.organization_id,
    owner=_members.c.member_id,
    columns={
        "value": _members.c.team_id,
        "$ref": BASE + literal("/Groups/") + _members.c.team_id,
        "display": _teams.c.display_name_folded,
        "type": literal("direct"),
    },
)


def groups_json(dialect: str) -> ColumnElement[str]:
    """Return the expression for the User's `groups` as a JSON array, NULL where there are none."""
    element = (
        literal('{"value":"')
        + _members.c.team_id
        + literal('","$ref":"')
        + BASE
        + literal("/Groups/")
        + _members.c.team_id
        + literal('","type":"direct","display":')
        + text_as_json(dialect, _teams.c.display_name)
        + literal("}")
    )
    array = literal("[") + text_aggregate(dialect, element) + literal("]")
    return (
        select(array)
        .select_from(_joined)
        .where(_members.c.organization_id == User.organization_id, _members.c.member_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )


_OF_USER = (_members.c.organization_id == bindparam("organization"), _members.c.member_id == bindparam("user"))
_TEAMS_OF_USER = select(_members.c.team_id).where(*_OF_USER)
_LEAVE = delete(_members).where(*_OF_USER)
_TOUCH_TEAMS = (
    update(_teams)
    .where(_teams.c.organization_id == bindparam("organization"), _teams.c.id.in_(_TEAMS_OF_USER))
    .values(version=_teams.c.version + 1, member_count=_teams.c.member_count - 1, modified_at=bindparam("now"))
)


def leave_all_teams(connection: Connection, organization_id: str, user_id: str, now: str) -> None:
    """Take a User out of every Team, whose versions rise with it (RFC 7643 §4.2)."""
    bound = {"organization": organization_id, "user": user_id}
    if connection.execute(_TOUCH_TEAMS, {**bound, "now": now}).rowcount:
        connection.execute(_LEAVE, bound)
