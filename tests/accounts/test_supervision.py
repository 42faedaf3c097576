"""What Owners see and end of a User's sessions, and what stays the person's own."""

import uuid

import pytest
from flask import Flask

from scim_server.accounts import sessions, supervision
from scim_server.accounts.sessions import recognise
from scim_server.accounts.supervision import UserSession
from scim_server.audit.service import ActorType, Origin
from scim_server.protocol.errors import Forbidden, NotFound
from scim_server.roles.authority import Authority, Requester
from tests.conftest import Organization, make_organization
from tests.support.accounts import address, link, make_account, sign_in
from tests.support.client import ScimClient
from tests.support.tree import events


@pytest.fixture
def account(app: Flask) -> str:
    return make_account(address())


@pytest.fixture
def bob(scim: ScimClient, organization: Organization, account: str) -> str:
    user_id = str(scim.create_user(address())["id"])
    link(organization.id, user_id, account)
    return user_id


@pytest.fixture
def owner(organization: Organization) -> Requester:
    return requester(organization)


def requester(organization: Organization, role: str = "ORGANIZATION_OWNER") -> Requester:
    return Requester(organization.id, Authority(role), Origin(ActorType.USER, "owner", "Olga"))


def member_elsewhere(app: Flask, account: str) -> tuple[Organization, str]:
    """Make the person a member of another Organization too."""
    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    user_id = ScimClient(app, other.id, other.token).create_user(address())["id"]
    link(other.id, user_id, account)
    return other, user_id


def test_sessions_are_shown_with_where_and_how(owner: Requester, bob: str, account: str) -> None:
    sign_in(account)
    sign_in(account, owner.organization_id)
    shown = supervision.list_sessions(owner, bob)

    assert sorted(each.authenticated_by for each in shown) == ["oidc", "password"]
    assert {(each.ip_address, each.user_agent, each.is_device) for each in shown} == {("192.0.2.7", "A browser", False)}


def test_one_is_ended_and_told(owner: Requester, bob: str, account: str) -> None:
    ended, other = sign_in(account, owner.organization_id), sign_in(account, owner.organization_id)
    found = recognise(ended)
    assert found is not None
    supervision.end_session(owner, bob, found.session_id)

    assert recognise(ended) is None
    assert recognise(other) is not None
    (told,) = events(owner.organization_id, bob, "owner:session:ended")
    assert told[1] == {"authenticatedBy": ["oidc", None]}
    with pytest.raises(NotFound):
        supervision.end_session(owner, bob, found.session_id)


def test_all_are_ended_and_told_once(owner: Requester, bob: str, account: str) -> None:
    secrets = [sign_in(account), sign_in(account, owner.organization_id)]

    assert [supervision.end_all_sessions(owner, bob) for _ in range(2)] == [2, 0]
    assert [recognise(secret) for secret in secrets] == [None, None]
    assert [told for _, told in events(owner.organization_id, bob, "owner:session:ended")] == [{"#sessions": [2, 0]}]


def test_sessions_that_are_good_for_others_are_the_persons_own(
    app: Flask, owner: Requester, bob: str, account: str
) -> None:
    """Neither Organization sees or ends the session of a password, nor that of the other's identity provider."""
    other, user_there = member_elsewhere(app, account)
    whole, here, there = sign_in(account), sign_in(account, owner.organization_id), sign_in(account, other.id)
    ids = {secret: found.session_id for secret in (whole, here, there) if (found := recognise(secret))}
    assert [each.id for each in supervision.list_sessions(owner, bob)] == [ids[here]]
    assert [each.id for each in supervision.list_sessions(requester(other), user_there)] == [ids[there]]
    for secret in (whole, there):
        with pytest.raises(NotFound):
            supervision.end_session(owner, bob, ids[secret])
    supervision.end_all_sessions(owner, bob)

    assert [recognise(secret) is None for secret in (whole, here, there)] == [False, True, False]


def test_a_user_of_another_organization_is_not_there(app: Flask, owner: Requester, bob: str, account: str) -> None:
    _other, user_there = member_elsewhere(app, account)
    for work in (supervision.list_sessions, supervision.end_all_sessions):
        with pytest.raises(NotFound):
            work(owner, user_there)


def test_members_see_and_end_nothing(organization: Organization, bob: str, account: str) -> None:
    sign_in(account)
    (session,) = sessions.list_sessions(account)
    member = requester(organization, "ORGANIZATION_MEMBER")
    for work in (
        lambda: supervision.list_sessions(member, bob),
        lambda: supervision.end_session(member, bob, session.id),
        lambda: supervision.end_all_sessions(member, bob),
    ):
        with pytest.raises(Forbidden):
            work()


def test_who_never_signed_in_has_none(scim: ScimClient, owner: Requester) -> None:
    shown: list[UserSession] = supervision.list_sessions(owner, scim.create_user(address())["id"])

    assert shown == []
