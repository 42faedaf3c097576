"""Remember the exchanges of a worker and write them beside its requests (docs/decisions/0057).

A request only puts what it knows into a list. A thread takes the list every few seconds, or when it is long, and
writes the journal, the counts and the observations in one transaction of its own. What comes faster than it can be
written is counted and not kept: provisioning never waits for its journal.
"""

import atexit
import logging
import threading
from collections import Counter

from flask import Flask
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from scim_server.connections.exchanges import Exchange
from scim_server.connections.journal import journal_rows, retentions, write_rows
from scim_server.connections.observations import count_observations
from scim_server.connections.redaction import REMOVED, names_secret
from scim_server.connections.traffic import count_traffic
from scim_server.database import reading, transaction
from scim_server.database.transactions import at_most_twice

# Seconds between two looks, and the number of exchanges that is written before.
PERIOD = 2.0
ENOUGH = 500
# What a worker remembers at most.
MAX_EXCHANGES = 5_000
MAX_BYTES = 16 * 1024 * 1024
# Exchanges of one transaction.
BATCH = 500

_log = logging.getLogger(__name__)


class Recorder:
    """What a worker has seen and not yet written; safe for threads."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._exchanges: list[Exchange] = []
        self._bytes = 0
        self._unrecorded: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._starts = False

    def start_with_first(self) -> None:
        """Write by a thread from the first exchange on, as every server wants it: it may fork before."""
        self._starts = True

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange, or that there was one where there are too many."""
        with self._lock:
            if len(self._exchanges) >= MAX_EXCHANGES or self._bytes >= MAX_BYTES:
                self._unrecorded[exchange.connection] += 1
                return
            self._exchanges.append(exchange)
            self._bytes += exchange.size
            if self._starts and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()
                atexit.register(self.stop)
            is_enough = len(self._exchanges) == ENOUGH
        if is_enough:
            self._wake.set()

    def flush(self) -> None:
        """Write what is remembered; needs an application context."""
        # One at a time, so that whoever returns from here finds everything written.
        with self._writing:
            with self._lock:
                exchanges, unrecorded = self._exchanges, self._unrecorded
                self._exchanges, self._bytes, self._unrecorded = [], 0, Counter()
            if unrecorded:
                _log.warning("requests came faster than the journal", extra={"unrecorded": unrecorded.total()})
            for start in range(0, max(len(exchanges), 1 if unrecorded else 0), BATCH):
                batch = exchanges[start : start + BATCH]
                self._write_or_count(batch, unrecorded if start == 0 else Counter())

    def stop(self) -> None:
        """Write what is left and end the thread."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._app.app_context():
            self.flush()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(PERIOD)
            self._wake.clear()
            with self._app.app_context():
                self.flush()

    def _write_or_count(self, batch: list[Exchange], unrecorded: Counter[tuple[str, str]]) -> None:
        try:
            at_most_twice(lambda: write(batch, unrecorded))
        except IntegrityError:
            # A Connection was deleted meanwhile; the others' are written.
            self._try(batch, unrecorded)
        except SQLAlchemyError as error:
            self._give_up(batch, unrecorded, error)

    def _try(self, batch: list[Exchange], unrecorded: Counter[tuple[str, str]]) -> None:
        try:
            write(batch, unrecorded)
        except SQLAlchemyError as error:
            self._give_up(batch, unrecorded, error)

    def _give_up(self, batch: list[Exchange], unrecorded: Counter[tuple[str, str]], error: Exception) -> None:
        _log.warning("requests were not recorded", exc_info=error, extra={"unrecorded": len(batch)})
        with self._lock:
            self._unrecorded.update(unrecorded)
            self._unrecorded.update(exchange.connection for exchange in batch)


def write(exchanges: list[Exchange], unrecorded: Counter[tuple[str, str]]) -> None:
    """Write exchanges, and how many more there were, of the Connections that still exist."""
    keys = {exchange.connection for exchange in exchanges} | set(unrecorded)
    if not keys:
        return
    with reading() as connection:
        kept = retentions(connection, keys)
    known = [_without_secrets(exchange) for exchange in exchanges if exchange.connection in kept]
    # What costs time is done before the transaction, which on SQLite nobody else writes beside.
    rows = journal_rows(known, kept)
    with transaction() as connection:
        if rows:
            write_rows(connection, rows)
        count_traffic(connection, known, {key: number for key, number in unrecorded.items() if key in kept})
        count_observations(connection, known)


def _without_secrets(exchange: Exchange) -> Exchange:
    """Return the exchange; without all that could repeat the query where that names a secret."""
    if not exchange.query or not names_secret(exchange.query):
        return exchange
    return exchange._replace(query=REMOVED, reason=REMOVED, answer_body=b"", answer_bytes=0)
