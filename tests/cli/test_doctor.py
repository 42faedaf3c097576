"""`doctor`: each thing that goes wrong in practice is named with its remedy."""

import itertools
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from scim_server.cli.examination import State, surroundings
from scim_server.cli.examination.service import Check
from scim_server.settings import Settings
from tests.support.installation import Installation, free_port
from tests.support.postgres import create_database
from tests.support.smtp import mail_server

CHECKS = [
    "settings",
    "home",
    "secret key",
    "address",
    "public URL",
    "mail",
    "backup",
    "database",
    "tables",
    "writing",
    "clock",
    "size",
    "organizations",
    "jobs",
    "audit log",
]


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation whose database is empty."""
    url = None
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"doctor_{uuid.uuid4().hex[:12]}")
    return Installation(tmp_path_factory.mktemp("doctor"), url)


@pytest.fixture(scope="module")
def founded(installation: Installation) -> Installation:
    """Give an installation that the tests of this file share, and none of them spoils."""
    installation.good("quickstart")
    return installation


def found(installation: Installation, check: str, **settings: str) -> dict[str, Any]:
    """Run the doctor and return what it says of one check."""
    outcome = installation.run("doctor", **settings)
    assert outcome.err == ""
    lines = [*outcome.out.splitlines(), ""]
    for line, following in itertools.pairwise(lines):
        if line[5:].startswith(f"{check}: "):
            remedy = following.removeprefix("     -> ") if following.startswith("     -> ") else ""
            return {"state": line[:4], "remedy": remedy, "detail": line[5:], "code": outcome.code}
    raise AssertionError(outcome.out)


def test_names_each_remedy_until_all_is_well(empty: Installation) -> None:
    sick = empty.run("doctor")
    assert sick.code == 1
    assert sick.err == ""
    assert "FAIL tables: the database has no tables yet" in sick.out
    assert "-> Run 'scim-server db upgrade'." in sick.out
    empty.good("db", "upgrade")
    lonely = empty.run("doctor")
    assert lonely.code == 1
    assert "-> Run 'scim-server quickstart'." in lonely.out
    empty.good("quickstart")
    with empty.serving() as server:
        findings = empty.json("doctor", SCIM_SERVER_PORT=str(server.port))
    assert [each["check"] for each in findings] == CHECKS
    wrong = {each["check"]: each["state"] for each in findings if each["state"] != "ok"}
    # No mail server, and on PostgreSQL a key that other hosts would not have.
    assert wrong == {"mail": "warning"} | ({"secret key": "warning"} if empty.database_url else {})


def test_wrong_settings(fresh: Installation) -> None:
    outcome = fresh.run("doctor", SCIM_SERVER_PORT="abc")
    assert outcome.code == 1
    assert "FAIL settings: SCIM_SERVER_PORT" in outcome.out


def test_a_database_that_is_away(fresh: Installation) -> None:
    outcome = fresh.run("doctor", SCIM_SERVER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert outcome.code == 1
    assert "FAIL database: " in outcome.out
    assert "writing" not in outcome.out


AROUND = [
    (surroundings.address, State.WARNING, {"host": "0.0.0.0"}, "Set SCIM_SERVER_PUBLIC_URL"),
    (
        surroundings.address,
        State.WARNING,
        {"public_url": "https://idp.example.com"},
        "Set SCIM_SERVER_TRUSTED_",
    ),
    (surroundings.address, State.WARNING, {"trusted_proxies": 1}, "Set SCIM_SERVER_PUBLIC_URL"),
    (surroundings.address, State.OK, {"public_url": "https://idp.example.com", "trusted_proxies": 1}, ""),
    (surroundings.answers, State.WARNING, {"port": 1}, "Start 'scim-server serve'"),
    (surroundings.mail, State.WARNING, {}, "Set SCIM_SERVER_SMTP_HOST."),
    (surroundings.mail, State.FAILED, {"smtp_host": "127.0.0.1", "smtp_port": 1}, "Check the SCIM_SERVER_SMTP_"),
    (surroundings.secret_key, State.OK, {}, ""),
    (surroundings.secret_key, State.WARNING, {"database_url": "postgresql://x@127.0.0.1/x"}, "Where servers run on"),
]


@pytest.mark.parametrize(("check", "state", "settings", "remedy"), AROUND)
def test_what_is_around(check: Check, state: State, settings: dict[str, Any], remedy: str, tmp_path: Path) -> None:
    finding = check(Settings.load(home=tmp_path, **settings))
    assert finding.state is state
    assert finding.remedy.startswith(remedy)
    assert bool(finding.remedy) is (state is not State.OK)


def test_a_mail_server_that_takes_mail(tmp_path: Path) -> None:
    with mail_server() as server:
        settings = Settings.load(home=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none")
        assert surroundings.mail(settings).state is State.OK
    assert server.received == []


def test_another_program_at_the_public_address(fresh: Installation) -> None:
    import http.server
    import threading

    with http.server.HTTPServer(("127.0.0.1", free_port()), http.server.BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        shown = found(fresh, "public URL", SCIM_SERVER_PORT=str(other.server_port))
        other.shutdown()
    assert shown["state"] == "FAIL"
    assert "says 501" in shown["detail"]


def execute(installation: Installation, statement: str) -> None:
    if installation.database_url is None:
        with closing(sqlite3.connect(installation.home / "scim-server.sqlite")) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        with psycopg.connect(installation.database_url.replace("+psycopg", "")) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


LATE = (
    "INSERT INTO outbox_messages (id, kind, recipient, subject, state, attempts, created_at, next_attempt_at) VALUES "
    "('{0}', 'test', 'a@b.example', 'Test', '{0}', 1, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')"
)
INSIDE = [
    ("jobs", "warn", LATE.format("DEAD"), "See 'scim-server outbox list"),
    ("jobs", "FAIL", LATE.format("WAITING"), "Run 'scim-server serve' or"),
    (
        "audit log",
        "FAIL",
        "UPDATE audit_events SET action = 'nothing'",
        "Run 'scim-server audit verify -O my-organ",
    ),
    ("tables", "FAIL", "ALTER TABLE leases ADD COLUMN strange INTEGER", "Restore a backup"),
    ("tables", "FAIL", "UPDATE alembic_version SET version_num = '9999'", "Install that version."),
]


def test_what_is_inside(empty: Installation) -> None:
    empty.good("quickstart")
    for check, state, statement, remedy in INSIDE:
        execute(empty, statement)
        shown = found(empty, check)
        assert shown["state"] == state, check
        assert shown["remedy"].startswith(remedy), check


def test_a_database_that_takes_no_changes(empty: Installation) -> None:
    if empty.database_url is None:
        pytest.skip("a file that root cannot write to is hard to make")
    empty.good("quickstart")
    name = make_url(empty.database_url).database
    execute(empty, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    shown = found(empty, "writing")
    assert shown["state"] == "FAIL"
    assert shown["remedy"] == "Name the primary."


def test_more_workers_than_connections(founded: Installation) -> None:
    if founded.database_url is None:
        assert "SQLite is served by one process" in founded.run("doctor", SCIM_SERVER_WORKERS="4").out
        return
    shown = found(founded, "size", SCIM_SERVER_WORKERS="200")
    assert shown["state"] == "FAIL"
    assert shown["remedy"] == "Lower SCIM_SERVER_WORKERS or SCIM_SERVER_DATABASE_POOL_SIZE."
