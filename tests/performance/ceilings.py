"""The ceilings: the least that Flask, SQLAlchemy and the database need for an answer, in the product's server.

F answers fixed bytes, S one document by a unique key, L a hundred documents joined, W inserts one and commits.
"""

import sqlite3
import threading
from contextlib import nullcontext
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import Column, MetaData, String, Table, Text, bindparam, create_engine, event, insert, select
from sqlalchemy.engine import Engine, make_url

from scim_server.cli.serve import server
from scim_server.database.engines import SQLITE_CACHE_KIB, SQLITE_CHECKPOINT_PAGES, SQLITE_MMAP_BYTES
from scim_server.identifiers import new_id
from scim_server.settings import Settings

FIXED = b'{"fixed":"' + b"x" * 1488 + b'"}'
PAGE = 100

# Its rows are copies of the product's documents.
CEILING = Table("ceiling_documents", MetaData(), Column("key", String, primary_key=True), Column("document", Text))
_ONE = select(CEILING.c.document).where(CEILING.c.key == bindparam("key"))
_PAGE = select(CEILING.c.document).order_by(CEILING.c.key).limit(PAGE)
_INSERT = insert(CEILING)


def engines(settings: Settings) -> tuple[Engine, Engine]:
    """Return the engine that reads and the one that writes, with the product's tuning of SQLite."""
    url = make_url(settings.database_url)
    options: dict[str, Any] = {}
    if not settings.is_sqlite:
        options = {"pool_size": settings.database_pool_size, "max_overflow": 0, "pool_use_lifo": True}
    read, write = create_engine(url, isolation_level="AUTOCOMMIT", **options), create_engine(url, **options)
    if settings.is_sqlite:
        for engine in (read, write):
            event.listen(engine, "connect", _pragmas(settings.sqlite_synchronous))
    return read, write


def _pragmas(synchronous: str) -> Any:
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            f"cache_size=-{SQLITE_CACHE_KIB}",
            f"mmap_size={SQLITE_MMAP_BYTES}",
            f"wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return connect


def application() -> Flask:
    """Return the application of the ceilings."""
    settings = Settings.load()
    read, write = engines(settings)
    # SQLite's writers queue here, as in the product: faster than its own waiting.
    lock = threading.Lock() if settings.is_sqlite else nullcontext()
    app = Flask("ceilings", static_folder=None)

    @app.get("/fixed")
    def fixed() -> Response:
        return Response(FIXED, mimetype="application/scim+json")

    @app.get("/one/<key>")
    def one(key: str) -> Response:
        with read.connect() as connection:
            row = connection.execute(_ONE, {"key": key}).one()
        return Response(row.document, mimetype="application/scim+json")

    @app.get("/page")
    def page() -> Response:
        with read.connect() as connection:
            rows = connection.execute(_PAGE).all()
        return Response(f"[{','.join([row.document for row in rows])}]", mimetype="application/scim+json")

    @app.post("/write")
    def write_one() -> Response:
        key = new_id()
        with lock, write.begin() as connection:
            connection.execute(_INSERT, {"key": key, "document": request.get_data(as_text=True)})
        return Response(FIXED, 201, mimetype="application/scim+json")

    return app


if __name__ == "__main__":
    server(Settings.load(), "tests.performance.ceilings:application").serve()
