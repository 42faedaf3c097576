"""The groups that an identity provider names at a login, and the Teams of these names.

An Owner makes the Team, gives it a role or none, and switches this on for the Connection; no login makes a Team. While
SCIM provisions the Organization, Teams are its matter alone.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.directory.json_sql import id_array, id_list
from scim_server.identifiers import now
from scim_server.protocol.values import fold
from scim_server.teams import store
from scim_server.teams.administration import is_provisioned
from scim_server.teams.consequences import members_changed
from scim_server.teams.events import member_changes
from scim_server.teams.membership import MemberRows
from scim_server.teams.models import Team, TeamMember


class Move(StrEnum):
    """What a login does to one membership."""

    JOIN = "JOIN"
    LEAVE = "LEAVE"
    STAY = "STAY"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to one Team. `claimed_here`: a login by the same Connection made them a member."""

    is_idp_managed: bool
    is_named: bool
    is_member: bool
    claimed_here: bool


def move(standing: Standing) -> Move:
    """Decide for one Team; one that SCIM pushed is never touched, and whom no login brought no login removes."""
    if standing.is_idp_managed:
        return Move.STAY
    if standing.is_named and not standing.is_member:
        return Move.JOIN
    if not standing.is_named and standing.is_member and standing.claimed_here:
        return Move.LEAVE
    return Move.STAY


_MEMBERSHIP = select(TeamMember.claimed_by).where(
    TeamMember.organization_id == bindparam("organization"),
    TeamMember.team_id == bindparam("team"),
    TeamMember.member_id == bindparam("user"),
)
_CLAIM = (
    update(TeamMember)
    .where(
        TeamMember.organization_id == bindparam("of"),
        TeamMember.team_id == bindparam("in_team"),
        TeamMember.member_id == bindparam("user"),
    )
    .values(claimed_by=bindparam("connection"))
)


def _candidates(dialect: str) -> Any:
    """Return the Teams that the groups name, and those that a login by the Connection has brought the User into."""
    claimed = select(TeamMember.team_id).where(
        TeamMember.organization_id == bindparam("organization"),
        TeamMember.member_id == bindparam("user"),
        TeamMember.claimed_by == bindparam("connection"),
    )
    return (
        select(Team.id)
        .where(
            Team.organization_id == bindparam("organization"),
            or_(
                Team.display_name_folded.in_(select(id_list(dialect, bindparam("names")))),
                Team.id.in_(claimed),
            ),
        )
        # In one order, so that two logins never wait for each other.
        .order_by(Team.id)
    )


_CANDIDATES = {dialect: _candidates(dialect) for dialect in ("sqlite", "postgresql")}


def follow_groups(
    connection: Connection,
    organization_id: str,
    origin: Origin,
    *,
    user_id: str,
    connection_id: str,
    groups: Collection[str],
) -> None:
    """Make a User who signs in a member of the Teams that are called as their groups, in the login's transaction.

    `origin` says from where; the changes are the Connection's, as nobody made them. Groups without a Team do nothing.
    """
    if is_provisioned(connection, organization_id):
        return
    bound = {
        "organization": organization_id,
        "user": user_id,
        "connection": connection_id,
        "names": id_array([fold(name) for name in groups]),
    }
    automatically = replace(origin, actor_type=ActorType.SYSTEM, actor_id=None, actor_name=None)
    for team_id in connection.execute(_CANDIDATES[connection.dialect.name], bound).scalars().all():
        team = store.lock_team(connection, organization_id, team_id)
        if team is None:
            continue
        key = {"organization": organization_id, "team": team_id, "user": user_id}
        membership = connection.execute(_MEMBERSHIP, key).first()
        standing = Standing(
            is_idp_managed=team.is_idp_managed,
            is_named=team.display_name in groups,
            is_member=membership is not None,
            claimed_here=membership is not None and membership.claimed_by == connection_id,
        )
        rows = MemberRows(connection, organization_id, team_id)
        wanted = move(standing)
        if wanted is Move.JOIN:
            rows.add_users([user_id])
            claim = {"of": organization_id, "in_team": team_id, "user": user_id, "connection": connection_id}
            connection.execute(_CLAIM, claim)
        elif wanted is Move.LEAVE:
            rows.remove([user_id])
        if rows.changed:
            _store(connection, organization_id, automatically, team, rows)


def _store(
    connection: Connection, organization_id: str, origin: Origin, team: store.LockedTeam, rows: MemberRows
) -> None:
    count = team.member_count + len(rows.added) - len(rows.removed)
    changed = {"version": team.version + 1, "member_count": count, **store.change_row(origin, now())}
    store.update_team(connection, organization_id, team.id, changed)
    record(connection, organization_id, origin, [Event("sso:team:updated", "Team", team.id, member_changes(rows))])
    members_changed(
        connection, organization_id, origin, team.privileges, added=rows.added, removed=rows.removed, source="sso"
    )
