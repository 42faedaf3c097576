"""Count what the server repaired or ignored for an identity provider, by Connection, for its health page."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.connections.exchanges import Exchange
from scim_server.connections.models import ConnectionObservation
from scim_server.database import reading

MAX_SAMPLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Observation:
    """How often one kind of repair happened, with its last sample."""

    quirk: str
    occurrences: int
    sample: str
    first_seen_at: str
    last_seen_at: str


def _upsert(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = insert(ConnectionObservation)
    return statement.on_conflict_do_update(
        index_elements=["organization_id", "connection_id", "quirk"],
        set_={
            "occurrences": ConnectionObservation.occurrences + statement.excluded.occurrences,
            "sample": statement.excluded.sample,
            "last_seen_at": statement.excluded.last_seen_at,
        },
    )


_UPSERT = {"sqlite": _upsert(sqlite.Insert), "postgresql": _upsert(postgresql.Insert)}
_LIST = (
    select(
        ConnectionObservation.quirk,
        ConnectionObservation.occurrences,
        ConnectionObservation.sample,
        ConnectionObservation.first_seen_at,
        ConnectionObservation.last_seen_at,
    )
    .where(
        ConnectionObservation.organization_id == bindparam("organization"),
        ConnectionObservation.connection_id == bindparam("connection"),
    )
    .order_by(ConnectionObservation.quirk)
)


def count_observations(connection: DatabaseConnection, exchanges: Iterable[Exchange]) -> None:
    """Add the quirks of requests that succeeded to what was counted before."""
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for exchange in exchanges:
        if exchange.quirks is None or exchange.has_failed:
            continue
        for (quirk, sample), number in exchange.quirks.items():
            key = (*exchange.connection, quirk.value)
            row = rows.setdefault(key, {"occurrences": 0, "first_seen_at": exchange.occurred_at})
            row["occurrences"] = number + int(str(row["occurrences"]))
            row |= {"sample": sample[:MAX_SAMPLE_LENGTH], "last_seen_at": exchange.occurred_at}
    if rows:
        # In one order everywhere, or two workers would wait for each other.
        names = ("organization_id", "connection_id", "quirk")
        written = [dict(zip(names, key, strict=True), **row) for key, row in sorted(rows.items())]
        connection.execute(_UPSERT[connection.dialect.name], written)


def list_observations(organization_id: str, connection_id: str) -> list[Observation]:
    """Return what was observed on a Connection."""
    with reading() as connection:
        bound = {"organization": organization_id, "connection": connection_id}
        return [Observation(*row) for row in connection.execute(_LIST, bound)]
