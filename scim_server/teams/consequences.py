"""What a change of a Team does to the roles of its members, told in the transaction of the change.

Roles by Team are never copied to Users, so nothing has to be undone when a Team changes; but whoever gains or loses a
role thereby gets an audit event. Teams without privileges cost no statement.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select, type_coerce, union_all

from scim_server.accounts.rights import rotate_for_users
from scim_server.audit.service import Event, Origin, record
from scim_server.database.types import JsonDocument
from scim_server.directory.json_sql import id_array, id_list
from scim_server.roles.catalogue import catalogue
from scim_server.roles.models import CustomRole, RoleBinding
from scim_server.roles.places import ORGANIZATION, Place
from scim_server.roles.policy import (
    Held,
    most_privileged,
    most_privileged_organization_role,
    permissions_of,
    privilege,
)
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User
from scim_server.users.policy import Status


class PrivilegedTeam(NamedTuple):
    """What decides whether a Team gives its members more than every User has: taken from its locked row."""

    id: str
    display_name: str
    role: str
    binding_count: int

    @property
    def is_privileged(self) -> bool:
        """Tell whether being a member gives any role."""
        return self.binding_count > 0 or self.role != catalogue().default


class TeamRoles(NamedTuple):
    """What a Team gives its members: an Organization role, and a role on each of some places."""

    organization_role: str
    held: dict[Place, Held]


@dataclass
class _Person:
    """What a User holds without the Team: Organization roles, and roles on the places that the Team has roles on."""

    organization_roles: list[str]
    held: dict[Place, list[Held]] = field(default_factory=dict)


_BINDING = (
    RoleBinding.workspace_id,
    RoleBinding.deployment_id,
    RoleBinding.dag_id,
    RoleBinding.dag_tag,
    RoleBinding.role,
    type_coerce(CustomRole.permissions, JsonDocument()).label("custom"),
)
_IS_CUSTOM = (CustomRole.organization_id == RoleBinding.organization_id) & (CustomRole.name == RoleBinding.role)
_OF_TEAM = (
    select(*_BINDING)
    .outerjoin(CustomRole, _IS_CUSTOM)
    .where(RoleBinding.organization_id == bindparam("organization"), RoleBinding.team_id == bindparam("team"))
)
_MEMBERS = select(TeamMember.member_id).where(
    TeamMember.organization_id == bindparam("organization"),
    TeamMember.team_id == bindparam("team"),
    TeamMember.member_type == "User",
)


def _other_sources(dialect: str) -> dict[str, Any]:
    """Return the statements about what Users hold without the Team; any number of Users is one bound value."""
    users, teams, places = (select(id_list(dialect, bindparam(name))) for name in ("users", "teams", "places"))

    def bindings_of(subject: Any, ids: Any) -> Any:
        return (
            select(subject.label("subject_id"), *_BINDING)
            .outerjoin(CustomRole, _IS_CUSTOM)
            .where(
                RoleBinding.organization_id == bindparam("organization"),
                subject.in_(ids),
                RoleBinding.place.in_(places),
            )
        )

    # The status is looked at later: SQLite would rather search for it than for the ids.
    people = select(User.id, User.status, User.role).where(
        User.organization_id == bindparam("organization"), User.id.in_(users)
    )
    privileged_teams = (
        select(TeamMember.member_id, TeamMember.team_id, Team.role)
        .join(Team, (Team.organization_id == TeamMember.organization_id) & (Team.id == TeamMember.team_id))
        .where(
            TeamMember.organization_id == bindparam("organization"),
            TeamMember.member_id.in_(users),
            TeamMember.team_id != bindparam("team"),
            or_(Team.role != bindparam("default"), Team.binding_count > 0),
        )
    )
    bindings = union_all(bindings_of(RoleBinding.user_id, users), bindings_of(RoleBinding.team_id, teams))
    return {"people": people, "teams": privileged_teams, "bindings": bindings}


_STATEMENTS = {dialect: _other_sources(dialect) for dialect in ("sqlite", "postgresql")}


def members_changed(
    connection: Connection,
    organization_id: str,
    origin: Origin,
    team: PrivilegedTeam,
    *,
    added: Iterable[str] = (),
    removed: Iterable[str] = (),
    source: str = "scim",
) -> None:
    """Record what Users gain and lose whose membership rows came and went: call it after that, before the commit.

    `added` and `removed` are member ids; nested Teams among them are passed over, as roles reach direct members only.
    `source` begins the actions: `scim` or `owner`.
    """
    if not team.is_privileged:
        return
    # Whoever was removed and added again by one request neither gains nor loses.
    come, gone = Counter(added), Counter(removed)
    come, gone = come - gone, gone - come
    if not (come or gone):
        return
    roles = roles_of_team(connection, organization_id, team)
    people = _people(connection, organization_id, team, [*gone, *come], roles.held)
    nothing = TeamRoles(catalogue().default, {})
    events = chain(
        _events(team, source, {user_id: people[user_id] for user_id in gone if user_id in people}, roles, nothing),
        _events(team, source, {user_id: people[user_id] for user_id in come if user_id in people}, nothing, roles),
    )
    _record(connection, organization_id, origin, events)


def team_is_deleted(
    connection: Connection, organization_id: str, origin: Origin, team: PrivilegedTeam, *, source: str = "scim"
) -> None:
    """Record what the members lose with the Team: call it before its rows are deleted."""
    if team.is_privileged:
        members = _members(connection, organization_id, team)
        members_changed(connection, organization_id, origin, team, removed=members, source=source)


def roles_changed(
    connection: Connection,
    organization_id: str,
    origin: Origin,
    team: PrivilegedTeam,
    *,
    before: TeamRoles,
    after: TeamRoles,
) -> None:
    """Record what the members gain and lose as an Owner changes what the Team gives them."""
    if before == after:
        return
    members = _members(connection, organization_id, team)
    people = _people(connection, organization_id, team, members, before.held.keys() | after.held.keys())
    _record(connection, organization_id, origin, _events(team, "owner", people, before, after))


def roles_of_team(connection: Connection, organization_id: str, team: PrivilegedTeam) -> TeamRoles:
    """Return what a Team gives its members."""
    held: dict[Place, Held] = {}
    if team.binding_count:
        rows = connection.execute(_OF_TEAM, {"organization": organization_id, "team": team.id})
        held = {each.place: each for each in map(_held, rows)}
    return TeamRoles(team.role, held)


def _record(connection: Connection, organization_id: str, origin: Origin, events: Iterable[Event]) -> None:
    """Write the events, and have the sessions of whoever they are about renewed, as after a change of a role itself."""
    concerned: dict[str, None] = {}

    def noted() -> Iterator[Event]:
        for event in events:
            concerned[event.target_id] = None
            yield event

    record(connection, organization_id, origin, noted())
    if concerned:
        rotate_for_users(connection, organization_id, concerned)


def _members(connection: Connection, organization_id: str, team: PrivilegedTeam) -> list[str]:
    return list(connection.execute(_MEMBERS, {"organization": organization_id, "team": team.id}).scalars())


def _people(
    connection: Connection, organization_id: str, team: PrivilegedTeam, ids: list[str], places: Iterable[Place]
) -> dict[str, _Person]:
    """Return what those of the ids hold without the Team that are ACTIVE Users: nobody else holds any role."""
    statements = _STATEMENTS[connection.dialect.name]
    bound = {
        "organization": organization_id,
        "team": team.id,
        "users": id_array(ids),
        "default": catalogue().default,
    }
    people = {
        row.id: _Person([row.role] if row.role is not None else [])
        for row in connection.execute(statements["people"], bound)
        if row.status == Status.ACTIVE
    }
    # Whose roles a binding is: the User's own, or those of all members of a Team.
    holders: dict[str, list[_Person]] = {user_id: [person] for user_id, person in people.items()}
    teams: set[str] = set()
    for row in connection.execute(statements["teams"], bound):
        if row.member_id in people:
            people[row.member_id].organization_roles.append(row.role)
            holders.setdefault(row.team_id, []).append(people[row.member_id])
            teams.add(row.team_id)
    texts = [place.text for place in places]
    if texts:
        bound |= {"teams": id_array(teams), "places": id_array(texts)}
        for subject_id, *binding in connection.execute(statements["bindings"], bound):
            held = _held(binding)
            for person in holders.get(subject_id, ()):
                person.held.setdefault(held.place, []).append(held)
    return people


def _held(row: Any) -> Held:
    workspace_id, deployment_id, dag_id, dag_tag, role, custom = row
    place = Place(workspace_id, deployment_id, dag_id, dag_tag)
    return Held(place, role, permissions_of(place.scope, role, custom))


def _events(
    team: PrivilegedTeam, source: str, people: dict[str, _Person], before: TeamRoles, after: TeamRoles
) -> Iterator[Event]:
    """Yield an event for each place on which the most privileged role of a User changes."""
    organization = catalogue().organization
    for user_id, person in people.items():
        then = most_privileged_organization_role((*person.organization_roles, before.organization_role))
        since = most_privileged_organization_role((*person.organization_roles, after.organization_role))
        assert then is not None
        assert since is not None
        if then != since:
            gained = organization.role(since).rank < organization.role(then).rank
            yield _event(team, source, user_id, ORGANIZATION, then, since, gained=gained)
        if then == since == catalogue().owner:
            # Workspace Owner everywhere, whatever the Team gives.
            continue
        for place in sorted(before.held.keys() | after.held.keys(), key=lambda place: place.text):
            others = person.held.get(place, [])
            held, holds = (
                most_privileged((*others, *([roles.held[place]] if place in roles.held else ())))
                for roles in (before, after)
            )
            if held != holds:
                yield _event(
                    team,
                    source,
                    user_id,
                    place.text,
                    held.role if held else None,
                    holds.role if holds else None,
                    gained=_is_more(holds, held),
                )


def _is_more(role: Held | None, than: Held | None) -> bool:
    if role is None or than is None:
        return than is None
    return privilege(role.permissions, role.role) < privilege(than.permissions, than.role)


def _event(
    team: PrivilegedTeam, source: str, user_id: str, place: str, before: str | None, after: str | None, *, gained: bool
) -> Event:
    changes = {
        "#role": [before, after],
        "#place": [None, place],
        "#team": [None, team.id],
        "#teamName": [None, team.display_name],
    }
    return Event(f"{source}:user:role-{'gained' if gained else 'lost'}", "User", user_id, changes)
