"""What is remembered of requests reaches the journal, the counts and the observations, and never in their way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from scim_server.connections import recorder as recording
from scim_server.connections.journal import MOST, SLICE, forget_old_requests
from scim_server.connections.models import ConnectionTraffic, JournalEntry
from scim_server.connections.observations import list_observations
from scim_server.connections.recorder import Recorder
from scim_server.connections.service import read_connection
from scim_server.connections.traffic import UNRECORDED, traffic_by_day, traffic_of
from scim_server.database import reading
from scim_server.tokens.service import SCIM_SCOPE, create_token, revoke_token
from tests.conftest import OPERATOR, Organization
from tests.support.api import ApiClient, good
from tests.support.client import USER, ScimClient

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).date()


@pytest.fixture(autouse=True)
def recorder(app: Flask) -> Iterator[Recorder]:
    """Give the application's recorder, empty."""
    found: Recorder = app.extensions["recorder"]
    found.flush()
    yield found
    found.flush()


def entries(organization: Organization) -> list[JournalEntry]:
    """Return the rows of the Organization's journal, the oldest first."""
    columns = JournalEntry.__table__.columns
    statement = select(*columns).where(JournalEntry.organization_id == organization.id).order_by(JournalEntry.id)
    with reading() as connection:
        return list(connection.execute(statement))  # type: ignore[arg-type]


def test_an_exchange_is_kept_whole(recorder: Recorder, organization: Organization, scim: ScimClient) -> None:
    headers = {"User-Agent": "Okta SCIM Client 1.0.0", "X-Request-Id": "abc"}
    body = {"schemas": [USER], "userName": "ann", "password": "hunter2", "favouriteColour": "green"}
    assert scim.post("/Users?attributes=userName", body, headers=headers).status_code == 201
    assert entries(organization) == []
    recorder.flush()
    (found,) = entries(organization)
    assert (found.method, found.path, found.query) == ("POST", f"{scim.base}/Users", "attributes=userName")
    assert (found.status, found.failed, found.kind, found.detail) == (201, 0, "", "")
    assert (found.token_name, found.user_agent, found.request_id) == ("tests", headers["User-Agent"], "abc")
    assert found.microseconds > 0
    assert "hunter2" not in str(tuple(found))  # type: ignore[arg-type]
    assert '"userName":"ann"' in found.request_body
    assert found.answer_body.startswith('{"')
    (observed,) = list_observations(organization.id, read_connection(organization.id).id)
    assert (observed.quirk, observed.sample, observed.occurrences) == ("unknown-attribute", "favouriteColour", 1)


def test_letter_case_of_operations_is_noticed(recorder: Recorder, organization: Organization, scim: ScimClient) -> None:
    """Entra writes `Replace` unless it is told to keep to the RFC (idp-wire E40)."""
    user_id = scim.post("/Users", {"schemas": [USER], "userName": "ann"}).json["id"]
    scim.patch(f"/Users/{user_id}", {"op": "Replace", "path": "title", "value": "Chief"})
    recorder.flush()
    (observed,) = list_observations(organization.id, read_connection(organization.id).id)
    assert (observed.quirk, observed.sample, observed.occurrences) == ("operation-case", "Replace", 1)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/Users/nobody", 404, "NotFound"),
        ("/Users?filter=broken", 400, "InvalidFilter"),
        ("/Groups?filter=nothing+eq+1", 400, "InvalidFilter"),
    ],
)
def test_refusals_are_kept(
    recorder: Recorder, organization: Organization, scim: ScimClient, path: str, status: int, kind: str
) -> None:
    assert scim.get(path).status_code == status
    recorder.flush()
    (found,) = entries(organization)
    assert (found.status, found.failed, found.kind) == (status, 1, kind)
    assert found.detail
    assert kind == "NotFound" or "scimType" in found.answer_body


def test_a_revoked_token_is_known_by_its_connection(
    recorder: Recorder, app: Flask, organization: Organization, scim: ScimClient
) -> None:
    token, text = create_token(organization.id, OPERATOR, name="old", scopes=(SCIM_SCOPE,))
    revoke_token(organization.id, token.id, OPERATOR)
    assert ScimClient(app, organization.id, "garbage").get("/Users").status_code == 401
    assert ScimClient(app, organization.id, text).get("/Users").status_code == 401
    recorder.flush()
    (found,) = entries(organization)
    assert (found.status, found.kind, found.token_name) == (401, "Unauthorized", "old")
    assert "revoked" in found.detail
    assert text not in str(tuple(found))  # type: ignore[arg-type]


def test_counts(recorder: Recorder, organization: Organization, scim: ScimClient) -> None:
    for name in ("ann", "bob", "ann"):
        scim.post("/Users", {"schemas": [USER], "userName": name})
    recorder.flush()
    scim.post("/Users", {"schemas": [USER], "userName": "cid"})
    recorder.flush()
    connection_id = read_connection(organization.id).id
    found = {
        (row.operation, row.resource, row.status, row.kind): row
        for row in traffic_of(organization.id, connection_id, LONG_AGO)
    }
    created, refused = found["create", "Users", 201, ""], found["create", "Users", 409, "Uniqueness"]
    assert (created.requests, refused.requests) == (3, 1)
    assert created.hours == 1 << datetime.now(UTC).hour or created.hours.bit_count() == 2
    assert created.first_at < created.last_at
    assert "ann" in refused.sample
    (day,) = traffic_by_day(organization.id, LONG_AGO)
    assert (day.requests, day.failed) == (4, 1)


def test_what_is_too_much_is_counted(
    recorder: Recorder, organization: Organization, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MAX_EXCHANGES", 2)
    for _ in range(5):
        scim.get("/Users")
    recorder.flush()
    rows = traffic_of(organization.id, read_connection(organization.id).id, LONG_AGO)
    assert {row.operation: row.requests for row in rows} == {"list": 2, UNRECORDED: 3}
    assert len(entries(organization)) == 2
    assert traffic_by_day(organization.id, LONG_AGO)[0].requests == 2


def test_a_failing_database_costs_entries_and_no_request(
    recorder: Recorder, organization: Organization, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    with monkeypatch.context() as broken:
        broken.setattr(recording, "write_rows", fail)
        assert scim.get("/Users").status_code == 200
        recorder.flush()
    recorder.flush()
    rows = traffic_of(organization.id, read_connection(organization.id).id, LONG_AGO)
    assert {row.operation: row.requests for row in rows} == {UNRECORDED: 1}


def test_a_connection_that_is_gone_takes_no_others_with_it(
    recorder: Recorder, app: Flask, api: ApiClient, organization: Organization, scim: ScimClient
) -> None:
    gone = good(api.post("/connections", {"name": "gone"}))["id"]
    made = good(api.post("/tokens", {"name": "x", "kind": "SCIM", "connectionId": gone}))
    ScimClient(app, organization.id, made["token"]).get("/Users")
    scim.get("/Groups")
    good(api.delete(f"/tokens/{made['id']}"), 204)
    good(api.delete(f"/connections/{gone}"), 204)
    recorder.flush()
    assert [found.path for found in entries(organization)] == [f"{scim.base}/Groups"]


def test_a_thread_writes(app: Flask, organization: Organization, scim: ScimClient) -> None:
    own = Recorder(app)
    own.start_with_first()
    before = app.extensions["recorder"]
    app.extensions["recorder"] = own
    try:
        # The hook has the other one; hand over what it has seen.
        scim.get("/Users")
        for exchange in before._exchanges:
            own.add(exchange)
        own.stop()
    finally:
        app.extensions["recorder"] = before
        before._exchanges.clear()
    assert len(entries(organization)) == 1


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, ["GET", "POST", "GET"]),
        ({"keeps": "CHANGES"}, ["POST", "GET"]),
        ({"keeps": "FAILED"}, ["GET"]),
        ({"keeps": "NOTHING"}, []),
    ],
)
def test_what_is_kept_is_a_setting(
    recorder: Recorder,
    api: ApiClient,
    organization: Organization,
    scim: ScimClient,
    settings: dict[str, object],
    kept: list[str],
) -> None:
    good(api.patch(f"/connections/{read_connection(organization.id).id}/journal", settings))
    scim.get("/Users")
    scim.create_user("ann")
    scim.get("/Users/nobody")
    recorder.flush()
    assert [found.method for found in entries(organization)] == kept
    # What is not kept is counted all the same.
    assert traffic_by_day(organization.id, LONG_AGO)[0].requests == 3


def test_bodies_can_be_left_out(
    recorder: Recorder, api: ApiClient, organization: Organization, scim: ScimClient
) -> None:
    good(api.patch(f"/connections/{read_connection(organization.id).id}/journal", {"bodies": False}))
    scim.create_user("ann")
    recorder.flush()
    (found,) = entries(organization)
    assert (found.request_body, found.answer_body) == (None, None)
    assert "ann" not in found.search.split()


def test_old_requests_go(
    recorder: Recorder, organization: Organization, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = datetime.now(UTC)
    for age in (31, 29, 8, 6):
        with time_machine.travel(present - timedelta(days=age), tick=True):
            scim.get("/Users")
            scim.get("/Users/nobody")
    recorder.flush()
    forget_old_requests()
    assert [found.status for found in entries(organization)] == [404, 404, 200, 404]
    monkeypatch.setitem(MOST, 1, 1)
    forget_old_requests()
    assert [found.status for found in entries(organization)] == [200, 404]


def test_old_counts_go(recorder: Recorder, organization: Organization, scim: ScimClient) -> None:
    for age in (801, 799):
        with time_machine.travel(datetime.now(UTC) - timedelta(days=age), tick=True):
            scim.get("/Users")
    recorder.flush()
    forget_old_requests()
    assert len(traffic_by_day(organization.id, LONG_AGO)) == 1


def test_slices_are_bounded_and_stop_when_told(
    recorder: Recorder, organization: Organization, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SLICE == 1_000
    scim.get("/Users")
    recorder.flush()
    assert forget_old_requests(lambda: False) == 0


def test_everything_goes_with_its_connection(
    recorder: Recorder, api: ApiClient, organization: Organization, scim: ScimClient
) -> None:
    scim.create_user("ann", favouriteColour="green")
    recorder.flush()
    old = read_connection(organization.id).id
    good(api.post("/connections", {"name": "other"}))
    for token in good(api.get("/tokens", kind="SCIM"))["tokens"]:
        good(api.delete(f"/tokens/{token['id']}"), 204)
    good(api.delete(f"/connections/{old}"), 204)
    statement = select(func.count()).where(ConnectionTraffic.organization_id == organization.id)
    with reading() as connection:
        assert connection.execute(statement).scalar_one() == 0
    assert entries(organization) == []
