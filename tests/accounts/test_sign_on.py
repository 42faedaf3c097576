"""By the domain of an address alone: the identity provider, a password, either; and the link that goes around."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from scim_server.accounts import bypass, recovery, signing_in
from scim_server.accounts.links import LinkEnded
from scim_server.accounts.policy import TRIES_OF_ADDRESS, Ways, ways_of
from scim_server.accounts.sessions import recognise
from scim_server.accounts.sign_on import SignOnRequired, sign_on_of
from scim_server.accounts.signing_in import SecondStep, WrongCredentials
from scim_server.audit.service import ActorType, Origin
from scim_server.database import transaction
from scim_server.protocol.errors import Forbidden, NotFound, TooManyRequests
from scim_server.roles.authority import Authority, Requester
from scim_server.sso.models import SsoSettings
from scim_server.users.policy import Status
from tests.conftest import Organization, make_organization
from tests.support.accounts import PASSWORD, browser, link, mails_to, make_account, secret_of
from tests.support.logins import actions, changes_of, prove, set_up_sso
from tests.support.people import insert_person

OWNER, MEMBER = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"
SSO_ONLY = ["SSO"]


@pytest.mark.parametrize(
    ("enforced", "password", "sign_on"),
    [
        ([], True, True),
        (["PASSWORD"], True, False),
        (["SSO"], False, True),
        (["PASSWORD", "SSO"], True, True),
        (["SSO", "PASSWORD"], True, True),
    ],
)
def test_ways(enforced: list[str], password: bool, sign_on: bool) -> None:
    assert ways_of(enforced) == Ways(password=password, sign_on=sign_on)


@pytest.fixture
def connection_id(organization: Organization) -> str:
    return set_up_sso(organization.id, issuer="https://idp.acme.example")


def domain_of(
    organization: Organization, connection_id: str | None, enforced: list[str], state: str = "VERIFIED"
) -> str:
    """Prove a fresh domain and return it."""
    name = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, name, state, connection_id=connection_id, enforced_logins=enforced)
    return name


def requester(organization_id: str, role: str = OWNER) -> Requester:
    return Requester(organization_id, Authority(role), Origin(ActorType.TOKEN, "token-1", "A token"))


def person(organization_id: str, domain: str, role: str = MEMBER) -> str:
    """Return the address of an ACTIVE User who has a password."""
    email = f"ann-{uuid.uuid4().hex[:6]}@{domain}"
    link(organization_id, insert_person(organization_id, email, Status.ACTIVE, role), make_account(email))
    return email


@pytest.mark.parametrize(
    ("state", "is_mapped", "is_active", "enforced", "expected"),
    [
        ("VERIFIED", True, True, [], False),
        ("VERIFIED", True, True, ["SSO"], True),
        ("VERIFIED", True, True, ["PASSWORD", "SSO"], False),
        ("VERIFIED", True, True, ["PASSWORD"], None),
        ("PENDING", True, True, ["SSO"], None),
        ("SUSPENDED", True, True, ["SSO"], None),
        ("VERIFIED", False, True, ["SSO"], None),
        # Whoever switches single sign-on off leaves nobody without a way in.
        ("VERIFIED", True, False, ["SSO"], None),
    ],
)
def test_where_people_of_a_domain_sign_in(
    organization: Organization,
    connection_id: str,
    state: str,
    is_mapped: bool,
    is_active: bool,
    enforced: list[str],
    expected: bool | None,
) -> None:
    name = domain_of(organization, connection_id if is_mapped else None, enforced, state)
    with transaction() as connection:
        settings = update(SsoSettings).where(SsoSettings.connection_id == connection_id)
        connection.execute(settings.values(is_active=is_active))

    for address in (f"ann@{name}", f"ANN@{name.upper()}"):
        found = sign_on_of(address)
        assert (None if found is None else found.is_required) is expected
        if found is not None:
            assert (found.organization_id, found.connection_id) == (organization.id, connection_id)
    assert sign_on_of(f"ann@sub.{name}") is None
    assert sign_on_of("no address") is None


def test_passwords_are_refused_whoever_asks(organization: Organization, connection_id: str) -> None:
    name = domain_of(organization, connection_id, [])
    known = person(organization.id, name)
    secret = _reset_link(known)
    _require(name)
    for email in (known, known.upper(), f"nobody@{name}"):
        for password in (PASSWORD, "wrong", ""):
            with pytest.raises(SignOnRequired):
                signing_in.with_password(email, password, browser())
        with pytest.raises(SignOnRequired):
            recovery.ask_for_reset(email, browser())
    with pytest.raises(SignOnRequired):
        recovery.account_of_reset(secret)
    with pytest.raises(SignOnRequired):
        recovery.reset_password(secret, "grey turtles ride at night", browser())


def _reset_link(email: str) -> str:
    from tests.support.accounts import link_in

    recovery.ask_for_reset(email, browser())
    return secret_of(link_in(mails_to(email)[-1][1]))


def _require(name: str) -> None:
    from scim_server.domains.models import Domain

    with transaction() as connection:
        connection.execute(update(Domain).where(Domain.name == name).values(enforced_logins=SSO_ONLY))


class TestBypass:
    """A link, and with it the password."""

    @pytest.fixture
    def domain(self, organization: Organization, connection_id: str) -> str:
        return domain_of(organization, connection_id, SSO_ONLY)

    def test_it_lets_in_by_password_and_tells(self, organization: Organization, domain: str) -> None:
        email = person(organization.id, domain)
        made, url = bypass.make_key(requester(organization.id))
        assert made.last_used_at is None
        secret = secret_of(url)
        assert url == f"http://127.0.0.1:8000/login/bypass/{secret}"
        assert bypass.look(secret, browser()).organization_id == organization.id

        entered = signing_in.with_password(email, PASSWORD, browser(), bypass_secret=secret)

        assert not isinstance(entered, SecondStep)
        signed_in = recognise(entered.secret)
        assert signed_in is not None
        # It is good for this Organization alone, and so cannot change the Account.
        assert signed_in.organization_id == organization.id
        assert "account:sso:bypassed" in actions(organization.id)
        assert bypass.read_key(requester(organization.id)).last_used_at is not None
        with pytest.raises(WrongCredentials):
            signing_in.with_password(email, "wrong", browser(), bypass_secret=secret)

    def test_a_new_one_voids_the_old(self, organization: Organization, domain: str) -> None:
        email = person(organization.id, domain)
        old = secret_of(bypass.make_key(requester(organization.id))[1])
        new = secret_of(bypass.make_key(requester(organization.id))[1])
        with pytest.raises(LinkEnded):
            bypass.look(old, browser())
        with pytest.raises(SignOnRequired):
            signing_in.with_password(email, PASSWORD, browser(), bypass_secret=old)
        signing_in.with_password(email, PASSWORD, browser(), bypass_secret=new)

        bypass.delete_key(requester(organization.id))

        for call in (bypass.delete_key, bypass.read_key):
            with pytest.raises(NotFound):
                call(requester(organization.id))
        with pytest.raises(SignOnRequired):
            signing_in.with_password(email, PASSWORD, browser(), bypass_secret=new)
        made = [each for each in actions(organization.id) if "bypass-key" in each]
        assert made == [f"owner:sso-bypass-key:{what}" for what in ("created", "regenerated", "deleted")]

    def test_it_is_of_one_organization(self, organization: Organization, domain: str) -> None:
        email = person(organization.id, domain)
        other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
        theirs = secret_of(bypass.make_key(requester(other.id))[1])
        with pytest.raises(SignOnRequired):
            signing_in.with_password(email, PASSWORD, browser(), bypass_secret=theirs)
        # Whoever is no ACTIVE User of the Organization learns no more than from a wrong password.
        stranger = f"stranger@{domain}"
        make_account(stranger)
        ours = secret_of(bypass.make_key(requester(organization.id))[1])
        with pytest.raises(WrongCredentials):
            signing_in.with_password(stranger, PASSWORD, browser(), bypass_secret=ours)

    @pytest.mark.parametrize("call", [bypass.make_key, bypass.read_key, bypass.delete_key])
    def test_it_is_for_owners(self, organization: Organization, call: Any) -> None:
        for role in ("ORGANIZATION_BILLING_ADMIN", MEMBER):
            with pytest.raises(Forbidden):
                call(requester(organization.id, role))

    def test_guessing_is_slowed(self, app: Flask) -> None:
        origin = browser()
        for _ in range(TRIES_OF_ADDRESS.free):
            with pytest.raises(LinkEnded):
                bypass.look("x" * 43, origin)
        with pytest.raises(TooManyRequests):
            bypass.look("x" * 43, origin)

    def test_nothing_of_it_is_kept_in_clear(self, organization: Organization) -> None:
        from sqlalchemy import select

        from scim_server.accounts.models import BypassKey
        from scim_server.database import reading

        secret = secret_of(bypass.make_key(requester(organization.id))[1])
        with reading() as connection:
            row = connection.execute(select(BypassKey.__table__)).all()
        assert secret not in str(row)
        assert changes_of(organization.id, "owner:sso-bypass-key:created") == {}
