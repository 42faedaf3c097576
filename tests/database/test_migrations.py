"""Migrations go up, down and up again with data in the tables, and survive being killed in the middle."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, inspect, text

from scim_server.app import create_app
from scim_server.database import db, schema
from scim_server.database.engines import dispose_engines
from scim_server.database.schema import alembic_config
from scim_server.settings import Settings
from tests.conftest import make_organization
from tests.reliability.conftest import fingerprint, url_of
from tests.support.client import ScimClient
from tests.support.server import ROOT


@pytest.fixture
def empty(fresh_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Give an application on a database without tables."""
    app = create_app(Settings.load(home=tmp_path, database_url=fresh_database_url, rate_limit_per_second=0))
    with app.app_context():
        yield app
    dispose_engines(app)


def _revisions() -> list[str]:
    """Return all revisions, the oldest first."""
    return [each.revision for each in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))]


def _fill(app: Flask) -> ScimClient:
    organization = make_organization(f"Migrated {uuid.uuid4().hex[:8]}", "owner@example.org")
    scim = ScimClient(app, organization.id, organization.token)
    bob = scim.create_user("bob", emails=[{"value": "bob@example.org", "type": "work"}])["id"]
    scim.create_group("Team", bob)
    return scim


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables, as they are."""
    with db.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version", "walk_stops"}
        return {
            table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]
            for table in tables
        }


def _only(columns: set[str], rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted((name, repr(row[name])) for name in columns) for row in rows)


def test_there_is_one_line_of_revisions() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [schema.newest_revision()]


def test_up_down_up(empty: Flask) -> None:
    schema.upgrade()
    assert schema.drift() == []
    assert schema.schema_problem() is None
    _fill(empty)
    schema.downgrade("base")
    with db.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    schema.upgrade()
    assert schema.drift() == []
    assert _fill(empty).filter("/Users", 'userName eq "bob"').get_json(force=True)["totalResults"] == 1


@pytest.mark.parametrize("revision", _revisions()[:-1])
def test_data_survives_a_step_down_and_up(empty: Flask, revision: str) -> None:
    schema.upgrade()
    scim = _fill(empty)
    before = _rows()
    schema.downgrade(revision)
    # What a newer revision adds may be lost with it; all else may not.
    kept = {table: set(rows[0]) for table, rows in _rows().items() if rows}
    schema.upgrade()
    assert schema.drift() == []
    assert {"organizations", "users", "user_emails", "teams", "team_members", "tokens", "audit_events"} <= set(kept)
    after = _rows()
    for table, columns in kept.items():
        assert _only(columns, after[table]) == _only(columns, before[table])
    assert scim.get("/Users").get_json(force=True)["totalResults"] == 2


def test_upgrade_again_changes_nothing(empty: Flask) -> None:
    schema.upgrade()
    _fill(empty)
    before = fingerprint(url_of(empty))
    schema.upgrade()
    assert fingerprint(url_of(empty)) == before


_KILLED = """
import os, signal, sys
from sqlalchemy import event
from scim_server.app import create_app
from scim_server.database import db, schema
from scim_server.settings import Settings

left = int(sys.argv[1])

def strike(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with create_app(Settings.load()).app_context():
    event.listen(db.engine, "before_cursor_execute", strike)
    schema.upgrade()
"""


@pytest.mark.parametrize("statement", [3, 8, 20, 30])
def test_killed_in_the_middle(empty: Flask, tmp_path: Path, statement: int) -> None:
    done = _upgrade_killed_at(statement, empty, tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with db.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}, "half of a migration is left"
    schema.upgrade()
    assert schema.drift() == []
    _fill(empty)


def _upgrade_killed_at(statement: int, app: Flask, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SCIM_SERVER_HOME": str(home), "SCIM_SERVER_DATABASE_URL": url_of(app)}
    return subprocess.run(
        [sys.executable, "-c", _KILLED, str(statement)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_upgrades_at_once(empty: Flask, tmp_path: Path) -> None:
    """Two containers that start together both end with the tables in place."""
    never = str(10**6)
    environment = {**os.environ, "SCIM_SERVER_HOME": str(tmp_path), "SCIM_SERVER_DATABASE_URL": url_of(empty)}
    command: list[Any] = [sys.executable, "-c", _KILLED, never]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert schema.drift() == []


def test_old_tables_are_named_by_readiness(empty: Flask) -> None:
    schema.upgrade(_revisions()[0])
    answer = empty.test_client().get("/readyz")
    engine = create_engine(url_of(empty))
    with engine.connect() as connection:
        at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()
    assert at == _revisions()[0]
    assert answer.status_code == (200 if at == schema.newest_revision() else 503)
