"""One engine for requests and one for migrations, tuned for each database.

Requests use one in AUTOCOMMIT, which saves BEGIN and COMMIT on each that only reads; `transactions.py` sends them where
they are wanted. SQLite: WAL, foreign keys, and BEGIN IMMEDIATE, because a deferred transaction that reads and then
writes fails at once when another writer was faster (docs/decisions 0011). It writes by a connection of the engine of
migrations (0066).
"""

import sqlite3
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url

from scim_server.database.base import db
from scim_server.database.kept import KeptConnections
from scim_server.database.prepared import Prepared
from scim_server.settings import Settings

# Seconds a SQLite writer waits for another process; threads of one process queue on a lock instead.
SQLITE_BUSY_TIMEOUT = 15
# Of each connection: it holds what its log holds, as all else is read where the file is mapped.
SQLITE_CACHE_KIB = 16_384
SQLITE_MMAP_BYTES = 1 << 30
# Pages of the log that are copied into the database at a time: creating a User changes a good dozen, mostly the same as
# the one before, so that copying four times as many at once saves a tenth of what a User costs SQLite.
SQLITE_CHECKPOINT_PAGES = 4_000
# Statements that the compiler of SQLAlchemy remembers; the filter shapes of many Organizations fit.
STATEMENT_CACHE = 2_000
READ = "read"
_KEPT = "kept_connections"

_BEGIN_IMMEDIATE = Prepared(text("BEGIN IMMEDIATE"))


def set_up_engines(app: Flask, settings: Settings) -> None:
    """Configure Flask-SQLAlchemy for the settings' database and attach it to the application."""
    url = make_url(settings.database_url)
    # Errors are logged, and what was bound to their statements is personal.
    # The connection that was used last comes first: SQLite's has its pages at hand, PostgreSQL's its plans.
    options: dict[str, Any] = {"query_cache_size": STATEMENT_CACHE, "hide_parameters": True, "pool_use_lifo": True}
    if url.get_backend_name() == "sqlite":
        options |= {"connect_args": {"timeout": SQLITE_BUSY_TIMEOUT, "check_same_thread": False}}
    else:
        milliseconds = int(settings.statement_timeout * 1000)
        options |= {
            "pool_size": settings.database_pool_size,
            "max_overflow": 0,
            "pool_timeout": settings.statement_timeout,
            "pool_pre_ping": False,
            "connect_args": {
                "connect_timeout": 5,
                "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
            },
        }
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {READ: {"url": url, "isolation_level": "AUTOCOMMIT", **options}}
    db.init_app(app)
    with app.app_context():
        if url.get_backend_name() == "sqlite":
            for engine in db.engines.values():
                event.listen(engine, "connect", _sqlite_pragmas(settings.sqlite_synchronous))
            event.listen(db.engine, "begin", _begin_immediate)
        app.extensions[_KEPT] = {key: KeptConnections(engine) for key, engine in db.engines.items()}


def dispose_engines(app: Flask) -> None:
    """Close all connections, as a worker must after a fork."""
    for kept in app.extensions[_KEPT].values():
        kept.close()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def read_engine() -> Engine:
    """Return the engine of requests."""
    return db.engines[READ]


def readers() -> KeptConnections:
    """Return the connections of requests."""
    kept: KeptConnections = current_app.extensions[_KEPT][READ]
    return kept


def sqlite_writer() -> KeptConnections:
    """Return the connection of SQLite that writes: one alone, which so never has to read again what it knows."""
    kept: KeptConnections = current_app.extensions[_KEPT][None]
    return kept


def _sqlite_pragmas(synchronous: str) -> Any:
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"synchronous={synchronous}",
            f"cache_size=-{SQLITE_CACHE_KIB}",
            f"mmap_size={SQLITE_MMAP_BYTES}",
            f"wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return connect


def _begin_immediate(connection: Connection) -> None:
    _BEGIN_IMMEDIATE.run(connection, {})
