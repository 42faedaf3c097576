"""Users as the Owners of an Organization see them: search, filters, sorts, and pages of constantly many statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, select

from scim_server.database import reading
from scim_server.directory.documents import load_attributes
from scim_server.directory.json_sql import id_array
from scim_server.directory.offset_pages import like_pattern
from scim_server.directory.totals import total_of
from scim_server.protocol.errors import NotFound
from scim_server.protocol.schemas import USER
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import (
    DagRole,
    DeploymentRole,
    LowerRoles,
    SubjectKind,
    WorkspaceRole,
    roles_of,
)
from scim_server.users.filtering import (
    COLUMNS,
    FOUND,
    FREQUENT,
    NARROW,
    OF_ORGANIZATION,
    SEEN,
    SORTS,
    bounded_count_of,
    count_of,
    page_of,
    search_of,
)
from scim_server.users.memberships import TeamOfUser, teams_of
from scim_server.users.models import User
from scim_server.users.profiles import avatar_url, full_name

__all__ = ["SORTS", "UserFilters", "UserRecord", "browse_users", "count_users", "list_users"]
NO_ROLES = LowerRoles()
# Beyond so many, people are told "more than".
MAX_COUNTED = 1_000
# People who have a term in their name and in two addresses come three times.
_MAX_FOUND = 3 * MAX_COUNTED


@dataclass(frozen=True, slots=True)
class UserFilters:
    """Which Users a list holds; None does not narrow it. `search` is part of a name or an e-mail address.

    A Team and the places below the Organization are those that the User holds directly.
    """

    search: str | None = None
    status: str | None = None
    organization_role: str | None = None
    team_id: str | None = None
    is_idp_managed: bool | None = None
    source: str | None = None
    workspace_id: str | None = None
    deployment_id: str | None = None
    dag_id: str | None = None
    # Any of these.
    dag_tags: Sequence[str] | None = None

    def bound(self) -> dict[str, Any]:
        """Return the filters that are set, as parameters."""
        found = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        if "search" in found:
            found["search"] = like_pattern(fold(found["search"]))
        return found


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A User as lists show it; `teams` on the single read alone. Of an INACTIVE one, roles and Teams are hidden."""

    id: str
    user_name: str
    full_name: str
    avatar_url: str | None
    status: str
    organization_role: str | None
    is_idp_managed: bool
    source: str
    created_at: str
    updated_at: str
    lower_roles: LowerRoles = NO_ROLES
    teams: tuple[TeamOfUser, ...] = ()

    @property
    def workspace_roles(self) -> tuple[WorkspaceRole, ...]:
        """Return the direct roles on Workspaces."""
        return self.lower_roles.workspace_roles

    @property
    def deployment_roles(self) -> tuple[DeploymentRole, ...]:
        """Return the direct roles on Deployments."""
        return self.lower_roles.deployment_roles

    @property
    def dag_roles(self) -> tuple[DagRole, ...]:
        """Return the direct roles on Dags."""
        return self.lower_roles.dag_roles


@dataclass(frozen=True, slots=True)
class UsersPage:
    """A page of a list, and how many it has in all; `is_more` where only so many were counted."""

    users: list[UserRecord]
    total: int
    is_more: bool = False


_ONE = select(*COLUMNS).where(OF_ORGANIZATION, User.id == bindparam("user"))


def list_users(
    requester: Requester,
    filters: UserFilters,
    sorts: Sequence[tuple[str, bool]] = (),
    *,
    offset: int = 0,
    limit: int = 20,
) -> tuple[list[UserRecord], int]:
    """Return a page of the Organization's Users, and how many there are in all; by id where no order is asked for.

    `sorts` name fields of `SORTS`, each with whether it descends. Raises Forbidden.
    """
    requester.require("organization.users.get")
    bound = {"organization": requester.organization_id, **filters.bound()}
    names = frozenset(bound) - {"organization"}
    with reading() as connection:
        dialect, order = connection.dialect.name, tuple(sorts)
        if not names:
            return _page_of_all(connection, requester.organization_id, order, offset, limit)
        statement = page_of(dialect, names, order, limit, is_narrow=bool(names & NARROW))
        rows = connection.execute(statement, {**bound, "offset": offset}).all()
        total = connection.execute(count_of(dialect, names), bound).scalar_one()
        return _records(connection, requester.organization_id, rows), total


def browse_users(
    requester: Requester, filters: UserFilters, sorts: Sequence[tuple[str, bool]], *, offset: int, limit: int
) -> UsersPage:
    """Return a page as people read it, counted no further than they do, so that it costs the same among many.

    Up to `MAX_COUNTED` matches are found by what is asked for and sorted then; where there are more, the list is walked
    in its order until the page is full. Raises Forbidden.
    """
    requester.require("organization.users.get")
    bound: dict[str, Any] = {"organization": requester.organization_id, **filters.bound()}
    with reading() as connection:
        dialect, order = connection.dialect.name, tuple(sorts)
        if len(bound) == 1:
            return UsersPage(*_page_of_all(connection, requester.organization_id, order, offset, limit))
        if "search" in bound:
            _look_for_few(connection, bound)
        names, most = frozenset(bound) - {"organization"}, max(MAX_COUNTED, offset + limit) + 1
        total = connection.execute(bounded_count_of(dialect, names), {**bound, "most": most}).scalar_one()
        if total <= offset:
            return UsersPage([], total)
        statement = page_of(dialect, names, order, limit, is_narrow=total <= MAX_COUNTED)
        rows = connection.execute(statement, {**bound, "offset": offset}).all()
        return UsersPage(_records(connection, requester.organization_id, rows), min(total, most - 1), total == most)


def count_users(requester: Requester, filters: UserFilters) -> int:
    """Return how many Users the filters let through. Raises Forbidden."""
    requester.require("organization.users.get")
    bound = {"organization": requester.organization_id, **filters.bound()}
    with reading() as connection:
        statement = count_of(connection.dialect.name, frozenset(bound) - {"organization"})
        return int(connection.execute(statement, bound).scalar_one())


def read_user(requester: Requester, user_id: str) -> UserRecord:
    """Return a User with the Teams that it is in. Raises Forbidden, NotFound."""
    requester.require("organization.users.get")
    return find_user(requester.organization_id, user_id)


def find_user(organization_id: str, user_id: str) -> UserRecord:
    """Return a User with the Teams that it is in; raises NotFound."""
    with reading() as connection:
        row = connection.execute(_ONE, {"organization": organization_id, "user": user_id}).first()
        if row is None:
            raise NotFound(f"There is no User '{user_id}'.")
        teams = teams_of(connection, organization_id, user_id) if row.status in SEEN else []
        (record,) = _records(connection, organization_id, [row], tuple(teams))
        return record


def _page_of_all(
    connection: DatabaseConnection, organization_id: str, order: tuple[tuple[str, bool], ...], offset: int, limit: int
) -> tuple[list[UserRecord], int]:
    """Return a page of everybody, and their number; those of the second half are reached from the end of the list."""
    total = total_of(connection, organization_id, USER.name)
    is_reversed = total < 2 * offset < 2 * total
    if is_reversed:
        limit = min(limit, total - offset)
        offset = total - offset - limit
    statement = page_of(connection.dialect.name, frozenset(), order, limit, is_narrow=False, is_reversed=is_reversed)
    rows = connection.execute(statement, {"organization": organization_id, "offset": offset}).all()
    return _records(connection, organization_id, rows), total


def _look_for_few(connection: DatabaseConnection, bound: dict[str, Any]) -> None:
    """Put the ids of those who have the term of the search in its place, unless it is a frequent one."""
    statement = search_of(connection.dialect.name)
    rows = connection.execute(statement, {**bound, "most": _MAX_FOUND}).scalars().all()
    term = bound.pop("search")
    bound |= {FOUND: id_array(set(rows))} if len(rows) < _MAX_FOUND else {FREQUENT: term}


def _records(
    connection: DatabaseConnection, organization_id: str, rows: Sequence[Any], teams: tuple[TeamOfUser, ...] = ()
) -> list[UserRecord]:
    seen = [row.id for row in rows if row.status in SEEN]
    held = roles_of(connection, organization_id, SubjectKind.USER, seen)
    return [_record(row, held.get(row.id, NO_ROLES), teams) for row in rows]


def _record(row: Any, held: LowerRoles, teams: tuple[TeamOfUser, ...]) -> UserRecord:
    attributes = load_attributes(row.document)
    return UserRecord(
        id=row.id,
        user_name=attributes["userName"],
        full_name=full_name(attributes),
        avatar_url=avatar_url(attributes),
        status=row.status,
        organization_role=row.role if row.status in SEEN else None,
        is_idp_managed=row.is_idp_managed,
        source=row.source,
        created_at=row.created_at,
        updated_at=row.modified_at,
        lower_roles=held,
        teams=teams,
    )
