"""Owners are told once of provisioning that stopped and of many who lost access, and not of what is usual."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from scim_server.connections.recorder import Recorder
from scim_server.database import reading
from scim_server.jobs.owner_mail import watch_provisioning
from scim_server.outbox.models import OutboxMessage
from tests.conftest import Organization, make_api, make_organization
from tests.support.api import ApiClient, good
from tests.support.client import ScimClient


@pytest.fixture
def recorder(app: Flask) -> Iterator[Recorder]:
    """Give the application's recorder, empty."""
    found: Recorder = app.extensions["recorder"]
    found.flush()
    yield found
    found.flush()


@pytest.fixture
def acme() -> Organization:
    return make_organization("Acme", "ann@acme.example")


@pytest.fixture
def acme_api(app: Flask, acme: Organization) -> ApiClient:
    return make_api(app, acme)


def mails(organization: Organization) -> list[tuple[str, str]]:
    """Return kind and subject of the Organization's mails."""
    statement = select(OutboxMessage.kind, OutboxMessage.subject).where(
        OutboxMessage.organization_id == organization.id
    )
    with reading() as connection:
        return [tuple(row) for row in connection.execute(statement.order_by(OutboxMessage.id))]


def alerts(api: ApiClient) -> list[dict[str, object]]:
    path = f"/connections/{good(api.get('/connections'))['connections'][0]['id']}/health"
    return list(good(api.get(path))["alerts"])


def test_silence_is_told_once_and_ends(app: Flask, acme: Organization, acme_api: ApiClient, recorder: Recorder) -> None:
    scim = ScimClient(app, acme.id, acme.token)
    start = datetime.now(UTC) - timedelta(days=4)
    for hours in range(0, 72, 6):
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            scim.get("/Users")
    recorder.flush()
    for _ in range(2):
        watch_provisioning()
    assert mails(acme) == [("connection_silent", "Acme: Identity provider has sent nothing for longer than usual")]
    (alert,) = alerts(acme_api)
    assert alert["kind"] == "SILENT"
    assert len(good(acme_api.get("/audit-events", action="system:connection:silent"))["auditEvents"]) == 1
    scim.get("/Users")
    recorder.flush()
    watch_provisioning()
    assert alerts(acme_api) == []
    assert len(mails(acme)) == 1


@pytest.mark.parametrize(("removed", "is_told"), [(9, False), (10, True)])
def test_AV04_many_who_lose_access(
    app: Flask, acme: Organization, acme_api: ApiClient, removed: int, is_told: bool
) -> None:
    scim = ScimClient(app, acme.id, acme.token)
    ids = [scim.create_user(f"user{number}")["id"] for number in range(20)]
    for each in ids[: removed // 2]:
        assert scim.delete(f"/Users/{each}").status_code == 204
    for each in ids[removed // 2 : removed]:
        scim.patch(f"/Users/{each}", {"op": "replace", "path": "active", "value": False})
    for _ in range(2):
        watch_provisioning()
    told = [("mass_removal", f"Acme: Identity provider took access from {removed} people within an hour")]
    assert mails(acme) == (told if is_told else [])
    if is_told:
        (alert,) = alerts(acme_api)
        assert alert["facts"] == {"removedUsers": 10, "membersBefore": 21}
        with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
            watch_provisioning()
        assert alerts(acme_api) == []


def test_PT03_a_team_that_was_emptied_is_told_once(app: Flask, acme: Organization, acme_api: ApiClient) -> None:
    scim = ScimClient(app, acme.id, acme.token)
    team = scim.create_group("Team", *(scim.create_user(f"user{number}")["id"] for number in range(51)))["id"]
    scim.patch(f"/Groups/{team}", {"op": "remove", "path": "members"})
    for _ in range(2):
        watch_provisioning()

    assert mails(acme) == [("team_emptied", "Acme: Identity provider removed most members of a Team at once")]
    (alert,) = alerts(acme_api)
    assert (alert["kind"], alert["facts"]) == ("TEAM_EMPTIED", {"teams": 1})
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        watch_provisioning()
        assert alerts(acme_api) == []
