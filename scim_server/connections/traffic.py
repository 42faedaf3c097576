"""Count the requests of a Connection by day, kind and outcome: what its health and the dashboard are drawn from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.connections.exchanges import FAILED, Exchange, operation_of
from scim_server.connections.models import ConnectionTraffic
from scim_server.connections.redaction import plain
from scim_server.database import reading, transaction
from scim_server.identifiers import now

MAX_SAMPLE_LENGTH = 300
# Days that are kept: a year beside the same days of the year before.
KEPT_DAYS = 800
# What counts the requests that came faster than they could be written.
UNRECORDED = "unrecorded"

_KEY = ("organization_id", "connection_id", "day", "operation", "resource", "status", "kind")
_OF_ORGANIZATION = ConnectionTraffic.organization_id == bindparam("organization")
_SINCE = ConnectionTraffic.day >= bindparam("since")
_RECORDED = ConnectionTraffic.operation != UNRECORDED
_HAS_FAILED = ConnectionTraffic.status >= FAILED


def _upsert(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = insert(ConnectionTraffic)
    return statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={
            "requests": ConnectionTraffic.requests + statement.excluded.requests,
            "hours": ConnectionTraffic.hours.bitwise_or(statement.excluded.hours),
            "last_at": statement.excluded.last_at,
            "sample": statement.excluded.sample,
        },
    )


_UPSERT = {"sqlite": _upsert(sqlite.Insert), "postgresql": _upsert(postgresql.Insert)}
_OF_CONNECTION = (
    select(
        ConnectionTraffic.day,
        ConnectionTraffic.operation,
        ConnectionTraffic.resource,
        ConnectionTraffic.status,
        ConnectionTraffic.kind,
        ConnectionTraffic.requests,
        ConnectionTraffic.hours,
        ConnectionTraffic.first_at,
        ConnectionTraffic.last_at,
        ConnectionTraffic.sample,
    )
    .where(_OF_ORGANIZATION, ConnectionTraffic.connection_id == bindparam("connection"), _SINCE)
    .order_by(ConnectionTraffic.day)
)
_BY_DAY = (
    select(
        ConnectionTraffic.day,
        func.sum(ConnectionTraffic.requests).label("requests"),
        func.sum(case((_HAS_FAILED, ConnectionTraffic.requests), else_=0)).label("failed"),
    )
    .where(_OF_ORGANIZATION, _SINCE, _RECORDED)
    .group_by(ConnectionTraffic.day)
    .order_by(ConnectionTraffic.day)
)
_FIRST = (
    select(
        ConnectionTraffic.operation, ConnectionTraffic.resource, func.min(ConnectionTraffic.first_at).label("first_at")
    )
    .where(
        _OF_ORGANIZATION,
        ConnectionTraffic.connection_id == bindparam("connection"),
        _RECORDED,
        ~_HAS_FAILED,
    )
    .group_by(ConnectionTraffic.operation, ConnectionTraffic.resource)
)
_FORGET = delete(ConnectionTraffic).where(
    _OF_ORGANIZATION,
    ConnectionTraffic.connection_id == bindparam("connection"),
    ConnectionTraffic.day < bindparam("limit"),
)


class TrafficRow(NamedTuple):
    """The requests of one kind on one day."""

    day: str
    operation: str
    resource: str
    status: int
    kind: str
    requests: int
    hours: int
    first_at: str
    last_at: str
    sample: str


class DayOfTraffic(NamedTuple):
    """How many requests came on a day, and how many of them failed."""

    day: str
    requests: int
    failed: int


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """When the first requests of each kind succeeded, None for what has not come yet.

    `connected_at` is any request at all: identity providers test by looking for somebody.
    """

    connected_at: str | None
    user_at: str | None
    team_at: str | None


def count_traffic(
    connection: DatabaseConnection, exchanges: Iterable[Exchange], unrecorded: Mapping[tuple[str, str], int]
) -> None:
    """Add requests to what was counted before; `unrecorded` says how many more came by which Connection."""
    alike: defaultdict[tuple[Any, ...], list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        operation = operation_of(exchange.method, exchange.path, exchange.query)
        key = (*exchange.connection, exchange.occurred_at[:10], *operation, exchange.status, exchange.kind)
        alike[key].append(exchange)
    rows = {key: _counted(found) for key, found in alike.items()}
    moment = now()
    for of_connection, number in unrecorded.items():
        row = {"requests": number, "hours": 0, "first_at": moment, "last_at": moment, "sample": ""}
        rows[(*of_connection, moment[:10], UNRECORDED, UNRECORDED, 0, "")] = row
    if rows:
        # In one order everywhere, or two workers would wait for each other.
        written = [dict(zip(_KEY, key, strict=True), **row) for key, row in sorted(rows.items())]
        connection.execute(_UPSERT[connection.dialect.name], written)


def _counted(alike: Sequence[Exchange]) -> dict[str, Any]:
    first, last = alike[0], alike[-1]
    return {
        "requests": len(alike),
        "hours": sum(1 << int(hour) for hour in {exchange.occurred_at[11:13] for exchange in alike}),
        "first_at": first.occurred_at,
        "last_at": last.occurred_at,
        "sample": plain(last.detail, MAX_SAMPLE_LENGTH),
    }


def traffic_of(organization_id: str, connection_id: str, since: date) -> list[TrafficRow]:
    """Return what was counted on a Connection from this day on."""
    bound = {"organization": organization_id, "connection": connection_id, "since": since.isoformat()}
    with reading() as connection:
        return [TrafficRow._make(row) for row in connection.execute(_OF_CONNECTION, bound)]


def first_steps(organization_id: str, connection_id: str) -> FirstSteps:
    """Return when the first requests of each kind succeeded."""
    with reading() as connection:
        found = connection.execute(_FIRST, {"organization": organization_id, "connection": connection_id}).all()
    changes = {"create", "replace", "change"}
    return FirstSteps(
        min((row.first_at for row in found), default=None),
        *(
            min((row.first_at for row in found if row.resource == name and row.operation in changes), default=None)
            for name in ("Users", "Groups")
        ),
    )


def traffic_by_day(organization_id: str, since: date) -> list[DayOfTraffic]:
    """Return how much came by all Connections of an Organization on each day from this one on; days of nothing not."""
    with reading() as connection:
        found = connection.execute(_BY_DAY, {"organization": organization_id, "since": since.isoformat()})
        return [DayOfTraffic(row.day, int(row.requests), int(row.failed)) for row in found]


def forget_traffic(organization_id: str, connection_id: str) -> None:
    """Delete what was counted longer ago than it is kept."""
    limit = (datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)).isoformat()
    with transaction() as connection:
        connection.execute(_FORGET, {"organization": organization_id, "connection": connection_id, "limit": limit})
