"""Invitations, the login of a device, the reference of the API, and pages that say that something did not work."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.conftest import Organization
from tests.support.accounts import address, link, make_account
from tests.support.api import ApiClient
from tests.support.chromium import Check, Site, enter, shows
from tests.support.client import ScimClient
from tests.support.devices import Device
from tests.support.mailbox import link_to

PASSWORD = "seven quiet foxes under glass"


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.fixture
def invited(site: Site, api: ApiClient) -> Callable[[], tuple[str, str]]:
    """Give what invites somebody and returns their address and the link of their mail."""

    def invite() -> tuple[str, str]:
        email = address("carol")
        assert api.post("/invites", {"inviteeEmail": email, "role": "ORGANIZATION_MEMBER"}).status_code == 200
        return email, link_to(site.server.home, email, "/invitations")

    return invite


@shows("invitations.show")
def test_an_invitation_is_accepted(page: Page, invited: Callable[[], tuple[str, str]], check: Check) -> None:
    _, path = invited()
    page.goto(path)
    check(page, "invitation")
    page.get_by_label("Your name").fill("Carol Clark")
    page.get_by_label("Choose a password").fill("password1")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "invitation-weak-password")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Accept").click()
    heading(page, re.compile("^Welcome to "))
    check(page, "invitation-accepted")
    page.goto("/me")
    heading(page, "Carol Clark")


def test_an_invitation_is_declined_and_has_ended(
    page: Page, invited: Callable[[], tuple[str, str]], check: Check
) -> None:
    _, path = invited()
    page.goto(path)
    page.get_by_role("button", name="Decline").click()
    heading(page, "Invitation declined")
    check(page, "invitation-declined")
    answer = page.goto(path)
    assert answer is not None
    assert answer.status in {404, 410}
    check(page, "invitation-ended")


def test_whoever_is_signed_in_accepts_with_one_click(
    page: Page, site: Site, invited: Callable[[], tuple[str, str]], check: Check
) -> None:
    email, path = invited()
    enter(page, site, make_account(email, name="Carol Clark"))
    page.goto(path)
    check(page, "invitation-signed-in")
    page.get_by_role("button", name="Accept").click()
    heading(page, re.compile("^Welcome to "))


@shows("auth.ask_for_code", "auth.show_device")
def test_a_command_line_is_let_in(
    page: Page, site: Site, app: Flask, scim: ScimClient, organization: Organization, check: Check
) -> None:
    email, device = address(), Device(app).begin("build-7.acme.example")
    account = make_account(email)
    link(organization.id, scim.create_user(email)["id"], account)
    enter(page, site, account)
    page.goto("/device")
    check(page, "device")
    page.get_by_label("Code").fill("BBBB BBBB")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "device-wrong-code")
    page.get_by_label("Code").fill(device.begun["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    heading(page, "Let this device in?")
    check(page, "device-asking")
    page.get_by_role("button", name="Approve").click()
    heading(page, "Logged in")
    check(page, "device-logged-in")
    device.keep(device.poll())
    page.goto("/me")
    expect(page.get_by_text("Command line on build-7.acme.example")).to_be_visible()

    page.get_by_role("listitem").filter(has_text="Command line").get_by_role("button", name="End").click()
    expect(page.get_by_text("Command line on")).to_have_count(0)
    assert device.call("GET", "/v1/users/self").status_code == 401


@shows("docs.page")
def test_the_reference_of_the_api(page: Page, check: Check) -> None:
    page.goto("/v1/docs")
    heading(page, "scim-server management API")
    # All operations look alike, and axe takes a second for each ten of them.
    page.evaluate("() => document.querySelectorAll('article').forEach((each, n) => n < 5 || each.remove())")
    check(page, "reference")


def test_there_is_no_such_page(page: Page, check: Check) -> None:
    answer = page.goto("/no-such-page")
    assert answer is not None
    assert answer.status == 404
    heading(page, "There is no such page")
    check(page, "error-404")


def test_a_form_that_is_too_old(page: Page, check: Check) -> None:
    page.goto("/login")
    page.get_by_label("E-mail address").fill("bob@acme.example")
    page.context.clear_cookies()
    page.get_by_role("button", name="Continue").click()
    heading(page, "Not for you")
    check(page, "error-403")
