"""E-mail first: where each address is led to, what is refused where single sign-on is the only way, and the bypass."""

import html
import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import update

from scim_server.accounts import bypass
from scim_server.audit.service import ActorType, Origin
from scim_server.database import transaction
from scim_server.domains.models import Domain
from scim_server.invitations.service import invite
from scim_server.roles.authority import Authority, Requester
from scim_server.users.policy import Status
from tests.conftest import Organization
from tests.support.accounts import PASSWORD, link, mails_to, make_account, secret_of
from tests.support.browser import Browser
from tests.support.invitations import newest_token
from tests.support.logins import prove, set_up_sso
from tests.support.people import insert_person

OWNER = "ORGANIZATION_OWNER"


@pytest.fixture
def connection_id(organization: Organization) -> str:
    return set_up_sso(organization.id, issuer="https://idp.acme.example")


@pytest.fixture
def domain(organization: Organization, connection_id: str) -> str:
    """Give a domain whose people sign in by the Connection, or with a password."""
    name = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, name, connection_id=connection_id)
    return name


@pytest.fixture
def ann(organization: Organization, domain: str) -> str:
    """Give the address of a member who has a password."""
    email = f"ann@{domain}"
    link(organization.id, insert_person(organization.id, email, Status.ACTIVE, OWNER), make_account(email))
    return email


def require(domain: str) -> None:
    """Make single sign-on the only way."""
    with transaction() as connection:
        connection.execute(update(Domain).where(Domain.name == domain).values(enforced_logins=["SSO"]))


def onward(browser: Browser) -> str:
    """Return where the present page leads on to by itself, which its link does too."""
    (by_itself,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]*)"', browser.text)
    (by_link,) = re.findall(r'<a href="([^"]*)"', browser.text)
    assert by_itself == by_link
    return html.unescape(by_link)


def test_an_address_leads_to_its_identity_provider(
    organization: Organization, connection_id: str, domain: str, browser: Browser
) -> None:
    browser.get("/login")
    browser.post("/login", email=f"Ann+1@{domain.upper()}", next="/me?x=1")
    expected = f"/login/sso/{connection_id}?email=Ann%2B1%40{domain}&next=%2Fme%3Fx%3D1"
    assert onward(browser) == expected
    assert f"identity provider of Test {organization.slug.removeprefix('test-')}" in html.unescape(browser.text)
    # A form leads to this server alone (form-action), and so does what answers it.
    assert browser.page is not None
    assert "form-action 'self'" in browser.page.headers["Content-Security-Policy"]


def test_known_and_unknown_are_answered_alike(ann: str, domain: str, app: Flask) -> None:
    """Whether an address has an Account, its domain being proved or not, changes not a byte but the address."""
    make_account(f"known@other-{domain}")
    for known, unknown in ((ann, f"eve@{domain}"), (f"known@other-{domain}", f"loner@other-{domain}")):
        told = []
        for email in (known, unknown):
            browser = Browser(app)
            browser.get("/login")
            sent = browser.send("/login", email=email, next="/me")
            browser.get(sent.headers["Location"])
            local = email.partition("@")[0]
            page = re.sub(r'name="csrf_token" value="[^"]+"', "", browser.text).replace(local, "-")
            told.append((sent.status_code, sent.headers["Location"], page))
        assert told[0] == told[1]


@pytest.mark.parametrize("is_required", [False, True])
def test_a_password_instead(ann: str, domain: str, browser: Browser, is_required: bool) -> None:
    if is_required:
        require(domain)
    browser.get("/login")
    browser.post("/login", email=ann, next="/me", way="password")
    if is_required:
        assert browser.page is not None
        assert (browser.page.status_code, browser.title) == (403, "Sign in another way")
        assert "without a password here" in browser.text
        assert re.search(r'href="/login/sso/[^"]+"', browser.text)
    else:
        assert browser.post("/login/password", password=PASSWORD).status_code == 200
        assert ann in browser.text


def test_switched_on_while_somebody_types(ann: str, domain: str, browser: Browser) -> None:
    browser.get("/login")
    browser.post("/login", email=ann, next="/me", way="password")
    require(domain)
    answer = browser.post("/login/password", password=PASSWORD)
    assert (answer.status_code, browser.title) == (403, "Sign in another way")
    assert browser.get("/me").status_code == 401


def test_no_new_password_either(ann: str, domain: str, browser: Browser) -> None:
    browser.get("/password/forgotten")
    browser.post("/password/forgotten", email=ann)
    secret = re.findall(r"/password/reset/(\S+)", mails_to(ann)[-1][1])[0]
    require(domain)
    for email in (ann, f"nobody@{domain}"):
        browser.get("/password/forgotten")
        answer = browser.post("/password/forgotten", email=email)
        assert (answer.status_code, browser.title) == (403, "Sign in another way")
    assert len(mails_to(ann)) == 1
    assert browser.get(f"/password/reset/{secret}").status_code == 403


def test_the_invited_are_led_to_the_identity_provider(
    organization: Organization, connection_id: str, domain: str, browser: Browser
) -> None:
    require(domain)
    owner = Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR))
    invite(owner, email=f"new@{domain}", role="ORGANIZATION_MEMBER")
    path = f"/invitations/{newest_token(organization.id, f'new@{domain}')}"
    assert "Choose a password" not in browser.get(path).text
    answer = browser.open("POST", path, data={"answer": "accept", "name": "New", "password": PASSWORD})
    browser.get(answer.headers["Location"])
    # The login there accepts the invitation.
    assert onward(browser) == f"/login/sso/{connection_id}?email=new%40{domain}&next=%2Fme"


def test_the_bypass_link(organization: Organization, ann: str, domain: str, browser: Browser) -> None:
    require(domain)
    owner = Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR))
    secret = secret_of(bypass.make_key(owner)[1])
    browser.get(f"/login/bypass/{secret}")
    assert "is bypassed in this browser" in browser.text
    browser.post("/login", email=ann, next="/me")
    assert browser.post("/login/password", password=PASSWORD).status_code == 200
    assert ann in browser.text
    # It was for this sign-in: the next begins as for everybody.
    browser.post("/logout")
    assert "bypassed" not in browser.text

    bypass.delete_key(owner)
    answer = browser.get(f"/login/bypass/{secret}")
    assert (answer.status_code, browser.title) == (410, "This link has ended")


def test_a_bypass_that_ends_while_somebody_types(
    organization: Organization, ann: str, domain: str, browser: Browser
) -> None:
    require(domain)
    owner = Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR))
    browser.get(f"/login/bypass/{secret_of(bypass.make_key(owner)[1])}")
    browser.post("/login", email=ann, next="/me")
    bypass.make_key(owner)
    assert browser.post("/login/password", password=PASSWORD).status_code == 403
    assert browser.get("/me").status_code == 401
