"""Connections that stay out of their pool between two uses.

To take one from SQLAlchemy's pool, wrap it and give it back costs as much as four look-ups by key.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class KeptConnections:
    """The connections of one engine that nobody uses at the moment, the last used on top; safe for threads.

    The pool still says how many there may be, replaces those that died, and resets those whose use ended by an error.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: list[Connection] = []
        self._asking = 0
        self._closed = 0
        self._lock = threading.Lock()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Give a connection for the block; raises what the pool raises where it has none."""
        closed = self._closed
        connection = self._take()
        try:
            yield connection
        except BaseException:
            self._give_up(connection)
            raise
        self._keep(connection, closed)

    def close(self) -> None:
        """Give all back to the pool; those that are lent at the moment go there when they come back."""
        with self._lock:
            closing, self._kept = self._kept, []
            self._closed += 1
        for connection in closing:
            connection.close()

    def _take(self) -> Connection:
        with self._lock:
            if self._kept:
                return self._kept.pop()
            self._asking += 1
        try:
            return self._engine.connect()
        finally:
            with self._lock:
                self._asking -= 1

    def _keep(self, connection: Connection, closed: int) -> None:
        if connection.in_transaction():
            # SQLAlchemy's own notion, from a statement that it ran; in AUTOCOMMIT the database knows of none.
            connection.rollback()
        with self._lock:
            # Whoever waits for the pool does not look here.
            is_kept = not self._asking and closed == self._closed and not connection.invalidated
            if is_kept:
                self._kept.append(connection)
        if not is_kept:
            connection.close()

    def _give_up(self, connection: Connection) -> None:
        was_lost = connection.invalidated
        connection.close()
        if was_lost:
            # The others were most likely lost with it.
            self.close()
