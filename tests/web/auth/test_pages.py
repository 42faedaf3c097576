"""The pages of signing in, as people go through them; what attacks on them meet stands in tests/security."""

import html
import re

import pyotp
import pytest
import time_machine
from flask import Flask

from scim_server.accounts import sessions
from scim_server.accounts.service import find_by_email
from tests.conftest import Organization, make_app
from tests.support.accounts import (
    PASSWORD,
    address,
    link,
    link_in,
    mails_to,
    make_account,
    sign_in,
)
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.client import ScimClient

NEW = "grey turtles ride at night"


def test_signing_in_leads_to_the_page_that_was_wanted(browser: Browser, email: str) -> None:
    answer = browser.get("/me/password")
    assert (answer.status_code, browser.title) == (401, "Sign in")
    assert browser.hidden("next") == "/me/password"
    browser.post("/login", email=email.upper(), next=browser.hidden("next"))
    answer = browser.post("/login/password", password=PASSWORD)
    assert (answer.status_code, browser.title) == (200, "Choose a new password")
    browser.get("/login")
    assert browser.title == "Your Organizations"


def test_a_wrong_password_is_said_and_no_more(browser: Browser, email: str) -> None:
    assert browser.sign_in(email, "wrong").status_code == 401
    assert "do not belong together" in browser.text
    assert browser.post("/login/password", password=PASSWORD).status_code == 200


@pytest.mark.parametrize("typed", ["", "bob", "bob@", "a@x,b@y", "x" * 400])
def test_what_is_no_address_is_said_beside_the_field(browser: Browser, typed: str) -> None:
    browser.get("/login")
    assert browser.post("/login", email=typed, next="/me").status_code == 400
    assert 'aria-invalid="true"' in browser.text


@pytest.mark.parametrize("path", ["/login/password", "/login/second-factor"])
def test_a_step_without_the_one_before_begins_again(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 200
    assert browser.title == "Sign in"
    assert browser.post(path, password=PASSWORD, code="1").status_code == 200
    assert browser.title == "Sign in"


def test_a_forgotten_password(browser: Browser, email: str) -> None:
    elsewhere = Browser(browser.app)
    elsewhere.sign_in(email)
    browser.get("/password/forgotten")
    browser.post("/password/forgotten", email=email)
    told = browser.text
    path = link_in(mails_to(email)[-1][1])
    assert path.startswith("/password/reset/")
    browser.get(path)
    assert email in browser.text
    assert browser.post(path, password="short").status_code == 400
    assert browser.post(path, password=NEW).status_code == 200
    # Used up, in both ways.
    assert browser.get(path).status_code == 410
    assert elsewhere.get("/me").status_code == 401
    assert browser.sign_in(email).status_code == 401
    assert browser.sign_in(email, NEW).status_code == 200
    unknown = address("nobody")
    other = Browser(browser.app)
    other.get("/password/forgotten")
    assert other.post("/password/forgotten", email=unknown).status_code == 200
    assert other.text == told
    assert mails_to(unknown) == []


def test_only_the_newest_link_works_for_half_an_hour(browser: Browser, email: str) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        for _ in range(2):
            browser.get("/password/forgotten")
            browser.post("/password/forgotten", email=email)
        first, second = [link_in(text) for _, text in mails_to(email)]
        assert browser.get(first).status_code == 410
        clock.shift(30 * 60 - 1)
        assert browser.get(second).status_code == 200
        clock.shift(1)
        assert browser.post(second, password=NEW).status_code == 410


def test_whoever_has_no_password_gets_none(browser: Browser) -> None:
    email = address("sso")
    make_account(email, password=None)
    browser.get("/password/forgotten")
    assert browser.post("/password/forgotten", email=email).status_code == 200
    assert mails_to(email) == []


def test_an_unproved_address_is_proved_by_mail(browser: Browser) -> None:
    email = address()
    make_account(email, is_proved=False)
    assert browser.sign_in(email).status_code == 401
    assert browser.title == "Confirm your address"
    path = link_in(mails_to(email)[-1][1])
    browser.get(path)
    assert browser.post(path).status_code == 200
    assert browser.sign_in(email).status_code == 200


def test_another_name(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    browser.post("/me/name", name="  Bob <b>the</b>  Builder ")
    assert "<h1>Bob &lt;b&gt;the&lt;/b&gt; Builder</h1>" in browser.text
    assert browser.post("/me/name", name=" ").status_code == 400
    assert "1 to 100 printable" in browser.text


def test_another_password_ends_all_other_sessions(browser: Browser, email: str) -> None:
    other = Browser(browser.app)
    other.sign_in(email)
    browser.sign_in(email)
    before = browser.cookie()
    browser.get("/me/password")
    assert browser.post("/me/password", password=email).status_code == 400
    assert browser.post("/me/password", password=NEW).status_code == 200
    assert browser.cookie() != before
    assert browser.get("/me").status_code == 200
    assert other.get("/me").status_code == 401
    assert mails_to(email)[-1][0] == "Your password was changed"
    assert other.sign_in(email, NEW).status_code == 200


def test_another_address_is_confirmed_at_both(browser: Browser, email: str) -> None:
    new = address("robert")
    browser.sign_in(email)
    browser.get("/me/email")
    assert browser.post("/me/email", email=email).status_code == 400
    browser.post("/me/email", email=new)
    links = [link_in(mails_to(each)[-1][1]) for each in (email, new)]
    assert links[0] != links[1]
    browser.get(links[1])
    browser.post(links[1])
    assert find_by_email(new) is None
    assert browser.get(links[1]).status_code == 410
    browser.get(links[0])
    browser.post(links[0])
    assert find_by_email(new) is not None
    assert find_by_email(email) is None
    assert mails_to(email)[-1][0] == "Your sign-in address was changed"
    assert Browser(browser.app).sign_in(new).status_code == 200


def test_another_address_that_somebody_took_meanwhile(browser: Browser, email: str) -> None:
    new = address("robert")
    browser.sign_in(email)
    browser.get("/me/email")
    browser.post("/me/email", email=new)
    links = [link_in(mails_to(each)[-1][1]) for each in (email, new)]
    make_account(new)
    statuses = []
    for each in links:
        browser.get(each)
        statuses.append(browser.post(each).status_code)
    assert statuses == [200, 410]
    assert find_by_email(email) is not None


def test_sessions_are_seen_and_ended(browser: Browser, email: str) -> None:
    others = [Browser(browser.app) for _ in range(3)]
    for each in (*others, browser):
        each.sign_in(email)
    browser.get("/me")
    assert browser.text.count(">End</button>") == 4
    first = sessions.recognise(others[0].cookie() or "")
    assert first is not None
    browser.post(f"/me/sessions/{first.session_id}/end")
    assert [each.get("/me").status_code for each in others] == [401, 200, 200]
    browser.post("/me/sessions/end-others")
    assert [each.get("/me").status_code for each in others] == [401, 401, 401]
    assert browser.get("/me").status_code == 200


def test_a_stranger_ends_nobodys_session(browser: Browser, email: str) -> None:
    other = Browser(browser.app)
    other.sign_in(email)
    found = sessions.recognise(other.cookie() or "")
    assert found is not None
    stranger = address("eve")
    make_account(stranger)
    browser.sign_in(stranger)
    assert browser.post(f"/me/sessions/{found.session_id}/end").status_code == 404
    assert other.get("/me").status_code == 200


def test_an_organizations_session_sees_and_changes_nothing_of_the_account(
    app: Flask, browser: Browser, organization: Organization, scim: ScimClient, email: str
) -> None:
    account = find_by_email(email)
    assert account is not None
    link(organization.id, scim.create_user(email)["id"], account.id)
    sign_in(account.id)
    browser.set_cookie(sign_in(account.id, organization.id))
    assert browser.get("/me").status_code == 200
    assert organization.slug.replace("-", " ") in browser.text.lower()
    assert browser.text.count(">End</button>") == 1
    token = browser.text
    for path, values in {
        "/me/name": {"name": "Mallory"},
        "/me/confirm": {"password": PASSWORD, "next": "/me"},
        "/me/password": {"password": NEW},
        "/me/email": {"email": address()},
        "/me/factors/authenticator": {},
        "/me/recovery-codes": {},
        "/me/sessions/end-others": {},
    }.items():
        browser.get("/me")
        assert browser.send(path, **values).status_code == 403, path
    assert "Mallory" not in token
    assert browser.get("/me/password").status_code == 403
    assert len(sessions.list_sessions(account.id)) == 2


class TestFactors:
    """Second factors are set up with a recent sign-in, shown at each sign-in, and removed."""

    def key_of(self, browser: Browser) -> str:
        found = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.text)
        assert found is not None
        return found[1].replace(" ", "")

    def test_an_authenticator(self, browser: Browser, email: str) -> None:
        with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
            browser.sign_in(email)
            browser.post("/me/factors/authenticator")
            key, factor = self.key_of(browser), browser.hidden("factor")
            assert "<svg" in browser.text
            confirm = "/me/factors/authenticator/confirm"
            assert browser.post(confirm, factor=factor, code="1", name="P").status_code == 400
            assert self.key_of(browser) == key
            code = pyotp.TOTP(key).now()
            browser.post(confirm, factor=factor, code=code, name="My phone")
            codes = re.findall(r"<li>([a-z2-7-]{19})</li>", browser.text)
            assert len(codes) == 10
            browser.get("/me")
            assert "My phone" in browser.text
            assert "10 recovery codes left" in browser.text
            clock.shift(30)
            other = Browser(browser.app)
            assert other.sign_in(email).status_code == 200
            assert other.title == "Second step"
            assert other.get("/me").status_code == 401
            other.get("/login/second-factor")
            assert other.post("/login/second-factor", code="123").status_code == 401
            assert other.post("/login/second-factor", code=pyotp.TOTP(key).now()).status_code == 200
            assert other.title == "Your account"
            third = Browser(browser.app)
            third.sign_in(email)
            third.post("/login/second-factor", code=codes[3])
            assert "9 recovery codes left" in third.text
            third.post("/me/recovery-codes")
            assert not set(codes) & set(re.findall(r"<li>([a-z2-7-]{19})</li>", third.text))
            third.get("/me")
            found = re.search(r"/me/factors/([0-9a-f-]+)/remove", third.text)
            assert found is not None
            third.post(found[0])
            assert "no second factor" in third.text
            assert third.post(found[0]).status_code == 404
            assert Browser(browser.app).sign_in(email).status_code == 200


@pytest.fixture(scope="module")
def named_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Give an application that people reach by name and https, as passkeys need."""
    folder = tmp_path_factory.mktemp("named")
    return make_app(f"sqlite:///{folder}/scim.db", folder, public_url="https://idp.example.com")


def options_in(browser: Browser) -> str:
    found = re.search(r'data-options="([^"]+)"', browser.text)
    assert found is not None
    return html.unescape(found[1])


def test_a_passkey(named_app: Flask) -> None:
    key = Authenticator("https://idp.example.com")
    with named_app.app_context():
        email = address()
        make_account(email)
        browser = Browser(named_app, "https://idp.example.com")
        browser.sign_in(email)
        browser.post("/me/factors/passkey")
        step, made = browser.hidden("step"), key.create(options_in(browser))
        browser.post("/me/factors/passkey/confirm", step=step, credential="{}", name="Key")
        assert browser.page is not None
        assert browser.page.status_code == 400
        # Made for another step.
        other_step = browser.hidden("step")
        assert (
            browser.post("/me/factors/passkey/confirm", step=other_step, credential=made, name="K").status_code == 400
        )
        browser.post("/me/factors/passkey/confirm", step=step, credential=made, name="Key")
        assert browser.title == "Your recovery codes"
        browser.get("/me")
        assert browser.post("/me/factors/passkey/confirm", step=step, credential=made, name="Key").status_code == 404
        other = Browser(named_app, "https://idp.example.com")
        other.sign_in(email)
        asked = options_in(other)
        for wrong in ("{}", "x" * 20_000, Authenticator("https://idp.example.com").get(asked)):
            assert other.post("/login/second-factor", credential=wrong).status_code == 401
        phished = Authenticator("https://evil.example", key.count, key.credential_id, key._key)
        assert other.post("/login/second-factor", credential=phished.get(asked)).status_code == 401
        signed = key.get(asked)
        assert other.post("/login/second-factor", credential=signed).status_code == 200
        assert other.title == "Your account"
        third = Browser(named_app, "https://idp.example.com")
        third.sign_in(email)
        assert third.post("/login/second-factor", credential=signed).status_code == 401
        copied = Authenticator(key.origin, 0, key.credential_id, key._key)
        assert third.post("/login/second-factor", credential=copied.get(options_in(third))).status_code == 401


def test_no_passkeys_at_a_bare_address(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    assert "passkey" not in browser.text
    assert browser.post("/me/factors/passkey").status_code == 404


def test_errors_are_pages_for_people(browser: Browser) -> None:
    answer = browser.get("/no-such-page", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.headers["X-Request-Id"] in browser.text
    assert browser.get("/no-such-page").mimetype == "application/problem+json"
    assert browser.open("PUT", "/login").status_code == 405


def test_the_address_of_the_server_leads_to_signing_in(app: Flask) -> None:
    browser = Browser(app)
    browser.get("/")
    assert browser.title == "Sign in"
