"""Read audit events: pages from the newest, with filters, and all of a period from the oldest, for export.

Names of Users, Teams and tokens are looked up for a whole page at once. Their packages stand above this one in the
order of imports, so their tables are named here by what is needed of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, column, func, or_, select, table, type_coerce

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.identifiers import first_id, moment

# Events that an export reads at a time.
EXPORT_BATCH = 500
# An id is made a little before or after the moment that is written beside it.
_SLACK = timedelta(minutes=1)
_TEXT = Text()

_COLUMNS = (
    AuditEvent.id,
    AuditEvent.occurred_at,
    AuditEvent.action,
    AuditEvent.actor_type,
    AuditEvent.actor_id,
    AuditEvent.actor_name,
    AuditEvent.target_type,
    AuditEvent.target_id,
    type_coerce(AuditEvent.changes, _TEXT).label("changes"),
    AuditEvent.request_id,
    AuditEvent.ip_address,
    AuditEvent.user_agent,
    AuditEvent.position,
    AuditEvent.chain,
)


def _named(name: str, *names: str) -> Select[Any]:
    """Return the statement that finds the names of ids in a table: the first of its columns that has one."""
    found = table(name, column("organization_id", _TEXT), column("id", _TEXT), *(column(each, _TEXT) for each in names))
    shown = func.coalesce(*(found.c[each] for each in names)) if len(names) > 1 else found.c[names[0]]
    return select(found.c.id, shown).where(
        found.c.organization_id == bindparam("organization"), found.c.id.in_(bindparam("ids", expanding=True))
    )


# By target type; a User is an actor too.
_NAMES = {
    "User": _named("users", "display_name", "user_name_folded"),
    "Team": _named("teams", "display_name"),
    "Token": _named("tokens", "name"),
}
_ACTORS = {"user": "User", "token": "Token"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are asked for; `action` is a prefix, `since` belongs to the period and `until` does not."""

    action: str | None = None
    actor_id: str | None = None
    target_id: str | None = None
    target_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


class EventRecord(NamedTuple):
    """An event as lists show it; `changes` is JSON text. Names are None where nothing is known by that id any more."""

    id: str
    occurred_at: str
    action: str
    actor_type: str
    actor_id: str | None
    actor_name: str | None
    target_type: str | None
    target_id: str | None
    changes: str
    request_id: str | None
    ip_address: str | None
    user_agent: str | None
    position: int | None
    chain: str | None
    target_name: str | None = None

    def changed(self) -> dict[str, Any]:
        """Return each changed field with its value before and after."""
        found: dict[str, Any] = orjson.loads(self.changes)
        return found


def list_events(organization_id: str, asked: Filter, limit: int, before: str | None = None) -> list[EventRecord]:
    """Return the newest events that match, or the newest of those older than the one of the id `before`."""
    statement = _matching(organization_id, asked).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEvent.id < before)
    with reading() as connection:
        return _with_names(connection, organization_id, connection.execute(statement).all())


def export_events(organization_id: str, asked: Filter) -> Iterator[list[EventRecord]]:
    """Yield all events that match, the oldest first, in lists that each are read by themselves."""
    statement = _matching(organization_id, asked).order_by(AuditEvent.id).limit(EXPORT_BATCH)
    after = ""
    while True:
        with reading() as connection:
            rows = connection.execute(statement.where(AuditEvent.id > after)).all()
            events = _with_names(connection, organization_id, rows)
        if events:
            yield events
        if len(events) < EXPORT_BATCH:
            return
        after = events[-1].id


def _matching(organization_id: str, asked: Filter) -> Select[Any]:
    columns: tuple[Any, ...] = _COLUMNS
    return select(*columns).where(AuditEvent.organization_id == organization_id, *_conditions(asked))


def _conditions(asked: Filter) -> Iterator[ColumnElement[bool]]:
    if asked.action is not None:
        yield AuditEvent.action.startswith(asked.action, autoescape=True)
    if asked.actor_id is not None:
        yield AuditEvent.actor_id == asked.actor_id
    if asked.target_id is not None:
        yield AuditEvent.target_id == asked.target_id
    if asked.target_type is not None:
        yield AuditEvent.target_type == asked.target_type
    if asked.since is not None:
        yield AuditEvent.id >= first_id(asked.since - _SLACK)
        yield AuditEvent.occurred_at >= moment(asked.since)
    if asked.until is not None:
        yield AuditEvent.id < first_id(asked.until + _SLACK)
        yield AuditEvent.occurred_at < moment(asked.until)
    if asked.search is not None:
        texts = (AuditEvent.action, AuditEvent.actor_name, AuditEvent.target_id, type_coerce(AuditEvent.changes, _TEXT))
        yield or_(*(func.lower(text).contains(asked.search.lower(), autoescape=True) for text in texts))


def _with_names(connection: Connection, organization_id: str, rows: Iterable[Any]) -> list[EventRecord]:
    events = [EventRecord(*row) for row in rows]
    wanted: dict[str, set[str]] = {}
    for event in events:
        for kind, found_id in ((event.target_type, event.target_id), (_ACTORS.get(event.actor_type), event.actor_id)):
            if kind in _NAMES and found_id is not None:
                wanted.setdefault(kind, set()).add(found_id)
    names: dict[tuple[str | None, str | None], str] = {
        (kind, row[0]): row[1]
        for kind, ids in wanted.items()
        for row in connection.execute(_NAMES[kind], {"organization": organization_id, "ids": sorted(ids)})
    }
    return [
        event._replace(
            actor_name=event.actor_name or names.get((_ACTORS.get(event.actor_type), event.actor_id)),
            target_name=names.get((event.target_type, event.target_id)),
        )
        for event in events
    ]
