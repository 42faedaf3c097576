"""Units of work: the one place where a transaction begins and ends."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from scim_server.database.engines import read_engine, readers, sqlite_writer
from scim_server.database.prepared import Prepared

Result = TypeVar("Result")

_BEGIN = Prepared(text("BEGIN"))

_open_transaction: ContextVar[Connection | None] = ContextVar("open_transaction", default=None)
_open_reader: ContextVar[Connection | None] = ContextVar("open_reader", default=None)
_after_commit: ContextVar[list[Callable[[], object]] | None] = ContextVar("after_commit", default=None)
# SQLite has one writer at a time and polls in growing steps while it waits; queueing here is fair and faster.
_sqlite_write_lock = threading.Lock()


@contextmanager
def transaction() -> Iterator[Connection]:
    """Open a transaction, or a savepoint where one is open: all of the block is stored, or nothing of it.

    On SQLite it holds the write lock from the start (BEGIN IMMEDIATE), and what was lent by `reading()` before does not
    see it until it ends. On PostgreSQL it is begun and ended on the connection that the request reads by, so that no
    request holds two, and is READ COMMITTED: lock the row that you will change with SELECT ... FOR UPDATE first.
    """
    outer = _open_transaction.get()
    if outer is not None:
        with outer.begin_nested():
            yield outer
        return
    afterwards: list[Callable[[], object]] = []
    begun = _begun_by_sqlite if _is_sqlite() else _begun_by_postgresql
    with begun() as connection:
        token, list_token = _open_transaction.set(connection), _after_commit.set(afterwards)
        try:
            yield connection
        finally:
            _after_commit.reset(list_token)
            _open_transaction.reset(token)
    for work in afterwards:
        work()


@contextmanager
def _begun_by_sqlite() -> Iterator[Connection]:
    with _sqlite_write_lock, sqlite_writer().lend() as connection, connection.begin():
        yield connection


@contextmanager
def _begun_by_postgresql() -> Iterator[Connection]:
    with reading() as connection:
        if connection.in_transaction():
            # SQLAlchemy's own notion, from a statement before; in AUTOCOMMIT the database knows of none.
            connection.commit()
        with connection.begin():
            _BEGIN.run(connection, {})
            yield connection


def after_commit(work: Callable[[], object]) -> None:
    """Do the work once the open transaction is stored, never where it is not; at once where none is open.

    What a savepoint took back is still done: it must do no harm for nothing.
    """
    afterwards = _after_commit.get()
    if afterwards is None:
        work()
    else:
        afterwards.append(work)


def takes_turns() -> bool:
    """Tell whether a write takes a transaction anyway: where one is open, and on SQLite, whose writers take turns."""
    return _open_transaction.get() is not None or _is_sqlite()


def at_once() -> AbstractContextManager[Connection]:
    """Give a connection for a write that is one statement on PostgreSQL, and so needs no transaction around it.

    SQLite takes one in any case. An open transaction gets no savepoint, so the block must not fail once it has written.
    """
    outer = _open_transaction.get()
    if outer is not None:
        return nullcontext(outer)
    return transaction() if _is_sqlite() else reading()


def _is_sqlite() -> bool:
    return read_engine().dialect.name == "sqlite"


def reading() -> AbstractContextManager[Connection]:
    """Give a connection for statements that read.

    It is the open transaction's, so that it sees its own writes, or else one in AUTOCOMMIT, which blocks inside the
    block share.
    """
    outer = _open_transaction.get() or _open_reader.get()
    return _own_reader() if outer is None else nullcontext(outer)


@contextmanager
def _own_reader() -> Iterator[Connection]:
    with readers().lend() as connection:
        token = _open_reader.set(connection)
        try:
            yield connection
        finally:
            _open_reader.reset(token)


def is_unavailable(error: Exception) -> bool:
    """Tell whether the database is locked or away: nothing was stored, and trying again later may help."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OperationalError)
    return False


def is_worth_retrying(error: Exception) -> bool:
    """Tell whether the same work may succeed at once: a deadlock, a serialization failure, or a lost connection."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    return isinstance(error.orig, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure)


def at_most_twice(work: Callable[[], Result]) -> Result:
    """Do the work, and once more where its first failure is worth retrying; it must change nothing when it fails."""
    try:
        return work()
    except Exception as error:
        if not is_worth_retrying(error):
            raise
    return work()


def is_unique_violation(error: IntegrityError) -> bool:
    """Tell whether a value that must be unique was taken, and not some other constraint broken."""
    return isinstance(error.orig, psycopg.errors.UniqueViolation) or "UNIQUE constraint" in str(error.orig)
