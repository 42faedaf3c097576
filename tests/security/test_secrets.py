"""Secrets, the audit log and exports (security catalogue SC, TN16, WB02, WB07, AV), on both databases.

The canaries are not listed: whatever an endpoint answers under the name of a secret, and whatever a mail carries, is
one. So an area that makes a new kind of secret is covered by its entries of the tenant matrix.
"""

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as events
from sqlalchemy import text

from scim_server.audit.chain import seal
from scim_server.audit.listing import Filter, list_events
from scim_server.audit.verification import verify
from scim_server.database import Base, db, reading, transaction
from scim_server.outbox.models import OutboxMessage
from scim_server.sealing import unseal
from tests.conftest import Cast, Organization
from tests.support.answers import assert_error
from tests.support.api import ApiClient, good, refused
from tests.support.client import USER, ScimClient
from tests.web.management.test_tenancy import CASES, own_id, send

# Names of fields that hold a secret, in answers and in what is sent.
SECRET_FIELDS = re.compile(r"^(token|secret|.*[a-z](Token|Secret)|password|bypass(Key|Link))$")
# A secret in the link of a mail: long and random, and no UUID.
IN_MAIL = re.compile(r"[A-Za-z0-9_-]{22,}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def secrets_of(value: Any, name: str = "") -> Iterator[str]:
    """Yield what an answer holds under the name of a secret."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_of(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets_of(inner, name)
    elif isinstance(value, str) and SECRET_FIELDS.match(name) and len(value) >= 16:
        yield value


def secrets_of_mails(organization_id: str) -> Iterator[str]:
    """Yield what waiting mails carry and nothing else may hold."""
    payloads = text("SELECT payload FROM outbox_messages WHERE organization_id = :id AND payload IS NOT NULL")
    with reading() as connection:
        found = list(connection.execute(payloads, {"id": organization_id}).scalars())
    assert OutboxMessage.payload is not None
    for payload in found:
        for link in re.findall(r"https?://\S+", unseal(payload).replace("\\n", " ")):
            yield from (word for word in IN_MAIL.findall(link) if not UUID.fullmatch(word))


def dump() -> str:
    """Return everything that the database holds, row by row."""
    lines = []
    with reading() as connection:
        for table in Base.metadata.sorted_tables:
            lines += [
                f"{table.name} {tuple(row)!r}" for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))
            ]
    return "\n".join(lines)


@pytest.fixture
def canaries(cast: Cast) -> set[str]:
    """Give all secrets that there are once every endpoint was asked; the tokens of the cast among them."""
    found = {cast.acme.token, cast.elsewhere.token, cast.api.token, cast.charlies_api.token}
    password = "canary-of-a-password-5f1c"
    user = {"schemas": [USER], "userName": "canary@acme.example", "password": password}
    assert cast.acme.post("/Users", user).status_code == 201
    for wrong in ([password], {"value": password}):
        cast.acme.post("/Users", {**user, "userName": "other@acme.example", "password": wrong})
    cast.acme.filter("/Users", f'password eq "{password}"')
    cast.acme.get(f"/Users?access_token={cast.acme.token}")
    cast.api.get("/audit-events", token=cast.api.token)
    cast.api.post("", {"password": password, password: "x"})
    # Last: among them are those that switch provisioning off.
    for number, case in enumerate(CASES):
        method, entry = case.values
        headers = {"Idempotency-Key": f"key-{number}"}
        answer = send(cast.api, method, entry, own_id(cast, entry), headers=headers)
        found |= set(secrets_of(answer.get_json(silent=True)))
    return found | {password} | set(secrets_of_mails(cast.api.organization_id))


def parts(secret: str) -> str:
    """Return what must not be found of a secret: of a token the part that is not its id."""
    return secret.split("_", 2)[2] if secret.startswith("scim_") else secret


def test_SC01_SC02_no_secret_is_logged_or_stored(
    app: Flask, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("scim_server"), "propagate", True)
    with caplog.at_level(logging.DEBUG):
        canaries: set[str] = request.getfixturevalue("canaries")
    cast: Cast = request.getfixturevalue("cast")
    stored = dump()
    exported = cast.api.get("/audit-logs", format="ndjson").get_data(as_text=True)

    assert len(canaries) >= 5
    for secret in map(parts, canaries):
        assert secret not in caplog.text
        assert secret not in stored
        assert secret not in exported


def test_SC02_the_files_of_the_database_hold_no_token(app: Flask, request: pytest.FixtureRequest) -> None:
    canaries: set[str] = request.getfixturevalue("canaries")
    path = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or path is None:
        pytest.skip("the rows of the dump are all that PostgreSQL shows")
    held = b"".join(file.read_bytes() for file in Path(path).parent.glob(f"{Path(path).name}*"))

    assert len(held) > 10_000
    assert not [secret for secret in map(parts, canaries) if secret.encode() in held]


def test_SC01_the_request_journal_keeps_no_secret(app: Flask, cast: Cast) -> None:
    password = "canary-of-a-password-7d1e"
    app.extensions["recorder"].flush()
    body = {"schemas": [USER], "userName": "eve", "password": password}
    assert cast.acme.post("/Users", body).status_code == 201
    cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": "password", "value": password})
    cast.acme.get(f"/Users?filter=password eq '{password}'&access_token={cast.acme.token}")
    cast.acme.get(f"/Users/{cast.acme.token}")
    app.extensions["recorder"].flush()
    stored = dump()
    assert "userName" in stored
    assert password not in stored
    assert parts(cast.acme.token) not in stored


def test_SC01_errors_repeat_no_secret(cast: Cast) -> None:
    password = "canary-of-a-password-5f1c"
    user = {"schemas": [USER], "userName": "ada", "password": [password]}
    answers = [
        cast.acme.post("/Users", user),
        cast.acme.post("/Users", None, data=f'{{"password": "{password}"', content_type="application/json"),
        cast.acme.filter("/Users", f'password eq "{password}"'),
        cast.api.get("/audit-events", cursor=cast.api.token),
        ApiClient(cast.api.app, cast.api.organization_id, f"{cast.api.token}x").get(""),
    ]

    for answer in answers:
        shown = answer.get_data(as_text=True)
        assert password not in shown
        assert parts(cast.api.token) not in shown


@pytest.mark.parametrize("path", ["", "/audit-events"])
def test_SC03_a_failure_tells_nothing(api: ApiClient, path: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("sekret in /srv/secret.py: SELECT 1")

    events.listen(db.engines["read"], "before_cursor_execute", fail)
    try:
        answer = api.get(path)
    finally:
        events.remove(db.engines["read"], "before_cursor_execute", fail)

    message = refused(answer, 500)
    assert "sekret" not in message
    assert "SELECT" not in message
    assert answer.headers["X-Request-Id"] in message


HOSTILE = [
    "ada\n2026-01-01 forged",
    "ada\x1b[31m",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    ' =HYPERLINK("http://evil.test")',
]


@pytest.fixture
def hostile(scim: ScimClient, api: ApiClient) -> ApiClient:
    """Give the API of an Organization whose log holds what attackers type as names."""
    for number, name in enumerate(HOSTILE):
        scim.create_user(f"ada{number}", displayName=name, nickName=name)
        scim.request(
            "GET", f"/Users?filter={number}", headers={"User-Agent": name.replace("\n", " ").replace("\t", "")}
        )
    return api


def test_SC04_WB02_a_line_of_the_export_is_one_event(hostile: ApiClient) -> None:
    shown = hostile.get("/audit-logs", format="ndjson").get_data(as_text=True)
    listed = hostile.get("/audit-events", limit=1000)

    lines = [json.loads(line) for line in shown.split("\n") if line]
    names = [line["changes"]["displayName"][1] for line in lines if "displayName" in line["changes"]]
    assert names[-len(HOSTILE) :] == HOSTILE
    assert "\x1b" not in shown
    # JSON is never taken for a page.
    assert listed.mimetype == "application/json"
    assert listed.headers["X-Content-Type-Options"] == "nosniff"


def test_WB07_no_cell_is_a_formula(hostile: ApiClient) -> None:
    answer = hostile.get("/audit-logs", format="csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert len(rows) == len(list_events(hostile.organization_id, Filter(), 1_000))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@]", cell)]
    assert "'=cmd|' /C calc'!A0" in cells
    # What is quoted in the cell of changes is whole.
    assert [json.loads(row["changes"]) for row in rows]


def test_SC05_the_log_names_what_was_done_to_it(organization: Organization, scim: ScimClient) -> None:
    """The kinds of tampering are in tests/audit/test_chain.py."""
    for number in range(3):
        scim.create_user(f"user{number}")
    seal(organization.id)
    of = "WHERE organization_id = :id AND position ="
    with transaction() as connection:
        connection.execute(text(f"UPDATE audit_events SET changes = '{{}}' {of} 3"), {"id": organization.id})
        connection.execute(text(f"DELETE FROM audit_events {of} 4"), {"id": organization.id})

    told = [(problem.kind, problem.position) for problem in verify(organization.id).problems]
    assert told == [("edited", 3), ("missing", 4)]


def test_TN16_an_export_holds_one_organization(cast: Cast) -> None:
    theirs = (cast.charlies_api.organization_id, cast.charlie, cast.charlies_team, "charlie@")
    for query in ({}, {"format": "csv"}, {"format": "ndjson"}):
        shown = cast.api.get("/audit-logs", **{"format": "ndjson", **query}).get_data(as_text=True)
        assert cast.bob in shown
        assert not [text for text in theirs if text in shown]
    listed = cast.api.get("/audit-events", limit=1000).get_data(as_text=True)
    assert not [text for text in theirs if text in listed]
    for query in ({"targetId": cast.charlie}, {"search": "charlie"}, {"actorId": cast.charlie}):
        assert good(cast.api.get("/audit-events", **query))["auditEvents"] == []


@pytest.mark.parametrize("attribute", ["displayName", "userName", "nickName"])
def test_AV08_combining_marks(scim: ScimClient, attribute: str) -> None:
    user = {"schemas": [USER], "userName": "ada", attribute: "a" + "\u0301" * 450_000}

    data = json.dumps(user, ensure_ascii=False).encode()
    answer = scim.post("/Users", None, data=data, content_type="application/scim+json")

    # By its length, before anything folds or normalises it.
    assert "must not be longer than" in assert_error(answer, 400, "invalidValue")
