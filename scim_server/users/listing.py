"""Users as the Owners of an Organization see them: search, filters, sorts, and pages of constantly many statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, select, type_coerce
from sqlalchemy import Connection as DatabaseConnection

from scim_server.database import reading
from scim_server.directory.documents import load_attributes
from scim_server.directory.offset_pages import like_pattern, offset_page
from scim_server.directory.totals import total_of
from scim_server.protocol.errors import NotFound
from scim_server.protocol.schemas import USER
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import DagRole, DeploymentRole, LowerRoles, SubjectKind, WorkspaceRole, roles_of
from scim_server.roles.models import RoleBinding
from scim_server.users.memberships import TeamOfUser, in_team, teams_of
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Status
from scim_server.users.profiles import avatar_url, full_name, full_name_sql

NO_ROLES = LowerRoles()
# What an INACTIVE User holds is kept and hidden (product.md §2), so it is no reason to be found either.
_SEEN = tuple(status.value for status in Status if status is not Status.INACTIVE)


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


_SORTS: dict[str, ColumnElement[Any]] = {
    "id": User.id.expression,
    "username": User.user_name_folded.expression,
    "createdAt": User.created_at.expression,
    "updatedAt": User.modified_at.expression,
}
SORTS = (*_SORTS, "fullName")
_PLACES = {"workspace_id", "deployment_id", "dag_id", "dag_tags"}
# Filters that an index serves.
_NARROW = {"status", "organization_role", "team_id", *_PLACES}
_OF_ORGANIZATION = User.organization_id == bindparam("organization")
_COLUMNS = (
    User.id,
    User.status,
    User.role,
    User.is_idp_managed,
    User.source,
    User.created_at,
    User.modified_at,
    type_coerce(User.document, Text()).label("document"),
)
_ONE = select(*_COLUMNS).where(_OF_ORGANIZATION, User.id == bindparam("user"))


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
    organization_id = requester.organization_id
    bound = {"organization": organization_id, **filters.bound()}
    names = frozenset(bound) - {"organization"}
    with reading() as connection:
        dialect = connection.dialect.name
        statement = _page(dialect, names, tuple(sorts), limit)
        rows = connection.execute(statement, {**bound, "offset": offset}).all()
        total = (
            connection.execute(_count(dialect, names), bound).scalar_one()
            if names
            else total_of(connection, organization_id, USER.name)
        )
        return _records(connection, organization_id, rows), total


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
        teams = teams_of(connection, organization_id, user_id) if row.status in _SEEN else []
        (record,) = _records(connection, organization_id, [row], tuple(teams))
        return record


def _records(
    connection: DatabaseConnection, organization_id: str, rows: Sequence[Any], teams: tuple[TeamOfUser, ...] = ()
) -> list[UserRecord]:
    seen = [row.id for row in rows if row.status in _SEEN]
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
        organization_role=row.role if row.status in _SEEN else None,
        is_idp_managed=row.is_idp_managed,
        source=row.source,
        created_at=row.created_at,
        updated_at=row.modified_at,
        lower_roles=held,
        teams=teams,
    )


@lru_cache(maxsize=1_000)
def _page(dialect: str, filters: frozenset[str], sorts: tuple[tuple[str, bool], ...], limit: int) -> Select[Any]:
    order = [(_sort_column(dialect, field), descending) for field, descending in sorts]
    conditions = _conditions(dialect, filters)
    return offset_page(_COLUMNS, User.id.expression, conditions, order, limit, is_narrow=bool(filters & _NARROW))


@lru_cache(maxsize=1_000)
def _count(dialect: str, filters: frozenset[str]) -> Select[Any]:
    return select(func.count()).select_from(User).where(_OF_ORGANIZATION, *_conditions(dialect, filters))


def _sort_column(dialect: str, field: str) -> ColumnElement[Any]:
    return full_name_sql(dialect) if field == "fullName" else _SORTS[field]


def _conditions(dialect: str, filters: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters that are set, each over a parameter of its name."""
    conditions: list[ColumnElement[bool]] = []
    if "search" in filters:
        conditions.append(_matches_search(dialect))
    if "status" in filters:
        conditions.append(User.status == bindparam("status"))
    if "organization_role" in filters:
        conditions += [User.role == bindparam("organization_role"), User.status.in_(_SEEN)]
    if "is_idp_managed" in filters:
        conditions.append(User.is_idp_managed == bindparam("is_idp_managed"))
    if "source" in filters:
        conditions.append(User.source == bindparam("source"))
    if "team_id" in filters:
        conditions += [User.id.in_(in_team(bindparam("organization"), bindparam("team_id"))), User.status.in_(_SEEN)]
    if filters & _PLACES:
        held = [_is_held_on(name) for name in sorted(filters & _PLACES)]
        holders = select(RoleBinding.user_id).where(
            RoleBinding.organization_id == bindparam("organization"), RoleBinding.user_id.is_not(None), *held
        )
        conditions += [User.id.in_(holders), User.status.in_(_SEEN)]
    return conditions


def _is_held_on(place: str) -> ColumnElement[bool]:
    if place == "dag_tags":
        return RoleBinding.dag_tag.in_(bindparam(place, expanding=True))
    column: ColumnElement[str] = getattr(RoleBinding, place)
    return column == bindparam(place)


def _matches_search(dialect: str) -> ColumnElement[bool]:
    pattern = bindparam("search", type_=Text())
    with_email = select(UserEmail.user_id).where(
        UserEmail.organization_id == bindparam("organization"), UserEmail.value_folded.like(pattern, escape="\\")
    )
    return (
        User.user_name_folded.like(pattern, escape="\\")
        | full_name_sql(dialect).like(pattern, escape="\\")
        | User.id.in_(with_email)
    )
