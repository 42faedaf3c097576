"""Custom roles: what an Organization makes for Deployments and Dags. Bindings name them by their names."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, column, delete, func, insert, select, table, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import Text

from scim_server.audit.service import Event, record
from scim_server.database import is_unique_violation, reading, transaction
from scim_server.database.types import JsonDocument
from scim_server.directory.changes import differences
from scim_server.directory.json_sql import id_array, id_list
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import Conflict, Forbidden, InvalidValue, NotFound, Uniqueness
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import catalogue
from scim_server.roles.models import CustomRole, RoleBinding
from scim_server.roles.places import PlaceScope

MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 500
# Scopes that an Organization can make roles for.
CUSTOM_SCOPES = (PlaceScope.DEPLOYMENT, PlaceScope.DAG)

_workspaces = table("workspaces", column("organization_id", Text()), column("id", Text()))
_tokens = table("tokens", *(column(name, Text()) for name in ("organization_id", "id", "revoked_at")))
_COLUMNS = (
    CustomRole.id,
    CustomRole.name,
    CustomRole.description,
    CustomRole.scope,
    type_coerce(CustomRole.permissions, JsonDocument()).label("permissions"),
    type_coerce(CustomRole.restricted_workspace_ids, JsonDocument()).label("restricted_workspace_ids"),
    CustomRole.created_at,
    CustomRole.created_by_type,
    CustomRole.created_by_id,
    CustomRole.modified_at,
    CustomRole.updated_by_type,
    CustomRole.updated_by_id,
)
_IN_ORGANIZATION = CustomRole.organization_id == bindparam("organization")
_OF_ROLE = (CustomRole.organization_id == bindparam("key_organization"), CustomRole.id == bindparam("key_id"))
_FIND = select(*_COLUMNS).where(*_OF_ROLE)
_LOCK = _FIND.with_for_update()
_BOUND = (RoleBinding.organization_id == bindparam("key_organization"), RoleBinding.role == bindparam("key_role"))
# Nobody can change the roles of a revoked token any more, and it holds none.
_FORGET_REVOKED = delete(RoleBinding).where(
    *_BOUND,
    RoleBinding.token_id.in_(
        select(_tokens.c.id).where(
            _tokens.c.organization_id == bindparam("key_organization"), _tokens.c.revoked_at.is_not(None)
        )
    ),
)
_COUNT_BOUND = select(func.count()).select_from(RoleBinding).where(*_BOUND)
_WORKSPACES_BOUND = select(RoleBinding.workspace_id).where(*_BOUND).distinct()
_RENAME_BOUND = update(RoleBinding).where(*_BOUND).values(role=bindparam("new_role"))
_CHANGEABLE = (
    "name",
    "description",
    "permissions",
    "restricted_workspace_ids",
    "modified_at",
    "updated_by_type",
    "updated_by_id",
)
_UPDATE = update(CustomRole).where(*_OF_ROLE).values({name: bindparam(f"new_{name}") for name in _CHANGEABLE})
_KNOWN_WORKSPACES = {
    dialect: select(_workspaces.c.id).where(
        _workspaces.c.organization_id == bindparam("organization"),
        _workspaces.c.id.in_(select(id_list(dialect, bindparam("ids")))),
    )
    for dialect in ("sqlite", "postgresql")
}


@dataclass(frozen=True, slots=True)
class CustomRoleRecord:
    """A custom role as it is shown."""

    id: str
    name: str
    description: str | None
    scope: str
    permissions: list[str]
    restricted_workspace_ids: list[str]
    created_at: str
    created_by_type: str
    created_by_id: str | None
    modified_at: str
    updated_by_type: str
    updated_by_id: str | None


@dataclass(frozen=True, slots=True)
class CustomRoleDraft:
    """What a request wants a custom role to be."""

    name: str
    description: str | None
    permissions: Collection[str]
    restricted_workspace_ids: Collection[str] = ()


def list_custom_roles(
    organization_id: str, *, scopes: Collection[str], offset: int, limit: int
) -> tuple[list[CustomRoleRecord], int]:
    """Return a page of the Organization's roles of these scopes by name, and how many there are."""
    of_scopes = (_IN_ORGANIZATION, CustomRole.scope.in_(list(scopes)))
    page = select(*_COLUMNS).where(*of_scopes).order_by(CustomRole.name).offset(offset).limit(limit)
    total = select(func.count()).select_from(CustomRole).where(*of_scopes)
    bound = {"organization": organization_id}
    with reading() as connection:
        return [CustomRoleRecord(*row) for row in connection.execute(page, bound)], connection.execute(
            total, bound
        ).scalar_one()


def find_custom_role(organization_id: str, role_id: str) -> CustomRoleRecord:
    """Return a custom role; raises NotFound."""
    with reading() as connection:
        return _found(connection, _FIND, organization_id, role_id)


def create_custom_role(requester: Requester, scope: PlaceScope, draft: CustomRoleDraft) -> CustomRoleRecord:
    """Make a role; raises InvalidValue, Uniqueness for a name that is taken, Forbidden for more than one's own."""
    requester.require("organization.roles.create")
    _check(requester, scope, draft)
    moment, origin = now(), requester.origin
    who = (origin.actor_type.value, origin.actor_id)
    made = CustomRoleRecord(
        new_id(),
        draft.name,
        draft.description,
        scope.value,
        sorted(set(draft.permissions)),
        sorted(set(draft.restricted_workspace_ids)),
        moment,
        *who,
        moment,
        *who,
    )
    row = {"organization_id": requester.organization_id, **asdict(made)}
    try:
        with transaction() as connection:
            _check_workspaces(connection, requester.organization_id, draft)
            connection.execute(insert(CustomRole), row)
            event = Event("owner:role:created", "Role", made.id, differences({}, _told(made)))
            record(connection, requester.organization_id, origin, [event])
    except IntegrityError as error:
        raise _taken(error, draft.name) from None
    return made


def change_custom_role(requester: Requester, role_id: str, draft: CustomRoleDraft) -> CustomRoleRecord:
    """Replace a role's name, description, permissions and restriction; bindings follow it under its new name.

    Raises NotFound, InvalidValue, Uniqueness, Forbidden, and Conflict where it is held in a Workspace that the new
    restriction leaves out.
    """
    requester.require("organization.roles.update")
    organization_id, origin = requester.organization_id, requester.origin
    try:
        with transaction() as connection:
            before = _found(connection, _LOCK, organization_id, role_id)
            _check(requester, PlaceScope(before.scope), draft)
            _check_workspaces(connection, organization_id, draft)
            _check_restriction(connection, organization_id, before, draft)
            after = CustomRoleRecord(
                before.id,
                draft.name,
                draft.description,
                before.scope,
                sorted(set(draft.permissions)),
                sorted(set(draft.restricted_workspace_ids)),
                before.created_at,
                before.created_by_type,
                before.created_by_id,
                now(),
                origin.actor_type.value,
                origin.actor_id,
            )
            changes = differences(_told(before), _told(after))
            if not changes:
                return before
            key = {"key_organization": organization_id, "key_id": role_id}
            connection.execute(_UPDATE, {**key, **{f"new_{name}": getattr(after, name) for name in _CHANGEABLE}})
            if after.name != before.name:
                bound = {"key_organization": organization_id, "key_role": before.name, "new_role": after.name}
                connection.execute(_RENAME_BOUND, bound)
            record(connection, organization_id, origin, [Event("owner:role:updated", "Role", role_id, changes)])
    except IntegrityError as error:
        raise _taken(error, draft.name) from None
    return after


def delete_custom_role(requester: Requester, role_id: str) -> None:
    """Delete a role that nobody holds; raises NotFound, Conflict."""
    requester.require("organization.roles.delete")
    organization_id = requester.organization_id
    with transaction() as connection:
        before = _found(connection, _LOCK, organization_id, role_id)
        bound = {"key_organization": organization_id, "key_role": before.name}
        connection.execute(_FORGET_REVOKED, bound)
        held = connection.execute(_COUNT_BOUND, bound).scalar_one()
        if held:
            raise Conflict(
                f"The role {before.name!r} is held on {held} places; take it from the Users, Teams and tokens that "
                "hold it first."
            )
        connection.execute(
            delete(CustomRole).where(*_OF_ROLE), {"key_organization": organization_id, "key_id": role_id}
        )
        event = Event("owner:role:deleted", "Role", role_id, differences(_told(before), {}))
        record(connection, organization_id, requester.origin, [event])


def _found(connection: Connection, statement: Any, organization_id: str, role_id: str) -> CustomRoleRecord:
    row = connection.execute(statement, {"key_organization": organization_id, "key_id": role_id}).first()
    if row is None:
        raise NotFound(f"There is no custom role '{role_id}'.")
    return CustomRoleRecord(*row)


def _check(requester: Requester, scope: PlaceScope, draft: CustomRoleDraft) -> None:
    name = draft.name
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A role's name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    if name.upper() in catalogue().default_names:
        raise InvalidValue(f"{name} is a default role; choose another name.", field="name")
    allowed = catalogue().scopes[scope.catalogue_name].custom_permissions
    for index, permission in enumerate(draft.permissions):
        if permission not in allowed:
            raise InvalidValue(
                f"{permission!r} is nothing that a role of the scope {scope.value} can permit; "
                "see /authorization/permission-groups.",
                field=f"permissions.{index}",
            )
    if not requester.authority.is_owner:
        # They could raise themselves by a role that they hold.
        raise Forbidden("Only an Organization Owner may do everywhere what a role could permit, and so make roles.")


def _check_workspaces(connection: Connection, organization_id: str, draft: CustomRoleDraft) -> None:
    ids = list(draft.restricted_workspace_ids)
    if not ids:
        return
    bound = {"organization": organization_id, "ids": id_array(ids)}
    known = set(connection.execute(_KNOWN_WORKSPACES[connection.dialect.name], bound).scalars())
    for index, workspace_id in enumerate(ids):
        if workspace_id not in known:
            raise InvalidValue(
                f"This Organization has no Workspace {workspace_id!r}.", field=f"restrictedWorkspaceIds.{index}"
            )


def _check_restriction(
    connection: Connection, organization_id: str, before: CustomRoleRecord, draft: CustomRoleDraft
) -> None:
    allowed = set(draft.restricted_workspace_ids)
    if not allowed or (before.restricted_workspace_ids and set(before.restricted_workspace_ids) <= allowed):
        return
    bound = {"key_organization": organization_id, "key_role": before.name}
    connection.execute(_FORGET_REVOKED, bound)
    held = set(connection.execute(_WORKSPACES_BOUND, bound).scalars())
    if held - allowed:
        raise Conflict(
            f"The role {before.name!r} is held in other Workspaces, such as {min(held - allowed)}; take it away there "
            "or leave that Workspace in the restriction.",
            field="restrictedWorkspaceIds",
        )


def _told(role: CustomRoleRecord) -> dict[str, Any]:
    """Return what an audit event says of a role."""
    names = ("name", "description", "scope", "permissions", "restricted_workspace_ids")
    return {name: getattr(role, name) for name in names if getattr(role, name) not in (None, [])}


def _taken(error: IntegrityError, name: str) -> Exception:
    if is_unique_violation(error):
        return Uniqueness(f"There is a role {name!r} in this Organization already; choose another name.", field="name")
    return error
