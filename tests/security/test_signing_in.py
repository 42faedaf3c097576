"""Sessions, passwords and pages under attack: rows OI15-OI20, OI22, WB01, WB03, WB04, WB06, WB10 and AV03."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, current_app
from pwdlib import PasswordHash
from sqlalchemy import func, select

from scim_server.accounts import passwords, rights
from scim_server.accounts.models import Session
from scim_server.accounts.policy import PASSWORDS_OF_ACCOUNT, TRIES_OF_ADDRESS
from scim_server.accounts.service import find_by_email
from scim_server.accounts.sessions import recognise
from scim_server.database import reading, transaction
from scim_server.database.engines import dispose_engines
from scim_server.outbox.models import OutboxMessage
from tests.conftest import Organization, make_app
from tests.support.accounts import PASSWORD, address, link, link_in, mails_to, make_account, sign_in
from tests.support.browser import Browser
from tests.support.client import ScimClient

HTTPS = "https://idp.example.com"
# Every page that changes something, with fields that would do.
FORMS = {
    "/login": {"email": "bob@acme.example"},
    "/login/password": {"password": PASSWORD},
    "/login/second-factor": {"code": "123456"},
    "/logout": {},
    "/password/forgotten": {"email": "bob@acme.example"},
    "/password/reset/x": {"password": PASSWORD},
    "/email/proof/x": {},
    "/email/change/x": {},
    "/set-up/x": {"name": "Mallory", "password": PASSWORD},
    "/me/name": {"name": "Mallory"},
    "/me/confirm": {"password": PASSWORD},
    "/me/password": {"password": PASSWORD},
    "/me/email": {"email": "eve@evil.example"},
    "/me/factors/authenticator": {},
    "/me/factors/authenticator/confirm": {"code": "123456"},
    "/me/factors/passkey": {},
    "/me/factors/passkey/confirm": {"credential": "{}"},
    "/me/factors/x/remove": {},
    "/me/recovery-codes": {},
    "/me/sessions/x/end": {},
    "/me/sessions/end-others": {},
    "/device": {"user_code": "BCDF-GHJK"},
    "/device/x": {"answer": "allow"},
}


@pytest.fixture
def email(app: Flask) -> str:
    fresh = address()
    make_account(fresh)
    return fresh


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture(scope="module")
def https_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give an application that people reach by https."""
    folder = tmp_path_factory.mktemp("https")
    app = make_app(f"sqlite:///{folder}/scim.db", folder, public_url=HTTPS)
    yield app
    dispose_engines(app)


def count(statement: Any) -> int:
    with reading() as connection:
        return int(connection.execute(statement).scalar_one())


def test_OI15_the_session_is_another_one_after_signing_in(browser: Browser, email: str) -> None:
    browser.set_cookie("fixed-by-an-attacker-fixed-by-an-attacker-f")
    browser.get("/login")
    steps, token = browser.cookie("steps"), browser.hidden("csrf_token")
    browser.sign_in(email)
    first = browser.cookie()
    assert first != "fixed-by-an-attacker-fixed-by-an-attacker-f"
    assert browser.cookie("steps") != steps
    # Nor does a form from before go on after it.
    assert browser.open("POST", "/me/name", data={"csrf_token": token, "name": "M"}).status_code == 403
    # Signing in over a session ends that one.
    victim = Browser(browser.app)
    victim.set_cookie(first or "")
    other = address("eve")
    make_account(other)
    victim.get("/me")
    victim.open("GET", "/login/password")
    with victim.client.session_transaction() as kept:
        kept["email"] = other
    victim.get("/login/password")
    victim.post("/login/password", password=PASSWORD)
    assert other in victim.text
    assert recognise(first or "") is None


def test_OI15_the_session_is_another_one_when_rights_change(
    browser: Browser, email: str, organization: Organization, scim: ScimClient
) -> None:
    account = find_by_email(email)
    assert account is not None
    bob = scim.create_user(email)["id"]
    link(organization.id, bob, account.id)
    browser.sign_in(email)
    before = browser.cookie()
    with transaction() as connection:
        rights.rotate_for_user(connection, organization.id, bob)
    assert browser.get("/me").status_code == 200
    assert browser.cookie() != before
    assert recognise(before or "") is None
    assert browser.get("/me").status_code == 200


def test_OI16_after_signing_out_nothing_is_left(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    secret = browser.cookie()
    browser.get("/me")
    browser.post("/logout")
    assert browser.cookie() is None
    assert browser.get("/me").status_code == 401
    browser.set_cookie(secret or "")
    assert browser.get("/me").status_code == 401
    account = find_by_email(email)
    assert account is not None
    assert count(select(func.count()).select_from(Session).where(Session.account_id == account.id)) == 0


def test_OI17_flags_of_cookies(https_app: Flask) -> None:
    with https_app.app_context():
        email = address()
        make_account(email)
    browser = Browser(https_app, HTTPS)
    browser.get("/login")
    browser.post("/login", email=email)
    answer = browser.send("/login/password", password=PASSWORD)
    cookies = answer.headers.getlist("Set-Cookie")
    cookies += browser.open("GET", "/me").headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-signed_in", "__Host-steps"}
    for cookie in cookies:
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)


def test_OI17_on_this_machine_they_have_plain_names(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    assert browser.cookie() is not None
    assert browser.cookie("__Host-signed_in") is None


def test_OI18_a_changed_secret_key_keeps_people_until_the_old_one_is_dropped(tmp_path: Path) -> None:
    old, new = "old-Key-of-32-characters-or-longer-0123456789", "new-Key-of-32-characters-or-longer-0123456789"
    url = f"sqlite:///{tmp_path}/scim.db"
    made = make_app(url, tmp_path, secret_key=old)
    with made.app_context():
        email = address()
        make_account(email)
    first = Browser(made)
    first.get("/login")
    first.post("/login", email=email)
    for fallbacks, title in (([old], "Your Organizations"), ([], "Sign in")):
        app = make_app(url, tmp_path, secret_key=new, secret_key_fallbacks=fallbacks)
        browser = Browser(app)
        browser.set_cookie(first.cookie("steps") or "", "steps")
        browser.get("/login/password")
        # What was typed in before is known, or has to be typed again.
        assert (email in browser.text) is bool(fallbacks)
        browser.post("/login/password", password=PASSWORD)
        assert browser.title == title
        dispose_engines(app)
    dispose_engines(made)


@pytest.mark.parametrize("way", ["deactivated", "deleted"])
def test_OI19_deprovisioned_people_are_out_at_the_next_request(
    browser: Browser, email: str, organization: Organization, scim: ScimClient, way: str
) -> None:
    account = find_by_email(email)
    assert account is not None
    bob = scim.create_user(email)["id"]
    link(organization.id, bob, account.id)
    everywhere = Browser(browser.app)
    everywhere.sign_in(email)
    browser.set_cookie(sign_in(account.id, organization.id))
    for each in (browser, everywhere):
        assert each.get("/me").status_code == 200
    if way == "deactivated":
        scim.patch(f"/Users/{bob}", {"op": "replace", "path": "active", "value": False})
    else:
        scim.delete(f"/Users/{bob}")
    for each in (browser, everywhere):
        assert each.get("/me").status_code == 401
        assert each.title == "Sign in"
    # The login is the person's, and opens nothing of the Organization any more.
    assert browser.sign_in(email).status_code == 200
    assert organization.slug not in browser.text
    assert "not a member of any Organization" in browser.text


def test_OI20_idle_and_absolute_time_outs(browser: Browser, email: str) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        browser.sign_in(email)
        clock.shift(60 * 60)
        assert browser.get("/me").status_code == 401
        browser.sign_in(email)
        for _ in range(12):
            clock.shift(59 * 60)
            assert browser.get("/me").status_code == 200
        clock.shift(12 * 60)
        assert browser.get("/me").status_code == 401


def test_OI22_a_thousand_passwords_are_not_tried(app: Flask, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each from another network: the Account itself is guarded. Known and unknown addresses answer alike."""
    hashed = Counter[str]()
    check = PasswordHash.verify_and_update

    def counting(self: PasswordHash, password: str, stored: str) -> Any:
        hashed[password] += 1
        return check(self, password, stored)

    monkeypatch.setattr(PasswordHash, "verify_and_update", counting)
    unknown = address("nobody")
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        answers = {}
        for who in (email, unknown):
            statuses = Counter(Browser(app).sign_in(who, f"guess {number}").status_code for number in range(40))
            answers[who] = statuses
        assert (
            answers[email] == answers[unknown] == {401: PASSWORDS_OF_ACCOUNT.free, 429: 40 - PASSWORDS_OF_ACCOUNT.free}
        )
        assert sum(hashed.values()) == 2 * PASSWORDS_OF_ACCOUNT.free
        # The right one has to wait too, and no longer than five minutes.
        waiting = Browser(app).sign_in(email)
        assert waiting.status_code == 429
        assert int(waiting.headers["Retry-After"]) <= 300
        clock.shift(300)
        assert Browser(app).sign_in(email).status_code == 200


def test_OI22_one_network_tries_many_accounts(app: Flask) -> None:
    browser = Browser(app)
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False):
        statuses = [browser.sign_in(address("nobody"), "guess").status_code for _ in range(TRIES_OF_ADDRESS.free + 3)]
    assert statuses == [401] * TRIES_OF_ADDRESS.free + [429] * 3


def test_OI22_resetting_tells_nothing_and_sends_no_flood(app: Flask, email: str) -> None:
    unknown = address("nobody")
    seen = {}
    for who in (email, unknown):
        pages = []
        for _ in range(5):
            browser = Browser(app)
            browser.get("/password/forgotten")
            answer = browser.post("/password/forgotten", email=who)
            pages.append((answer.status_code, re.sub(r'value="[^"]*"', "", browser.text)))
        seen[who] = pages
    assert seen[email] == seen[unknown]
    assert [status for status, _ in seen[email]] == [200, 200, 200, 429, 429]
    assert len(mails_to(email)) == 3
    assert count(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.recipient == unknown)) == 0


def test_OI22_the_link_is_built_from_the_public_url(browser: Browser, email: str) -> None:
    browser.get("/password/forgotten")
    token = browser.hidden("csrf_token")
    data = {"csrf_token": token, "email": email}
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    browser.open("POST", "/password/forgotten", data=data, headers=forged)
    assert browser.open("POST", "/password/forgotten", data=data, headers={"Host": "evil.example"}).status_code == 400
    (mail,) = mails_to(email)
    assert current_app.config["PUBLIC_URL"] + link_in(mail[1]) in mail[1]
    assert "evil" not in mail[1]


def test_WB01_every_form_needs_its_token(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    browser.get("/me")
    token = browser.hidden("csrf_token")
    stranger = Browser(browser.app)
    stranger.get("/login")
    theirs = stranger.hidden("csrf_token")
    for path, values in FORMS.items():
        for sent in (values, {**values, "csrf_token": ""}, {**values, "csrf_token": theirs}):
            assert browser.open("POST", path, data=sent).status_code == 403, path
        assert browser.open("POST", path, json={**values, "csrf_token": token}).status_code == 403, path
        crossing = {"Sec-Fetch-Site": "cross-site"}
        whole = {**values, "csrf_token": token}
        assert browser.open("POST", path, data=whole, headers=crossing).status_code == 403, path
        assert browser.open("GET", path, query_string=whole).status_code in {200, 303, 400, 404, 405, 410}, path
    assert browser.get("/me").status_code == 200
    assert "Mallory" not in browser.text


def test_WB01_every_form_is_in_the_table(app: Flask) -> None:
    rules = {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("auth.") and "POST" in rule.methods
    }
    assert {re.sub(r"<\w+>", "x", rule) for rule in rules} == set(FORMS)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/me",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie: x",
        "/\r\nLocation: https://evil.example",
        "/\t/evil.example",
        " //evil.example",
        "evil.example",
        "",
    ],
)
def test_WB03_after_signing_in_people_stay_here(browser: Browser, email: str, target: str) -> None:
    browser.open("GET", "/login", query_string={"next": target})
    browser.post("/login", email=email, next=target)
    answer = browser.send("/login/password", password=PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/" or target.startswith("/%0d")
    assert "Set-Cookie: x" not in answer.headers["Location"].replace("%0d%0a", "")


def test_WB04_and_WB06_no_page_is_framed_or_kept(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    browser.post("/me/factors/authenticator")
    pages = [browser.page]
    pages += [browser.get(path) for path in ("/me", "/me/password", "/me/email", "/login", "/password/forgotten")]
    pages += [browser.get(path) for path in ("/password/reset/x", "/email/proof/x")]
    for page in pages:
        assert page is not None
        policy = page.headers["Content-Security-Policy"]
        for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert directive in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert "Cookie" in page.headers["Vary"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"""(src|href|action)=["']?(https?:)?//|\son\w+=|style=|javascript:""", page.text)


def test_WB10_what_protects_the_account_asks_for_a_recent_sign_in(browser: Browser, email: str) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        browser.sign_in(email)
        clock.shift(11 * 60)
        browser.get("/me")
        for path in ("/me/password", "/me/email", "/me/factors/authenticator", "/me/recovery-codes"):
            assert browser.post(path, **FORMS[path]).status_code == 401, path
            assert browser.title == "Confirm that it is you"
            browser.get("/me")
        assert browser.get("/me/password").status_code == 401
        assert browser.hidden("next") == "/me/password"
        before = browser.cookie()
        assert browser.post("/me/confirm", next="/me/password", password="wrong").status_code == 400
        assert browser.post("/me/confirm", next="//evil.example", password=PASSWORD).status_code == 200
        assert browser.title == "Your Organizations"
        assert browser.cookie() != before
        assert browser.get("/me/password").status_code == 200


def test_AU10_a_session_is_no_token(browser: Browser, email: str, organization: Organization, scim: ScimClient) -> None:
    account = find_by_email(email)
    assert account is not None
    link(organization.id, scim.create_user(email)["id"], account.id)
    browser.sign_in(email)
    secret = browser.cookie()
    for path in (f"/scim/v2/{organization.id}/Users", f"/v1/organizations/{organization.id}"):
        assert browser.open("GET", path).status_code == 401
        assert browser.open("GET", path, headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_AV03_a_storm_of_logins_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred at once: never more than half of the threads hash, the others wait shortly or are told to."""
    present, most, lock = 0, 0, threading.Lock()
    check = PasswordHash.verify_and_update

    def counting(self: PasswordHash, password: str, stored: str) -> Any:
        nonlocal present, most
        with lock:
            present += 1
            most = max(most, present)
        try:
            return check(self, password, stored)
        finally:
            with lock:
                present -= 1

    monkeypatch.setattr(PasswordHash, "verify_and_update", counting)
    who = [address("nobody") for _ in range(200)]

    def once(email: str) -> int:
        with app.app_context():
            try:
                passwords.verify("guess", None)
            except passwords.Unavailable as error:
                assert error.retry_after >= 1
                return error.status
            return 401

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(once, who))
    assert most <= 2
    assert set(statuses) == {401, 503}
    assert Browser(app).sign_in(who[0]).status_code == 401
