"""Which Users a list holds, as SQL: its filters, its sorts, and the statements of its pages and counts."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, literal_column, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute

from scim_server.directory.json_sql import SQLITE, id_list
from scim_server.directory.offset_pages import offset_page
from scim_server.roles.models import RoleBinding
from scim_server.users.memberships import in_team
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Status
from scim_server.users.profiles import full_name_sql

# What an INACTIVE User holds is kept and hidden (product.md §2), so it is no reason to be found either.
SEEN = tuple(status.value for status in Status if status is not Status.INACTIVE)
OF_ORGANIZATION = User.organization_id == bindparam("organization")
COLUMNS = (
    User.id,
    User.status,
    User.role,
    User.is_idp_managed,
    User.source,
    User.created_at,
    User.modified_at,
    type_coerce(User.document, Text()).label("document"),
)
_SORTS: dict[str, ColumnElement[Any]] = {
    "id": User.id.expression,
    "username": User.user_name_folded.expression,
    "createdAt": User.created_at.expression,
    "updatedAt": User.modified_at.expression,
}
SORTS = (*_SORTS, "fullName")
_PLACES = {"workspace_id", "deployment_id", "dag_id", "dag_tags"}
# Filters that an index serves.
NARROW = frozenset({"status", "organization_role", "team_id", *_PLACES})
# In the place of `search`: the ids of those who have the term, where they are few; and the term, where they are so many
# that whoever walks the list meets them soon.
FOUND, FREQUENT = "found", "frequent"


@lru_cache(maxsize=1_000)
def page_of(
    dialect: str,
    filters: frozenset[str],
    sorts: tuple[tuple[str, bool], ...],
    limit: int,
    *,
    is_narrow: bool,
    is_reversed: bool = False,
) -> Select[Any]:
    """Return the statement of a page, which binds `organization`, `offset` and the filters; see `offset_page`."""
    order = [(_sort_column(dialect, field), descending) for field, descending in sorts]
    conditions = _conditions(dialect, filters, is_walked=not is_narrow)
    return offset_page(
        COLUMNS, User.id.expression, conditions, order, limit, is_narrow=is_narrow, is_reversed=is_reversed
    )


@lru_cache(maxsize=1_000)
def count_of(dialect: str, filters: frozenset[str]) -> Select[Any]:
    """Return the statement that counts all whom the filters let through."""
    return select(func.count()).select_from(User).where(OF_ORGANIZATION, *_conditions(dialect, filters))


@lru_cache(maxsize=1_000)
def bounded_count_of(dialect: str, filters: frozenset[str]) -> Select[Any]:
    """Return the statement that counts them up to `most`."""
    found: Select[Any] = select(literal_column("1")).select_from(User)
    if "team_id" in filters:
        # Beginning with the members, and ending with the last that is counted.
        members = _members().subquery()
        found = found.join(members, members.c[0] == User.id).where(_is_seen(dialect))
    found = found.where(OF_ORGANIZATION, *_conditions(dialect, filters - {"team_id"}))
    return select(func.count()).select_from(found.limit(bindparam("most")).subquery())


@lru_cache(maxsize=2)
def search_of(dialect: str) -> Select[Any]:
    """Return the statement of the ids of those who have the term of a search; `most` ends it early where many do.

    Ids may come more than once. Each part reads an index alone, which is a tenth of the rows; the last one reads those
    Users who have no displayName.
    """
    pattern = bindparam("search", type_=Text())
    by_name = select(User.id).where(
        OF_ORGANIZATION,
        User.user_name_folded.like(pattern, escape="\\") | User.display_name_folded.like(pattern, escape="\\"),
    )
    by_email = select(UserEmail.user_id).where(
        UserEmail.organization_id == bindparam("organization"), UserEmail.value_folded.like(pattern, escape="\\")
    )
    nameless = select(User.id).where(
        OF_ORGANIZATION, User.display_name_folded.is_(None), full_name_sql(dialect).like(pattern, escape="\\")
    )
    found = union_all(by_name, by_email, nameless).limit(bindparam("most"))
    return select(found.subquery().c[0])


def _sort_column(dialect: str, field: str) -> ColumnElement[Any]:
    return full_name_sql(dialect) if field == "fullName" else _SORTS[field]


def _conditions(dialect: str, filters: frozenset[str], *, is_walked: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters that are set, each over a parameter of its name.

    `is_walked` looks whether each User met is in the Team, not for all members first.
    """
    conditions: list[ColumnElement[bool]] = []
    if "search" in filters:
        conditions.append(_matches_search(dialect))
    if FREQUENT in filters:
        conditions.append(_matches_search(dialect, FREQUENT, is_probed=True))
    if FOUND in filters:
        conditions.append(User.id.in_(select(id_list(dialect, bindparam(FOUND)))))
    if "status" in filters:
        status = _apart(dialect, User.status) if FOUND in filters else User.status.expression
        conditions.append(status == bindparam("status"))
    if "organization_role" in filters:
        conditions += [User.role == bindparam("organization_role"), User.status.in_(SEEN)]
    if "is_idp_managed" in filters:
        conditions.append(User.is_idp_managed == bindparam("is_idp_managed"))
    if "source" in filters:
        conditions.append(User.source == bindparam("source"))
    if "team_id" in filters:
        members = _members()
        is_member = (
            members.where(members.selected_columns[0] == User.id).exists() if is_walked else User.id.in_(members)
        )
        conditions += [is_member, _is_seen(dialect)]
    if filters & _PLACES:
        held = [_is_held_on(name) for name in sorted(filters & _PLACES)]
        holders = select(RoleBinding.user_id).where(
            RoleBinding.organization_id == bindparam("organization"), RoleBinding.user_id.is_not(None), *held
        )
        conditions += [User.id.in_(holders), _is_seen(dialect)]
    return conditions


def _members() -> Select[Any]:
    return in_team(bindparam("organization"), bindparam("team_id"))


def _is_seen(dialect: str) -> ColumnElement[bool]:
    return _apart(dialect, User.status).in_(SEEN)


def _apart(dialect: str, column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return a column that SQLite, without statistics, is not to look for in an index: what else is asked is rarer."""
    return column.concat("") if dialect == SQLITE else column.expression


def _is_held_on(place: str) -> ColumnElement[bool]:
    if place == "dag_tags":
        return RoleBinding.dag_tag.in_(bindparam(place, expanding=True))
    column: ColumnElement[str] = getattr(RoleBinding, place)
    return column == bindparam(place)


def _matches_search(dialect: str, parameter: str = "search", *, is_probed: bool = False) -> ColumnElement[bool]:
    """Return whether a User has the term; `is_probed` looks at the addresses of each User met, not at all of them."""
    pattern = bindparam(parameter, type_=Text())
    with_email = select(UserEmail.user_id).where(
        UserEmail.organization_id == bindparam("organization"), UserEmail.value_folded.like(pattern, escape="\\")
    )
    has_email = with_email.where(UserEmail.user_id == User.id).exists() if is_probed else User.id.in_(with_email)
    return (
        User.user_name_folded.like(pattern, escape="\\") | full_name_sql(dialect).like(pattern, escape="\\") | has_email
    )
