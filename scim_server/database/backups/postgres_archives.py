"""PostgreSQL: pg_dump and pg_restore, and a schema that is set aside while the new one is checked."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from scim_server.database.backups.errors import BackupError

MAGIC = b"PGDMP"
_PACKAGE = "install PostgreSQL's client programs (on Debian and Ubuntu: postgresql-client)"
_REVISION = re.compile(r"^COPY \S*alembic_version .*\n(\S+)$", re.MULTILINE)
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
# Seconds that connections which are being closed may still be there.
_PATIENCE = 5


def dump(engine: Engine, target: Path) -> None:
    """Write an archive of the schema that the server uses, whole as of now."""
    with connect(engine) as connection:
        schema = current_schema(connection)
    _run(
        engine, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}", f"--file={target}"
    )
    check(target)


def check(path: Path) -> None:
    """Raise BackupError where a file is no archive that can be read."""
    _call("pg_restore", "--list", str(path))


def revision(path: Path) -> str | None:
    """Return the revision of the tables in an archive, None where it has none."""
    found = _REVISION.search(_call("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(path)))
    return found[1] if found else None


def load(engine: Engine, path: Path) -> None:
    """Make everything that an archive holds, or nothing of it; the schema itself must be there, and empty."""
    listing = _call("pg_restore", "--list", str(path))
    wanted = [line for line in listing.splitlines() if " SCHEMA - " not in line]
    with tempfile.NamedTemporaryFile("w", prefix="scim-server-", suffix=".list", encoding="utf-8") as chosen:
        chosen.write("\n".join(wanted) + "\n")
        chosen.flush()
        options = (
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--use-list",
            chosen.name,
        )
        _run(engine, "pg_restore", *options, str(path))


@contextmanager
def connect(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of its own, without the time limits of requests."""
    parameters = _parameters(engine)
    try:
        with psycopg.connect(**parameters, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL says: {str(error).splitlines()[0]}") from None


def current_schema(connection: psycopg.Connection[Any]) -> str:
    """Return the schema that the tables are in; raises BackupError where there is none."""
    (schema,) = connection.execute("SELECT current_schema()").fetchone()  # type: ignore[misc]
    if schema is None:
        raise BackupError("The database has no schema that this user's tables could be in.")
    return str(schema)


def require_alone(connection: psycopg.Connection[Any]) -> None:
    """Raise BackupError where somebody else is connected to the database."""
    deadline = time.monotonic() + _PATIENCE
    others = _count_others(connection)
    while others and time.monotonic() < deadline:
        time.sleep(0.1)
        others = _count_others(connection)
    if others:
        raise BackupError(f"The database is in use by {others} connections: stop the servers and workers first.")


def set_aside(connection: psycopg.Connection[Any], schema: str, kept: str) -> None:
    """Rename the present schema and make an empty one, both or neither."""
    names = {"schema": sql.Identifier(schema), "kept": sql.Identifier(kept)}
    with connection.transaction():
        connection.execute(sql.SQL("ALTER SCHEMA {schema} RENAME TO {kept}").format(**names))
        connection.execute(sql.SQL("CREATE SCHEMA {schema}").format(**names))


def put_back(connection: psycopg.Connection[Any], schema: str, kept: str) -> None:
    """Drop the new schema and give the one before its name again, both or neither."""
    names = {"schema": sql.Identifier(schema), "kept": sql.Identifier(kept)}
    with connection.transaction():
        connection.execute(sql.SQL("DROP SCHEMA {schema} CASCADE").format(**names))
        connection.execute(sql.SQL("ALTER SCHEMA {kept} RENAME TO {schema}").format(**names))


def _count_others(connection: psycopg.Connection[Any]) -> int:
    (others,) = connection.execute(_OTHERS).fetchone()  # type: ignore[misc]
    return int(others)


def _parameters(engine: Engine) -> dict[str, Any]:
    """Return what libpq takes, out of the URL alone: the engine's own options are for requests."""
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in engine.url.query.items()}
    return {**engine.url.translate_connect_args(username="user", database="dbname"), **query}


def _run(engine: Engine, program: str, *words: str) -> str:
    """Run a program against the engine's database; the password is in its environment, where others cannot see it."""
    parameters = _parameters(engine)
    environment = dict(os.environ)
    if password := parameters.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    return _call(program, f"--dbname={make_conninfo(**parameters)}", *words, environment=environment)


def _call(program: str, *words: str, environment: dict[str, str] | None = None) -> str:
    path = shutil.which(program)
    if path is None:
        raise BackupError(f"{program} is not here: {_PACKAGE}.")
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, and no shell
        [path, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        reason = next((line for line in lines if "error:" in line), lines[0])
        raise BackupError(f"{program} failed: {reason.partition('error: ')[2] or reason}")
    return done.stdout
