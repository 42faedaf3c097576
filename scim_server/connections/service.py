"""Read and change how an identity provider provisions an Organization."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, insert, select, update

from scim_server.audit.service import Event, Origin, record
from scim_server.connections.models import Connection
from scim_server.database import Prepared, reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.organizations.provisioning import JoiningPolicy
from scim_server.protocol.errors import NotFound
from scim_server.roles.catalogue import UnknownRole, catalogue

SKIP, REFUSE = "skip", "refuse"


class ProvisioningState(StrEnum):
    """Whether a Connection's identity provider may push."""

    ON = "ON"
    OFF = "OFF"
    PAUSED = "PAUSED"


_POLICY = Prepared(
    select(Connection.automatic_membership, Connection.unknown_members).where(
        Connection.organization_id == bindparam("organization"), Connection.id == bindparam("connection")
    )
)
_SETTINGS = (
    select(Connection.id, Connection.name, Connection.automatic_membership, Connection.unknown_members)
    .where(Connection.organization_id == bindparam("organization"))
    .order_by(Connection.id)
)
_LOCK = (
    select(Connection.id)
    .where(Connection.organization_id == bindparam("organization"))
    .order_by(Connection.id)
    .with_for_update()
)
_UPDATE = update(Connection).where(
    Connection.organization_id == bindparam("key_organization"), Connection.id == bindparam("key_connection")
)


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """A Connection as its owner sees it."""

    id: str
    name: str
    automatic_membership: str | None
    unknown_members: str


def joining_policy(connection: DatabaseConnection, organization_id: str, connection_id: str) -> JoiningPolicy:
    """Return how people join the Organization by a Connection, as it stands in this transaction."""
    row = _POLICY.first(connection, {"organization": organization_id, "connection": connection_id})
    assert row is not None, "a token belongs to a Connection"
    automatic_membership, unknown_members = row
    return JoiningPolicy(automatic_membership, refuse_unknown_members=unknown_members == REFUSE)


def create_connection(connection: DatabaseConnection, organization_id: str) -> None:
    """Write the first Connection of a new Organization: automatic membership on, unknown members skipped."""
    moment = now()
    connection.execute(
        insert(Connection),
        {
            "organization_id": organization_id,
            "id": new_id(),
            "name": "Identity provider",
            "automatic_membership": catalogue().default,
            "unknown_members": SKIP,
            "provisioning": ProvisioningState.ON.value,
            "created_at": moment,
            "modified_at": moment,
        },
    )


def find_connection(organization_id: str, text: str | None = None) -> ConnectionSettings:
    """Return the Connection of this id or name, or the first one; raises NotFound listing what there is."""
    with reading() as connection:
        rows = connection.execute(_SETTINGS, {"organization": organization_id}).all()
    every = [ConnectionSettings(*row) for row in rows]
    found = [each for each in every if text in {None, each.id}] or [each for each in every if each.name == text]
    if not found:
        known = ", ".join(f"{each.name!r} ({each.id})" for each in every)
        raise NotFound(f"There is no Connection {text!r} in this Organization. There are: {known}.")
    return found[0]


def read_connection(organization_id: str) -> ConnectionSettings:
    """Return the Organization's first Connection."""
    return find_connection(organization_id)


def change_connection(
    organization_id: str,
    origin: Origin,
    *,
    automatic_membership: str | None,
    unknown_members: str,
    connection_id: str | None = None,
) -> ConnectionSettings:
    """Set how people and members join by a Connection, the first unless named.

    Members stay members when automatic membership is switched off, and the waiting go on waiting when it is
    switched on; letting them in is an act of its own. Raises UnknownRole for a role that nobody can join with.
    """
    check_joinable(automatic_membership)
    changes = {"automatic_membership": automatic_membership, "unknown_members": unknown_members}
    with transaction() as connection:
        lock_connections(connection, organization_id)
        write_changes(connection, organization_id, origin, find_connection(organization_id, connection_id), changes)
        return find_connection(organization_id, connection_id)


def check_joinable(role: str | None) -> None:
    """Raise UnknownRole for a role that nobody can join with."""
    if role is None:
        return
    catalogue().organization.role(role)
    if role == catalogue().owner:
        raise UnknownRole(f"Nobody joins as {role} by themselves; choose a role that is less.")


def lock_connections(connection: DatabaseConnection, organization_id: str) -> list[str]:
    """Keep others from changing the Organization's Connections until the transaction ends, and return their ids.

    All of them, in one order: whether one may go depends on the others.
    """
    return list(connection.execute(_LOCK, {"organization": organization_id}).scalars())


def write_changes(
    connection: DatabaseConnection, organization_id: str, origin: Origin, before: Any, changes: Mapping[str, Any]
) -> None:
    """Write what differs from `before`, a locked Connection with these attributes, and its audit event."""
    differing = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not differing:
        return
    key = {"key_organization": organization_id, "key_connection": before.id}
    connection.execute(_UPDATE.values(**differing, modified_at=now()), key)
    told = {name: [getattr(before, name), value] for name, value in differing.items()}
    record(connection, organization_id, origin, [Event("owner:connection:updated", "Connection", before.id, told)])
