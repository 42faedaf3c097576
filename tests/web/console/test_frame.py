"""The frame of the console: where it begins, what each role is shown, and what readers choose of it."""

from pathlib import Path

import pytest

from scim_server.database.engines import dispose_engines
from tests.conftest import Cast, make_app
from tests.support.accounts import address, make_account
from tests.support.browser import Browser
from tests.web.console.conftest import Seat


def test_the_start_leads_to_ones_organization(alice: Seat) -> None:
    alice.browser.get("/")

    assert "Organization Settings" in alice.text


def test_a_member_sees_no_settings_of_owners(bob: Seat) -> None:
    bob.get("/general")

    assert "Organization Owners can rename" in bob.text
    assert "Audit log" not in bob.text


@pytest.mark.parametrize("path", ["", "/general"])
def test_other_organizations_do_not_exist(charlie: Seat, path: str) -> None:
    assert charlie.get(path).status_code == 404
    assert "Acme" not in charlie.text


def test_whoever_was_deactivated_belongs_to_none(dora: Seat) -> None:
    assert dora.get("/general").status_code == 404
    dora.browser.get("/")
    assert "You do not belong to any Organization yet" in dora.text


def test_an_owner_renames_the_organization(alice: Seat) -> None:
    alice.get("/general")
    alice.post("/general", name="  Acme   Works ")

    assert alice.browser.title == "General · Acme Works"
    assert "The Organization is updated." in alice.text


def test_a_name_that_cannot_be_is_told_beside_its_field(alice: Seat) -> None:
    alice.get("/general")
    answer = alice.post("/general", name="")

    assert answer.status_code == 400
    assert 'id="name-error"' in alice.text


def test_members_rename_nothing(bob: Seat) -> None:
    bob.get("/general")

    assert bob.post("/general", name="Mine").status_code == 403


def test_forms_of_other_sites_change_nothing(alice: Seat) -> None:
    assert alice.browser.open("POST", f"{alice.base}/general", data={"name": "x"}).status_code == 403


def test_readers_choose_appearance_and_language(alice: Seat) -> None:
    alice.get("/general")
    alice.browser.post("/preferences", theme="dark", next=f"{alice.base}/general")
    assert 'data-theme="dark"' in alice.text
    alice.browser.post("/preferences", theme="auto", next=f"{alice.base}/general")
    assert "data-theme" not in alice.text
    alice.browser.post("/preferences", language="de", next=f"{alice.base}/general")
    assert '<html lang="de">' in alice.text


def test_preferences_lead_to_no_other_server(alice: Seat) -> None:
    alice.get("/general")
    answer = alice.browser.send("/preferences", theme="dark", next="https://evil.example/")

    assert answer.headers["Location"] == "/"


def test_several_organizations_are_offered(alice: Seat, cast: Cast) -> None:
    alice.browser.get("/organizations")

    assert "/organizations/acme-" in alice.text


def test_pages_say_what_browsers_may_load(alice: Seat) -> None:
    policy = alice.get("/general").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_styles_are_kept_by_browsers_and_pages_are_not(app, alice: Seat) -> None:
    page = alice.get("/general")
    with Browser(app).open("GET", "/assets/console.css") as style:
        pass

    assert page.headers.getlist("Cache-Control") == ["no-store"]
    assert "max-age" in style.headers["Cache-Control"]
    assert Browser(app).open("GET", "/assets/none.css").headers.getlist("Cache-Control") == ["no-store"]


def test_a_server_where_nobody_can_sign_in_says_what_to_do(fresh_database_url: str, tmp_path: Path) -> None:
    fresh = make_app(fresh_database_url, tmp_path)
    browser = Browser(fresh)
    browser.get("/")
    assert "scim-server account link" in browser.text
    with fresh.app_context():
        make_account(address())
    browser.get("/")
    dispose_engines(fresh)

    assert browser.title == "Sign in"
