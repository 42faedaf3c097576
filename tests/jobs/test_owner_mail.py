"""What Owners are told by mail: domains that are suspended, tokens that expire; once each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from scim_server.database import reading, transaction
from scim_server.domains.verification import Resolvers
from scim_server.jobs.loop import JOBS
from scim_server.jobs.owner_mail import recheck_domains, warn_of_expiring_tokens
from scim_server.outbox.models import OutboxMessage
from scim_server.sealing import unseal
from scim_server.tokens.models import Token
from scim_server.users.policy import Status
from tests.conftest import Organization, make_api, make_organization
from tests.support.api import ApiClient, good
from tests.support.dns import DnsServer, dns_server
from tests.support.people import insert_person


@pytest.fixture
def acme() -> Organization:
    made = make_organization("Acme & Söhne", "ann@acme.example")
    insert_person(made.id, "bob@acme.example", Status.ACTIVE, "ORGANIZATION_OWNER")
    insert_person(made.id, "eve@acme.example", Status.ACTIVE, "ORGANIZATION_MEMBER")
    insert_person(made.id, "gone@acme.example", Status.INACTIVE, "ORGANIZATION_OWNER")
    return made


@pytest.fixture
def acme_api(app: Flask, acme: Organization) -> ApiClient:
    return make_api(app, acme)


@pytest.fixture
def dns(app: Flask) -> Iterator[DnsServer]:
    with dns_server() as server:
        before = app.extensions["dns_resolvers"]
        app.extensions["dns_resolvers"] = Resolvers([server.address])
        yield server
        app.extensions["dns_resolvers"] = before


def mails(organization: Organization) -> list[tuple[str, str, str]]:
    """Return kind, recipient and subject of the Organization's mails."""
    statement = select(OutboxMessage.kind, OutboxMessage.recipient, OutboxMessage.subject).where(
        OutboxMessage.organization_id == organization.id
    )
    with reading() as connection:
        return [tuple(row) for row in connection.execute(statement.order_by(OutboxMessage.id))]


def texts(organization: Organization) -> list[str]:
    statement = select(OutboxMessage.payload).where(OutboxMessage.organization_id == organization.id)
    with reading() as connection:
        return [part for payload in connection.execute(statement).scalars() for part in opened(payload)]


def opened(payload: str) -> list[str]:
    return list(orjson.loads(unseal(payload)))


def in_days(days: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(days=days))


def warn() -> None:
    while warn_of_expiring_tokens():
        pass


def recheck() -> None:
    while recheck_domains():
        pass


def test_the_jobs_are_in_the_loop() -> None:
    assert {recheck_domains, warn_of_expiring_tokens} <= {job.run for job in JOBS}


def test_owners_are_warned_14_and_3_days_before_once_each(acme: Organization, acme_api: ApiClient) -> None:
    made = good(acme_api.post("/tokens", {"name": "okta <b>", "kind": "SCIM", "tokenExpiryPeriodInDays": 30}))
    good(acme_api.post("/tokens", {"name": "forever", "kind": "SCIM"}))
    good(acme_api.post("/tokens", {"name": "short", "kind": "SCIM", "tokenExpiryPeriodInDays": 3}))
    told = []
    for day, expected in [(1, 0), (15.9, 0), (16.1, 2), (17, 2), (26.9, 2), (27.1, 4), (29, 4), (31, 4)]:
        with in_days(day):
            warn()
        told.append((day, len(mails(acme)) == expected))
    assert all(right for _, right in told), told
    subjects = [subject for _, _, subject in mails(acme)]
    assert [recipient for _, recipient, _ in mails(acme)] == ["ann@acme.example", "bob@acme.example"] * 2
    assert subjects[0] == "Acme & Söhne: The token okta <b> expires within 14 days"
    assert subjects[2] == "Acme & Söhne: The token okta <b> expires within 3 days"
    for text in texts(acme):
        assert made["id"] in text
        assert "never used" in text
        assert made["token"].rpartition("_")[2] not in text
    assert sum("okta &lt;b&gt;" in text for text in texts(acme)) == 4


def test_a_rotated_token_is_warned_of_anew(acme: Organization, acme_api: ApiClient) -> None:
    made = good(acme_api.post("/tokens", {"name": "okta", "kind": "SCIM", "tokenExpiryPeriodInDays": 30}))
    with in_days(28):
        warn()
        assert len(mails(acme)) == 2
        good(acme_api.post(f"/tokens/{made['id']}/rotate"))
        warn()
        assert len(mails(acme)) == 2
    with in_days(28 + 17):
        warn()
    assert len(mails(acme)) == 4


def test_nobody_is_warned_of_a_token_that_is_gone(acme: Organization, acme_api: ApiClient) -> None:
    made = good(acme_api.post("/tokens", {"name": "okta", "kind": "SCIM", "tokenExpiryPeriodInDays": 30}))
    good(acme_api.delete(f"/tokens/{made['id']}"), 204)
    with in_days(28):
        warn()
    assert mails(acme) == []


def test_a_warning_that_cannot_be_written_is_not_lost(
    acme: Organization, acme_api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(acme_api.post("/tokens", {"name": "okta", "kind": "SCIM", "tokenExpiryPeriodInDays": 30}))

    def fail(*_: object) -> None:
        raise RuntimeError

    with in_days(28):
        with monkeypatch.context() as patched:
            patched.setattr("scim_server.jobs.owner_mail.enqueue_mail", fail)
            with pytest.raises(RuntimeError):
                warn()
        with transaction() as connection:
            # What other tests left must not fail in this one's place.
            connection.execute(update(Token).where(Token.organization_id != acme.id).values(warned_days=3))
        warn()
    assert len(mails(acme)) == 2


def test_owners_are_told_of_a_suspended_domain(acme: Organization, acme_api: ApiClient, dns: DnsServer) -> None:
    made = good(acme_api.post("/domains", {"name": "bücher-mail.example"}))
    record = made["dnsRecord"]
    dns.texts[f"{record['name']}."] = [record["value"]]
    good(acme_api.post(f"/domains/{made['id']}/verify"))
    dns.texts.clear()
    for day, expected in [(1.1, 0), (2.2, 0), (3.3, 2), (4.4, 2)]:
        with in_days(day):
            recheck()
        assert len(mails(acme)) == expected
    assert mails(acme)[0] == (
        "domain_suspended",
        "ann@acme.example",
        f"Acme & Söhne: The domain {made['name']} is suspended",
    )
    for text in texts(acme):
        assert record["name"] in text
        assert record["value"] in text
        assert "bücher-mail.example" in text
