"""Which roles a request asks for, and what they mean: places that exist, roles that exist there, each place once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, column, select, table, type_coerce, union_all
from sqlalchemy.types import Text

from scim_server.database.types import JsonDocument
from scim_server.directory.json_sql import id_array, id_list
from scim_server.protocol.errors import InvalidValue
from scim_server.roles.catalogue import catalogue
from scim_server.roles.models import CustomRole
from scim_server.roles.places import Place, PlaceScope
from scim_server.roles.policy import Granted

# Roles that one request may name in all its lists together.
MAX_ROLES_IN_REQUEST = 1_000
MAX_DAG_NAME_LENGTH = 250

_TEXT = Text()
# Workspaces stand above roles in the order of imports, so their tables are named here by what is needed of them.
_workspaces = table("workspaces", column("organization_id", _TEXT), column("id", _TEXT))
_deployments = table(
    "deployments", column("organization_id", _TEXT), column("id", _TEXT), column("workspace_id", _TEXT)
)


class Wanted(NamedTuple):
    """A role that a request asks for.

    `target_id` is a Workspace's id, else a Deployment's. `field` is the path of the entry in the request, such as
    `workspaceRoles.0`, and `target_field` the name of its member that holds the id.
    """

    scope: PlaceScope
    target_id: str
    role: str
    field: str
    target_field: str
    dag_id: str | None = None
    dag_tag: str | None = None


class Named(NamedTuple):
    """A place as a request names it; `target_id` as in `Wanted`."""

    scope: PlaceScope
    target_id: str
    dag_id: str | None = None
    dag_tag: str | None = None

    def names(self, place: Place) -> bool:
        """Tell whether it is this place."""
        target_id = place.workspace_id if self.scope is PlaceScope.WORKSPACE else place.deployment_id
        return self == (place.scope, target_id, place.dag_id, place.dag_tag)


@dataclass(frozen=True, slots=True)
class RoleLists:
    """What a request wants a subject's roles to be: each list of `lower` replaces what was held on that scope.

    An `organization_role` of None, or a scope without a list, stays as it is. With `keeps_others` nothing is replaced:
    the lists are given beside what is held, and roles on the places of `taken` are taken, whoever changes others.
    """

    organization_role: str | None = None
    lower: Mapping[PlaceScope, tuple[Wanted, ...]] = field(default_factory=dict)
    keeps_others: bool = False
    taken: tuple[Named, ...] = ()


class CustomPermissions(NamedTuple):
    """What a custom role is: its scope, what it permits, and the Workspaces it may be held in, if not all."""

    scope: str
    permissions: frozenset[str]
    restricted_workspace_ids: frozenset[str]


def _lock_workspaces(dialect: str) -> Any:
    """Return the SELECT of Workspaces by their ids and by those of Deployments in them.

    It keeps them from being deleted until a binding refers to them, and comes before the lock of the Deployments:
    whoever deletes a Workspace takes them in the same order.
    """
    of_deployments = select(_deployments.c.workspace_id).where(
        _deployments.c.organization_id == bindparam("organization"),
        _deployments.c.id.in_(select(id_list(dialect, bindparam("deployments")))),
    )
    return (
        select(_workspaces.c.id)
        .where(
            _workspaces.c.organization_id == bindparam("organization"),
            _workspaces.c.id.in_(union_all(select(id_list(dialect, bindparam("ids"))), of_deployments)),
        )
        .order_by(_workspaces.c.id)
        .with_for_update(read=True, key_share=True)
    )


def _lock_deployments(dialect: str) -> Any:
    return (
        select(_deployments.c.id, _deployments.c.workspace_id)
        .where(
            _deployments.c.organization_id == bindparam("organization"),
            _deployments.c.id.in_(select(id_list(dialect, bindparam("ids")))),
        )
        .order_by(_deployments.c.id)
        .with_for_update(read=True, key_share=True)
    )


def _custom_roles(dialect: str) -> Any:
    return (
        select(
            CustomRole.name,
            CustomRole.scope,
            type_coerce(CustomRole.permissions, JsonDocument()).label("permissions"),
            type_coerce(CustomRole.restricted_workspace_ids, JsonDocument()).label("restricted"),
        )
        .where(
            CustomRole.organization_id == bindparam("organization"),
            CustomRole.name.in_(select(id_list(dialect, bindparam("ids")))),
        )
        # Whoever renames, narrows or deletes one waits until the binding stands.
        .with_for_update(read=True)
    )


_STATEMENTS = {
    dialect: {
        "workspaces": _lock_workspaces(dialect),
        "deployments": _lock_deployments(dialect),
        "custom": _custom_roles(dialect),
    }
    for dialect in ("sqlite", "postgresql")
}


def find_custom_roles(
    connection: Connection, organization_id: str, names: Iterable[str]
) -> dict[str, CustomPermissions]:
    """Return those of the names that are custom roles, which cannot change until the transaction ends."""
    asked = sorted(set(names) - catalogue().default_names)
    if not asked:
        return {}
    rows = _rows(connection, organization_id, "custom", asked)
    return {
        row.name: CustomPermissions(row.scope, frozenset(row.permissions), frozenset(row.restricted)) for row in rows
    }


def resolve(connection: Connection, organization_id: str, lists: RoleLists) -> dict[PlaceScope, tuple[Granted, ...]]:
    """Return the roles that a request asks for, place by place; raises InvalidValue naming the field that is wrong."""
    wanted = [each for entries in lists.lower.values() for each in entries]
    if len(wanted) > MAX_ROLES_IN_REQUEST:
        raise InvalidValue(f"A request can name {MAX_ROLES_IN_REQUEST} roles.", field=wanted[-1].field)
    workspace_of = _workspaces_of(connection, organization_id, wanted)
    custom = find_custom_roles(connection, organization_id, (each.role for each in wanted))
    found: dict[PlaceScope, tuple[Granted, ...]] = {}
    seen: set[Place] = set()
    for scope, entries in lists.lower.items():
        granted = []
        for each in entries:
            place = _place(each, workspace_of)
            if place in seen:
                raise InvalidValue(
                    f"{place.text} stands twice; a subject has one role on each place.", field=_target(each)
                )
            seen.add(place)
            _check_role(each, place, custom.get(each.role))
            granted.append(Granted(place, each.role))
        found[scope] = tuple(granted)
    return found


def _workspaces_of(connection: Connection, organization_id: str, wanted: list[Wanted]) -> dict[tuple[bool, str], str]:
    """Return the Workspace of each Workspace and Deployment that is asked for and exists."""
    workspaces, deployments = (
        sorted({each.target_id for each in wanted if (each.scope is PlaceScope.WORKSPACE) is is_workspace})
        for is_workspace in (True, False)
    )
    found: dict[tuple[bool, str], str] = {}
    if workspaces or deployments:
        below = id_array(deployments)
        rows = _rows(connection, organization_id, "workspaces", workspaces, deployments=below)
        found |= {(True, row.id): row.id for row in rows}
    if deployments:
        rows = _rows(connection, organization_id, "deployments", deployments)
        found |= {(False, row.id): row.workspace_id for row in rows}
    return found


def _rows(connection: Connection, organization_id: str, name: str, ids: list[str], **more: Any) -> list[Any]:
    bound = {"organization": organization_id, "ids": id_array(ids), **more}
    return list(connection.execute(_STATEMENTS[connection.dialect.name][name], bound))


def _place(wanted: Wanted, workspace_of: Mapping[tuple[bool, str], str]) -> Place:
    is_workspace = wanted.scope is PlaceScope.WORKSPACE
    workspace_id = workspace_of.get((is_workspace, wanted.target_id))
    if workspace_id is None:
        kind = "Workspace" if is_workspace else "Deployment"
        raise InvalidValue(f"This Organization has no {kind} {wanted.target_id!r}.", field=_target(wanted))
    if wanted.scope is PlaceScope.DAG:
        named = [name for name in (wanted.dag_id, wanted.dag_tag) if name is not None]
        if len(named) != 1:
            raise InvalidValue("Name a Dag by its dagId or else by a dagTag.", field=f"{wanted.field}.dagId")
        if not 1 <= len(named[0]) <= MAX_DAG_NAME_LENGTH or not named[0].isprintable():
            raise InvalidValue(
                f"The id or tag of a Dag has 1 to {MAX_DAG_NAME_LENGTH} printable characters.",
                field=f"{wanted.field}.{'dagTag' if wanted.dag_id is None else 'dagId'}",
            )
        return Place(workspace_id, wanted.target_id, wanted.dag_id, wanted.dag_tag)
    return Place(workspace_id) if is_workspace else Place(workspace_id, wanted.target_id)


def _check_role(wanted: Wanted, place: Place, custom: CustomPermissions | None) -> None:
    scope = catalogue().scopes[wanted.scope.catalogue_name]
    if wanted.role in scope.names:
        return
    if custom is None or custom.scope != wanted.scope:
        also = " or a custom role of this scope" if scope.custom_permissions else ""
        raise InvalidValue(
            f"{wanted.role!r} is no role of the {scope.name}; choose one of {', '.join(scope.names)}{also}.",
            field=f"{wanted.field}.role",
        )
    if custom.restricted_workspace_ids and place.workspace_id not in custom.restricted_workspace_ids:
        raise InvalidValue(
            f"The role {wanted.role!r} is restricted to other Workspaces; add this one to its restrictedWorkspaceIds.",
            field=f"{wanted.field}.role",
        )


def _target(wanted: Wanted) -> str:
    return f"{wanted.field}.{wanted.target_field}"
