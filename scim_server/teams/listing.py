"""Teams and their members as the Owners of an Organization see them, in pages of constantly many statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, select, type_coerce
from sqlalchemy import Connection as DatabaseConnection

from scim_server.database import reading
from scim_server.directory.documents import load_attributes
from scim_server.directory.json_sql import id_array, id_list
from scim_server.directory.offset_pages import like_pattern, offset_page
from scim_server.directory.totals import total_of
from scim_server.protocol.errors import NotFound
from scim_server.protocol.schemas import GROUP
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import DagRole, DeploymentRole, SubjectKind, WorkspaceRole, roles_of
from scim_server.roles.models import RoleBinding
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User
from scim_server.users.policy import Status
from scim_server.users.profiles import avatar_url, full_name
from scim_server.users.subjects import Actor, subjects_of


@dataclass(frozen=True, slots=True)
class TeamFilters:
    """Which Teams a list holds; None does not narrow it.

    `names` are whole names without regard to letter case, `search` is part of a name, `member_id` a direct
    member's; a place is one that a role of the Team is bound to.
    """

    names: tuple[str, ...] | None = None
    search: str | None = None
    workspace_id: str | None = None
    deployment_id: str | None = None
    member_id: str | None = None

    def bound(self, connection: DatabaseConnection) -> dict[str, Any]:
        """Return the filters that are set, as parameters."""
        found = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        if "names" in found:
            found["names"] = id_array(map(fold, found["names"]))
        if "search" in found:
            found["search"] = like_pattern(fold(found["search"]))
        return found


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """A Team as lists show it; `created_by` and `updated_by` in the form of `SubjectSchema`."""

    id: str
    name: str
    description: str | None
    organization_id: str
    organization_role: str
    is_idp_managed: bool
    roles_count: int
    workspace_roles: tuple[WorkspaceRole, ...]
    deployment_roles: tuple[DeploymentRole, ...]
    dag_roles: tuple[DagRole, ...]
    created_at: str
    created_by: dict[str, str | None] | None
    updated_at: str
    updated_by: dict[str, str | None] | None


class TeamName(NamedTuple):
    """A Team in a list to choose from."""

    id: str
    name: str


class MemberRecord(NamedTuple):
    """A User in a Team, since `created_at`."""

    user_id: str
    username: str
    full_name: str
    avatar_url: str | None
    created_at: str


_SORTS: dict[str, ColumnElement[Any]] = {
    "id": Team.id.expression,
    "name": Team.display_name_folded.expression,
    "description": func.coalesce(Team.description, ""),
    "createdAt": Team.created_at.expression,
    "updatedAt": Team.modified_at.expression,
}
SORTS = tuple(_SORTS)
_PLACES = {"workspace_id", "deployment_id"}
# Filters that an index serves.
_NARROW = {"names", "member_id", *_PLACES}
_OF_ORGANIZATION = Team.organization_id == bindparam("organization")
_COLUMNS = (
    Team.id,
    Team.display_name,
    Team.description,
    Team.role,
    Team.is_idp_managed,
    Team.binding_count,
    Team.created_at,
    Team.created_by_type,
    Team.created_by_id,
    Team.modified_at,
    Team.updated_by_type,
    Team.updated_by_id,
)
_ONE = select(*_COLUMNS).where(_OF_ORGANIZATION, Team.id == bindparam("team"))
_NAMES = select(Team.id, Team.display_name).where(_OF_ORGANIZATION).order_by(Team.display_name_folded, Team.id)
_FIRST_NAMES = _NAMES.limit(bindparam("limit"))
_EXISTS = select(Team.id).where(_OF_ORGANIZATION, Team.id == bindparam("team"))
# Memberships of INACTIVE Users are kept and hidden (product.md §2).
_MEMBERSHIPS = (
    select(User.id, TeamMember.created_at, type_coerce(User.document, Text()).label("document"))
    .join(User, (User.organization_id == TeamMember.organization_id) & (User.id == TeamMember.member_id))
    .where(
        TeamMember.organization_id == bindparam("organization"),
        TeamMember.team_id == bindparam("team"),
        User.status != Status.INACTIVE.value,
    )
)
_MEMBERS = _MEMBERSHIPS.order_by(TeamMember.member_id).limit(bindparam("limit")).offset(bindparam("offset"))
_COUNT_MEMBERS = _MEMBERSHIPS.with_only_columns(func.count())


def list_teams(
    requester: Requester,
    filters: TeamFilters,
    sorts: Sequence[tuple[str, bool]] = (),
    *,
    offset: int = 0,
    limit: int = 20,
) -> tuple[list[TeamRecord], int]:
    """Return a page of the Organization's Teams, and how many there are in all; by id where no order is asked for.

    `sorts` name fields of `SORTS`, each with whether it descends. Raises Forbidden.
    """
    requester.require("organization.teams.get")
    organization_id = requester.organization_id
    with reading() as connection:
        dialect = connection.dialect.name
        bound = {"organization": organization_id, **filters.bound(connection)}
        names = frozenset(bound) - {"organization"}
        statement = _page(dialect, names, tuple(sorts), limit)
        rows = connection.execute(statement, {**bound, "offset": offset}).all()
        total = (
            connection.execute(_count(dialect, names), bound).scalar_one()
            if names
            else total_of(connection, organization_id, GROUP.name)
        )
        return _records(connection, organization_id, rows), total


def team_names(requester: Requester, limit: int) -> list[TeamName]:
    """Return the first Teams by name, to choose from. Raises Forbidden."""
    requester.require("organization.teams.get")
    with reading() as connection:
        rows = connection.execute(_FIRST_NAMES, {"organization": requester.organization_id, "limit": limit})
        return [TeamName(*row) for row in rows]


def read_team(requester: Requester, team_id: str) -> TeamRecord:
    """Return a Team. Raises Forbidden, NotFound."""
    requester.require("organization.teams.get")
    organization_id = requester.organization_id
    with reading() as connection:
        row = connection.execute(_ONE, {"organization": organization_id, "team": team_id}).first()
        if row is None:
            raise NotFound(f"There is no Team '{team_id}'.")
        (record,) = _records(connection, organization_id, [row])
        return record


def list_members(
    requester: Requester, team_id: str, *, offset: int = 0, limit: int = 20
) -> tuple[list[MemberRecord], int]:
    """Return a page of the Users in a Team, and how many there are in all. Raises Forbidden, NotFound."""
    requester.require("organization.teams.get")
    bound = {"organization": requester.organization_id, "team": team_id}
    with reading() as connection:
        if connection.execute(_EXISTS, bound).first() is None:
            raise NotFound(f"There is no Team '{team_id}'.")
        rows = connection.execute(_MEMBERS, {**bound, "offset": offset, "limit": limit}).all()
        total = connection.execute(_COUNT_MEMBERS, bound).scalar_one()
    return [_member(row) for row in rows], total


def _member(row: Any) -> MemberRecord:
    attributes = load_attributes(row.document)
    return MemberRecord(row.id, attributes["userName"], full_name(attributes), avatar_url(attributes), row.created_at)


def _records(connection: DatabaseConnection, organization_id: str, rows: Sequence[Any]) -> list[TeamRecord]:
    held = roles_of(connection, organization_id, SubjectKind.TEAM, [row.id for row in rows])
    creators = [Actor(row.created_by_type, row.created_by_id) for row in rows]
    changers = [Actor(row.updated_by_type, row.updated_by_id) for row in rows]
    subjects = subjects_of(connection, organization_id, [*creators, *changers])
    return [
        TeamRecord(
            id=row.id,
            name=row.display_name,
            description=row.description,
            organization_id=organization_id,
            organization_role=row.role,
            is_idp_managed=row.is_idp_managed,
            # The Organization role is one of them.
            roles_count=row.binding_count + 1,
            workspace_roles=held[row.id].workspace_roles,
            deployment_roles=held[row.id].deployment_roles,
            dag_roles=held[row.id].dag_roles,
            created_at=row.created_at,
            created_by=subjects[creator],
            updated_at=row.modified_at,
            updated_by=subjects[changer],
        )
        for row, creator, changer in zip(rows, creators, changers, strict=True)
    ]


@lru_cache(maxsize=1_000)
def _page(dialect: str, filters: frozenset[str], sorts: tuple[tuple[str, bool], ...], limit: int) -> Select[Any]:
    order = [(_SORTS[field], descending) for field, descending in sorts]
    conditions = _conditions(dialect, filters)
    return offset_page(_COLUMNS, Team.id.expression, conditions, order, limit, is_narrow=bool(filters & _NARROW))


@lru_cache(maxsize=1_000)
def _count(dialect: str, filters: frozenset[str]) -> Select[Any]:
    return select(func.count()).select_from(Team).where(_OF_ORGANIZATION, *_conditions(dialect, filters))


def _conditions(dialect: str, filters: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters that are set, each over a parameter of its name."""
    conditions: list[ColumnElement[bool]] = []
    if "names" in filters:
        conditions.append(Team.display_name_folded.in_(select(id_list(dialect, bindparam("names")))))
    if "search" in filters:
        pattern = bindparam("search", type_=Text())
        conditions.append(Team.display_name_folded.like(pattern, escape="\\"))
    if "member_id" in filters:
        joined = select(TeamMember.team_id).where(
            TeamMember.organization_id == bindparam("organization"), TeamMember.member_id == bindparam("member_id")
        )
        conditions.append(Team.id.in_(joined))
    if filters & _PLACES:
        places = [getattr(RoleBinding, name) == bindparam(name) for name in sorted(filters & _PLACES)]
        holders = select(RoleBinding.team_id).where(
            RoleBinding.organization_id == bindparam("organization"), RoleBinding.team_id.is_not(None), *places
        )
        conditions.append(Team.id.in_(holders))
    return conditions
