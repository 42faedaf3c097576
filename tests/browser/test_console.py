"""The console: each flow word for word as the documentation tells it, and what each role is shown."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.conftest import Cast, Organization, make_cast
from tests.support.accounts import address, link, make_account
from tests.support.api import good
from tests.support.chromium import Check, Site, enter, shows

Enters = Callable[[str, str], str]


@dataclass
class Console:
    """The console of Acme in the browser of one person."""

    page: Page
    base: str
    cast: Cast

    def open(self, path: str) -> None:
        """Open a screen."""
        self.page.goto(f"{self.base}{path}")

    def press(self, name: str) -> None:
        """Press the button, or follow the link, of this name."""
        both = self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )
        both.first.click()

    def act(self, name: str, action: str) -> None:
        """Choose an action of a row's menu."""
        self.page.get_by_role("button", name=f"Actions for {name}").click()
        self.page.get_by_role("link", name=action, exact=True).click()

    def told(self, text: str) -> None:
        """Expect something to be said."""
        expect(self.page.locator(".told p").filter(has_text=text).first).to_be_visible()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Give the cast."""
    return make_cast(app)


@pytest.fixture
def seat(page: Page, site: Site, cast: Cast) -> Callable[[str, str], Console]:
    """Give what has a User sit down at the browser: the id and a name."""

    def sit(user_id: str, name: str) -> Console:
        account = make_account(address(name), name=f"{name.title()} Example")
        link(cast.acme.organization_id, user_id, account)
        enter(page, site, account)
        return Console(page, f"/organizations/{cast.acme.organization_id}", cast)

    return sit


@pytest.fixture
def alice(seat: Callable[[str, str], Console], cast: Cast) -> Console:
    """Give the Owner's console."""
    return seat(cast.alice, "alice")


@shows("console.root", "console.landing", "console.general")
def test_the_start_and_general(alice: Console, check: Check) -> None:
    alice.page.goto("/")
    expect(alice.page.get_by_role("navigation", name="Main")).to_contain_text("Access Management")
    alice.open("/general")
    check(alice.page, "console-general")
    alice.page.get_by_label("Organization Name").fill("Acme Works")
    alice.press("Update Organization")

    alice.told("The Organization is updated.")


@shows("console.users", "console.ask_whom_to_invite")
def test_invite_member(alice: Console, check: Check) -> None:
    alice.open("/users")
    check(alice.page, "console-users")
    alice.press("Invite member")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog.get_by_label("Email")).to_be_focused()
    dialog.get_by_label("Email").fill("consultant@partner.example")
    dialog.get_by_label("Organization role").select_option("ORGANIZATION_BILLING_ADMIN")
    check(alice.page, "console-invite-dialog")
    dialog.get_by_role("button", name="Invite member").click()

    alice.told("consultant@partner.example is invited.")
    expect(alice.page.get_by_role("row", name="consultant@partner.example")).to_contain_text("Invited")


def test_many_are_invited_at_once_and_each_has_its_result(alice: Console, check: Check) -> None:
    alice.open("/users/invite")
    alice.page.get_by_text("Many people at once").click()
    alice.page.get_by_label("Addresses, one on each line").fill(
        "one@partner.example ORGANIZATION_OWNER\ntwo@partner.example\nno address\n"
    )
    alice.press("Invite member")

    expect(alice.page.get_by_role("row", name="one@partner.example")).to_contain_text("Organization Owner")
    expect(alice.page.get_by_role("row", name="no ")).to_contain_text("Not invited")
    check(alice.page, "console-invited")


@shows("console.ask_to_revoke_invitation")
def test_an_invitation_is_taken_back(alice: Console) -> None:
    email = address("guest")
    made = good(alice.cast.api.post("/invites", {"inviteeEmail": email, "role": "ORGANIZATION_MEMBER"}))
    alice.open(f"/users/{made['userId']}")
    alice.press("Take back…")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Take back the invitation of {email}?")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    alice.press("Take back…")
    dialog.get_by_role("button", name="Take back").click()

    alice.told(f"The invitation of {email} is taken back.")


@shows("console.edit_user")
def test_edit_user(alice: Console, check: Check) -> None:
    alice.open("/users")
    alice.act("bob@acme.example", "Edit User")
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Organization role").select_option(label="Organization Billing Admin")
    dialog.get_by_role("button", name="Update member").click()

    alice.told("bob@acme.example is Organization Billing Admin now.")


@shows("console.user", "console.ask_to_remove_user")
def test_user_details_update_member_and_remove_member(alice: Console, check: Check) -> None:
    alice.open("/users")
    alice.page.get_by_role("link", name="bob@acme.example").click()
    expect(alice.page.get_by_text("User Details")).to_be_visible()
    alice.page.get_by_label("Organization role").select_option("ORGANIZATION_OBSERVE_MEMBER")
    alice.press("Update member")
    alice.told("Organization Observe Member now")
    check(alice.page, "console-user")
    alice.press("Remove member")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove bob@acme.example from Acme")
    expect(dialog).to_contain_text("they lose 1 role and leave 1 Team")
    check(alice.page, "console-remove-dialog")
    dialog.get_by_role("button", name="Yes, Continue").click()
    alice.told("bob@acme.example was removed from Acme")
    alice.press("Undo")

    alice.told("bob@acme.example is back, with roles and Teams.")
    assert good(alice.cast.api.get(f"/users/{alice.cast.bob}"))["organizationRole"] == "ORGANIZATION_OBSERVE_MEMBER"


def test_the_only_owner_cannot_be_removed(alice: Console, check: Check) -> None:
    alice.open("/users")
    alice.act("Alice Owner", "Remove user…")
    alice.page.get_by_role("dialog").get_by_role("button", name="Yes, Continue").click()

    expect(alice.page.get_by_role("alert")).to_contain_text("Owner")
    check(alice.page, "console-last-owner")


def test_search_filters_as_one_types(alice: Console, check: Check) -> None:
    alice.open("/users")
    alice.page.get_by_label("Search").press_sequentially("bob")
    expect(alice.page.get_by_role("link", name="alice@acme.example")).to_have_count(0)
    expect(alice.page.get_by_role("link", name="bob@acme.example")).to_be_visible()
    alice.page.get_by_label("Search").fill("nobody at all")
    expect(alice.page.get_by_text("Nobody matches")).to_be_visible()
    check(alice.page, "console-users-none")


@shows("console.ask_to_invite_waiting", "console.ask_about_selected")
def test_who_waits_is_invited_one_or_all(alice: Console, check: Check) -> None:
    Organization(alice.cast.acme.organization_id, "", "").set_jit(None)
    for name in ("wanda", "walter", "wim"):
        alice.cast.acme.create_user(f"{name}@acme.example")
    alice.open("/users?status=AWAITING_INVITATION")
    check(alice.page, "console-users-waiting")
    alice.act("wanda@acme.example", "Invite")
    alice.page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    alice.told("1 person is invited.")
    alice.press("Invite all")
    alice.page.get_by_role("dialog").get_by_role("button", name="Invite all").click()

    alice.told("2 people are invited.")


def test_several_are_removed_at_once_and_brought_back(alice: Console) -> None:
    alice.open("/users")
    for name in ("bob@acme.example", "dora@acme.example"):
        alice.page.get_by_role("checkbox", name=f"Select {name}").check()
    alice.press("Remove users…")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Remove 2 people?")
    alice.press("Yes, Continue")
    alice.told("Done for 2 people.")
    alice.press("Undo")

    alice.told("bob@acme.example is back")


@shows(
    "console.teams",
    "console.ask_for_team",
    "console.team",
    "console.ask_for_members",
    "console.ask_to_remove_team_member",
    "console.ask_to_delete_team",
)
def test_teams(alice: Console, check: Check) -> None:
    good(alice.cast.api.post("/workspaces", {"name": "Data"}))
    # As wide as a narrow window, and nowhere to break.
    long = "clementina.featherstonehaugh@acme.example"
    alice.cast.acme.create_user(long)
    change(alice.cast, "OFF")
    alice.open("/teams")
    check(alice.page, "console-teams")
    alice.press("+ Team")
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Team Name").fill("Analysts")
    dialog.get_by_role("button", name="Add Team").click()
    alice.press("+ Member")
    for name in ("bob@acme.example", long):
        alice.page.get_by_role("checkbox", name=name).check()
    check(alice.page, "console-add-members")
    alice.press("Add members")
    alice.told("2 members are added.")
    alice.press("+ Workspace")
    alice.page.get_by_role("dialog").get_by_label("Role").select_option("WORKSPACE_AUTHOR")
    alice.page.get_by_role("dialog").get_by_role("button", name="Save role").click()
    expect(alice.page.locator("#workspaces")).to_contain_text("Workspace Author")
    check(alice.page, "console-team")
    alice.press("Take bob@acme.example out")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Take bob@acme.example out of Analysts?")
    dialog.get_by_role("button", name="Take out").click()
    alice.told("The member is taken out of the Team.")
    alice.press("Delete Team…")
    alice.page.get_by_role("dialog").get_by_role("button", name="Yes, Continue").click()

    alice.told("The Team Analysts is deleted.")


def test_what_provisioning_forbids_is_explained(alice: Console) -> None:
    alice.open("/teams")

    alice.told("new Teams and their members come from there alone")
    expect(alice.page.get_by_role("link", name="+ Team")).to_have_count(0)


@shows(
    "console.tokens",
    "console.ask_for_token",
    "console.token",
    "console.ask_to_rotate_token",
    "console.ask_to_delete_token",
)
def test_api_tokens(alice: Console, check: Check) -> None:
    alice.open("/tokens")
    check(alice.page, "console-tokens")
    alice.press("+ API Token")
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("CI")
    dialog.get_by_role("button", name="Create API token").click()
    expect(alice.page.get_by_text("It will not be shown again.")).to_be_visible()
    check(alice.page, "console-token-shown")
    alice.press("I have copied it")
    alice.act("CI", "Rotate token")
    alice.page.get_by_role("dialog").get_by_role("button", name="Rotate token").click()
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("The token CI is rotated")
    alice.open("/tokens")
    alice.page.get_by_role("link", name="CI", exact=True).click()
    check(alice.page, "console-token")
    alice.press("Delete API Token")
    alice.page.get_by_label("Type Delete to confirm").fill("Delete")
    alice.press("Yes, Continue")

    alice.told("The token CI is deleted.")


@shows("console.roles", "console.ask_for_role", "console.role", "console.ask_to_delete_role")
def test_roles(alice: Console, check: Check) -> None:
    alice.open("/roles")
    check(alice.page, "console-roles")
    alice.press("+ Add Role")
    alice.page.get_by_label("Name").fill("Runner")
    alice.page.locator("input[name=permission]").first.check()
    check(alice.page, "console-new-role")
    alice.press("Create role")
    alice.told("The role Runner is made.")
    alice.page.get_by_role("link", name="Delete the role Runner").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Yes, Continue").click()

    alice.told("The role Runner is deleted.")


@shows("console.ask_to_deactivate_user", "console.ask_for_place_role", "console.ask_to_take_place_role")
def test_roles_on_places_and_deactivation(alice: Console, check: Check) -> None:
    good(alice.cast.api.post("/workspaces", {"name": "Data"}))
    alice.open(f"/users/{alice.cast.bob}")
    alice.press("+ Workspace")
    alice.page.get_by_role("dialog").get_by_label("Role").select_option("WORKSPACE_OPERATOR")
    check(alice.page, "console-place-role")
    alice.page.get_by_role("dialog").get_by_role("button", name="Save role").click()
    expect(alice.page.locator("#workspaces")).to_contain_text("Workspace Operator")
    alice.page.get_by_role("button", name="Actions for this role").click()
    alice.press("Take the role…")
    alice.page.get_by_role("dialog").get_by_role("button", name="Yes, Continue").click()
    alice.told("The role is taken.")
    alice.press("Deactivate user…")
    alice.page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    alice.told("is inactive. Roles and Teams are kept.")
    check(alice.page, "console-user-inactive")
    alice.press("Reactivate")

    alice.told("has access again.")


def test_members_see_who_is_there_and_change_nothing(
    seat: Callable[[str, str], Console], cast: Cast, check: Check
) -> None:
    bob = seat(cast.bob, "bob")
    bob.open("/users")

    check(bob.page, "console-users-of-a-member")
    expect(bob.page.get_by_role("link", name="Invite member")).to_have_count(0)
    expect(bob.page.get_by_role("link", name="API Tokens")).to_have_count(0)
    expect(bob.page.get_by_role("checkbox")).to_have_count(0)
    bob.open("/tokens")
    check(bob.page, "console-not-permitted")


@shows("console.organizations")
def test_appearance_and_keyboard(alice: Console, check: Check) -> None:
    alice.page.goto("/organizations")
    check(alice.page, "organizations")
    alice.open("/general")
    alice.page.keyboard.press("Tab")
    expect(alice.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    alice.page.get_by_role("button", name="You: Alice Example").click()
    alice.press("Dark")
    expect(alice.page.locator("html")).to_have_attribute("data-theme", "dark")
    alice.page.get_by_role("button", name="You: Alice Example").click()
    check(alice.page, "console-menu")
    alice.press("Deutsch")

    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Allgemein")


def change(cast: Cast, provisioning: str) -> None:
    """Switch the provisioning of Acme's Connection."""
    found = good(cast.api.get("/connections"))["connections"][0]["id"]
    good(cast.api.patch(f"/connections/{found}", {"provisioning": provisioning}))
