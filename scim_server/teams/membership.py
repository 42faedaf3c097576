"""Membership deltas: rows come and go, no list is ever read, changed and written back (idp-wire E84).

The Team's row is locked before any of these run. Ids travel as one array parameter, so 50,000 cost one statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, Connection, Text, and_, bindparam, delete, literal, select, table, update
from sqlalchemy import column as column_of
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.directory.compiler import Compiler, parameters
from scim_server.directory.json_sql import SQLITE, id_array, id_list
from scim_server.identifiers import now
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.filters.tree import Filter
from scim_server.teams.mapping import TEAM_MAPPING
from scim_server.teams.members import MEMBERS
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User

_OF_TEAM = and_(TeamMember.organization_id == bindparam("organization"), TeamMember.team_id == bindparam("team"))
_ROW = ["organization_id", "team_id", "member_id", "member_type", "created_at"]
_organizations = table("organizations", column_of("id", Text()), column_of("has_nested_teams", Boolean()))
_NOTE_NESTING = (
    update(_organizations)
    .where(_organizations.c.id == bindparam("organization"), _organizations.c.has_nested_teams.is_(False))
    .values(has_nested_teams=True)
    .returning(_organizations.c.id)
)
_LOCK_ORGANIZATION = select(_organizations.c.id).where(_organizations.c.id == bindparam("organization"))


def _ids(dialect: str) -> Any:
    return select(id_list(dialect, bindparam("ids")))


def _insert(dialect: str, source: type[User] | type[Team], member_type: str) -> Any:
    """Return the INSERT of those of the ids that are resources of the Organization; others are passed over."""
    known = select(
        bindparam("organization", type_=Text()),
        bindparam("team", type_=Text()),
        source.id,
        literal(member_type),
        bindparam("now", type_=Text()),
    ).where(source.organization_id == bindparam("organization"), source.id.in_(_ids(dialect)))
    if dialect == SQLITE:
        return (
            sqlite.insert(TeamMember).from_select(_ROW, known).on_conflict_do_nothing().returning(TeamMember.member_id)
        )
    # The lock keeps a member from being deleted before its row is there to be deleted with it.
    locked = known.with_for_update(read=True, key_share=True)
    return (
        postgresql.insert(TeamMember).from_select(_ROW, locked).on_conflict_do_nothing().returning(TeamMember.member_id)
    )


def _descendants(dialect: str) -> Any:
    """Return the ids of all Teams below the given ones, themselves included."""
    given = select(Team.id).where(Team.organization_id == bindparam("organization"), Team.id.in_(_ids(dialect)))
    below = given.cte("below", recursive=True)
    children = select(TeamMember.member_id).where(
        TeamMember.organization_id == bindparam("organization"),
        TeamMember.team_id == below.c.id,
        TeamMember.member_type == "Group",
    )
    return select(below.union(children).c.id)


_STATEMENTS = {
    dialect: {
        "insert_users": _insert(dialect, User, "User"),
        "insert_teams": _insert(dialect, Team, "Group"),
        "present": select(TeamMember.member_id).where(_OF_TEAM, TeamMember.member_id.in_(_ids(dialect))),
        "remove": delete(TeamMember)
        .where(_OF_TEAM, TeamMember.member_id.in_(_ids(dialect)))
        .returning(TeamMember.member_id),
        "keep_only": delete(TeamMember)
        .where(_OF_TEAM, TeamMember.member_id.not_in(_ids(dialect)))
        .returning(TeamMember.member_id),
        "clear": delete(TeamMember).where(_OF_TEAM).returning(TeamMember.member_id),
        "teams": select(Team.id).where(Team.organization_id == bindparam("organization"), Team.id.in_(_ids(dialect))),
        "descendants": _descendants(dialect),
        "lock_organization": _LOCK_ORGANIZATION.with_for_update(),
        "note_nesting": _NOTE_NESTING,
    }
    for dialect in ("sqlite", "postgresql")
}


@dataclass
class MemberRows:
    """The members of one Team, inside its transaction; remembers the ids that it adds and removes."""

    connection: Connection
    organization_id: str
    team_id: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, ids: Iterable[str]) -> None:
        """Add Users and Teams; those already there change nothing, and ids that name nobody go to `unknown`."""
        others = self._add_users(ids)
        if others:
            self._add_teams(others)

    def add_users(self, ids: Iterable[str]) -> None:
        """Add Users; those already there change nothing, and ids that name no User go to `unknown`."""
        self.unknown += self._add_users(ids)

    def remove(self, ids: Iterable[str]) -> None:
        """Remove members; those not there change nothing."""
        wanted = dict.fromkeys(ids)
        if wanted:
            self.removed += self._execute("remove", wanted)

    def replace(self, ids: Iterable[str]) -> None:
        """Make these the members, and nobody else."""
        wanted = dict.fromkeys(ids)
        self.removed += self._execute("keep_only", wanted)
        self.add(wanted)

    def clear(self) -> None:
        """Remove all members."""
        self.removed += self._execute("clear", ())

    def remove_matching(self, filter_: Filter, resource_type: ResourceType, base: str) -> None:
        """Remove the members that a value path's filter matches."""
        compiler = Compiler(TEAM_MAPPING, resource_type, self.connection.dialect.name)
        condition = compiler.compile_element(filter_.shape.tree, MEMBERS)
        found = select(TeamMember.member_id).select_from(MEMBERS.source).where(_OF_TEAM, condition)
        bound = {"organization": self.organization_id, "team": self.team_id, "base": base, **parameters(filter_)}
        self.remove(self.connection.execute(found, bound).scalars().all())

    @property
    def changed(self) -> bool:
        """Tell whether any row came or went."""
        return bool(self.added or self.removed)

    def _add_users(self, ids: Iterable[str]) -> list[str]:
        """Add Users, and return the ids that name neither a User nor a member."""
        wanted = dict.fromkeys(ids)
        if not wanted:
            return []
        inserted = self._execute("insert_users", wanted, now=now())
        self.added += inserted
        if len(inserted) == len(wanted):
            return []
        present = set(self._execute("present", wanted))
        return [member_id for member_id in wanted if member_id not in present]

    def _add_teams(self, ids: list[str]) -> None:
        # Nested Teams are rare; one at a time in an Organization, or two could close a circle together.
        self._execute("lock_organization", ())
        teams = set(self._execute("teams", ids))
        if teams:
            if self.team_id in self._execute("descendants", teams):
                raise InvalidValue("members: a Group cannot contain itself, directly or through other Groups.")
            self._execute("note_nesting", ())
            self.added += self._execute("insert_teams", teams, now=now())
        self.unknown += [member_id for member_id in ids if member_id not in teams]

    def _execute(self, name: str, ids: Iterable[str], **bound: str) -> list[str]:
        """Run a statement and return the ids that it selected, inserted or deleted."""
        dialect = self.connection.dialect.name
        key = {"organization": self.organization_id, "team": self.team_id, "ids": id_array(ids)}
        return list(self.connection.execute(_STATEMENTS[dialect][name], {**key, **bound}).scalars())
