"""Sign in, as people meet it: password, second factors, links of mails, the operator's link."""

import re

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from scim_server.accounts import setting_up
from scim_server.accounts.models import Session
from scim_server.database import transaction
from tests.conftest import Organization
from tests.support.accounts import PASSWORD, address, make_account
from tests.support.chromium import Check, Site, add_authenticator, enter, shows, type_password
from tests.support.client import ScimClient
from tests.support.mailbox import link_to

NEW_PASSWORD = "seven quiet foxes under glass"


@pytest.fixture
def email() -> str:
    return address()


@pytest.fixture
def account(app: Flask, email: str) -> str:
    return make_account(email, name="Bob Baker")


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@shows("auth.login", "auth.login_password", "auth.me")
def test_with_a_password(page: Page, account: str, email: str, check: Check) -> None:
    page.goto("/login?next=/me")
    check(page, "sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Password")).to_be_focused()
    check(page, "password")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "wrong-password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    heading(page, "Bob Baker")
    check(page, "own-page")
    page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in")
    page.goto("/me")
    heading(page, "Sign in")


def test_the_language_is_chosen_before_signing_in(page: Page, account: str, email: str, check: Check) -> None:
    page.goto("/login?next=/me")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Deutsch").click()
    heading(page, "Anmelden")
    check(page, "sign-in-german")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_role("button", name="Weiter").click()
    page.get_by_label("Passwort").fill("not this one")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("gehören nicht zusammen")
    # The page that a refused form left is opened anew in the other language.
    page.get_by_role("button", name="English").click()
    heading(page, "Sign in")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    heading(page, "Bob Baker")


@shows("auth.login_second_factor")
def test_with_an_authenticator_and_with_a_recovery_code(
    page: Page, site: Site, account: str, email: str, check: Check
) -> None:
    enter(page, site, account)
    page.goto("/me")
    page.get_by_role("button", name="Add an authenticator app").click()
    check(page, "authenticator")
    key = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("Code that it shows").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    check(page, "authenticator-wrong-code")
    page.get_by_label("Code that it shows").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Your recovery codes")
    check(page, "recovery-codes")
    codes = page.locator(".codes li").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    check(page, "own-page-with-a-second-factor")
    page.get_by_role("button", name="Sign out").click()

    type_password(page, email)
    heading(page, "Show that it is you")
    check(page, "second-factor")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    page.goto("/me")
    heading(page, "Bob Baker")


def test_with_a_passkey(page: Page, site: Site, account: str, email: str, check: Check) -> None:
    enter(page, site, account)
    page.goto("/me")
    add_authenticator(page)
    page.get_by_role("button", name="Add a passkey").click()
    heading(page, "Set up a passkey")
    check(page, "passkey")
    page.get_by_label("Name").fill("This machine")
    page.get_by_role("button", name="Make the passkey").click()
    heading(page, "Your recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("This machine")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    type_password(page, email)
    check(page, "second-factor-passkey")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("^(?!.*/login)"))
    page.goto("/me")
    heading(page, "Bob Baker")


def test_a_browser_without_a_passkey_says_so(page: Page, site: Site, account: str, check: Check) -> None:
    enter(page, site, account)
    page.goto("/me")
    devtools = add_authenticator(page, agrees=False)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("The browser got no passkey.")).to_be_visible()
    check(page, "no-passkey")
    devtools.detach()


@shows("auth.forgotten", "auth.choose_password")
def test_a_forgotten_password(page: Page, site: Site, account: str, email: str, check: Check) -> None:
    page.goto("/password/forgotten")
    check(page, "forgotten")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the mail").click()
    heading(page, "Look into your mailbox")
    check(page, "forgotten-sent")

    page.goto(link_to(site.server.home, email, "/password/reset"))
    page.get_by_label("New password").fill("password1")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "weak-password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    heading(page, "Your password is set")
    check(page, "password-set")
    page.get_by_role("link", name="Continue").click()
    type_password(page, email, NEW_PASSWORD)
    page.wait_for_url(re.compile("^(?!.*/login)"))


@shows("auth.show_proof")
def test_an_address_is_proved_before_the_first_entry(page: Page, site: Site, app: Flask, check: Check) -> None:
    email = address()
    make_account(email, is_proved=False)
    page.goto("/login")
    type_password(page, email)
    heading(page, "Confirm your address")
    check(page, "address-not-proved")

    page.goto(link_to(site.server.home, email, "/email/proof"))
    check(page, "prove-address")
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Your address is confirmed")


@shows("auth.ask_for_email", "auth.show_change")
def test_another_address(page: Page, site: Site, account: str, email: str, check: Check) -> None:
    new = address("robert")
    enter(page, site, account)
    page.goto("/me/email")
    check(page, "new-address")
    page.get_by_label("New address").fill(new)
    page.get_by_role("button", name="Send both mails").click()
    heading(page, "Two mails are on their way")

    for recipient, told in ((email, "One of two"), (new, "Your address is changed")):
        page.goto(link_to(site.server.home, recipient, "/email/change"))
        if recipient == new:
            check(page, "confirm-new-address")
        page.get_by_role("button", name="Confirm the change").click()
        heading(page, told)
    page.goto("/me")
    expect(page.get_by_role("main").get_by_text(new)).to_be_visible()


@shows("auth.ask_for_password")
def test_another_password_asks_for_the_present_one(
    page: Page, site: Site, account: str, email: str, check: Check
) -> None:
    enter(page, site, account)
    with transaction() as connection:
        long_ago = update(Session).where(Session.account_id == account)
        connection.execute(long_ago.values(authenticated_at="2026-01-01T00:00:00.000000Z"))
    page.goto("/me/password")
    heading(page, "Confirm that it is you")
    check(page, "confirm-it-is-you")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Choose a new password")
    check(page, "new-password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    heading(page, "Your password is changed")


def test_sessions_are_seen_and_ended(page: Page, site: Site, account: str, check: Check) -> None:
    for _ in range(3):
        enter(page, site, account)
    page.goto("/me")
    expect(page.get_by_role("button", name="End", exact=True)).to_have_count(3)
    check(page, "own-page-with-sessions")
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_role("button", name="End", exact=True)).to_have_count(1)
    page.get_by_role("button", name="End", exact=True).click()
    heading(page, "Sign in")


@shows("auth.show_set_up")
def test_the_operators_link(page: Page, app: Flask, scim: ScimClient, organization: Organization, check: Check) -> None:
    email = address("ann")
    user_id = scim.create_user(email)["id"]
    with transaction() as connection:
        link = setting_up.offer(connection, organization.id, user_id, email)
    page.goto(link)
    check(page, "set-up")
    page.get_by_label("Your name").fill("Ann Adams")
    page.get_by_label("Choose a password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    heading(page, "Access Management")
    page.goto("/me")
    heading(page, "Ann Adams")
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    check(page, "link-that-ended")
