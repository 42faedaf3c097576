"""The request journal of a Connection: what is kept of each exchange, and for how long."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, delete, insert, literal_column, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.audit.service import Event, record
from scim_server.connections.exchanges import Exchange, operation_of
from scim_server.connections.models import Connection, JournalEntry, JournalSettings
from scim_server.connections.redaction import MAX_BODY, answer_shown, body_shown, plain
from scim_server.connections.traffic import forget_traffic
from scim_server.database import Prepared, reading, transaction
from scim_server.identifiers import moment, new_id
from scim_server.protocol.errors import InvalidValue, NotFound
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester

MAX_DAYS = 365
# Only so many of the newest are kept, whatever the days say: an initial cycle may be millions. By `failed`.
MOST = {0: 200_000, 1: 50_000}
# What would fill the journal by itself, and is counted only.
_COUNTED_ONLY = {"TooManyRequests"}
# Entries that are deleted in one transaction.
SLICE = 1_000
# What is kept of the answer to a request that succeeded: it begins with how many were found.
MAX_SUCCESSFUL_ANSWER = 1_024
_MAX_WORD = 200


class Keeps(StrEnum):
    """Which exchanges are kept: all, all but reads that succeeded, those that failed, or none."""

    ALL = "ALL"
    CHANGES = "CHANGES"
    FAILED = "FAILED"
    NOTHING = "NOTHING"


# After every moment that is written.
_NEVER = "9"
_READS = {"find", "list", "read", "discover"}


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of a Connection's requests. `days` counts for those that succeeded, `days_failed` for the others."""

    keeps: str = Keeps.ALL.value
    keeps_bodies: bool = True
    days: int = 7
    days_failed: int = 30

    def wants(self, exchange: Exchange) -> bool:
        """Tell whether an exchange is kept."""
        if exchange.kind in _COUNTED_ONLY:
            return False
        if exchange.has_failed or self.keeps == Keeps.ALL:
            return self.keeps != Keeps.NOTHING
        operation, _ = operation_of(exchange.method, exchange.path, exchange.query)
        return self.keeps == Keeps.CHANGES and operation not in _READS


_INSERT = Prepared(
    insert(JournalEntry).values({each.name: bindparam(each.name) for each in JournalEntry.__table__.columns})
)
_RETENTIONS = (
    select(
        Connection.organization_id,
        Connection.id,
        JournalSettings.keeps,
        JournalSettings.keeps_bodies,
        JournalSettings.days,
        JournalSettings.days_failed,
    )
    .outerjoin(
        JournalSettings,
        (JournalSettings.organization_id == Connection.organization_id)
        & (JournalSettings.connection_id == Connection.id),
    )
    .order_by(Connection.organization_id, Connection.id)
)
_OF_KEYS = _RETENTIONS.where(tuple_(Connection.organization_id, Connection.id).in_(bindparam("keys", expanding=True)))
_LOCK = (
    select(Connection.id)
    .where(Connection.organization_id == bindparam("organization"), Connection.id == bindparam("connection"))
    .with_for_update()
)


def _write(insert_: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = insert_(JournalSettings)
    names = ("keeps", "keeps_bodies", "days", "days_failed")
    return statement.on_conflict_do_update(
        index_elements=["organization_id", "connection_id"], set_={name: statement.excluded[name] for name in names}
    )


_WRITE = {"sqlite": _write(sqlite.Insert), "postgresql": _write(postgresql.Insert)}
_OF_CONNECTION = (
    JournalEntry.organization_id == bindparam("organization"),
    JournalEntry.connection_id == bindparam("connection"),
)
_IS_KIND = JournalEntry.failed == bindparam("failed")
# They are written in the order of time, so that no index by age is needed.
_OLDEST = (
    select(JournalEntry.id, JournalEntry.occurred_at)
    .where(*_OF_CONNECTION, _IS_KIND)
    .order_by(JournalEntry.id)
    .limit(literal_column(str(SLICE)))
)
# The newest of those that are too many, by the index that stands in their order.
_BEYOND = (
    select(JournalEntry.id, JournalEntry.occurred_at)
    .where(*_OF_CONNECTION, _IS_KIND)
    .order_by(JournalEntry.id.desc())
    .offset(bindparam("most"))
    .limit(literal_column(str(SLICE)))
)
_DELETE = delete(JournalEntry).where(*_OF_CONNECTION, JournalEntry.id.in_(bindparam("ids", expanding=True)))


def retentions(connection: DatabaseConnection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Retention]:
    """Return what each of these Connections keeps; one that is gone is not among them."""
    found = connection.execute(_OF_KEYS, {"keys": sorted(keys)})
    return {(row[0], row[1]): _retention(row) for row in found}


def retention_of(requester: Requester, connection_id: str) -> Retention:
    """Return what the journal of a Connection keeps; raises NotFound."""
    requester.require("organization.connections.get")
    with reading() as connection:
        return _found(connection, requester.organization_id, connection_id)


def set_retention(requester: Requester, connection_id: str, changes: Mapping[str, Any]) -> Retention:
    """Set what the journal of a Connection keeps, of Retention's fields; raises NotFound, InvalidValue.

    What is kept already goes by itself when the jobs come by, also by switching the journal off.
    """
    requester.require("organization.connections.update")
    for name in ("days", "days_failed"):
        if not 1 <= changes.get(name, 1) <= MAX_DAYS:
            raise InvalidValue(f"Requests are kept 1 to {MAX_DAYS} days.", field=name)
    organization_id = requester.organization_id
    with transaction() as connection:
        connection.execute(_LOCK, {"organization": organization_id, "connection": connection_id})
        before = asdict(_found(connection, organization_id, connection_id))
        after = {**before, **changes}
        key = {"organization_id": organization_id, "connection_id": connection_id}
        connection.execute(_WRITE[connection.dialect.name], {**key, **after})
        told = {f"#journal.{name}": [before[name], value] for name, value in after.items() if before[name] != value}
        if told:
            event = Event("owner:connection:updated", "Connection", connection_id, told)
            record(connection, organization_id, requester.origin, [event])
    return Retention(**after)


def journal_rows(exchanges: Iterable[Exchange], kept: Mapping[tuple[str, str], Retention]) -> list[dict[str, Any]]:
    """Return the rows of the exchanges that their Connections keep; their queries name no secret any more."""
    return [
        _row(exchange, keeps_bodies=retention.keeps_bodies)
        for exchange in exchanges
        if (retention := kept.get(exchange.connection)) is not None and retention.wants(exchange)
    ]


def write_rows(connection: DatabaseConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of the journal."""
    _INSERT.run_many(connection, rows)


def forget_old_requests(go_on: Callable[[], bool] = lambda: True) -> int:
    """Delete what is older than its Connection keeps it, in slices while `go_on` says so; return how many. A job."""
    with reading() as connection:
        every = [((row[0], row[1]), _retention(row)) for row in connection.execute(_RETENTIONS)]
    return sum(_forget(key, retention, go_on) for key, retention in every if go_on())


def _forget(key: tuple[str, str], retention: Retention, go_on: Callable[[], bool]) -> int:
    bound = {"organization": key[0], "connection": key[1]}
    present = datetime.now(UTC)
    days = {0: retention.days, 1: retention.days_failed}
    if retention.keeps == Keeps.NOTHING:
        days = {0: 0, 1: 0}
    elif retention.keeps == Keeps.FAILED:
        days[0] = 0
    forget_traffic(*key)
    deleted = 0
    for failed, number in days.items():
        limit = moment(present - timedelta(days=number))
        deleted += _forget_each(_OLDEST, {**bound, "failed": failed}, limit, go_on)
        deleted += _forget_each(_BEYOND, {**bound, "failed": failed, "most": MOST[failed]}, _NEVER, go_on)
    return deleted


def _forget_each(statement: Any, bound: dict[str, Any], limit: str, go_on: Callable[[], bool]) -> int:
    """Delete what the statement finds and is older than the limit; it is looked for outside the transactions."""
    key, deleted = {name: bound[name] for name in ("organization", "connection")}, 0
    while True:
        with reading() as connection:
            ids = [row.id for row in connection.execute(statement, bound) if row.occurred_at < limit]
        if ids:
            with transaction() as connection:
                connection.execute(_DELETE, {**key, "ids": ids})
        deleted += len(ids)
        if len(ids) < SLICE or not go_on():
            return deleted


def _found(connection: DatabaseConnection, organization_id: str, connection_id: str) -> Retention:
    found = retentions(connection, [(organization_id, connection_id)]).get((organization_id, connection_id))
    if found is None:
        raise NotFound("There is no such Connection in this Organization.")
    return found


def _retention(row: Any) -> Retention:
    return Retention() if row.keeps is None else Retention(row.keeps, row.keeps_bodies, row.days, row.days_failed)


def _row(exchange: Exchange, *, keeps_bodies: bool) -> dict[str, Any]:
    has_failed, kind, detail = exchange.has_failed, exchange.kind, plain(exchange.detail)
    path, query = plain(exchange.path), plain(exchange.query)
    sent = body_shown(exchange.request_body) if exchange.request_body and keeps_bodies else None
    answer = None
    if exchange.answer_bytes and keeps_bodies:
        answer = answer_shown(exchange.answer_body, MAX_BODY if has_failed else MAX_SUCCESSFUL_ANSWER)
        if exchange.answer_bytes > len(exchange.answer_body) and "… (" not in answer[-30:]:
            answer += f"… ({exchange.answer_bytes:,} bytes)"
    quirks = "[]"
    if exchange.quirks:
        quirks = orjson.dumps([[quirk, sample, number] for (quirk, sample), number in exchange.quirks.items()]).decode()
    searched = (path, query, detail, exchange.request_id, _name_in(sent) if sent else "")
    return {
        "organization_id": exchange.organization_id,
        "connection_id": exchange.connection_id,
        "id": new_id(),
        "occurred_at": exchange.occurred_at,
        "method": exchange.method,
        "path": path,
        "query": query,
        "status": exchange.status,
        "failed": int(has_failed),
        "kind": kind,
        "detail": detail,
        "microseconds": exchange.microseconds,
        "token_id": exchange.token_id,
        "token_name": exchange.token_name,
        "user_agent": exchange.user_agent,
        "request_id": exchange.request_id,
        "quirks": quirks,
        "request_body": sent,
        "answer_body": answer,
        "search": fold(" ".join(searched)),
    }


def _name_in(body: str) -> str:
    """Return who or what a body is about, so that it is found by that."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    names = [found.get(name) for name in ("userName", "displayName", "externalId")] if isinstance(found, dict) else []
    return " ".join(name[:_MAX_WORD] for name in names if isinstance(name, str))
