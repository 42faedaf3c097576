"""Read and change how an identity provider provisions an Organization."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, insert, select, update

from scim_server.audit.service import Event, Origin, record
from scim_server.connections.models import Connection
from scim_server.database import Prepared, reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.organizations.provisioning import JoiningPolicy
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


def read_connection(organization_id: str) -> ConnectionSettings:
    """Return the Organization's Connection."""
    columns = (Connection.id, Connection.name, Connection.automatic_membership, Connection.unknown_members)
    statement = select(*columns).where(Connection.organization_id == organization_id).order_by(Connection.id).limit(1)
    with reading() as connection:
        return ConnectionSettings(*connection.execute(statement).one())


def change_connection(
    organization_id: str,
    origin: Origin,
    *,
    automatic_membership: str | None,
    unknown_members: str,
) -> ConnectionSettings:
    """Set how people and members join; raises UnknownRole for a role that nobody can join with.

    Members stay members when automatic membership is switched off, and the waiting go on waiting when it is
    switched on; letting them in is an act of its own.
    """
    if automatic_membership is not None:
        catalogue().organization.role(automatic_membership)
        if automatic_membership == catalogue().owner:
            raise UnknownRole(f"Nobody joins as {automatic_membership} by themselves; choose a role that is less.")
    with transaction() as connection:
        before = read_connection(organization_id)
        changed = {"automatic_membership": automatic_membership, "unknown_members": unknown_members}
        differing = {
            name: [getattr(before, name), value] for name, value in changed.items() if getattr(before, name) != value
        }
        if differing:
            connection.execute(
                update(Connection)
                .where(Connection.organization_id == organization_id, Connection.id == before.id)
                .values(**changed, modified_at=now())
            )
            event = Event("owner:connection:updated", "Connection", before.id, differing)
            record(connection, organization_id, origin, [event])
        return read_connection(organization_id)
