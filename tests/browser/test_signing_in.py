"""Sign in, as people meet it."""

from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.accounts import address, make_account
from tests.support.chromium import Check, shows, type_password


@shows("auth.login", "auth.login_password", "auth.me")
def test_a_person_signs_in_with_a_password(app: Flask, page: Page, check: Check) -> None:
    email = address()
    make_account(email, name="Bob Baker")

    page.goto("/login")
    check(page, "sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Password")).to_be_focused()
    check(page, "password")
    page.goto("/login")
    type_password(page, email, "not this one")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "wrong-password")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You do not belong to any Organization yet")
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob Baker")
    check(page, "own-page")
