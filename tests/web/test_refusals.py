"""Refused requests as audit events: what is one, whose log it stands in, and that a flood is a few of them."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from scim_server.audit.listing import EventRecord, Filter, list_events
from scim_server.audit.refusals import MAX_EVENTS, MAX_TOKENS, WINDOW, RefusalLimit
from scim_server.database import transaction
from scim_server.tokens.service import SCIM_SCOPE, create_token, list_tokens, revoke_token
from tests.conftest import OPERATOR, Cast, Organization, make_api
from tests.support.api import ApiClient
from tests.support.client import USER, ScimClient
from tests.web.test_rate_limit import Clock


@pytest.fixture(autouse=True)
def _fresh_limit(app: Flask) -> None:
    app.extensions["refusals"] = RefusalLimit()


def refusals(organization_id: str) -> list[EventRecord]:
    """Return the events of refusals, the newest first."""
    return [
        event for event in list_events(organization_id, Filter(), 1_000) if event.action.endswith(":request:refused")
    ]


def switch_off(scim: ScimClient) -> None:
    """Switch provisioning off."""
    with transaction() as connection:
        switch = text("UPDATE connections SET provisioning = 'OFF' WHERE organization_id = :id")
        connection.execute(switch, {"id": scim.organization_id})


def told(event: EventRecord) -> dict[str, Any]:
    return {name.removeprefix("#"): after for name, (_, after) in event.changed().items()}


def test_a_refused_push_is_an_event(scim: ScimClient) -> None:
    scim.create_user("ada")
    answer = scim.post("/Users", {"schemas": [USER], "userName": "ada"}, headers={"User-Agent": "IdP/1"})
    assert answer.status_code == 409

    (event,) = refusals(scim.organization_id)

    assert event.action == "scim:request:refused"
    assert (event.actor_type, event.actor_name, event.user_agent) == ("token", "tests", "IdP/1")
    assert event.target_type == "Token"
    assert event.request_id == answer.headers["X-Request-Id"]
    reason = told(event)
    assert reason["reason"] == answer.get_json(force=True)["detail"]
    assert {**reason, "reason": ""} == {"method": "POST", "path": f"{scim.base}/Users", "status": 409, "reason": ""}


@pytest.mark.parametrize(
    ("method", "path", "arguments", "status"),
    [
        ("GET", "/Users/unknown", {}, 404),
        ("GET", "/Nothing", {}, 404),
        ("GET", "/Users", {}, 200),
    ],
)
def test_everyday_answers_are_none(
    scim: ScimClient, method: str, path: str, arguments: dict[str, Any], status: int
) -> None:
    assert scim.request(method, path, **arguments).status_code == status

    assert refusals(scim.organization_id) == []


def test_failed_preconditions_are_none(scim: ScimClient) -> None:
    user = scim.create_user("ada")
    answer = scim.request("DELETE", f"/Users/{user['id']}", headers={"If-Match": 'W/"99"'})
    assert answer.status_code == 412

    assert refusals(scim.organization_id) == []


def test_bad_filters_and_bodies_are_events_of_their_own(scim: ScimClient) -> None:
    scim.filter("/Users", "userName eq")
    scim.filter("/Users", "userName eq eq")
    scim.post("/Users", {"schemas": [USER]})
    scim.post("/Users", None, data="{", content_type="application/scim+json")

    assert len(refusals(scim.organization_id)) == 3


def test_provisioning_that_is_off(scim: ScimClient) -> None:
    switch_off(scim)

    assert scim.get("/Users").status_code == 403

    (event,) = refusals(scim.organization_id)
    assert "switched off" in told(event)["reason"]


def test_a_flood_is_a_few_events(app: Flask, scim: ScimClient) -> None:
    clock = Clock()
    app.extensions["refusals"] = RefusalLimit(clock)
    scim.create_user("ada")
    for _ in range(50):
        scim.post("/Users", {"schemas": [USER], "userName": "ada"})
    assert len(refusals(scim.organization_id)) == 1

    clock.sleep(WINDOW)
    scim.post("/Users", {"schemas": [USER], "userName": "ada"})

    events = refusals(scim.organization_id)
    assert len(events) == 2
    assert told(events[0])["earlierRefusals"] == 49
    assert "earlierRefusals" not in told(events[1])


def test_a_token_that_was_revoked(scim: ScimClient) -> None:
    (token,) = list_tokens(scim.organization_id)
    revoke_token(scim.organization_id, token.id, OPERATOR)
    for _ in range(5):
        assert scim.get("/Users").status_code == 401

    (event,) = refusals(scim.organization_id)

    assert (event.actor_id, event.actor_name) == (token.id, "tests")
    assert told(event)["reason"].startswith("The token was revoked at ")


def test_a_token_that_expired(app: Flask, organization: Organization) -> None:
    _, value = create_token(organization.id, OPERATOR, name="short", scopes=(SCIM_SCOPE,), expires_in_days=1)
    scim = ScimClient(app, organization.id, value)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        assert scim.get("/Users").status_code == 401

    (event,) = refusals(organization.id)
    assert told(event)["reason"].startswith("The token expired at ")


def test_what_never_was_a_token_is_none(app: Flask, scim: ScimClient) -> None:
    prefix, token_id, _ = scim.token.split("_", 2)
    for value in ("", "nonsense", f"{prefix}_{token_id}_wrong", f"{prefix}_{'0' * 20}_wrong"):
        assert ScimClient(app, scim.organization_id, value).get("/Users").status_code == 401

    assert refusals(scim.organization_id) == []


def test_another_organizations_token_leaves_no_event_here(cast: Cast) -> None:
    intruder = ScimClient(cast.acme.app, cast.acme.organization_id, cast.elsewhere.token)

    assert intruder.get("/Users").status_code == 404

    assert refusals(cast.acme.organization_id) == []


def test_what_a_role_does_not_permit(app: Flask, organization: Organization) -> None:
    member = make_api(app, organization, "ORGANIZATION_MEMBER")
    assert member.get("/audit-events").status_code == 403
    assert member.get("/audit-events", limit="x").status_code == 403
    assert member.request("GET", "", query_string={"x": "y"}).status_code == 200

    (event,) = refusals(organization.id)

    assert event.action == "api:request:refused"
    assert told(event)["path"].endswith("/audit-events")


def test_a_scim_token_on_the_management_api(app: Flask, organization: Organization) -> None:
    assert ApiClient(app, organization.id, organization.token).get("").status_code == 401

    assert len(refusals(organization.id)) == 1


def test_paths_are_kept_short_and_plain(scim: ScimClient) -> None:
    switch_off(scim)

    scim.get(f"/Users/%0a%1b{'x' * 2_000}")

    (event,) = refusals(scim.organization_id)
    path = told(event)["path"]
    assert path.isprintable()
    assert len(path) == 300


def test_limit_of_a_window() -> None:
    clock = Clock()
    limit = RefusalLimit(clock)

    first = [limit.count("a", kind) for kind in range(MAX_EVENTS + 5)]

    assert first == [0] * MAX_EVENTS + [None] * 5
    assert limit.count("b", 0) == 0
    clock.sleep(WINDOW - 0.001)
    assert limit.count("a", 99) is None
    clock.sleep(0.002)
    assert limit.count("a", 0) == 6
    assert limit.count("a", 1) == 0


def test_limit_forgets_the_longest_quiet() -> None:
    limit = RefusalLimit(Clock())
    for number in range(MAX_TOKENS + 1):
        limit.count(str(number), 0)

    assert limit.count("1", 0) is None
    assert limit.count("0", 0) == 0


def test_limit_is_safe_for_threads() -> None:
    limit = RefusalLimit(Clock())
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(limit.count("a", 0))) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found.count(0) == 1
    assert found.count(None) == 31
