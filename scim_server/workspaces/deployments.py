"""What people do with Deployments: list those that they may see, make, rename and delete them."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, record
from scim_server.database import reading, transaction
from scim_server.directory.changes import differences
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import InvalidValue, NotFound
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.places import Place
from scim_server.roles.removal import lock_teams_with_roles, remove_roles_within
from scim_server.workspaces.listing import Page, Query, read_page
from scim_server.workspaces.models import Deployment, Workspace
from scim_server.workspaces.service import RENAMED, SEE_ALL, checked_name, renaming, taken

# Of which one changes the Deployments of every Workspace.
_CHANGE_ALL = "organization.workspaces.update"
_COLUMNS = (
    Deployment.id,
    Deployment.workspace_id,
    Deployment.name,
    Deployment.description,
    Deployment.created_at,
    Deployment.created_by_type,
    Deployment.created_by_id,
    Deployment.modified_at,
    Deployment.updated_by_type,
    Deployment.updated_by_id,
)
_SORTS: dict[str, ColumnElement[Any]] = {
    "id": Deployment.id.expression,
    "name": Deployment.name_folded.expression,
    "createdAt": Deployment.created_at.expression,
    "updatedAt": Deployment.modified_at.expression,
}
_IN_ORGANIZATION = Deployment.organization_id == bindparam("organization")
_OF_ID = (Deployment.organization_id == bindparam("key_organization"), Deployment.id == bindparam("key_id"))
_FIND = select(*_COLUMNS).where(*_OF_ID)
_LOCK = _FIND.with_for_update()
_RENAME = update(Deployment).where(*_OF_ID).values(RENAMED)
_DELETE = delete(Deployment).where(*_OF_ID)
# The lock keeps the Workspace from being deleted before the Deployment is there to be deleted with it.
_WORKSPACE = (
    select(Workspace.id)
    .where(Workspace.organization_id == bindparam("organization"), Workspace.id == bindparam("workspace"))
    .with_for_update(read=True, key_share=True)
)


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A Deployment as it is shown."""

    id: str
    workspace_id: str
    name: str
    description: str | None
    created_at: str
    created_by_type: str
    created_by_id: str | None
    modified_at: str
    updated_by_type: str
    updated_by_id: str | None

    @property
    def place(self) -> Place:
        """Return the place that roles on it are held on."""
        return Place(self.workspace_id, self.id)


def list_deployments(requester: Requester, query: Query, workspace_id: str | None = None) -> Page[DeploymentRecord]:
    """Return a page of the Deployments that the caller may see, of one Workspace where it is given.

    Whoever may not see all of them sees those that a role on them or on their Workspace lets them see. Raises
    Forbidden for who holds no role at all.
    """
    where: list[ColumnElement[bool]] = [_IN_ORGANIZATION]
    if workspace_id is not None:
        where.append(Deployment.workspace_id == workspace_id)
    if requester.visible_workspaces(SEE_ALL) is not None:
        seen = [each.place for each in requester.authority.held() if "deployment.get" in each.permissions]
        where.append(
            or_(
                Deployment.workspace_id.in_({place.workspace_id for place in seen if place.deployment_id is None}),
                Deployment.id.in_({place.deployment_id for place in seen if place.deployment_id is not None}),
            )
        )
    bound = {"organization": requester.organization_id}
    return read_page(_COLUMNS, where, bound, query, _SORTS, Deployment.name_folded.expression, DeploymentRecord)


def find_deployment(requester: Requester, deployment_id: str) -> DeploymentRecord:
    """Return a Deployment; raises NotFound for one that the caller may not see, as for one that is not there."""
    key = {"key_organization": requester.organization_id, "key_id": deployment_id}
    with reading() as connection:
        row: Any = connection.execute(_FIND, key).first()
    found = DeploymentRecord(*row) if row is not None else None
    if found is None or not requester.may_at("deployment.get", found.place, everywhere=SEE_ALL):
        raise _missing(deployment_id)
    return found


def create_deployment(
    requester: Requester, *, workspace_id: str, name: str, description: str | None
) -> DeploymentRecord:
    """Make a Deployment; raises InvalidValue for an unknown Workspace, Forbidden, Uniqueness for a name taken there."""
    requester.require_at("workspace.deployments.create", Place(workspace_id), everywhere=_CHANGE_ALL)
    name, origin, moment = checked_name(name, "Deployment"), requester.origin, now()
    who = (origin.actor_type.value, origin.actor_id)
    made = DeploymentRecord(new_id(), workspace_id, name, description, moment, *who, moment, *who)
    row = {"organization_id": requester.organization_id, "name_folded": fold(name), **asdict(made)}
    try:
        with transaction() as connection:
            bound = {"organization": requester.organization_id, "workspace": workspace_id}
            if connection.execute(_WORKSPACE, bound).first() is None:
                raise InvalidValue(f"This Organization has no Workspace {workspace_id!r}.", field="workspaceId")
            connection.execute(insert(Deployment), row)
            event = Event("owner:deployment:created", "Deployment", made.id, differences({}, _told(made)))
            record(connection, requester.organization_id, origin, [event])
    except IntegrityError as error:
        raise taken(error, name, "Deployment of this Workspace") from None
    return made


def change_deployment(
    requester: Requester, deployment_id: str, *, name: str, description: str | None
) -> DeploymentRecord:
    """Give a Deployment this name and description; raises NotFound, Forbidden, InvalidValue, Uniqueness."""
    place = find_deployment(requester, deployment_id).place
    requester.require_at("deployment.update", place, everywhere=_CHANGE_ALL)
    name, origin = checked_name(name, "Deployment"), requester.origin
    key = {"key_organization": requester.organization_id, "key_id": deployment_id}
    try:
        with transaction() as connection:
            before = _locked(connection, key)
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
            event = Event("owner:deployment:updated", "Deployment", deployment_id, changes)
            record(connection, requester.organization_id, origin, [event])
    except IntegrityError as error:
        raise taken(error, name, "Deployment of this Workspace") from None
    return after


def delete_deployment(requester: Requester, deployment_id: str) -> None:
    """Delete a Deployment and all roles on it and its Dags; raises NotFound, Forbidden."""
    place, organization_id = find_deployment(requester, deployment_id).place, requester.organization_id
    requester.require_at("deployment.delete", place, everywhere=_CHANGE_ALL)
    key = {"key_organization": organization_id, "key_id": deployment_id}
    with transaction() as connection:
        lock_teams_with_roles(connection, organization_id, place)
        before = _locked(connection, key)
        roles = remove_roles_within(connection, organization_id, place)
        connection.execute(_DELETE, key)
        gone = differences({**_told(before), "#roles": roles}, {})
        event = Event("owner:deployment:deleted", "Deployment", deployment_id, gone)
        record(connection, organization_id, requester.origin, [event])


def _locked(connection: Connection, key: dict[str, str]) -> DeploymentRecord:
    row: Any = connection.execute(_LOCK, key).first()
    if row is None:
        raise _missing(key["key_id"])
    return DeploymentRecord(*row)


def _missing(deployment_id: str) -> NotFound:
    return NotFound(f"There is no Deployment '{deployment_id}'.")


def _told(deployment: DeploymentRecord) -> dict[str, Any]:
    told = {
        "workspaceId": deployment.workspace_id,
        "name": deployment.name,
        "description": deployment.description,
    }
    return {name: value for name, value in told.items() if value is not None}
