"""What somebody holds in effect, and why: their own roles and those of their Teams (product.md §2).

Users and Teams stand above roles in the order of imports, so their tables are named here by what is needed of them.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    bindparam,
    column,
    select,
    table,
    type_coerce,
    union_all,
)
from sqlalchemy.types import Text

from scim_server.database import reading
from scim_server.database.types import JsonDocument
from scim_server.protocol.errors import NotFound
from scim_server.roles.bindings import SUBJECT_COLUMNS, SubjectKind
from scim_server.roles.catalogue import catalogue
from scim_server.roles.models import CustomRole, RoleBinding
from scim_server.roles.places import Place, PlaceScope
from scim_server.roles.policy import Held, most_privileged, most_privileged_organization_role, permissions_of

# The one status of Users whose roles hold.
_ACTIVE = "ACTIVE"


def _table(name: str, *columns: str) -> Any:
    return table(name, *(column(each, Text()) for each in columns))


_GRANT = ("role", "role_granted_at", "role_granted_by_type", "role_granted_by_id")
_users = _table("users", "organization_id", "id", "display_name", "user_name_folded", "status", *_GRANT)
_teams = _table("teams", "organization_id", "id", "display_name", *_GRANT)
_members = _table("team_members", "organization_id", "team_id", "member_id")
_tokens = _table("tokens", "organization_id", "id", "name")
_workspaces = _table("workspaces", "organization_id", "id")
_granting_users = _users.alias("granting_users")
_ORGANIZATION: BindParameter[str] = bindparam("organization", type_=Text())


class Granter(NamedTuple):
    """Who gave a role: an audit event's kind of actor, its id, and its name while it is still there."""

    kind: str | None
    id: str | None
    name: str | None


class Reason(NamedTuple):
    """Why somebody holds a role on a place.

    `kind` is `DIRECT`, `TEAM` (then the Team is named), or `ORGANIZATION_OWNER` for the Workspaces of an Owner.
    `is_automatic` marks the accessor that a role on a lower scope brought along.
    """

    kind: str
    role: str
    is_automatic: bool
    team_id: str | None
    team_name: str | None
    granted_at: str | None
    granted_by: Granter


class EffectiveRole(NamedTuple):
    """The most privileged role on a place (None is the Organization), and all that gives a role there."""

    place: Place | None
    role: str
    why: tuple[Reason, ...]

    @property
    def workspace_id(self) -> str | None:
        """Return the Workspace of the place."""
        return self.place.workspace_id if self.place else None

    @property
    def deployment_id(self) -> str | None:
        """Return the Deployment of the place."""
        return self.place.deployment_id if self.place else None

    @property
    def dag_id(self) -> str | None:
        """Return the id of the Dag, where it is named by its id."""
        return self.place.dag_id if self.place else None

    @property
    def dag_tag(self) -> str | None:
        """Return the tag of the Dags, where they are named by one."""
        return self.place.dag_tag if self.place else None


class EffectiveRoles(NamedTuple):
    """All that a User holds; `note` says why it is nothing, where the User is not ACTIVE."""

    user_id: str
    status: str
    note: str | None
    organization: EffectiveRole | None
    workspaces: tuple[EffectiveRole, ...] = ()
    deployments: tuple[EffectiveRole, ...] = ()
    dags: tuple[EffectiveRole, ...] = ()


def _with_granter(source: FromClause, kind: ColumnElement[Any], granter_id: ColumnElement[Any]) -> FromClause:
    """Join whoever granted; ids of tokens and Users are looked for in this Organization alone."""
    return source.outerjoin(
        _tokens, (_tokens.c.organization_id == _ORGANIZATION) & (_tokens.c.id == granter_id) & (kind == "token")
    ).outerjoin(
        _granting_users,
        (_granting_users.c.organization_id == _ORGANIZATION) & (_granting_users.c.id == granter_id) & (kind == "user"),
    )


def _granter_columns(kind: ColumnElement[Any], granter_id: ColumnElement[Any]) -> tuple[Any, ...]:
    return (
        kind.label("granted_by_type"),
        granter_id.label("granted_by_id"),
        _tokens.c.name.label("token_name"),
        _granting_users.c.display_name.label("granter_display_name"),
        _granting_users.c.user_name_folded.label("granter_user_name"),
    )


def _organization_role(source: Any, *columns: Any) -> Any:
    kind, granter = source.c.role_granted_by_type, source.c.role_granted_by_id
    return select(
        *columns, source.c.role, source.c.role_granted_at.label("granted_at"), *_granter_columns(kind, granter)
    ).select_from(_with_granter(source, kind, granter))


_TEAMS_OF_USER = select(_members.c.team_id).where(
    _members.c.organization_id == _ORGANIZATION, _members.c.member_id == bindparam("user")
)
_USER = _organization_role(_users, _users.c.status).where(
    _users.c.organization_id == _ORGANIZATION, _users.c.id == bindparam("user")
)
_TEAM_ROLES = (
    _organization_role(_teams, _teams.c.id.label("team_id"), _teams.c.display_name.label("team_name"))
    .where(
        _teams.c.organization_id == _ORGANIZATION,
        _teams.c.id.in_(_TEAMS_OF_USER),
        # Every User has the default role anyway.
        _teams.c.role != bindparam("default"),
    )
    .order_by(_teams.c.id)
)
_IS_CUSTOM = (CustomRole.organization_id == RoleBinding.organization_id) & (CustomRole.name == RoleBinding.role)
_BINDING = (
    RoleBinding.workspace_id,
    RoleBinding.deployment_id,
    RoleBinding.dag_id,
    RoleBinding.dag_tag,
    RoleBinding.role,
    type_coerce(CustomRole.permissions, JsonDocument()).label("custom"),
)
_IN_ORGANIZATION = RoleBinding.organization_id == _ORGANIZATION
# Each half has its index; with OR in their place SQLite would read all bindings of the Organization.
_OF_USER = RoleBinding.id.in_(
    union_all(
        select(RoleBinding.id).where(_IN_ORGANIZATION, RoleBinding.user_id == bindparam("user")),
        select(RoleBinding.id).where(_IN_ORGANIZATION, RoleBinding.team_id.in_(_TEAMS_OF_USER)),
    )
)
_EXPLAINED = (
    select(
        *_BINDING,
        RoleBinding.is_automatic,
        RoleBinding.team_id,
        _teams.c.display_name.label("team_name"),
        RoleBinding.granted_at,
        *_granter_columns(RoleBinding.granted_by_type.expression, RoleBinding.granted_by_id.expression),
    )
    .select_from(
        _with_granter(
            RoleBinding.__table__.outerjoin(CustomRole.__table__, _IS_CUSTOM).outerjoin(
                _teams, (_teams.c.organization_id == RoleBinding.organization_id) & (_teams.c.id == RoleBinding.team_id)
            ),
            RoleBinding.granted_by_type.expression,
            RoleBinding.granted_by_id.expression,
        )
    )
    .where(_IN_ORGANIZATION, _OF_USER)
    .order_by(RoleBinding.place, RoleBinding.id)
)
_ALL_WORKSPACES = select(_workspaces.c.id).where(_workspaces.c.organization_id == _ORGANIZATION)
_HELD_BY_USER = select(*_BINDING).outerjoin(CustomRole, _IS_CUSTOM).where(_IN_ORGANIZATION, _OF_USER)
_HELD_BY_TOKEN = (
    select(*_BINDING)
    .outerjoin(CustomRole, _IS_CUSTOM)
    .where(_IN_ORGANIZATION, SUBJECT_COLUMNS[SubjectKind.TOKEN] == bindparam("token"))
)


def effective_roles(organization_id: str, user_id: str) -> EffectiveRoles:
    """Return what a User holds on every scope, and why: a constant number of statements. Raises NotFound."""
    bound = {"organization": organization_id, "user": user_id, "default": catalogue().default}
    with reading() as connection:
        user = connection.execute(_USER, bound).first()
        if user is None:
            raise NotFound(f"There is no User '{user_id}'.")
        if user.status != _ACTIVE:
            note = f"The User is {user.status}: what it was given is kept, and holds once it is {_ACTIVE}."
            return EffectiveRoles(user_id, user.status, note, None)
        organization = _organization(user, connection.execute(_TEAM_ROLES, bound).all())
        places = _places(connection.execute(_EXPLAINED, bound).all())
        if organization is not None and organization.role == catalogue().owner:
            _add_owned(places, organization, connection.execute(_ALL_WORKSPACES, bound).scalars())
    found = [_effective(place, reasons) for place, reasons in sorted(places.items(), key=lambda each: each[0].text)]

    def of_scope(scope: PlaceScope) -> tuple[EffectiveRole, ...]:
        return tuple(each for each in found if each.place is not None and each.place.scope is scope)

    return EffectiveRoles(
        user_id,
        user.status,
        None,
        organization,
        of_scope(PlaceScope.WORKSPACE),
        of_scope(PlaceScope.DEPLOYMENT),
        of_scope(PlaceScope.DAG),
    )


def effective_organization_role(connection: Connection, organization_id: str, user_id: str) -> str | None:
    """Return the most privileged of an ACTIVE User's own Organization role and those of its Teams; None for others."""
    bound = {"organization": organization_id, "user": user_id, "default": catalogue().default}
    user = connection.execute(_USER, bound).first()
    if user is None or user.status != _ACTIVE:
        return None
    organization = _organization(user, connection.execute(_TEAM_ROLES, bound).all())
    return organization.role if organization else None


def held_by_token(organization_id: str, token_id: str) -> Callable[[], tuple[Held, ...]]:
    """Return what reads a token's roles below the Organization, at most once."""
    return _reader(_HELD_BY_TOKEN, {"organization": organization_id, "token": token_id})


def held_by_user(organization_id: str, user_id: str) -> Callable[[], tuple[Held, ...]]:
    """Return what reads an ACTIVE User's roles below the Organization, its Teams' among them, at most once."""
    return _reader(_HELD_BY_USER, {"organization": organization_id, "user": user_id})


def _reader(statement: Any, bound: dict[str, str]) -> Callable[[], tuple[Held, ...]]:
    @cache
    def read() -> tuple[Held, ...]:
        with reading() as connection:
            return tuple(_held(_place(row), row) for row in connection.execute(statement, bound))

    return read


def _organization(user: Any, teams: Iterable[Any]) -> EffectiveRole | None:
    own = [_reason(user, "DIRECT")] if user.role is not None else []
    why = (*own, *(_reason(row, "TEAM", row.team_id, row.team_name) for row in teams))
    role = most_privileged_organization_role(reason.role for reason in why)
    return EffectiveRole(None, role, why) if role is not None else None


def _places(rows: Iterable[Any]) -> dict[Place, list[tuple[Held, Reason]]]:
    places: dict[Place, list[tuple[Held, Reason]]] = {}
    for row in rows:
        place = _place(row)
        kind = "DIRECT" if row.team_id is None else "TEAM"
        reason = _reason(row, kind, row.team_id, row.team_name, is_automatic=row.is_automatic)
        places.setdefault(place, []).append((_held(place, row), reason))
    return places


def _add_owned(
    places: dict[Place, list[tuple[Held, Reason]]], organization: EffectiveRole, workspace_ids: Iterable[str]
) -> None:
    """Add what an Organization Owner holds on every Workspace, for the reasons that make them one."""
    role, permissions = catalogue().workspace_owner, catalogue().workspace_owner_permissions
    reasons = [
        reason._replace(kind="ORGANIZATION_OWNER", role=role)
        for reason in organization.why
        if reason.role == catalogue().owner
    ]
    for workspace_id in workspace_ids:
        place = Place(workspace_id)
        places.setdefault(place, []).extend((Held(place, role, permissions), reason) for reason in reasons)


def _effective(place: Place, reasons: list[tuple[Held, Reason]]) -> EffectiveRole:
    best = most_privileged(held for held, _ in reasons)
    assert best is not None
    return EffectiveRole(place, best.role, tuple(reason for _, reason in reasons))


def _place(row: Any) -> Place:
    return Place(row.workspace_id, row.deployment_id, row.dag_id, row.dag_tag)


def _held(place: Place, row: Any) -> Held:
    return Held(place, row.role, permissions_of(place.scope, row.role, row.custom))


def _reason(
    row: Any, kind: str, team_id: str | None = None, team_name: str | None = None, *, is_automatic: bool = False
) -> Reason:
    name = row.token_name or row.granter_display_name or row.granter_user_name
    granter = Granter(row.granted_by_type, row.granted_by_id, name)
    return Reason(kind, row.role, is_automatic, team_id, team_name, row.granted_at, granter)
