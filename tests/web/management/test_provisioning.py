"""Health, journal and statistics as scripts see them."""

import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from scim_server.connections.recorder import Recorder
from tests.conftest import Organization
from tests.support.api import ApiClient, good, refused
from tests.support.client import USER, ScimClient
from tests.support.counting import count_of


@pytest.fixture(autouse=True)
def recorder(app: Flask) -> Iterator[Recorder]:
    """Give the application's recorder, empty."""
    found: Recorder = app.extensions["recorder"]
    found.flush()
    yield found
    found.flush()


@pytest.fixture
def path(api: ApiClient) -> str:
    """Give the path of the Organization's first Connection."""
    return f"/connections/{good(api.get('/connections'))['connections'][0]['id']}"


def test_a_new_connection_waits(api: ApiClient, path: str) -> None:
    found = good(api.get(f"{path}/health"))
    assert found["state"] == "WAITING"
    assert found["firstSteps"] == {"connectedAt": None, "userAt": None, "teamAt": None}
    assert (found["lastRequestAt"], found["usualPauseHours"], found["expectedBy"]) == (None, None, None)
    assert (found["activities"], found["problems"], found["alerts"]) == ([], [], [])


def test_first_steps(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    scim.filter("/Users", 'userName eq "nobody"')
    recorder.flush()
    steps = good(api.get(f"{path}/health"))["firstSteps"]
    assert steps["connectedAt"]
    assert (steps["userAt"], steps["teamAt"]) == (None, None)
    scim.create_user("ann")
    scim.create_group("Engineers")
    recorder.flush()
    found = good(api.get(f"{path}/health"))
    assert all(found["firstSteps"].values())
    assert found["firstSteps"]["connectedAt"] == steps["connectedAt"]
    assert found["state"] == "HEALTHY"


def test_problems_have_a_remedy(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    scim.create_user("ann")
    for _ in range(2):
        scim.post("/Users", {"schemas": [USER], "userName": "ann"})
    scim.get("/Users/nobody")
    recorder.flush()
    found = good(api.get(f"{path}/health"))
    first, second = found["problems"]
    assert (first["kind"], first["status"], first["requests"], first["isEveryday"]) == ("Uniqueness", 409, 2, False)
    assert "match" in first["remedy"]
    assert (second["kind"], second["isEveryday"]) == ("NotFound", True)
    assert found["state"] == "FAILING"
    activity = next(each for each in found["activities"] if each["operation"] == "create")
    assert (activity["resource"], activity["requests"], activity["failed"]) == ("Users", 3, 2)


def test_repairs_and_skipped_members(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    team = scim.create_group("Engineers")["id"]
    scim.patch(
        f"/Groups/{team}",
        {"op": "remove", "path": "members", "value": [{"value": "x"}]},
        {"op": "add", "path": "members", "value": [{"value": "nobody"}]},
    )
    recorder.flush()
    found = good(api.get(f"{path}/health"))
    assert found["skippedMembers"] == 1
    assert {each["quirk"] for each in found["repairs"]} == {"remove-with-value", "unknown-member"}


def test_last_owner_refusals(
    app: Flask, api: ApiClient, path: str, organization: Organization, scim: ScimClient, recorder: Recorder
) -> None:
    owner = scim.create_user("olga")["id"]
    good(api.post(f"/users/{owner}/roles", {"organizationRole": "ORGANIZATION_OWNER"}))
    answer = scim.patch(f"/Users/{owner}", {"op": "replace", "path": "active", "value": False})
    assert answer.status_code == 409
    recorder.flush()
    found = good(api.get(f"{path}/health"))
    assert found["lastOwnerRefusals"] == 1
    assert found["problems"][0]["kind"] == "LastOwner"


def test_expiring_tokens(api: ApiClient, path: str) -> None:
    made = good(api.post("/tokens", {"name": "short", "kind": "SCIM", "tokenExpiryPeriodInDays": 10}))
    good(api.post("/tokens", {"name": "long", "kind": "SCIM", "tokenExpiryPeriodInDays": 100}))
    (found,) = good(api.get(f"{path}/health"))["tokens"]
    assert (found["id"], found["hasExpired"]) == (made["id"], False)


@pytest.mark.parametrize("state", ["OFF", "PAUSED"])
def test_a_connection_that_may_not_push_says_so(api: ApiClient, path: str, state: str) -> None:
    good(api.patch(path, {"provisioning": state}))
    assert good(api.get(f"{path}/health"))["state"] == state


def test_silence(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    start = datetime.now(UTC) - timedelta(days=4)
    for hours in range(0, 72, 6):
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            scim.get("/Users")
    recorder.flush()
    found = good(api.get(f"{path}/health"))
    assert (found["state"], found["usualPauseHours"]) == ("SILENT", 6)
    scim.get("/Users")
    recorder.flush()
    assert good(api.get(f"{path}/health"))["state"] == "HEALTHY"


def test_the_journal_page_by_page(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    for number in range(3):
        scim.create_user(f"user{number}")
        scim.get("/Users/nobody")
    recorder.flush()
    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = good(api.get(f"{path}/requests", **query))
        found += page["requests"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert [each["statusCode"] for each in found] == [404] * 3 + [201] * 3
    stamps = [each["timestamp"] for each in found]
    assert stamps[:3] == sorted(stamps[:3], reverse=True)
    newest = good(api.get(f"{path}/requests", order="NEWEST", limit=3))
    assert [each["statusCode"] for each in newest["requests"]] == [404, 201, 404]
    following = good(api.get(f"{path}/requests", order="NEWEST", limit=3, cursor=newest["nextCursor"]))
    assert [each["statusCode"] for each in following["requests"]] == [201, 404, 201]
    refused(api.get(f"{path}/requests", order="FAILED_FIRST", limit=3, cursor=newest["nextCursor"]), 400)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"search": "ANN"}, 2),
        ({"search": "100%"}, 0),
        ({"search": "/groups"}, 1),
        ({"method": "POST"}, 2),
        ({"status": 409}, 1),
        ({"failed": "true"}, 1),
        ({"failed": "false", "search": "ann"}, 1),
        ({"from": "2020-01-01"}, 3),
        ({"to": "2020-01-01"}, 0),
    ],
)
def test_filters(
    api: ApiClient, path: str, scim: ScimClient, recorder: Recorder, query: dict[str, object], number: int
) -> None:
    scim.post("/Users", {"schemas": [USER], "userName": "Ann"})
    scim.post("/Users", {"schemas": [USER], "userName": "ann"})
    scim.get("/Groups")
    recorder.flush()
    assert len(good(api.get(f"{path}/requests", **query))["requests"]) == number


def test_a_request_as_a_command(api: ApiClient, path: str, scim: ScimClient, recorder: Recorder) -> None:
    scim.post("/Users?attributes=id", {"schemas": [USER], "userName": "o'neil $HOME", "password": "hunter2"})
    recorder.flush()
    (listed,) = good(api.get(f"{path}/requests"))["requests"]
    assert "requestBody" not in listed
    found = good(api.get(f"{path}/requests/{listed['id']}"))
    assert "hunter2" not in found["requestBody"]
    assert scim.token not in str(found)
    shown = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\n' {found['curl'].removeprefix('curl ')}"],
        env={"SCIM_TOKEN": "mine"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert shown[:3] == ["--request", "POST", f"http://127.0.0.1:8000{scim.base}/Users?attributes=id"]
    assert "Authorization: Bearer mine" in shown
    assert shown[-1] == found["requestBody"]
    assert shlex.split(found["curl"])[0] == "curl"


def test_journal_settings(api: ApiClient, path: str) -> None:
    found = good(api.get(f"{path}/journal"))
    assert found == {"keeps": "ALL", "bodies": True, "days": 7, "daysFailed": 30}
    changed = good(api.patch(f"{path}/journal", {"days": 3, "bodies": False}))
    assert changed == {"keeps": "ALL", "bodies": False, "days": 3, "daysFailed": 30}
    assert good(api.get(f"{path}/journal")) == changed
    (event,) = good(api.get("/audit-events", action="owner:connection:updated"))["auditEvents"]
    assert event["changes"] == {
        "#journal.days": {"before": 7, "after": 3},
        "#journal.keeps_bodies": {"before": True, "after": False},
    }
    good(api.patch(f"{path}/journal", {"days": 3}))
    assert len(good(api.get("/audit-events", action="owner:connection:updated"))["auditEvents"]) == 1
    refused(api.patch(f"{path}/journal", {"days": 0}), 400, "days")
    refused(api.patch(f"{path}/journal", {"keeps": "SOME"}), 400, "keeps")


def test_statistics(api: ApiClient, scim: ScimClient, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, away, _ = (scim.create_user(name)["id"] for name in ("ann", "bob", "cid"))
    scim.create_user("dora", active=False)
    scim.patch(f"/Users/{away}", {"op": "replace", "path": "active", "value": False})
    scim.delete(f"/Users/{gone}")
    scim.get("/Users/nobody")
    recorder.flush()
    # Counting twice is counting once.
    for _ in range(2):
        count_of(api.organization_id, monkeypatch)
    days = good(api.get("/statistics", days=7))["days"]
    assert len(days) == 7
    assert days[0]["members"] == []
    today = days[-1]
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert sorted((each["status"], each["source"], each["users"]) for each in today["members"]) == [
        ("ACTIVE", "scim", 1),
        ("INACTIVE", "scim", 2),
    ]
    assert (today["joined"], today["left"]) == ({"scim": 3}, {"scim": 2})
    assert (today["requests"], today["failedRequests"]) == (7, 1)


def test_todays_numbers_are_those_of_the_moment(
    api: ApiClient, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def today() -> tuple[dict[str, int], dict[str, int]]:
        day = good(api.get("/statistics", days=1))["days"][0]
        return {each["status"]: each["users"] for each in day["members"]}, day["joined"]

    assert today() == ({}, {})
    scim.create_user("ann")
    assert today() == ({"ACTIVE": 1}, {"scim": 1})
    # Of very many the job's numbers are shown.
    monkeypatch.setattr("scim_server.statistics.service.MAX_COUNTED_AT_ONCE", 0)
    assert today() == ({}, {})
    count_of(api.organization_id, monkeypatch)
    assert today() == ({"ACTIVE": 1}, {"scim": 1})
