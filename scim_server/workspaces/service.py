"""What people do with Workspaces: list those that they may see, make, rename and delete them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, record
from scim_server.database import is_unique_violation, reading, transaction
from scim_server.directory.changes import differences
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import InvalidValue, NotFound, Uniqueness
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.places import Place
from scim_server.roles.removal import lock_teams_with_roles, remove_roles_within
from scim_server.workspaces.listing import Page, Query, read_page
from scim_server.workspaces.models import Workspace

# Of which one sees every Workspace and Deployment.
SEE_ALL = "organization.workspaces.get"
MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 500

_COLUMNS = (
    Workspace.id,
    Workspace.name,
    Workspace.description,
    Workspace.created_at,
    Workspace.created_by_type,
    Workspace.created_by_id,
    Workspace.modified_at,
    Workspace.updated_by_type,
    Workspace.updated_by_id,
)
_SORTS: dict[str, ColumnElement[Any]] = {
    "id": Workspace.id.expression,
    "name": Workspace.name_folded.expression,
    "createdAt": Workspace.created_at.expression,
    "updatedAt": Workspace.modified_at.expression,
}
_IN_ORGANIZATION = Workspace.organization_id == bindparam("organization")
_OF_ID = (Workspace.organization_id == bindparam("key_organization"), Workspace.id == bindparam("key_id"))
_FIND = select(*_COLUMNS).where(*_OF_ID)
_LOCK = _FIND.with_for_update()
# The columns that a renaming writes, of Workspaces and Deployments alike; `renaming` has their values.
RENAMED: dict[str, ColumnElement[Any]] = {
    name: bindparam(f"new_{name}")
    for name in ("name", "name_folded", "description", "modified_at", "updated_by_type", "updated_by_id")
}
_RENAME = update(Workspace).where(*_OF_ID).values(RENAMED)
_DELETE = delete(Workspace).where(*_OF_ID)


@dataclass(frozen=True, slots=True)
class WorkspaceRecord:
    """A Workspace as it is shown."""

    id: str
    name: str
    description: str | None
    created_at: str
    created_by_type: str
    created_by_id: str | None
    modified_at: str
    updated_by_type: str
    updated_by_id: str | None


def list_workspaces(requester: Requester, query: Query, ids: Collection[str] | None = None) -> Page[WorkspaceRecord]:
    """Return a page of the Workspaces that the caller may see, of these ids where they are given.

    Whoever may not see all of them sees those on which they hold a role. Raises Forbidden for who holds none at all.
    """
    allowed = requester.visible_workspaces(SEE_ALL)
    where: list[ColumnElement[bool]] = [_IN_ORGANIZATION]
    where += [Workspace.id.in_(list(each)) for each in (allowed, ids) if each is not None]
    bound = {"organization": requester.organization_id}
    return read_page(_COLUMNS, where, bound, query, _SORTS, Workspace.name_folded.expression, WorkspaceRecord)


def find_workspace(requester: Requester, workspace_id: str) -> WorkspaceRecord:
    """Return a Workspace; raises NotFound for one that the caller may not see, as for one that is not there."""
    with reading() as connection:
        key = {"key_organization": requester.organization_id, "key_id": workspace_id}
        row = connection.execute(_FIND, key).first()
    if row is None or not requester.may_at("workspace.get", Place(workspace_id), everywhere=SEE_ALL):
        raise _missing(workspace_id)
    return WorkspaceRecord(*row)


def create_workspace(requester: Requester, *, name: str, description: str | None) -> WorkspaceRecord:
    """Make a Workspace; raises Forbidden, InvalidValue, Uniqueness for a name that is taken."""
    requester.require("organization.workspaces.create")
    name, origin, moment = checked_name(name, "Workspace"), requester.origin, now()
    who = (origin.actor_type.value, origin.actor_id)
    made = WorkspaceRecord(new_id(), name, description, moment, *who, moment, *who)
    row = {"organization_id": requester.organization_id, "name_folded": fold(name), **asdict(made)}
    try:
        with transaction() as connection:
            connection.execute(insert(Workspace), row)
            event = Event("owner:workspace:created", "Workspace", made.id, differences({}, _told(made)))
            record(connection, requester.organization_id, origin, [event])
    except IntegrityError as error:
        raise taken(error, name, "Workspace of this Organization") from None
    return made


def change_workspace(requester: Requester, workspace_id: str, *, name: str, description: str | None) -> WorkspaceRecord:
    """Give a Workspace this name and description; raises NotFound, Forbidden, InvalidValue, Uniqueness."""
    find_workspace(requester, workspace_id)
    requester.require_at("workspace.update", Place(workspace_id), everywhere="organization.workspaces.update")
    name, origin = checked_name(name, "Workspace"), requester.origin
    key = {"key_organization": requester.organization_id, "key_id": workspace_id}
    try:
        with transaction() as connection:
            row = connection.execute(_LOCK, key).first()
            if row is None:
                raise _missing(workspace_id)
            before = WorkspaceRecord(*row)
            after = replace(
                before,
                name=name,
                description=description,
                modified_at=now(),
                updated_by_type=origin.actor_type.value,
                updated_by_id=origin.actor_id,
            )
            changes = differences(_told(before), _told(after))
            if not changes:
                return before
            connection.execute(_RENAME, key | renaming(after, name))
            event = Event("owner:workspace:updated", "Workspace", workspace_id, changes)
            record(connection, requester.organization_id, origin, [event])
    except IntegrityError as error:
        raise taken(error, name, "Workspace of this Organization") from None
    return after


def delete_workspace(requester: Requester, workspace_id: str) -> None:
    """Delete a Workspace with its Deployments and all roles in it; raises NotFound, Forbidden."""
    find_workspace(requester, workspace_id)
    place, organization_id = Place(workspace_id), requester.organization_id
    requester.require_at("workspace.delete", place, everywhere="organization.workspaces.delete")
    key = {"key_organization": organization_id, "key_id": workspace_id}
    with transaction() as connection:
        lock_teams_with_roles(connection, organization_id, place)
        row = connection.execute(_LOCK, key).first()
        if row is None:
            raise _missing(workspace_id)
        roles = remove_roles_within(connection, organization_id, place)
        connection.execute(_DELETE, key)
        gone = differences({**_told(WorkspaceRecord(*row)), "#roles": roles}, {})
        record(
            connection,
            organization_id,
            requester.origin,
            [Event("owner:workspace:deleted", "Workspace", workspace_id, gone)],
        )


def checked_name(name: str, kind: str) -> str:
    """Return a name without space around it; raises InvalidValue for one that a Workspace or Deployment cannot have."""
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A {kind}'s name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    return name


def renaming(after: Any, name: str) -> dict[str, Any]:
    """Return what the UPDATE of a Workspace or Deployment binds."""
    return {
        "new_name": name,
        "new_name_folded": fold(name),
        "new_description": after.description,
        "new_modified_at": after.modified_at,
        "new_updated_by_type": after.updated_by_type,
        "new_updated_by_id": after.updated_by_id,
    }


def taken(error: IntegrityError, name: str, kind: str) -> Exception:
    """Return what a broken constraint means for who asked."""
    if is_unique_violation(error):
        return Uniqueness(f"The name {name!r} is taken by another {kind}; choose another.", field="name")
    return error


def _missing(workspace_id: str) -> NotFound:
    return NotFound(f"There is no Workspace '{workspace_id}'.")


def _told(workspace: WorkspaceRecord) -> dict[str, Any]:
    told = {"name": workspace.name, "description": workspace.description}
    return {name: value for name, value in told.items() if value is not None}
