"""An Owner connects an identity provider with nothing but what the screen says, and sees how it goes."""

import re
from collections.abc import Callable

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Cast
from tests.support.accounts import address, link, make_account
from tests.support.chromium import Check, Site, enter, new_context, shows
from tests.support.client import GROUP, SCIM, USER
from tests.support.history import write_history


@pytest.fixture
def owner(app: Flask, cast: Cast, site: Site) -> Callable[[Page], str]:
    """Give what signs Alice in, and the address of her Organization."""
    account = make_account(address("alice"), name="Alice Ames")
    link(cast.acme.organization_id, cast.alice, account)

    def sit_down(page: Page) -> str:
        enter(page, site, account)
        return f"/organizations/{cast.acme.organization_id}"

    return sit_down


class Provider:
    """An identity provider that has what the screen shows, and nothing else."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": SCIM, "User-Agent": "Okta SCIM Client 1.0"}

    def send(self, method: str, path: str, body: dict[str, object] | None = None) -> requests.Response:
        return requests.request(method, f"{self._base_url}{path}", json=body, headers=self._headers, timeout=30)


@shows("console.set_up", "console.create_scim_token", "console.first_requests", "console.connection_health")
def test_okta_is_connected_by_what_the_screen_says(
    cast: Cast, page: Page, owner: Callable[[Page], str], check: Check
) -> None:
    connection_id = cast.api.post("/connections", {"name": "Okta"}).get_json()["id"]
    base = owner(page)

    page.goto(f"{base}/provisioning/{connection_id}/set-up")
    page.locator(".providers").get_by_role("link", name="Okta").click()
    expect(page.get_by_role("heading", name="Set up Okta")).to_be_visible()
    check(page, "set-up-okta")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("It will not be shown again")).to_be_visible()
    check(page, "set-up-token")
    base_url = page.get_by_role("button", name="Copy SCIM base URL").get_attribute("data-copy")
    token = page.get_by_role("button", name="Copy Token").get_attribute("data-copy")
    assert base_url and token

    okta = Provider(base_url, token)
    waits = page.locator(".first-come")
    expect(waits).to_have_count(0)
    assert okta.send("GET", "/Users?startIndex=1&count=1").status_code == 200
    expect(waits).to_have_count(1)
    assert okta.send("POST", "/Users", {"schemas": [USER], "userName": "ada@acme.example"}).status_code == 201
    expect(waits).to_have_count(2)
    assert okta.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "Okta people"}).status_code == 201
    expect(waits).to_have_count(3)
    # The token is still there to copy.
    expect(page.get_by_role("button", name="Copy Token")).to_be_visible()
    page.get_by_role("link", name="Health").click()
    expect(page.get_by_role("heading", name="Healthy")).to_be_visible()
    check(page, "health-of-a-new-connection")


@shows(
    "console.provisioning",
    "console.requests",
    "console.journal_request",
    "console.set_journal",
    "console.set_provisioning",
)
def test_what_was_refused_is_found_and_understood(
    cast: Cast, page: Page, site: Site, owner: Callable[[Page], str], check: Check
) -> None:
    base = owner(page)
    okta = Provider(f"{site.url}/scim/v2/{cast.acme.organization_id}", cast.acme.token)
    for name in ("eve", "eve", "Eve"):
        okta.send("POST", "/Users", {"schemas": [USER], "userName": name, "password": "hunter2", "favourite": "x"})
    okta.send("GET", "/Users?filter=nothing eq 1")
    okta.send("PATCH", f"/Groups/{cast.team}", {"schemas": [], "Operations": []})

    # What was refused is written within seconds.
    for _ in range(20):
        page.goto(f"{base}/provisioning")
        if page.get_by_text("is here already").is_visible() and page.get_by_text("no SCIM message").is_visible():
            break
        page.wait_for_timeout(500)
    check(page, "health")
    page.get_by_role("link", name="Requests", exact=True).click()
    check(page, "requests")
    page.get_by_label("Search").fill("eve")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Outcome").select_option("failed")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody tr a").first.click()
    expect(page.get_by_role("button", name="Copy as curl")).to_be_visible()
    assert "hunter2" not in page.content()
    check(page, "request")
    page.go_back()
    page.get_by_text("What is kept:").click()
    page.get_by_label("Days", exact=True).fill("3")
    check(page, "journal-settings")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The journal keeps what you chose.")).to_be_visible()
    page.get_by_role("link", name="Health").click()
    page.get_by_role("button", name="Pause provisioning").click()
    expect(page.get_by_text("Provisioning is paused.")).to_be_visible()
    page.get_by_role("button", name="Resume provisioning").click()
    expect(page.get_by_text("Provisioning is on.")).to_be_visible()


@shows("console.ask_to_switch_off")
def test_provisioning_is_switched_off(page: Page, owner: Callable[[Page], str], check: Check) -> None:
    page.goto(f"{owner(page)}/provisioning")
    page.get_by_role("link", name="Health").click()
    page.get_by_role("link", name="Switch off…").click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_contain_text("off?")
    check(page, "switch-off")
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("Provisioning is switched off.")).to_be_visible()


@shows("console.ask_for_connection", "console.ask_to_delete_connection")
def test_a_connection_is_added_and_deleted(cast: Cast, page: Page, owner: Callable[[Page], str], check: Check) -> None:
    base = owner(page)
    page.goto(f"{base}/provisioning")
    page.get_by_role("link", name="+ Connection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Okta of the subsidiary")
    check(page, "add-connection")
    dialog.get_by_role("button", name="Add Connection").click()
    expect(page.get_by_text("Connection: Okta of the subsidiary")).to_be_visible()
    page.get_by_role("link", name="Delete Connection…").click()
    dialog.get_by_label("Type Okta of the subsidiary to confirm").fill("Okta of the subsidiary")
    check(page, "delete-connection")
    dialog.get_by_role("button", name="Delete Connection").click()
    expect(page.get_by_text("The Connection Okta of the subsidiary is deleted.")).to_be_visible()


@shows("console.dashboard")
def test_the_dashboard(cast: Cast, page: Page, owner: Callable[[Page], str], check: Check) -> None:
    today = write_history(cast.acme.organization_id)
    base = owner(page)

    page.goto(f"{base}/dashboard")
    expect(page.get_by_role("img", name=re.compile("Users by status"))).to_be_visible()
    page.get_by_text("Show as a table").first.click()
    expect(page.get_by_role("rowheader", name=f"{today.day} {today:%b %Y}").first).to_be_visible()
    check(page, "dashboard")
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("path", ["/provisioning", "/dashboard"])
def test_it_works_without_scripts(
    cast: Cast, chromium: Browser, site: Site, owner: Callable[[Page], str], path: str
) -> None:
    context = new_context(chromium, site.url, java_script_enabled=False)
    page = context.new_page()
    base = owner(page)
    page.goto(f"{base}{path}")
    expect(page.locator("h1")).to_be_visible()
    if path == "/provisioning":
        page.get_by_role("link", name="Requests", exact=True).click()
        page.get_by_label("Search").fill("bob")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_label("Search")).to_have_value("bob")
    context.close()
