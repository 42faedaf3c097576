"""What a Group's `members` shows and how filters find them."""

from collections.abc import Iterable

import orjson
from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, select
from sqlalchemy.orm import aliased

from scim_server.directory.json_sql import constant, json_aggregate, text_aggregate
from scim_server.directory.mapping import BASE, Elements
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User

_members = TeamMember.__table__
assert isinstance(_members, Table)
_nested = aliased(Team, name="nested")
_with_users = _members.outerjoin(
    User.__table__,
    and_(User.organization_id == _members.c.organization_id, User.id == _members.c.member_id),
)
_joined = _with_users.outerjoin(
    _nested, and_(_nested.organization_id == _members.c.organization_id, _nested.id == _members.c.member_id)
)
# Before the ids of those members that are Teams.
_TEAM = "Group "
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


def members_text(dialect: str) -> ColumnElement[str]:
    """Return the expression for a Team's `members` as `complete_members` takes them, NULL where there are none.

    They are the ids, those of Teams after their kind, and a JSON array of the names: SQL would take half as long again
    to make all of the JSON (docs/decisions 0067).
    """
    is_team = _members.c.member_type == constant("Group")
    key = case((is_team, constant(_TEAM) + _members.c.member_id), else_=_members.c.member_id)
    of_team = (
        select(_nested.display_name)
        .where(_nested.organization_id == _members.c.organization_id, _nested.id == _members.c.member_id)
        .correlate(_members)
        .scalar_subquery()
    )
    name = case((is_team, of_team), else_=User.display_name)
    return (
        select(text_aggregate(dialect, key) + json_aggregate(dialect, name))
        .select_from(_with_users)
        .where(_members.c.organization_id == Team.organization_id, _members.c.team_id == Team.id)
        .correlate(Team)
        .scalar_subquery()
    )


def complete_members(
    _connection: Connection, _organization_id: str, base: str, found: Iterable[str | None]
) -> list[str | None]:
    """Return `members` of each Team as JSON."""
    return [_array(base, text) if text else None for text in found]


def _array(base: str, text: str) -> str:
    keys, bracket, names = text.partition("[")
    of_user = (f'","$ref":"{base}/Users/', '","type":"User"')
    of_team = (f'","$ref":"{base}/Groups/', '","type":"Group"')
    # One list of all pieces: an f-string for each member takes twice as long.
    pieces = ["["]
    for key, name in zip(keys.split(","), _json_lines(bracket + names), strict=True):
        member_id = key.removeprefix(_TEAM)
        reference, kind = of_user if member_id == key else of_team
        pieces += ('{"value":"', member_id, reference, member_id, kind)
        pieces += ("},",) if name == "null" else (',"display":', name, "},")
    pieces[-1] = "}]"
    return "".join(pieces)


def _json_lines(array: str) -> list[str]:
    """Return the JSON of each string or null in an array: indented, they are lines of their own."""
    return orjson.dumps(orjson.loads(array), option=orjson.OPT_INDENT_2).decode()[4:-2].split(",\n  ")
