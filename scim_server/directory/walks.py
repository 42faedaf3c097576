"""Remember where an index walk stopped, so that its next page starts after the row it ended with.

A client that pages by `startIndex` skips rows when others delete rows before its place, as every later row moves up.
So the end of each page that has a successor is remembered for a while under the same caller's same query, and the
next `startIndex` continues from that row by its key (peers.md §3 item 18). A walk that is not remembered falls back to
counting.
"""

import logging
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Protocol

import orjson
from sqlalchemy import Index, bindparam, delete, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, reading
from scim_server.database.types import Moment, OrderedText
from scim_server.directory.ordering import Position
from scim_server.identifiers import moment, now

# Seconds that a client may take between two pages.
REMEMBERED_FOR = 600
# Walks that one process remembers at a time.
MAX_REMEMBERED = 10_000
# Seconds between two clearings of what is no longer remembered.
CLEARED_EVERY = 60

_log = logging.getLogger(__name__)


class Walks(Protocol):
    """A memory of walks, safe for threads."""

    def remember(self, query: str, next_index: int, position: Position) -> None:
        """Note that the page before `next_index` of this caller's query ended at the position."""

    def recall(self, query: str, start_index: int) -> Position | None:
        """Return where the page before `start_index` ended, or None where nobody remembers."""


class WalksOfProcess:
    """A bounded memory in the one process that SQLite serves: reading a page takes no write lock."""

    def __init__(self) -> None:
        self._stops: OrderedDict[tuple[str, int], tuple[float, Position]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, query: str, next_index: int, position: Position) -> None:
        """Note where a page ended."""
        with self._lock:
            self._stops[query, next_index] = (time.monotonic() + REMEMBERED_FOR, position)
            self._stops.move_to_end((query, next_index))
            if len(self._stops) > MAX_REMEMBERED:
                self._stops.popitem(last=False)

    def recall(self, query: str, start_index: int) -> Position | None:
        """Return where the page before ended, or None."""
        with self._lock:
            deadline, position = self._stops.get((query, start_index), (0.0, None))
        return position if deadline > time.monotonic() else None


class WalkStop(Base):
    """Where a page of an index walk ended; only PostgreSQL has rows here, in a table that is UNLOGGED.

    `query` is a digest that no other Organization's query has; `position` is JSON, the sort key and the id.
    """

    __tablename__ = "walk_stops"

    query: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    next_index: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[str] = mapped_column(OrderedText)
    expires_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (Index("ix_walk_stops_expires_at", "expires_at"),)


_INSERT = postgresql.insert(WalkStop)
_REMEMBER = _INSERT.on_conflict_do_update(
    index_elements=["query", "next_index"],
    set_={"position": _INSERT.excluded.position, "expires_at": _INSERT.excluded.expires_at},
)
_RECALL = select(WalkStop.position).where(
    WalkStop.query == bindparam("walk"),
    WalkStop.next_index == bindparam("index"),
    WalkStop.expires_at > bindparam("now"),
)
_CLEAR = delete(WalkStop).where(WalkStop.expires_at <= bindparam("now"))


class WalksOfDatabase:
    """A memory that all workers on one PostgreSQL share; the next page may be any worker's."""

    def __init__(self) -> None:
        self._clear_at = time.monotonic() + CLEARED_EVERY

    def remember(self, query: str, next_index: int, position: Position) -> None:
        """Note where a page ended; a database that only reads keeps nothing, and the walk goes on by counting."""
        expires_at = moment(datetime.now(UTC) + timedelta(seconds=REMEMBERED_FOR))
        row = {"query": query, "next_index": next_index, "expires_at": expires_at}
        try:
            with reading() as connection:
                connection.execute(_REMEMBER, {**row, "position": orjson.dumps(tuple(position)).decode()})
                if time.monotonic() >= self._clear_at:
                    self._clear_at = time.monotonic() + CLEARED_EVERY
                    connection.execute(_CLEAR, {"now": now()})
        except SQLAlchemyError as error:
            _log.warning("the place of an index walk was not noted", exc_info=error)

    def recall(self, query: str, start_index: int) -> Position | None:
        """Return where the page before ended, or None."""
        with reading() as connection:
            bound = {"walk": query, "index": start_index, "now": now()}
            found = connection.execute(_RECALL, bound).scalar()
        return Position(*orjson.loads(found)) if found is not None else None
