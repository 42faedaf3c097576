"""Every statement of every operation fails once: the operation is done or nothing of it is, and the next one works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from werkzeug.test import TestResponse

from scim_server.database import db
from tests.reliability.conftest import fingerprint, url_of
from tests.support.client import BULK, ERROR, GROUP, USER, ScimClient

pytestmark = pytest.mark.reliability

SECRET = "sekret-of-the-driver"
# More statements than any operation has.
MANY = 80


class Fault:
    """Fails the n-th statement of a request, COMMIT counting as one, on whichever engine it runs."""

    def __init__(self, position: int, error: Exception) -> None:
        self.left = position
        self.error = error
        self.struck = False

    def statement(self, *_: Any) -> None:
        """Count, and strike when it is time."""
        self.left -= 1
        if self.left == 0:
            self.struck = True
            raise self.error


@contextmanager
def failing(position: int, error: Exception) -> Iterator[Fault]:
    """Fail the n-th statement while the block runs."""
    fault = Fault(position, error)
    engines: list[Engine] = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", fault.statement)
        event.listen(engine, "commit", fault.statement)
    try:
        yield fault
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", fault.statement)
            event.remove(engine, "commit", fault.statement)


Operation = Callable[[ScimClient, dict[str, str]], TestResponse]


def _user(name: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name, "emails": [{"value": f"{name}@example.org", "type": "work"}]}


def _group(name: str, *members: str) -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": name, "members": [{"value": member} for member in members]}


def _replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def _bulk(scim: ScimClient, ids: dict[str, str]) -> TestResponse:
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "new", "data": _user("bulked")},
        {"method": "POST", "path": "/Groups", "bulkId": "team", "data": _group("Bulked", "bulkId:new", ids["bob"])},
        {"method": "PUT", "path": f"/Users/{ids['bob']}", "data": _user("robert")},
        {"method": "DELETE", "path": f"/Users/{ids['eve']}"},
    ]
    return scim.post("/Bulk", {"schemas": [BULK], "Operations": operations})


OPERATIONS: dict[str, Operation] = {
    "POST User": lambda scim, ids: scim.post("/Users", _user("new")),
    "PUT User": lambda scim, ids: scim.put(f"/Users/{ids['bob']}", _user("robert")),
    "PATCH User": lambda scim, ids: scim.patch(
        f"/Users/{ids['bob']}", _replace("emails", [{"value": "b@example.org"}]), _replace("active", False)
    ),
    "DELETE User": lambda scim, ids: scim.delete(f"/Users/{ids['bob']}"),
    "POST Group": lambda scim, ids: scim.post("/Groups", _group("New", ids["bob"], ids["outer"])),
    "PUT Group": lambda scim, ids: scim.put(f"/Groups/{ids['team']}", _group("Renamed", ids["eve"])),
    "PATCH Group": lambda scim, ids: scim.patch(
        f"/Groups/{ids['team']}",
        {"op": "add", "path": "members", "value": [{"value": ids["eve"]}, {"value": ids["inner"]}]},
        {"op": "remove", "path": f'members[value eq "{ids["bob"]}"]'},
        _replace("displayName", "Renamed"),
    ),
    "DELETE Group": lambda scim, ids: scim.delete(f"/Groups/{ids['inner']}"),
    "Bulk": _bulk,
}

ERRORS: dict[str, tuple[Callable[[], Exception], int]] = {
    "the database went away": (lambda: OperationalError(SECRET, None, Exception(SECRET)), 503),
    "the database refused": (lambda: DatabaseError(SECRET, None, Exception(SECRET)), 500),
}


@pytest.fixture
def ids(scim: ScimClient) -> dict[str, str]:
    """Give two people, a team with one of them, and a team within a team."""
    bob, eve = (scim.create_user(**_without_schemas(_user(name)))["id"] for name in ("bob", "eve"))
    inner = scim.create_group("Inner", eve)["id"]
    return {
        "bob": bob,
        "eve": eve,
        "team": scim.create_group("Team", bob)["id"],
        "inner": inner,
        "outer": scim.create_group("Outer", inner, bob)["id"],
    }


def _without_schemas(body: dict[str, Any]) -> dict[str, Any]:
    return {("user_name" if key == "userName" else key): value for key, value in body.items() if key != "schemas"}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_all_or_nothing(app: Flask, scim: ScimClient, ids: dict[str, str], operation: str, error: str) -> None:
    make_error, status = ERRORS[error]
    before = fingerprint(url_of(app))
    for position in range(1, MANY):
        with failing(position, make_error()) as fault:
            answer = OPERATIONS[operation](scim, ids)
        after = fingerprint(url_of(app))
        if not fault.struck:
            assert 200 <= answer.status_code < 300, answer.get_data(as_text=True)
            assert after != before
            return
        _assert_hidden(answer, status)
        if after != before:
            # The change was committed and reading it back failed: what is there is the whole of it, so the fault
            # has to come after the last COMMIT; nothing is left to fail but the answer.
            raise AssertionError(f"statement {position} failed, and something was written: {_changed(before, after)}")
        assert scim.get(f"/Users/{ids['bob']}").status_code == 200, f"after statement {position}"
    raise AssertionError("the operation never ended")


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def _assert_hidden(answer: TestResponse, status: int) -> None:
    body = answer.get_json(force=True)
    assert answer.status_code == status, body
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert SECRET not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)
    assert ("Retry-After" in answer.headers) is (status == 503)


@contextmanager
def trigger(connection: Connection, table: str, verb: str, organization_id: str) -> Iterator[None]:
    """Make the database itself refuse a kind of write in one Organization."""
    row = "OLD" if verb == "DELETE" else "NEW"
    condition = f"{row}.organization_id = '{organization_id}'"
    if connection.dialect.name == "sqlite":
        statements = [
            (
                f"CREATE TRIGGER refuse BEFORE {verb} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{SECRET}'); END"
            )
        ]
        undo = ["DROP TRIGGER refuse"]
    else:
        statements = [
            f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{SECRET}'; END $$",
            f"CREATE TRIGGER refuse BEFORE {verb} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION refuse()",
        ]
        undo = [f"DROP TRIGGER refuse ON {table}", "DROP FUNCTION refuse()"]
    for statement in statements:
        connection.execute(text(statement))
    try:
        yield
    finally:
        for statement in undo:
            connection.execute(text(statement))


REFUSED = [
    ("audit_events", "INSERT", list(OPERATIONS)),
    ("resource_totals", "UPDATE", ["POST User", "DELETE User", "POST Group", "DELETE Group", "Bulk"]),
    ("user_emails", "INSERT", ["POST User", "PATCH User", "Bulk"]),
    ("team_members", "INSERT", ["POST Group", "PUT Group", "PATCH Group", "Bulk"]),
    ("team_members", "DELETE", ["DELETE User", "PUT Group", "PATCH Group", "DELETE Group", "Bulk"]),
]


@pytest.mark.parametrize(
    ("table", "verb", "operation"),
    [(table, verb, operation) for table, verb, operations in REFUSED for operation in operations],
)
def test_the_database_refuses_a_row(
    app: Flask, scim: ScimClient, ids: dict[str, str], table: str, verb: str, operation: str
) -> None:
    before = fingerprint(url_of(app))
    engine = create_engine(url_of(app), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection, trigger(connection, table, verb, scim.organization_id):
            _assert_hidden(OPERATIONS[operation](scim, ids), 500)
            assert fingerprint(url_of(app)) == before
    finally:
        engine.dispose()
    answer = OPERATIONS[operation](scim, ids)
    assert 200 <= answer.status_code < 300, answer.get_data(as_text=True)
