"""Find requests in the journal of a Connection: failed ones first or the newest first, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Select, Text, bindparam, select, tuple_, type_coerce

from scim_server.connections.administration import find_connection
from scim_server.connections.models import JournalEntry
from scim_server.database import reading
from scim_server.directory.offset_pages import like_pattern
from scim_server.identifiers import moment
from scim_server.protocol.errors import NotFound
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester


class Order(StrEnum):
    """The order of the journal."""

    FAILED_FIRST = "FAILED_FIRST"
    NEWEST = "NEWEST"


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which requests are asked for; None does not narrow.

    `search` is part of a path, query, name or request id. `since` belongs to the period, `until` does not.
    """

    search: str | None = None
    method: str | None = None
    status: int | None = None
    failed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class Place(NamedTuple):
    """Where a page ended."""

    failed: int
    id: str


class JournalRecord(NamedTuple):
    """A request of the journal. Bodies are text as it was kept, None where none was; `quirks` is JSON text."""

    id: str
    occurred_at: str
    method: str
    path: str
    query: str
    status: int
    failed: int
    kind: str
    detail: str
    microseconds: int
    token_id: str
    token_name: str
    user_agent: str
    request_id: str
    quirks: str
    request_body: str | None = None
    answer_body: str | None = None

    @property
    def repairs(self) -> list[tuple[str, str, int]]:
        """Return what was repaired or ignored of it: the quirk, what it was met in, and how often."""
        return [(quirk, sample, number) for quirk, sample, number in orjson.loads(self.quirks)]

    @property
    def place(self) -> Place:
        """Return the place of a page that ends here."""
        return Place(self.failed, self.id)


_SHORT = tuple(
    type_coerce(JournalEntry.quirks, Text()).label("quirks") if name == "quirks" else getattr(JournalEntry, name)
    for name in JournalRecord._fields[:-2]
)
_OF_CONNECTION = (
    JournalEntry.organization_id == bindparam("organization"),
    JournalEntry.connection_id == bindparam("connection"),
)
_ONE = select(*_SHORT, JournalEntry.request_body, JournalEntry.answer_body).where(
    *_OF_CONNECTION, JournalEntry.id == bindparam("entry")
)


def list_requests(
    requester: Requester,
    connection_id: str,
    asked: JournalFilter,
    limit: int,
    *,
    order: Order = Order.FAILED_FIRST,
    after: Place | None = None,
) -> list[JournalRecord]:
    """Return a page of requests without their bodies, behind the place where the last one ended; raises NotFound."""
    find_connection(requester, connection_id)
    statement = _ordered(select(*_SHORT).where(*_OF_CONNECTION, *_conditions(asked)), order, after).limit(limit)
    with reading() as connection:
        bound = {"organization": requester.organization_id, "connection": connection_id}
        return [JournalRecord(*row) for row in connection.execute(statement, bound)]


def find_request(requester: Requester, connection_id: str, entry_id: str) -> JournalRecord:
    """Return a request with its bodies; raises NotFound."""
    find_connection(requester, connection_id)
    bound = {"organization": requester.organization_id, "connection": connection_id, "entry": entry_id}
    with reading() as connection:
        found = [JournalRecord._make(row) for row in connection.execute(_ONE, bound)]
    if not found:
        raise NotFound("There is no such request in the journal; it may be older than the journal keeps.")
    return found[0]


def _ordered(statement: Select[Any], order: Order, after: Place | None) -> Select[Any]:
    if order is Order.NEWEST:
        statement = statement.order_by(JournalEntry.id.desc())
        return statement if after is None else statement.where(JournalEntry.id < after.id)
    statement = statement.order_by(JournalEntry.failed.desc(), JournalEntry.id.desc())
    if after is None:
        return statement
    return statement.where(tuple_(JournalEntry.failed, JournalEntry.id) < tuple_(after.failed, after.id))


def _conditions(asked: JournalFilter) -> Iterator[ColumnElement[bool]]:
    if asked.failed is not None:
        yield JournalEntry.failed == int(asked.failed)
    if asked.method is not None:
        yield JournalEntry.method == asked.method
    if asked.status is not None:
        yield JournalEntry.status == asked.status
    if asked.since is not None:
        yield JournalEntry.occurred_at >= moment(asked.since)
    if asked.until is not None:
        yield JournalEntry.occurred_at < moment(asked.until)
    if asked.search is not None:
        yield JournalEntry.search.like(like_pattern(fold(asked.search)), escape="\\")
