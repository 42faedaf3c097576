"""E-mail first in a real browser: whose policy lets no form lead elsewhere, and yet people get there."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from scim_server.accounts import bypass
from scim_server.audit.service import ActorType, Origin
from scim_server.database import transaction
from scim_server.domains.models import Domain
from scim_server.roles.authority import Authority, Requester
from scim_server.users.policy import Status
from tests.conftest import Organization
from tests.support.accounts import link, make_account
from tests.support.chromium import Check, Site, enter, shows, type_password
from tests.support.logins import prove, set_up_sso
from tests.support.mailbox import link_to
from tests.support.people import insert_person
from tests.support.provider import TestProvider, serving

OWNER = "ORGANIZATION_OWNER"


@pytest.fixture
def op() -> Iterator[TestProvider]:
    """Give an OpenID provider that signs everybody in without asking."""
    with serving() as provider:
        provider.subject = uuid.uuid4().hex
        yield provider


@pytest.fixture
def connection_id(organization: Organization, op: TestProvider) -> str:
    return set_up_sso(organization.id, issuer=op.issuer)


@pytest.fixture
def ann(organization: Organization, op: TestProvider, connection_id: str) -> str:
    """Give the address of whom the provider signs in, on a domain whose people are led there."""
    domain = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, domain, connection_id=connection_id)
    op.claims = {"email": f"ann@{domain}", "name": "Ann Lee"}
    return f"ann@{domain}"


def require(email: str) -> None:
    """Make single sign-on the only way."""
    with transaction() as connection:
        named = Domain.name == email.rpartition("@")[2]
        connection.execute(update(Domain).where(named).values(enforced_logins=["SSO"]))


@shows("auth.login_email", "auth.leave_for_sign_on", "sign_on.begin_sso", "sign_on.finish_sso", "auth.logout")
def test_to_the_identity_provider_and_back_and_out(page: Page, op: TestProvider, ann: str, check: Check) -> None:
    page.goto("/login?next=/me")
    page.get_by_label("E-mail address").fill(ann)
    # Held, so that the page that leads on can be looked at.
    page.route("**/login/sso/**", lambda route: route.abort("aborted"))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("status")).to_contain_text("You sign in at the identity provider of")
    check(page, "leaving-for-sign-on")
    page.unroute_all()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")

    page.get_by_role("button", name="Sign out", exact=True).click()

    # The form leads to a page of this server, and that to the provider.
    page.wait_for_url(f"{op.issuer}/logout?**")
    page.goto("/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_without_a_click(page: Page, op: TestProvider, ann: str) -> None:
    page.goto("/login?next=/me")
    page.get_by_label("E-mail address").fill(ann)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")


@shows("sign_on.show_confirmation")
def test_an_address_that_the_provider_may_not_speak_for(
    site: Site, page: Page, organization: Organization, op: TestProvider, connection_id: str, check: Check
) -> None:
    guest = f"guest@{uuid.uuid4().hex[:8]}.example"
    op.claims = {"email": guest, "name": "Guest"}
    make_account(guest, name="Gus Guest")
    insert_person(organization.id, guest, Status.ACTIVE, "ORGANIZATION_MEMBER")
    page.goto(f"/login/sso/{connection_id}?next=/me")
    expect(page.get_by_text(f"We have sent a mail to {guest}")).to_be_visible()
    check(page, "sign-on-mail-sent")
    page.goto(link_to(site.server.home, guest, "/login/confirm"))
    check(page, "sign-on-confirm")
    page.get_by_role("button", name="Yes, let me in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gus Guest")


@shows("sign_on.show_sso_test", "sign_on.begin_sso_test")
def test_the_test_of_an_owner(
    site: Site, page: Page, organization: Organization, op: TestProvider, connection_id: str, ann: str, check: Check
) -> None:
    account_id = make_account(ann)
    link(organization.id, insert_person(organization.id, ann, Status.ACTIVE, OWNER), account_id)
    enter(page, site, account_id)
    page.goto(f"/login/sso/{connection_id}/test")
    check(page, "sign-on-test")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The test worked")
    expect(page.get_by_text("You would enter as Organization Owner.")).to_be_visible()
    check(page, "sign-on-tested")


@shows("auth.login_password", "auth.bypass_sign_on", "auth.ask_for_reset")
def test_the_only_way_and_the_link_around_it(page: Page, organization: Organization, ann: str, check: Check) -> None:
    link(organization.id, insert_person(organization.id, ann, Status.ACTIVE, OWNER), make_account(ann))
    require(ann)
    page.goto("/login")
    page.get_by_label("E-mail address").fill(ann)
    page.get_by_role("button", name="Use a password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in another way")
    expect(page.get_by_role("link", name="Continue")).to_have_attribute("href", re.compile("^/login/sso/"))
    check(page, "sign-on-required")
    page.goto("/password/forgotten")
    page.get_by_label("E-mail address").fill(ann)
    page.get_by_role("button", name="Send the mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in another way")

    owner = Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR))
    page.goto(bypass.make_key(owner)[1])
    expect(page.get_by_role("status")).to_contain_text("is bypassed in this browser")
    check(page, "bypassed")
    type_password(page, ann)
    page.wait_for_url("**/organizations/**")
