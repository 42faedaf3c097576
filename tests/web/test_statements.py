"""How many statements a request costs: a read is one SELECT, and no list asks for each row.

A page of many Users reads the names of their Teams by a second one.

The numbers are pinned exactly, so that a statement more is noticed by whoever adds it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from scim_server.database import db
from tests.conftest import Organization
from tests.support.client import ENTERPRISE, GROUP, SEARCH, USER, ScimClient

# The look-up of the token: every request begins with it but a read, which asks for it by the way if it finds anything.
TOKEN = 1


class Statements:
    """The statements that both engines run inside the block; BEGIN, COMMIT and savepoints are not counted."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __len__(self) -> int:
        return len(self.texts)

    def kinds(self) -> str:
        """Return the statements' verbs."""
        return " ".join(text.split(maxsplit=1)[0] for text in self.texts)

    def note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        verb = statement.split(maxsplit=1)[0].upper()
        if verb not in {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}:
            self.texts.append(statement)


@contextmanager
def counted() -> Iterator[Statements]:
    """Count the statements of the block."""
    statements = Statements()
    engines: list[Engine] = list(db.engines.values())
    assert len(engines) == 2
    for engine in engines:
        event.listen(engine, "before_cursor_execute", statements.note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", statements.note)


@pytest.fixture
def warm(app: Flask, scim: ScimClient, monkeypatch: pytest.MonkeyPatch) -> ScimClient:
    """Give a client whose token has just been used, so that its last use is not written again.

    What was observed or refused is written, and walks are cleared, every now and then by whichever request comes; here
    none does.
    """
    monkeypatch.setattr(app.extensions["refusals"], "count", lambda *_: None)
    monkeypatch.setattr(app.extensions["scim_walks"], "_clear_at", float("inf"), raising=False)
    assert scim.get("/Users").status_code == 200
    return scim


def populate(scim: ScimClient, number: int) -> tuple[list[str], list[str]]:
    """Create as many Users, each with e-mail and manager, all of them in three Groups; return the ids of both."""
    users = [
        scim.create_user(
            f"user{index}@example.com",
            externalId=str(index),
            emails=[{"value": f"user{index}@example.com", "type": "work", "primary": True}],
            **{ENTERPRISE: {"manager": {"value": "somebody"}}},
        )["id"]
        for index in range(number)
    ]
    return users, [scim.create_group(f"Team {index}", *users)["id"] for index in range(3)]


def count(request: Callable[[], Any], status: int = 200) -> int:
    """Return how many statements a request costs."""
    with counted() as statements:
        answer = request()
    assert answer.status_code == status, answer.get_data(as_text=True)
    return len(statements)


def test_reads_cost_one_select(warm: ScimClient) -> None:
    users, teams = populate(warm, 3)
    by_name = {"filter": 'userName eq "user1@example.com"'}

    assert {
        "User": count(lambda: warm.get(f"/Users/{users[0]}")),
        "User without groups": count(lambda: warm.get(f"/Users/{users[0]}?excludedAttributes=groups")),
        "not modified": count(lambda: warm.get(f"/Users/{users[0]}", headers={"If-None-Match": 'W/"1"'}), 304),
        "Group": count(lambda: warm.get(f"/Groups/{teams[0]}")),
        "Group without members": count(lambda: warm.get(f"/Groups/{teams[0]}?excludedAttributes=members")),
        "by userName": count(lambda: warm.get("/Users", query_string=by_name)),
        "by e-mail": count(lambda: warm.filter("/Users", 'emails.value eq "user2@example.com"')),
        "by externalId": count(lambda: warm.filter("/Users", 'externalId eq "2"')),
        "Groups by displayName": count(lambda: warm.filter("/Groups", 'displayName eq "Team 1"')),
        "membership": count(lambda: warm.filter("/Groups", f'id eq "{teams[0]}" and members eq "{users[0]}"')),
        "all Groups": count(lambda: warm.get("/Groups")),
    } == dict.fromkeys(
        (
            "User",
            "User without groups",
            "not modified",
            "Group",
            "Group without members",
            "by userName",
            "by e-mail",
            "by externalId",
            "Groups by displayName",
            "membership",
            "all Groups",
        ),
        1,
    )


def test_reads_that_find_nothing_and_searches_cost_the_token_too(warm: ScimClient) -> None:
    assert count(lambda: warm.get("/Users/nobody"), 404) == TOKEN + 1
    assert count(lambda: warm.filter("/Users", 'userName eq "nobody"')) == TOKEN + 1
    assert count(lambda: warm.post("/Users/.search", {"schemas": [SEARCH], "filter": "userName pr"})) == TOKEN + 1


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/Users", 2),
        ("/Users?filter=active eq true", 2),
        ("/Users?count=19", 1),
        ("/Users?excludedAttributes=groups", 1),
        ('/Users?filter=userName eq "bare"', 1),
        # Nobody found is in a Team.
        ('/Users?filter=userName sw "bare"', 1),
        ("/Groups", 1),
    ],
)
def test_pages_of_many_read_the_names_of_all_teams_by_a_second_select(
    warm: ScimClient, path: str, statements: int
) -> None:
    populate(warm, 2)
    warm.create_user("bare")

    assert count(lambda: warm.get(path)) == statements


@pytest.mark.parametrize(
    "path",
    ["/Users?count=100", "/Users?count=100&filter=active eq true", "/Users?count=100&sortBy=userName", "/Groups", "/"],
)
def test_list_of_many_costs_no_more_than_a_list_of_one(warm: ScimClient, path: str) -> None:
    populate(warm, 1)
    one = count(lambda: warm.get(path))
    assert len(warm.get("/Users").get_json(force=True)["Resources"]) == 1
    populate_more(warm, 99)

    hundred = count(lambda: warm.get(path))

    assert len(warm.get("/Users").get_json(force=True)["Resources"]) == 100
    assert hundred == one


def populate_more(scim: ScimClient, number: int) -> None:
    """Create Users by Bulk and put them all into Groups of their own."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(index), "data": {"schemas": [USER], "userName": f"m{index}"}}
        for index in range(number)
    ]
    members = [{"value": f"bulkId:{index}"} for index in range(number)]
    operations += [
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": f"group{index}",
            "data": {"schemas": [GROUP], "displayName": f"More {index}", "members": members},
        }
        for index in range(3)
    ]
    schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    answer = scim.post("/Bulk", {"schemas": [schema], "Operations": operations})
    assert {result["status"] for result in answer.get_json(force=True)["Operations"]} == {"201"}


@pytest.mark.parametrize(
    ("path", "statements", "shared"),
    [
        # page, total; the place is noted where other workers can find it
        ("/Users?count=2", 2, 3),
        # is there a place noted, where to begin, page, total, and the place
        ("/Users?startIndex=2&count=1", 3, 5),
        ("/Users?count=0", TOKEN + 1, TOKEN + 1),
    ],
)
def test_pages_that_are_not_the_whole_list_add_the_total(
    backend: str, warm: ScimClient, path: str, statements: int, shared: int
) -> None:
    populate(warm, 4)

    assert count(lambda: warm.get(path)) == (statements if backend == "sqlite" else shared)


def test_refusals_cost_the_token_alone(warm: ScimClient) -> None:
    stranger = ScimClient(warm.app, warm.organization_id, "scim_0123456789abcdef0123_wrong")

    # Once more after the answer, for whose token it may have been before it was revoked.
    assert count(lambda: stranger.get("/Users"), 401) == TOKEN + 1
    assert count(lambda: ScimClient(warm.app, warm.organization_id, "garbage").get("/Users"), 401) == 0
    assert count(lambda: warm.filter("/Users", "unknown eq 1"), 400) == TOKEN
    assert count(lambda: warm.post("/Users", {"schemas": []}), 400) == TOKEN
    assert count(lambda: warm.patch("/Users/nobody", {"op": "replace", "path": "", "value": 1}), 400) == TOKEN


def title(text: str) -> dict[str, Any]:
    return {"op": "replace", "path": "title", "value": text}


def email(text: str) -> dict[str, Any]:
    return {"op": "replace", "path": "emails", "value": [{"value": text}]}


def add(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": each} for each in ids]}


def remove(*ids: str) -> dict[str, Any]:
    return {"op": "remove", "path": "members", "value": [{"value": each} for each in ids]}


def body(user_name: str, **attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **attributes}


Request = Callable[[ScimClient, list[str], list[str]], Any]

# What is sent to three Users who are in three Groups, the status, and the statements besides the token's look-up; two
# numbers where PostgreSQL, the second, gets in one statement what SQLite gets in several.
WRITES: dict[str, tuple[Request, int, int | tuple[int, int]]] = {
    # User, event, total
    "create User": (lambda scim, users, teams: scim.post("/Users", body("new")), 201, (3, 1)),
    # and e-mails
    "create User with e-mails": (
        lambda scim, users, teams: scim.post("/Users", body("new", emails=[{"value": "a"}, {"value": "b"}])),
        201,
        (4, 1),
    ),
    # no User, policy, whose name is it
    "create User again": (lambda scim, users, teams: scim.post("/Users", body("user1@example.com")), 409, 3),
    # lock with policy, User, event
    "change User": (lambda scim, users, teams: scim.patch(f"/Users/{users[0]}", title("x")), 200, (3, 2)),
    # and e-mails out and in
    "change e-mails": (lambda scim, users, teams: scim.patch(f"/Users/{users[0]}", email("x")), 200, (5, 2)),
    # lock
    "change nothing": (
        lambda scim, users, teams: scim.patch(f"/Users/{users[0]}", {"op": "replace", "path": "active", "value": True}),
        200,
        1,
    ),
    # lock, policy, sessions, User, event
    "deactivate User": (
        lambda scim, users, teams: scim.patch(
            f"/Users/{users[0]}", {"op": "replace", "path": "active", "value": False}
        ),
        200,
        (4, 3),
    ),
    "change nobody": (lambda scim, users, teams: scim.patch("/Users/nobody", title("x")), 404, 1),
    # as a change of e-mails, which the body leaves out
    "replace User": (lambda scim, users, teams: scim.put(f"/Users/{users[0]}", body("other")), 200, (4, 2)),
    # locks of the Groups and of the User, sessions, versions of the Groups, memberships, User, total, event
    "delete User": (lambda scim, users, teams: scim.delete(f"/Users/{users[0]}"), 204, 8),
    "delete nobody": (lambda scim, users, teams: scim.delete("/Users/nobody"), 404, 2),
    # Group, total, event, and the answer
    "create Group": (
        lambda scim, users, teams: scim.post("/Groups", {"schemas": [GROUP], "displayName": "New"}),
        201,
        4,
    ),
    # and members, their number
    "create Group with members": (
        lambda scim, users, teams: scim.post(
            "/Groups", {"schemas": [GROUP], "displayName": "New", "members": [{"value": each} for each in users]}
        ),
        201,
        6,
    ),
    # lock, member, Group, event, and the answer
    "add member": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[2]}", add(users[0])), 200, 5),
    # lock, no member, is it there, and the answer
    "add member again": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[0]}", add(users[0])), 200, 4),
    # and is it a Group, under the Organization's lock; may it be passed over
    "add nobody": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[0]}", add("nobody")), 200, 7),
    "add Group": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[0]}", add(teams[1])), 200, 11),
    "remove member": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[0]}", remove(users[0])), 200, 5),
    "remove nobody": (lambda scim, users, teams: scim.patch(f"/Groups/{teams[0]}", remove("nobody")), 200, 3),
    "rename Group": (
        lambda scim, users, teams: scim.patch(
            f"/Groups/{teams[0]}", {"op": "replace", "path": "displayName", "value": "Renamed"}
        ),
        200,
        4,
    ),
    # lock, those who go, those who come, Group, event, and the answer
    "replace Group": (
        lambda scim, users, teams: scim.put(
            f"/Groups/{teams[2]}", {"schemas": [GROUP], "displayName": "New", "members": [{"value": users[0]}]}
        ),
        200,
        6,
    ),
    # lock, Groups that it is in, Group, total, event
    "delete Group": (lambda scim, users, teams: scim.delete(f"/Groups/{teams[0]}"), 204, 5),
}


@pytest.mark.parametrize("name", WRITES)
def test_writes_cost_what_is_written_here(backend: str, warm: ScimClient, name: str) -> None:
    users, teams = populate(warm, 3)
    warm.patch(f"/Groups/{teams[2]}", {"op": "remove", "path": "members"})
    request, status, expected = WRITES[name]
    if isinstance(expected, tuple):
        expected = expected[backend == "postgresql"]

    with counted() as statements:
        answer = request(warm, users, teams)

    assert answer.status_code == status, answer.get_data(as_text=True)
    assert len(statements) == TOKEN + expected, statements.kinds()


def test_many_members_cost_what_one_costs(warm: ScimClient) -> None:
    users, teams = populate(warm, 50)
    warm.patch(f"/Groups/{teams[2]}", {"op": "remove", "path": "members"})

    one = count(lambda: warm.patch(f"/Groups/{teams[2]}", add(users[0])))
    many = count(lambda: warm.patch(f"/Groups/{teams[2]}", add(*users[1:])))
    gone = count(lambda: warm.patch(f"/Groups/{teams[2]}", remove(*users)))

    assert one == many == gone


def test_deleting_a_user_of_many_groups_costs_what_one_group_costs(warm: ScimClient) -> None:
    users, _ = populate(warm, 2)
    for index in range(20):
        warm.create_group(f"Further {index}", users[0])

    assert count(lambda: warm.delete(f"/Users/{users[0]}"), 204) == count(
        lambda: warm.delete(f"/Users/{users[1]}"), 204
    )


def test_first_use_of_a_token_in_a_while_is_written_once(app: Flask, organization: Organization) -> None:
    scim = ScimClient(app, organization.id, organization.token)

    assert count(lambda: scim.get("/Users/nobody"), 404) == TOKEN + 2
    assert count(lambda: scim.get("/Users/nobody"), 404) == TOKEN + 1
