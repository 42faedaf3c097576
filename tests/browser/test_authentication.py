"""Authentication, the audit log and one's own page, as an Owner meets them; word for word as the guides say it."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from scim_server.audit.chain import seal
from scim_server.connections.service import read_connection
from scim_server.database import reading
from scim_server.users.policy import Status
from tests.conftest import Organization
from tests.support.accounts import link, make_account
from tests.support.chromium import Check, Site, enter, shows
from tests.support.logins import prove
from tests.support.people import insert_person
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, serving

OWNER = "ORGANIZATION_OWNER"


@dataclass
class Desk:
    """An Owner at a browser, in the console."""

    page: Page
    organization_id: str
    connection_id: str
    email: str
    domain: str

    def go(self, path: str) -> None:
        self.page.goto(f"/organizations/{self.organization_id}{path}")

    def press(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


@pytest.fixture
def op() -> Iterator[TestProvider]:
    """Give an OpenID provider that signs everybody in without asking."""
    with serving() as provider:
        provider.subject = uuid.uuid4().hex
        yield provider


@pytest.fixture
def desk(site: Site, page: Page, organization: Organization, op: TestProvider) -> Desk:
    domain = f"{uuid.uuid4().hex[:8]}.example"
    email = f"olga@{domain}"
    account_id = make_account(email, name="Olga Owner")
    link(organization.id, insert_person(organization.id, email, Status.ACTIVE, OWNER), account_id)
    op.claims = {"email": email, "name": "Olga Owner", "groups": ["Engineers"]}
    enter(page, site, account_id)
    with reading():
        connection_id = read_connection(organization.id).id
    return Desk(page, organization.id, connection_id, email, domain)


@shows(
    "console.authentication",
    "console.sso_form",
    "console.configure_sso",
    "console.ask_to_activate",
    "console.activate_sso",
    "console.ask_for_only_sso",
    "console.allow_only_sso",
    "console.allow_passwords",
    "console.ask_to_deactivate_sso",
    "console.ask_to_delete_sso",
)
def test_single_sign_on_from_the_form_to_the_only_way(desk: Desk, op: TestProvider, check: Check) -> None:
    page = desk.page
    desk.go("/authentication")
    check(page, "authentication-empty")
    desk.press("Configure SSO", "link")
    expect(page.get_by_text(f"/login/sso/{desk.connection_id}/callback")).to_be_visible()
    check(page, "sso-form")
    page.get_by_label("Issuer").fill(op.issuer)
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_label("Claim of the groups").fill("groups")
    page.get_by_label("Group claims to Teams").check()
    desk.press("Create")
    expect(page.get_by_role("status")).to_contain_text("Activate them by a test")
    prove(desk.organization_id, desk.domain, connection_id=desk.connection_id)

    desk.press("Activate", "link")
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, "sso-activate")
    desk.press("Start the test")
    expect(page.get_by_role("heading", level=1)).to_have_text("The test worked")
    expect(page.get_by_text("You would enter as Organization Owner.")).to_be_visible()
    check(page, "sso-test-worked")
    desk.press("Activate SSO")
    expect(page.get_by_role("status")).to_have_text(re.compile("Single sign-on is active."))

    desk.press("Allow only Single Sign-On (SSO)", "link")
    check(page, "only-sso")
    page.get_by_role("dialog").get_by_role("button", name="Allow only Single Sign-On (SSO)").click()
    expect(page.locator(".tag", has_text="Only single sign-on")).to_be_visible()
    check(page, "authentication-full")
    desk.press("Allow passwords again")
    expect(page.get_by_role("status")).to_contain_text("can sign in with a password again")
    for button, name in (("Deactivate SSO", "sso-deactivate"), ("Delete", "sso-delete")):
        desk.press(button, "link")
        expect(page.get_by_role("dialog")).to_be_visible()
        check(page, name)
        desk.press("Cancel", "link")


@shows("console.membership", "console.change_membership")
def test_the_toggle_says_what_it_changes(desk: Desk, check: Check) -> None:
    page = desk.page
    insert_person(desk.organization_id, f"wanda@{desk.domain}", Status.AWAITING_INVITATION, None)
    desk.go("/authentication")
    desk.press("Change Automatic Membership", "link")
    expect(page.get_by_text("Nothing changes")).to_be_visible()
    page.get_by_label("Automatic Membership").select_option("Disabled")
    expect(page.get_by_text("From now on nobody joins by themselves")).to_be_visible()
    check(page, "membership-off")
    desk.press("Save")
    expect(page.get_by_role("status")).to_contain_text("Automatic membership is disabled.")
    desk.press("Change Automatic Membership", "link")
    page.get_by_label("Automatic Membership").select_option("Organization Member")
    expect(page.get_by_text("1 person waits for an invitation now.")).to_be_visible()
    check(page, "membership-on")
    desk.press("Save, and let 1 person join now")
    expect(page.get_by_role("status")).to_contain_text("1 person has joined.")


@shows("console.ask_for_domain", "console.claim_domain", "console.domain", "console.ask_to_delete_domain")
def test_a_domain_is_added_and_deleted(desk: Desk, check: Check) -> None:
    page = desk.page
    desk.go("/authentication")
    page.get_by_role("link", name="Domain", exact=False).filter(has_text="+").click()
    check(page, "domain-new")
    page.get_by_role("textbox", name="Domain").fill(desk.domain)
    desk.press("Add domain")
    expect(page.get_by_role("heading", level=1)).to_have_text(desk.domain)
    expect(page.get_by_role("button", name="Copy value")).to_be_visible()
    check(page, "domain")
    desk.go("/authentication")
    check(page, "authentication-domain")
    page.get_by_role("link", name=desk.domain, exact=True).click()
    desk.press("Delete domain", "link")
    check(page, "domain-delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete domain").click()
    expect(page.get_by_role("status")).to_contain_text("is deleted")


@shows(
    "console.make_bypass_link",
    "console.ask_to_regenerate_bypass_link",
    "console.ask_to_delete_bypass_link",
    "console.delete_bypass_link",
)
def test_the_bypass_link(desk: Desk, check: Check) -> None:
    page = desk.page
    desk.go("/authentication")
    desk.press("Create SSO Bypass Link")
    expect(page.get_by_text("/login/bypass/")).to_be_visible()
    check(page, "bypass-shown")
    desk.press("I have copied it", "link")
    desk.press("Regenerate", "link")
    check(page, "bypass-regenerate")
    page.get_by_role("dialog").get_by_role("button", name="Regenerate").click()
    desk.press("I have copied it", "link")
    page.locator("section", has_text="SSO Bypass Link").get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("The SSO Bypass Link is deleted.")


@shows(
    "console.audit_log",
    "console.audit_event",
    "console.check_audit_log",
    "console.export_audit_log",
    "console.ask_for_retention",
    "console.change_retention",
)
def test_the_audit_log(desk: Desk, check: Check) -> None:
    page = desk.page
    desk.go("/general")
    page.get_by_label("Organization Name").fill("Acme Works")
    desk.press("Update Organization")
    desk.go("/audit-log")
    check(page, "audit-log")
    page.get_by_label("Search").first.fill("Acme Works")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Organization was changed").click()
    expect(page.get_by_role("dialog").get_by_text("Request id")).to_be_visible()
    check(page, "audit-event")
    desk.press("Close", "link")
    page.get_by_label("Search").first.fill("nothing of this kind")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    check(page, "audit-log-nothing")
    seal(desk.organization_id)
    desk.press("Check that it is whole", "link")
    expect(page.get_by_role("status")).to_contain_text("The log is whole up to event")
    check(page, "audit-check")
    desk.go("/audit-log")
    desk.press("Change how long", "link")
    page.get_by_label("Days").fill("90")
    check(page, "audit-retention")
    desk.press("Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep audit events only 90 days?")
    check(page, "audit-retention-sure")
    with page.expect_download() as download:
        desk.go("/audit-log")
        page.locator("#export").get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.endswith(".ndjson")


@shows("auth.me", "auth.ask_for_password", "auth.ask_for_email", "auth.begin_authenticator", "auth.rename")
def test_ones_own_page(desk: Desk, check: Check) -> None:
    page = desk.page
    desk.go("/general")
    page.get_by_role("button", name="You: Olga Owner").click()
    desk.press("Your account", "link")
    expect(page.get_by_role("heading", level=1)).to_have_text("Olga Owner")
    check(page, "me")
    desk.press("Add an authenticator app")
    check(page, "me-authenticator")
    page.goto("/me")
    desk.press("Change the address", "link")
    check(page, "me-email")
    page.goto("/me/password")
    check(page, "me-password")
    page.goto("/me")
    page.get_by_label("Name").fill("Olga Other")
    desk.press("Save the name")
    expect(page.get_by_role("heading", level=1)).to_have_text("Olga Other")
    desk.press("To the console", "link")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
