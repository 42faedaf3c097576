"""What Owners do with Connections: several of an Organization, each with its own toggle and tokens (product.md §2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, func, insert, select

from scim_server.audit.service import Event, record
from scim_server.connections.models import Connection
from scim_server.connections.observations import Observation, list_observations
from scim_server.connections.service import check_joinable, lock_connections, write_changes
from scim_server.database import reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import Conflict, NotFound, Uniqueness
from scim_server.roles.authority import Requester
from scim_server.users.waiting import admit_waiting_as, count_waiting

MAX_CONNECTIONS = 20
MAX_NAME_LENGTH = 100

_COLUMNS = (
    Connection.id,
    Connection.name,
    Connection.automatic_membership,
    Connection.unknown_members,
    Connection.provisioning,
    Connection.created_at,
    Connection.modified_at,
)
_OF_ORGANIZATION = Connection.organization_id == bindparam("organization")
_OF_CONNECTION = (_OF_ORGANIZATION, Connection.id == bindparam("connection"))
_FIND = select(*_COLUMNS).where(*_OF_CONNECTION)
_LIST = (
    select(*_COLUMNS)
    .where(_OF_ORGANIZATION)
    .order_by(Connection.id)
    .limit(bindparam("page_limit"))
    .offset(bindparam("page_offset"))
)
_COUNT = select(func.count()).select_from(Connection).where(_OF_ORGANIZATION)
_SAME_NAME = select(Connection.id).where(_OF_ORGANIZATION, Connection.name == bindparam("name"))


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """A Connection as its Owners see it; `waiting_users` is how many people of the Organization wait to be let in."""

    id: str
    name: str
    automatic_membership: str | None
    unknown_members: str
    provisioning: str
    created_at: str
    modified_at: str
    waiting_users: int = 0


def list_connections(requester: Requester, *, limit: int, offset: int) -> tuple[list[ConnectionRecord], int]:
    """Return a page of the Organization's Connections, the oldest first, and how many there are."""
    requester.require("organization.connections.get")
    bound = {"organization": requester.organization_id}
    with reading() as connection:
        rows = connection.execute(_LIST, {**bound, "page_limit": limit, "page_offset": offset}).all()
        waiting = count_waiting(requester.organization_id)
        return [ConnectionRecord(*row, waiting) for row in rows], connection.execute(_COUNT, bound).scalar_one()


def find_connection(requester: Requester, connection_id: str) -> ConnectionRecord:
    """Return a Connection; raises NotFound."""
    requester.require("organization.connections.get")
    with reading() as connection:
        return _found(connection, requester, connection_id)


def observations_of(requester: Requester, connection_id: str) -> list[Observation]:
    """Return what was repaired or ignored of what comes by a Connection; raises NotFound."""
    find_connection(requester, connection_id)
    return list_observations(requester.organization_id, connection_id)


def create_connection(requester: Requester, settings: Mapping[str, Any]) -> ConnectionRecord:
    """Make a Connection with these settings, all of ConnectionRecord's that an Owner sets.

    Raises UnknownRole, Forbidden for a role above the requester's own, Uniqueness for a name that is taken, Conflict
    where there are too many.
    """
    requester.require("organization.connections.create")
    _check_role(requester, settings)
    organization_id, moment = requester.organization_id, now()
    row = {"organization_id": organization_id, "id": new_id(), "created_at": moment, "modified_at": moment, **settings}
    with transaction() as connection:
        if len(lock_connections(connection, organization_id)) >= MAX_CONNECTIONS:
            raise Conflict(f"An Organization has at most {MAX_CONNECTIONS} Connections; delete one first.")
        _refuse_taken_name(connection, organization_id, row["id"], settings)
        connection.execute(insert(Connection), row)
        changes = {name: [None, value] for name, value in settings.items()}
        event = Event("owner:connection:created", "Connection", str(row["id"]), changes)
        record(connection, organization_id, requester.origin, [event])
        return _found(connection, requester, str(row["id"]))


def change_connection(
    requester: Requester, connection_id: str, changes: Mapping[str, Any], *, admit_waiting: bool = False
) -> tuple[ConnectionRecord, int]:
    """Set what `changes` names, and let in who waits where that is asked for: both in one transaction, or neither.

    Returns the Connection and how many were let in. Raises NotFound, AutomaticMembershipDisabled, and what
    create_connection raises.
    """
    requester.require("organization.connections.update")
    _check_role(requester, changes)
    organization_id = requester.organization_id
    with transaction() as connection:
        lock_connections(connection, organization_id)
        before = _found(connection, requester, connection_id)
        _refuse_taken_name(connection, organization_id, connection_id, changes)
        write_changes(connection, organization_id, requester.origin, before, changes)
        admitted = 0
        if admit_waiting:
            role = changes.get("automatic_membership", before.automatic_membership)
            _check_role(requester, {"automatic_membership": role})
            admitted = admit_waiting_as(connection, organization_id, requester.origin, role)
        return _found(connection, requester, connection_id), admitted


def _check_role(requester: Requester, settings: Mapping[str, Any]) -> None:
    role = settings.get("automatic_membership")
    check_joinable(role)
    if role is not None:
        requester.require_grantable(role, "automaticMembership")


def _refuse_taken_name(
    connection: DatabaseConnection, organization_id: str, connection_id: Any, settings: Mapping[str, Any]
) -> None:
    if "name" not in settings:
        return
    bound = {"organization": organization_id, "name": settings["name"]}
    if set(connection.execute(_SAME_NAME, bound).scalars()) - {connection_id}:
        raise Uniqueness(f"There is a Connection {settings['name']!r} already; choose another name.", field="name")


def _found(connection: DatabaseConnection, requester: Requester, connection_id: str) -> ConnectionRecord:
    bound = {"organization": requester.organization_id, "connection": connection_id}
    row = connection.execute(_FIND, bound).first()
    if row is None:
        raise NotFound("There is no such Connection in this Organization.")
    return ConnectionRecord(*row, count_waiting(requester.organization_id))
