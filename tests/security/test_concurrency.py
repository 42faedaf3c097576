"""Attacks through concurrency and state (security catalogue CC01 to CC10), with threads on both databases."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from scim_server.database import reading
from scim_server.database.engines import dispose_engines
from scim_server.teams.models import TeamMember
from scim_server.tokens.service import list_tokens, revoke_token
from tests.conftest import OPERATOR, Organization, make_app
from tests.support.answers import assert_error, body
from tests.support.client import BULK, GROUP, USER, ScimClient

CLIENTS = 32

Send = Callable[[ScimClient], TestResponse]


def together(scim: ScimClient, *sends: Send) -> list[TestResponse]:
    """Send requests at the same moment, each by a client and a thread of its own."""
    start = threading.Barrier(len(sends))

    def run(send: Send) -> TestResponse:
        client = ScimClient(scim.app, scim.organization_id, scim.token)
        start.wait()
        return send(client)

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(run, sends))


def statuses(answers: list[TestResponse]) -> dict[int, int]:
    """Return how often each status was answered."""
    return dict(Counter(answer.status_code for answer in answers))


def user(user_name: str, **attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **attributes}


def people(scim: ScimClient, number: int) -> list[str]:
    """Create Users by one Bulk, and return their ids."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(index), "data": user(f"user{index}")}
        for index in range(number)
    ]
    results = body(scim.post("/Bulk", {"schemas": [BULK], "Operations": operations}))["Operations"]
    return [result["location"].rpartition("/")[2] for result in results]


def members(scim: ScimClient, group_id: str) -> set[str]:
    return {member["value"] for member in body(scim.get(f"/Groups/{group_id}")).get("members", [])}


def member(op: str, *ids: str) -> dict[str, Any]:
    return {"op": op, "path": "members", "value": [{"value": each} for each in ids]}


def version(scim: ScimClient, path: str) -> int:
    return int(scim.get(path).headers["ETag"].strip('W/"'))


def test_CC01_no_member_is_lost(scim: ScimClient) -> None:
    """Read, change and write back would lose most of these (performance.md: 708 of 800)."""
    ids = people(scim, CLIENTS * 2)
    stay, leave = ids[:CLIENTS], ids[CLIENTS:]
    team = scim.create_group("Team", *leave)["id"]
    before = version(scim, f"/Groups/{team}")

    answers = together(
        scim,
        *(lambda client, each=each: client.patch(f"/Groups/{team}", member("add", each)) for each in stay),
        *(lambda client, each=each: client.patch(f"/Groups/{team}", member("remove", each)) for each in leave[:16]),
    )

    assert statuses(answers) == {200: CLIENTS + 16}
    assert members(scim, team) == {*stay, *leave[16:]}
    assert version(scim, f"/Groups/{team}") == before + CLIENTS + 16


@pytest.mark.parametrize("by", ["userName", "externalId", "displayName"])
def test_CC02_one_of_many_creations_wins(scim: ScimClient, by: str) -> None:
    def post(client: ScimClient, index: int) -> TestResponse:
        if by == "displayName":
            return client.post("/Groups", {"schemas": [GROUP], "displayName": "Team"})
        if by == "externalId":
            return client.post("/Users", user(f"user{index}", externalId="7"))
        return client.post("/Users", user("Ada" if index % 2 else "ada"))

    answers = together(scim, *(lambda client, index=index: post(client, index) for index in range(CLIENTS)))

    assert statuses(answers) == {201: 1, 409: CLIENTS - 1}
    assert {body(answer).get("scimType") for answer in answers} == {None, "uniqueness"}
    assert body(scim.get("/Groups" if by == "displayName" else "/Users"))["totalResults"] == 1


def test_CC02_renaming_onto_one_name(scim: ScimClient) -> None:
    ids = people(scim, 8)
    rename = {"op": "replace", "path": "userName", "value": "wanted"}

    answers = together(scim, *(lambda client, each=each: client.patch(f"/Users/{each}", rename) for each in ids))

    assert statuses(answers) == {200: 1, 409: 7}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_CC03_one_of_many_with_the_same_entity_tag_wins(scim: ScimClient, endpoint: str, method: str) -> None:
    made = scim.create_user("ada") if endpoint == "/Users" else scim.create_group("Team")
    path, headers = f"{endpoint}/{made['id']}", {"If-Match": made["meta"]["version"]}

    def change(client: ScimClient, index: int) -> TestResponse:
        if method == "PATCH":
            name = {"op": "replace", "path": "displayName", "value": f"Name {index}"}
            return client.patch(path, name, headers=headers)
        sent = {"schemas": made["schemas"], "userName": "ada", "displayName": f"Name {index}"}
        return client.put(path, sent, headers=headers)

    answers = together(scim, *(lambda client, index=index: change(client, index) for index in range(16)))

    assert statuses(answers) == {200: 1, 412: 15}
    (won,) = (body(answer)["displayName"] for answer in answers if answer.status_code == 200)
    assert body(scim.get(path))["displayName"] == won
    assert version(scim, path) == 2


@pytest.mark.parametrize(
    ("if_match", "expected"),
    [
        (None, {200}),
        ("*", {200}),
        ('W/"1"', {200}),
        ('"1"', {200, 412}),
        ('W/"9", W/"1"', {200}),
        ('W/"2"', {412}),
        ('W/"9", W/"8"', {412}),
        ("garbage", {400, 412}),
        ("1", {200, 400, 412}),
        ('W/"', {400, 412}),
        ("", {200, 400, 412}),
        ('W/"' + "1" * 5_000 + '"', {400, 412}),
        ('W/"-1"', {400, 412}),
        ('W/"\u0661"', {400, 412}),
    ],
)
def test_CC04_if_match(scim: ScimClient, if_match: str | None, expected: set[int]) -> None:
    path = f"/Users/{scim.create_user('ada')['id']}"
    headers = {} if if_match is None else {"If-Match": if_match.encode().decode("latin-1")}

    answer = scim.patch(path, {"op": "add", "path": "title", "value": "x"}, headers=headers)

    assert answer.status_code in expected
    assert ("title" in body(scim.get(path))) is (answer.status_code == 200)
    missing = scim.patch("/Users/nobody", {"op": "add", "path": "title", "value": "x"}, headers=headers)
    assert missing.status_code in {404, 412}


def orphans(organization_id: str) -> int:
    """Return how many membership rows name a Team or User that is not there, by count of all rows."""
    statement = select(func.count()).where(TeamMember.organization_id == organization_id)
    with reading() as connection:
        return int(connection.execute(statement).scalar_one())


def test_CC05_delete_while_patching_a_user(scim: ScimClient) -> None:
    for index in range(10):
        user_id = scim.create_user(f"user{index}")["id"]
        team = scim.create_group(f"Team {index}")["id"]
        rename = {"op": "replace", "path": "title", "value": "x"}

        answers = together(
            scim,
            lambda client: client.delete(f"/Users/{user_id}"),  # noqa: B023 - called in this round
            lambda client: client.patch(f"/Users/{user_id}", rename),  # noqa: B023
            lambda client: client.patch(f"/Groups/{team}", member("add", user_id)),  # noqa: B023
            lambda client: client.delete(f"/Users/{user_id}"),  # noqa: B023
        )

        first, patched, added, second = (answer.status_code for answer in answers)
        assert sorted((first, second)) == [204, 404]
        assert patched in {200, 404}
        assert added == 200
        assert_error(scim.get(f"/Users/{user_id}"), 404)
        assert members(scim, team) == set()
    assert orphans(scim.organization_id) == 0


def test_CC05_delete_while_patching_a_group(scim: ScimClient) -> None:
    ids = people(scim, 4)
    for index in range(10):
        team = scim.create_group(f"Team {index}")["id"]

        answers = together(
            scim,
            lambda client: client.delete(f"/Groups/{team}"),  # noqa: B023 - called in this round
            *(lambda client, each=each: client.patch(f"/Groups/{team}", member("add", each)) for each in ids),  # noqa: B023
        )

        assert answers[0].status_code == 204
        assert {answer.status_code for answer in answers[1:]} <= {200, 404}
        assert_error(scim.get(f"/Groups/{team}"), 404)
    assert orphans(scim.organization_id) == 0
    assert all("groups" not in each for each in body(scim.get("/Users"))["Resources"])


@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_CC06_replay_after_a_timeout(scim: ScimClient, endpoint: str) -> None:
    sent = user("ada") if endpoint == "/Users" else {"schemas": [GROUP], "displayName": "Team"}

    first, again = scim.post(endpoint, sent), scim.post(endpoint, sent)

    assert first.status_code == 201
    detail = assert_error(again, 409, "uniqueness")
    assert "filter" in detail
    assert scim.delete(f"{endpoint}/{body(first)['id']}").status_code == 204
    assert scim.delete(f"{endpoint}/{body(first)['id']}").status_code == 404


def test_CC07_many_writers_of_many_kinds(scim: ScimClient) -> None:
    """Deferred transactions would fail with "database is locked" here on SQLite."""
    ids = people(scim, 16)
    team = scim.create_group("Team")["id"]

    def work(client: ScimClient, index: int) -> TestResponse:
        client.post("/Users", user(f"new{index}", emails=[{"value": f"{index}@x"}]))
        client.get(f"/Groups/{team}")
        client.patch(f"/Users/{ids[index % 16]}", {"op": "replace", "path": "title", "value": str(index)})
        client.filter("/Users", f'userName eq "new{index}"')
        return client.patch(f"/Groups/{team}", member("add", ids[index % 16]))

    answers = together(scim, *(lambda client, index=index: work(client, index) for index in range(CLIENTS)))

    assert statuses(answers) == {200: CLIENTS}
    assert body(scim.get("/Users?count=0"))["totalResults"] == 16 + CLIENTS
    assert body(scim.get("/Users"))["totalResults"] == 16 + CLIENTS
    assert members(scim, team) == set(ids)


def test_CC08_opposite_order(scim: ScimClient) -> None:
    """Two requests that need the same rows in opposite order: one waits, or is run again; none fails."""
    ids = people(scim, 6)
    teams = [scim.create_group(f"Team {index}", *ids)["id"] for index in range(2)]

    def both(order: list[str], title: str) -> Send:
        operations = [
            {
                "method": "PATCH",
                "path": f"/Groups/{each}",
                "data": {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "replace", "path": "displayName", "value": f"{title} {each}"}],
                },
            }
            for each in order
        ]
        return lambda client: client.post("/Bulk", {"schemas": [BULK], "Operations": operations})

    for index in range(8):
        answers = together(scim, both(teams, f"A{index}"), both(teams[::-1], f"B{index}"))
        assert statuses(answers) == {200: 2}
        assert {result["status"] for answer in answers for result in body(answer)["Operations"]} == {"200"}
        names = {body(scim.get(f"/Groups/{each}"))["displayName"].split()[0] for each in teams}
        # Each Bulk is one commit: both Groups carry the name that the later one gave.
        assert len(names) == 1


def test_CC08_deleting_members_while_groups_change(scim: ScimClient) -> None:
    ids = people(scim, 12)
    teams = [scim.create_group(f"Team {index}", *ids)["id"] for index in range(3)]

    answers = together(
        scim,
        *(lambda client, each=each: client.delete(f"/Users/{each}") for each in ids[:6]),
        *(lambda client, each=each: client.patch(f"/Groups/{each}", member("remove", *ids[6:])) for each in teams),
        *(lambda client, each=each: client.patch(f"/Groups/{each}", member("add", *ids[::-1])) for each in teams),
    )

    assert {answer.status_code for answer in answers[:6]} == {204}
    assert {answer.status_code for answer in answers[6:]} == {200}
    assert all(members(scim, each) <= set(ids[6:]) for each in teams)


@pytest.fixture
def second(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Give another worker on the same database."""
    application = make_app(database_url, tmp_path)
    yield application
    dispose_engines(application)


def test_CC10_token_revoked_in_one_worker_is_refused_in_the_other(
    second: Flask, organization: Organization, scim: ScimClient
) -> None:
    there = ScimClient(second, organization.id, organization.token)
    assert [scim.get("/Users").status_code, there.get("/Users").status_code] == [200, 200]

    (token,) = list_tokens(organization.id)
    revoke_token(organization.id, token.id, OPERATOR)

    assert [scim.get("/Users").status_code, there.get("/Users").status_code] == [401, 401]


def test_CC10_what_one_worker_writes_the_other_reads(
    second: Flask, organization: Organization, scim: ScimClient
) -> None:
    there = ScimClient(second, organization.id, organization.token)
    made = scim.create_user("ada")

    assert body(there.get(f"/Users/{made['id']}")) == made
    there.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    assert body(scim.get(f"/Users/{made['id']}"))["active"] is False
    organization.set_jit(None)
    assert there.create_user("late")["active"] is True
    assert body(scim.filter("/Users", 'userName eq "late"'))["totalResults"] == 1
