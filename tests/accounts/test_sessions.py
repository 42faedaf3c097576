"""Sessions: whom they recognise, when they end, and what a change of access does to them in the same transaction."""

import uuid

import pytest
import time_machine
from flask import Flask, current_app
from sqlalchemy import select, update

from scim_server.accounts import rights, sessions
from scim_server.accounts.members import NotLinked
from scim_server.accounts.models import Account
from scim_server.accounts.sessions import SignedIn, recognise
from scim_server.audit.models import AuditEvent
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound, Uniqueness
from scim_server.users.models import User
from tests.conftest import Organization, make_organization
from tests.support.accounts import address, browser, link, make_account, sign_in
from tests.support.client import ScimClient


@pytest.fixture
def account(app: Flask) -> str:
    return make_account(address())


@pytest.fixture
def bob(scim: ScimClient, organization: Organization, account: str) -> str:
    user_id = scim.create_user(address())["id"]
    link(organization.id, user_id, account)
    return user_id


def deactivate(scim: ScimClient, user_id: str, *, active: bool = False) -> None:
    assert scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": active}).status_code == 200


def signed_in(secret: str | None, organization_id: str | None = None) -> SignedIn:
    found = recognise(secret or "", organization_id)
    assert found is not None
    return found


@pytest.mark.parametrize("secret", ["", "x", "x" * 43, "x" * 5_000, "\x00", "é" * 43])
def test_nobody_is_recognised_by_another_secret(app: Flask, account: str, secret: str) -> None:
    sign_in(account)
    assert recognise(secret) is None


def test_a_session_of_one_organization_is_good_for_that_alone(
    organization: Organization, account: str, bob: str
) -> None:
    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    there = join_too(other, account)
    secret = sign_in(account, organization.id)
    here = signed_in(secret)
    assert here.member == sessions.Member(organization.id, bob, "ORGANIZATION_MEMBER")
    elsewhere = signed_in(secret, other.id)
    assert elsewhere.member is None
    everywhere = signed_in(sign_in(account), other.id)
    assert everywhere.member is not None
    assert everywhere.member.user_id == there


def join_too(organization: Organization, account: str) -> str:
    """Make the Account's person a User of one more Organization."""
    user_id = ScimClient(current_app, organization.id, organization.token).create_user(address())["id"]
    link(organization.id, user_id, account)
    return str(user_id)


def test_a_password_shows_membership_where_it_is_asked_for(organization: Organization, account: str, bob: str) -> None:
    secret = sign_in(account)
    nowhere, here = recognise(secret), recognise(secret, organization.id)
    assert nowhere is not None
    assert nowhere.member is None
    assert here is not None
    assert here.member is not None
    assert here.member.user_id == bob


@pytest.mark.parametrize("way", ["deactivated", "deleted"])
def test_deprovisioning_ends_sessions_in_the_same_transaction(
    scim: ScimClient, organization: Organization, account: str, bob: str, way: str
) -> None:
    secrets = [sign_in(account, organization.id), sign_in(account)]
    if way == "deactivated":
        deactivate(scim, bob)
    else:
        scim.delete(f"/Users/{bob}")
    assert [recognise(secret) for secret in secrets] == [None, None]
    assert sessions.list_sessions(account) == []
    if way == "deactivated":
        deactivate(scim, bob, active=True)
        assert [recognise(secret) for secret in secrets] == [None, None]


def test_losing_one_organization_leaves_the_others(
    scim: ScimClient, organization: Organization, account: str, bob: str
) -> None:
    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    join_too(other, account)
    here, there, everywhere = sign_in(account, organization.id), sign_in(account, other.id), sign_in(account)
    deactivate(scim, bob)
    assert recognise(here) is None
    assert recognise(there) is not None
    left = signed_in(everywhere, organization.id)
    assert left.member is None
    assert signed_in(everywhere, other.id).member is not None


def test_status_is_asked_at_every_request(organization: Organization, account: str, bob: str) -> None:
    """Even if nobody had ended the session."""
    secret = sign_in(account, organization.id)
    with transaction() as connection:
        connection.execute(update(User).where(User.id == bob).values(status="INACTIVE"))
    assert recognise(secret) is None


def test_a_disabled_account_enters_nowhere(account: str) -> None:
    secret = sign_in(account)
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account).values(disabled_at=now()))
    assert recognise(secret) is None


def test_rotation_ends_the_old_secret(account: str) -> None:
    old = sign_in(account)
    found = signed_in(old)
    with transaction() as connection:
        new = sessions.rotate(connection, found.session_id)
    assert new is not None
    assert recognise(old) is None
    again = signed_in(new)
    assert again.session_id == found.session_id


def test_another_role_asks_for_rotation(organization: Organization, account: str, bob: str) -> None:
    secret = sign_in(account, organization.id)
    with transaction() as connection:
        rights.rotate_for_user(connection, organization.id, bob)
    found = signed_in(secret)
    assert found.rotation_due
    with transaction() as connection:
        new = sessions.rotate(connection, found.session_id)
    assert not signed_in(new).rotation_due


def test_sessions_are_listed_and_ended_by_their_owner_alone(app: Flask, account: str) -> None:
    stranger = make_account(address())
    mine, other, theirs = sign_in(account), sign_in(account), sign_in(stranger)
    listed = sessions.list_sessions(account)
    assert len(listed) == 2
    assert listed[0].ip_address == "192.0.2.7"
    found = signed_in(theirs)
    with pytest.raises(NotFound):
        sessions.end(account, found.session_id, browser())
    kept = signed_in(mine)
    with transaction() as connection:
        assert sessions.end_all(connection, account, but=kept.session_id) == 1
    assert recognise(other) is None
    assert recognise(mine) is not None
    assert recognise(theirs) is not None
    sessions.end(account, kept.session_id, browser())
    assert recognise(mine) is None


def test_idle_and_absolute_end(account: str) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        idle, busy = sign_in(account), sign_in(account)
        for _ in range(12):
            clock.shift(59 * 60)
            assert recognise(busy) is not None
        clock.shift(12 * 60)
        assert recognise(busy) is None
        assert recognise(idle) is None
        assert sessions.list_sessions(account) == []


def test_authentication_is_recent_for_ten_minutes(account: str) -> None:
    with time_machine.travel("2031-01-01T00:00:00Z", tick=False) as clock:
        secret = sign_in(account)
        clock.shift(9 * 60)
        found = signed_in(secret)
        assert found.is_recent
        clock.shift(2 * 60)
        found = signed_in(secret)
        assert not found.is_recent
        with transaction() as connection:
            new = sessions.reauthenticate(connection, found.session_id)
        assert recognise(secret) is None
        assert signed_in(new).is_recent


def test_a_sign_in_is_an_event_of_each_organization_that_it_opens(
    organization: Organization, account: str, bob: str
) -> None:
    sign_in(account)
    statement = select(AuditEvent.action, AuditEvent.actor_id, AuditEvent.ip_address).where(
        AuditEvent.organization_id == organization.id, AuditEvent.action == "account:session:started"
    )
    with reading() as connection:
        assert connection.execute(statement).all() == [("account:session:started", bob, "192.0.2.7")]


def test_a_person_is_one_user_of_an_organization(
    scim: ScimClient, organization: Organization, account: str, bob: str
) -> None:
    another = scim.create_user(address())["id"]
    with pytest.raises(NotLinked):
        link(organization.id, another, account)
    with pytest.raises(NotLinked):
        link(organization.id, bob, make_account(address()))
    link(organization.id, bob, account)


def test_an_address_has_one_account(app: Flask) -> None:
    email = address()
    make_account(email)
    with pytest.raises(Uniqueness):
        make_account(email.upper())
