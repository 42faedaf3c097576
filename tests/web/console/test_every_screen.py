"""Every screen of the console, against everybody who may not see it, and rendered for the Owner."""

import uuid

import pytest
from flask import Flask

from scim_server.web.console.blueprint import PREFIX
from tests.conftest import Cast
from tests.support.api import good
from tests.web.console.conftest import Seat

# Screens that the test of all others cannot open, and where they are.
ELSEWHERE = {
    "journal_request": "of a request that came: test_provisioning.py",
    "first_requests": "a stream that does not end: test_provisioning.py",
}
OWNERS_ALONE = {
    "ask_whom_to_invite",
    "ask_to_invite_waiting",
    "ask_to_remove_user",
    "ask_to_deactivate_user",
    "ask_about_selected",
    "edit_user",
    "ask_for_team",
    "ask_for_members",
    "ask_to_delete_team",
    "tokens",
    "ask_for_token",
    "token",
    "ask_to_rotate_token",
    "ask_to_delete_token",
    "ask_for_role",
    "ask_to_delete_role",
    "authentication",
    "sso_form",
    "membership",
    "domain",
    "ask_for_domain",
    "audit_log",
    "audit_event",
    "check_audit_log",
    "ask_for_connection",
    "ask_to_delete_connection",
    "ask_to_switch_off",
    "ask_to_revoke_invitation",
    "ask_to_remove_team_member",
}


def screens(app: Flask, method: str, ids: dict[str, str]) -> dict[str, str]:
    """Return the paths below an Organization by the names of their views."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX) and method in (rule.methods or ()):
            path = rule.rule.removeprefix(PREFIX)
            for name, value in ids.items():
                path = path.replace(f"<{name}>", value)
            found[rule.endpoint.removeprefix("console.")] = path
    return found


def test_each_opens_for_the_owner(app: Flask, alice: Seat, ids: dict[str, str]) -> None:
    opened = {name: path for name, path in screens(app, "GET", ids).items() if name not in ELSEWHERE}

    for name, path in opened.items():
        assert alice.get(path).status_code == 200, (name, alice.text[:3000])
        assert "<" not in path, path


def test_members_open_what_their_role_permits(app: Flask, bob: Seat, ids: dict[str, str]) -> None:
    refused = {name for name, path in screens(app, "GET", ids).items() if bob.get(path).status_code == 403}

    assert refused >= OWNERS_ALONE
    assert not refused & {"landing", "general", "users", "user", "teams", "team", "roles", "role"}


def test_billing_admins_change_nobody(app: Flask, carla: Seat, ids: dict[str, str]) -> None:
    assert carla.get("/users").status_code == 200
    assert "Invite member" not in carla.text
    assert carla.get("/users/invite").status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_of_another_organization_gets_anywhere(
    app: Flask, charlie: Seat, ids: dict[str, str], method: str
) -> None:
    for name, path in screens(app, method, ids).items():
        charlie.browser.get("/me")
        answer = charlie.get(path) if method == "GET" else charlie.post(path)
        assert answer.status_code == 404, name


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_was_deactivated_gets_nowhere(app: Flask, dora: Seat, ids: dict[str, str], method: str) -> None:
    for name, path in screens(app, method, ids).items():
        dora.browser.get("/me")
        answer = dora.get(path) if method == "GET" else dora.post(path)
        assert answer.status_code == 404, name


def test_members_change_nothing(app: Flask, bob: Seat, cast: Cast, ids: dict[str, str]) -> None:
    before = (good(cast.api.get("/users"))["totalCount"], good(cast.api.get("/teams"))["totalCount"])
    for name, path in screens(app, "POST", ids).items():
        bob.browser.get("/me")
        assert bob.post(path, role="WORKSPACE_OWNER", target=str(uuid.uuid4())).status_code >= 400, name

    assert (good(cast.api.get("/users"))["totalCount"], good(cast.api.get("/teams"))["totalCount"]) == before


def test_ids_of_another_organization_are_unknown_here(app: Flask, alice: Seat, cast: Cast, ids: dict[str, str]) -> None:
    foreign = {**ids, "user_id": cast.charlie, "team_id": cast.charlies_team, "subject_id": cast.charlie}
    for name, path in screens(app, "GET", foreign).items():
        if cast.charlie in path or cast.charlies_team in path:
            assert alice.get(path).status_code == 404, name


def test_forms_without_their_token_are_refused(app: Flask, alice: Seat, ids: dict[str, str]) -> None:
    for name, path in screens(app, "POST", ids).items():
        assert alice.browser.open("POST", f"{alice.base}{path}").status_code == 403, name
