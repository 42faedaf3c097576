"""The User's side of Team memberships: what `groups` shows, and leaving all Teams.

Teams stand above Users in the order of imports, so their tables are named here by what is needed of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    table,
    union_all,
    update,
)
from sqlalchemy.types import Boolean, Integer, Text

from scim_server.database import Prepared
from scim_server.directory.json_sql import constant, id_array, id_list, json_aggregate, text_aggregate, text_as_json
from scim_server.directory.mapping import BASE, ORGANIZATION, Elements
from scim_server.users.models import User

_TEXT = Text()
_members = table(
    "team_members",
    column("organization_id", _TEXT),
    column("team_id", _TEXT),
    column("member_id", _TEXT),
    column("member_type", _TEXT),
    column("created_at", _TEXT),
)
_teams = table(
    "teams",
    column("organization_id", _TEXT),
    column("id", _TEXT),
    column("version", Integer),
    column("member_count", Integer),
    column("display_name", _TEXT),
    column("display_name_folded", _TEXT),
    column("is_idp_managed", Boolean),
    column("modified_at", _TEXT),
)
_DIRECT, _INDIRECT = "direct", "indirect"


def _teams_above() -> CTE:
    """Return each nested Team with every Team above it; rows are united, so a circle ends."""
    of_organization = (_members.c.organization_id == ORGANIZATION, _members.c.member_type == constant("Group"))
    above = (
        select(_members.c.member_id.label("team_id"), _members.c.team_id.label("ancestor_id"))
        .where(*of_organization)
        .cte("above", recursive=True)
    )
    further = (
        select(above.c.team_id, _members.c.team_id)
        .join(_members, _members.c.member_id == above.c.ancestor_id)
        .where(*of_organization)
    )
    return above.union(further)


# One object: a statement that filters by `groups` and shows them has it once.
_TEAMS_ABOVE = _teams_above()


def groups_elements(*, nested: bool) -> Elements:
    """Return how filters find Users by their `groups`; `nested` also follows Teams that are members of Teams."""
    memberships = _memberships(nested=nested)
    joined = memberships.join(
        _teams,
        (_teams.c.organization_id == memberships.c.organization_id) & (_teams.c.id == memberships.c.team_id),
    )
    return Elements(
        source=joined,
        organization=memberships.c.organization_id,
        owner=memberships.c.member_id,
        columns={
            "value": memberships.c.team_id,
            "$ref": BASE + constant("/Groups/") + memberships.c.team_id,
            "display": _teams.c.display_name_folded,
            "type": memberships.c.kind,
        },
    )


def groups_json(dialect: str, *, nested: bool) -> ColumnElement[str]:
    """Return the expression for the User's `groups` as a JSON array, NULL where there are none.

    Each name is looked up by itself: for a join PostgreSQL would read all Teams, as long as they are some hundreds.
    """
    held = _held(nested=nested)
    of_team = (_teams.c.organization_id == User.organization_id, _teams.c.id == held.c.team_id)
    name = select(text_as_json(dialect, _teams.c.display_name)).where(*of_team).correlate(User, held).scalar_subquery()
    element = (
        constant('{"value":"')
        + held.c.team_id
        + constant('","$ref":"')
        + BASE
        + constant("/Groups/")
        + held.c.team_id
        + constant('","type":"')
        + held.c.kind
        + constant('","display":')
        + name
        + constant("}")
    )
    array = constant("[") + text_aggregate(dialect, element) + constant("]")
    return select(array).select_from(held).correlate(User).scalar_subquery()


def groups_keys(dialect: str, *, nested: bool) -> ColumnElement[str]:
    """Return the expression for the keys of the User's Teams, of which `complete_groups` makes `groups`.

    A key is the Team's id, where Teams are nested after the kind of membership.
    """
    held = _held(nested=nested)
    key = held.c.kind + constant(" ") + held.c.team_id if nested else held.c.team_id
    return select(text_aggregate(dialect, key)).select_from(held).correlate(User).scalar_subquery()


def complete_groups(
    connection: Connection, organization_id: str, base: str, found: Iterable[str | None]
) -> list[str | None]:
    """Return `groups` of each User as JSON; each Team is read and written once, and left out if it is gone by now."""
    teams_of_users = [keys.split(",") if keys else [] for keys in found]
    keys = set().union(*teams_of_users)
    if not keys:
        return [None] * len(teams_of_users)
    bound = {"organization": organization_id, "ids": id_array({key.rpartition(" ")[2] for key in keys})}
    ids, names = _NAMES_OF_IDS[connection.dialect.name].first(connection, bound) or (None, None)
    displays = dict(zip(ids.split(","), orjson.loads(names), strict=True)) if ids else {}
    elements: dict[str, str] = {}
    for key in keys:
        kind, _, team_id = key.rpartition(" ")
        if team_id in displays:
            elements[key] = (
                f'{{"value":"{team_id}","$ref":"{base}/Groups/{team_id}","type":"{kind or _DIRECT}",'
                f'"display":{orjson.dumps(displays[team_id]).decode()}}}'
            )
    arrays = [",".join(filter(None, map(elements.get, keys))) for keys in teams_of_users]
    return [f"[{array}]" if array else None for array in arrays]


def _held(*, nested: bool) -> FromClause:
    """Return team and kind of each membership of the User at hand; direct ones hide indirect ones of the same Team."""
    memberships = _memberships(nested=nested)
    mine = (memberships.c.organization_id == User.organization_id, memberships.c.member_id == User.id)
    if not nested:
        return select(memberships.c.team_id, memberships.c.kind).where(*mine).correlate(User).subquery()
    # "direct" sorts before "indirect".
    kind = func.min(memberships.c.kind).label("kind")
    return select(memberships.c.team_id, kind).where(*mine).group_by(memberships.c.team_id).correlate(User).subquery()


def _memberships(*, nested: bool) -> FromClause:
    """Return all memberships of the Organization as organization_id, team_id, member_id and kind."""
    direct = select(
        _members.c.organization_id, _members.c.team_id, _members.c.member_id, constant(_DIRECT).label("kind")
    )
    if not nested:
        return direct.subquery()
    above = _TEAMS_ABOVE
    indirect = (
        select(_members.c.organization_id, above.c.ancestor_id, _members.c.member_id, constant(_INDIRECT))
        .join(above, above.c.team_id == _members.c.team_id)
        .where(_members.c.organization_id == ORGANIZATION)
    )
    return union_all(direct, indirect).subquery()


def _names_of_ids(dialect: str) -> Prepared:
    """Return the look-up of Teams as one row with their ids and names: the driver lets others run at every row."""
    ids = id_list(dialect, bindparam("ids"))
    columns = text_aggregate(dialect, _teams.c.id), json_aggregate(dialect, _teams.c.display_name)
    of_organization = _teams.c.organization_id == bindparam("organization")
    return Prepared(select(*columns).where(of_organization, _teams.c.id.in_(select(ids))))


_OF_USER = (_members.c.organization_id == bindparam("organization"), _members.c.member_id == bindparam("user"))
_TEAMS_OF_USER = select(_members.c.team_id).where(*_OF_USER)
_NAMES_OF_TEAMS = (
    select(_teams.c.id, _teams.c.display_name, _teams.c.is_idp_managed)
    .where(_teams.c.organization_id == bindparam("organization"), _teams.c.id.in_(_TEAMS_OF_USER))
    .order_by(_teams.c.display_name_folded, _teams.c.id)
)
_LOCK_TEAMS = (
    select(_teams.c.id)
    .where(_teams.c.organization_id == bindparam("organization"), _teams.c.id.in_(_TEAMS_OF_USER))
    .order_by(_teams.c.id)
    .with_for_update()
)
_LEAVE = delete(_members).where(*_OF_USER)
_TOUCH_TEAMS = (
    update(_teams)
    .where(_teams.c.organization_id == bindparam("organization"), _teams.c.id.in_(_TEAMS_OF_USER))
    .values(version=_teams.c.version + 1, member_count=_teams.c.member_count - 1, modified_at=bindparam("now"))
)

_NAMES_OF_IDS = {dialect: _names_of_ids(dialect) for dialect in ("sqlite", "postgresql")}
_JOINED = select(_members.c.team_id, _members.c.created_at).where(*_OF_USER)
_JOIN = insert(_members)
_NAMED = (_teams.c.organization_id == bindparam("organization"), _teams.c.id.in_(bindparam("ids", expanding=True)))
_LOCK_NAMED = select(_teams.c.id).where(*_NAMED).order_by(_teams.c.id).with_for_update()
_TOUCH_JOINED = (
    update(_teams)
    .where(*_NAMED)
    .values(version=_teams.c.version + 1, member_count=_teams.c.member_count + 1, modified_at=bindparam("now"))
)


def lock_teams(connection: Connection, organization_id: str, user_id: str) -> None:
    """Lock the User's Teams before the User, as changes of a Team lock it before its members: neither deadlocks."""
    connection.execute(_LOCK_TEAMS, {"organization": organization_id, "user": user_id}).all()


def leave_all_teams(connection: Connection, organization_id: str, user_id: str, now: str) -> None:
    """Take a User out of every Team, whose versions rise with it (RFC 7643 §4.2)."""
    bound = {"organization": organization_id, "user": user_id}
    if connection.execute(_TOUCH_TEAMS, {**bound, "now": now}).rowcount:
        connection.execute(_LEAVE, bound)


def joined_teams(connection: Connection, organization_id: str, user_id: str) -> list[dict[str, str]]:
    """Return the User's memberships as they are stored, so that `rejoin_teams` can make them again."""
    rows = connection.execute(_JOINED, {"organization": organization_id, "user": user_id})
    return [row._asdict() for row in rows]


def rejoin_teams(
    connection: Connection, organization_id: str, user_id: str, joined: Sequence[Mapping[str, str]], now: str
) -> None:
    """Put a User back into those of the Teams that are still there, whose versions rise with it."""
    bound = {"organization": organization_id, "user": user_id, "ids": sorted(each["team_id"] for each in joined)}
    there = set(connection.execute(_LOCK_NAMED, bound).scalars()) if joined else set()
    rows = [
        {"organization_id": organization_id, "member_id": user_id, "member_type": "User", **each}
        for each in joined
        if each["team_id"] in there
    ]
    if rows:
        connection.execute(_JOIN, rows)
        connection.execute(_TOUCH_JOINED, {**bound, "now": now})


class TeamOfUser(NamedTuple):
    """A Team in short."""

    id: str
    name: str
    is_idp_managed: bool


def teams_of(connection: Connection, organization_id: str, user_id: str) -> list[TeamOfUser]:
    """Return the Teams that a User is a direct member of, by name."""
    rows = connection.execute(_NAMES_OF_TEAMS, {"organization": organization_id, "user": user_id})
    return [TeamOfUser(*row) for row in rows]


def in_team(organization: ColumnElement[str], team: ColumnElement[str]) -> Select[Any]:
    """Return the ids of a Team's direct members."""
    return select(_members.c.member_id).where(_members.c.organization_id == organization, _members.c.team_id == team)
