"""An address that the identity provider may not speak for: its person shows by mail that it is theirs."""

import re
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from scim_server.database import transaction
from scim_server.sso.models import SsoSettings
from scim_server.users.policy import Status
from tests.conftest import Organization
from tests.support.accounts import mails_to, make_account
from tests.support.api import ApiClient, good
from tests.support.logins import actions, holdings
from tests.support.people import insert_person, standing
from tests.support.provider import TestProvider
from tests.web.auth.sign_on import Client, log_in, token_of

MEMBER, BILLING = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"


@pytest.fixture
def guest(op: TestProvider) -> str:
    """Give an address of a domain that nobody has proved; its person signs in next."""
    op.claims = {"email": f"guest@{uuid.uuid4().hex[:8]}.example", "name": "Guest"}
    return str(op.claims["email"])


def confirmation(email: str) -> str:
    """Return the path of the newest link."""
    return re.findall(r"https?://[^/\s]+(/login/confirm/\S+)", mails_to(email)[-1][1])[0]


def confirm(client: FlaskClient, path: str) -> Any:
    shown = client.get(path)
    if shown.status_code != 200:
        return shown
    return client.post(path, data={"csrf_token": token_of(shown)})


def test_a_member_confirms_and_enters(
    client: FlaskClient, organization: Organization, op: TestProvider, guest: str, connection_id: str
) -> None:
    account_id = make_account(guest)
    user_id = insert_person(organization.id, guest, Status.ACTIVE, BILLING)
    before = holdings(organization.id)
    answer = log_in(client, op, connection_id, next="/me?x=1")
    assert (answer.status_code, f"We have sent a mail to {guest}" in answer.text) == (200, True)
    assert holdings(organization.id) == before
    assert client.get("/me").status_code == 401

    path = confirmation(guest)
    assert confirm(client, path).headers["Location"] == "/me?x=1"

    assert guest in client.get("/me").text
    assert standing(organization.id, user_id)[:2] == ("ACTIVE", BILLING)
    after = holdings(organization.id)
    assert after == {**before, "identities": before["identities"] + 1, "sessions": before["sessions"] + 1}
    assert "user:identity:linked" in actions(organization.id)
    assert account_id
    # It is good once, and from now on the identity alone decides.
    assert client.get(path).status_code == 410
    assert log_in(client, op, connection_id).status_code == 303
    op.claims["email"] = f"other-{guest}"
    assert log_in(client, op, connection_id).status_code == 303


def test_the_invited_join_with_their_role(
    client: FlaskClient, organization: Organization, api: ApiClient, op: TestProvider, guest: str, connection_id: str
) -> None:
    organization.set_jit(None)
    user_id = good(api.post("/invites", {"inviteeEmail": guest, "role": BILLING}))["invitee"]["id"]
    log_in(client, op, connection_id)
    assert confirm(client, confirmation(guest)).status_code == 303
    assert standing(organization.id, user_id)[:2] == ("ACTIVE", BILLING)


def test_JT02_I8_another_browser_confirms_nothing(
    app: Flask, client: FlaskClient, organization: Organization, op: TestProvider, guest: str, connection_id: str
) -> None:
    """The mailbox's owner, who clicks on what somebody else began, lets nobody in."""
    insert_person(organization.id, guest, Status.ACTIVE, MEMBER)
    log_in(client, op, connection_id)
    path = confirmation(guest)
    victim = Client(app, app.response_class)
    assert victim.get(path).status_code == 403
    # Nor with a login of their own that is under way, for the same address.
    op.subject = "another subject"
    log_in(victim, op, connection_id)
    assert victim.get(path).status_code == 403
    assert victim.post(path, data={"csrf_token": token_of(victim.get("/login"))}).status_code == 403
    assert victim.post(path).status_code == 403
    assert confirm(client, path).status_code == 303


@pytest.mark.parametrize("who", ["unknown", "waiting", "deactivated", "unverified"])
def test_nobody_else_is_sent_a_mail(
    client: FlaskClient, organization: Organization, op: TestProvider, guest: str, connection_id: str, who: str
) -> None:
    if who == "waiting":
        insert_person(organization.id, guest, Status.AWAITING_INVITATION, None)
    elif who == "deactivated":
        insert_person(organization.id, guest, Status.INACTIVE, MEMBER)
    elif who == "unverified":
        insert_person(organization.id, guest, Status.ACTIVE, MEMBER)
        op.claims["email_verified"] = False
    before = holdings(organization.id)
    assert log_in(client, op, connection_id).status_code == 403
    assert mails_to(guest) == []
    assert holdings(organization.id) == before


@pytest.mark.parametrize("change", [{"is_active": False}, {"issuer": "https://elsewhere.example"}])
def test_what_changes_meanwhile_counts(
    client: FlaskClient,
    organization: Organization,
    op: TestProvider,
    guest: str,
    connection_id: str,
    change: dict[str, Any],
) -> None:
    insert_person(organization.id, guest, Status.ACTIVE, MEMBER)
    log_in(client, op, connection_id)
    with transaction() as connection:
        settings = update(SsoSettings).where(SsoSettings.connection_id == connection_id)
        connection.execute(settings.values(**change))
    assert confirm(client, confirmation(guest)).status_code == 410
    assert client.get("/me").status_code == 401
