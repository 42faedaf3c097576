"""A command line logs in, acts as its person, and is out with them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from scim_server.accounts import devices, sessions
from scim_server.accounts.models import DeviceLogin, RefreshToken, Session
from scim_server.accounts.setting_up import switch
from scim_server.audit.models import AuditEvent
from scim_server.database import reading, transaction
from scim_server.users.models import User
from scim_server.web.oauth.endpoints import REQUESTS_AT_ONCE
from tests.conftest import Organization, make_organization
from tests.support.accounts import address, link, make_account
from tests.support.accounts import sign_in as start_session
from tests.support.browser import Browser
from tests.support.client import ScimClient
from tests.support.devices import Device, approve, error_of, log_in


@pytest.fixture
def email() -> str:
    return address()


@pytest.fixture
def account(app: Flask, email: str) -> str:
    return make_account(email)


@pytest.fixture
def bob(scim: ScimClient, organization: Organization, email: str, account: str) -> str:
    user_id = scim.create_user(email)["id"]
    link(organization.id, user_id, account)
    return str(user_id)


@pytest.fixture
def browser(app: Flask, email: str, bob: str) -> Browser:
    browser = Browser(app)
    browser.sign_in(email)
    return browser


def join_another(app: Flask, account: str, email: str) -> Organization:
    other = make_organization(f"Other {address()}")
    there = ScimClient(app, other.id, other.token).create_user(email)["id"]
    link(other.id, there, account)
    return other


def test_a_person_lets_a_command_line_in(app: Flask, browser: Browser, organization: Organization, bob: str) -> None:
    device = Device(app).begin("build-7")
    base = app.config["PUBLIC_URL"]
    assert device.begun["verification_uri"] == f"{base}/device"
    assert device.begun["verification_uri_complete"] == f"{base}/device/{device.begun['user_code']}"
    assert (device.begun["expires_in"], device.begun["interval"]) == (600, 5)
    assert error_of(device.poll()) == "authorization_pending"

    browser.get("/device")
    assert "build-7" in browser.post("/device", user_code=device.begun["user_code"].lower()).get_data(as_text=True)
    assert approve(browser, device, organization.id).status_code == 200
    answer = device.poll()

    device.keep(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (device.tokens["token_type"], device.tokens["expires_in"]) == ("Bearer", 900)
    assert device.tokens["organization_id"] == organization.id
    myself = device.call("GET", "/v1/users/self").get_json()
    assert (myself["id"], myself["subjectType"], myself["organizationId"]) == (bob, "USER", organization.id)
    assert "Command line on build-7" in browser.get("/me").get_data(as_text=True)
    assert error_of(device.poll()) == "invalid_grant"


def test_a_person_says_no(app: Flask, browser: Browser) -> None:
    device = Device(app).begin()
    page = f"/device/{device.begun['user_code']}"
    browser.get(page)
    assert browser.post(page, answer="deny").status_code == 200

    assert error_of(device.poll()) == "access_denied"
    assert browser.get(page).status_code == 400


def test_whoever_asks_too_often_is_slowed_down(app: Flask) -> None:
    with time_machine.travel("2026-05-04T10:00:00+00:00", tick=False) as clock:
        device = Device(app).begin()
        assert error_of(device.poll()) == "authorization_pending"
        clock.shift(timedelta(seconds=2))
        assert error_of(device.poll()) == "slow_down"
        clock.shift(timedelta(seconds=7))
        assert error_of(device.poll()) == "slow_down"
        clock.shift(timedelta(seconds=15))
        assert error_of(device.poll()) == "authorization_pending"


def test_a_code_ends_after_ten_minutes(app: Flask, browser: Browser, account: str) -> None:
    device = Device(app).begin()
    with time_machine.travel(timedelta(minutes=11)):
        assert error_of(device.poll()) == "expired_token"
        browser.post("/me/confirm", password="correct horse battery staple", next="/me")
        assert browser.get(f"/device/{device.begun['user_code']}").status_code in {400, 401}
    with time_machine.travel(timedelta(minutes=21)):
        devices.forget_old()
        assert error_of(device.poll()) == "invalid_grant"


def test_nobody_approves_for_an_organization_of_others(app: Flask, browser: Browser) -> None:
    device = Device(app).begin()
    assert approve(browser, device, make_organization("Elsewhere").id).status_code == 403
    assert error_of(device.poll()) == "authorization_pending"


def test_whoever_guesses_codes_has_to_wait(app: Flask, browser: Browser) -> None:
    device = Device(app).begin()
    browser.get("/device")
    for _ in range(5):
        assert browser.post("/device", user_code="BBBB-BBBB").status_code == 400

    answer = browser.post("/device", user_code=device.begun["user_code"])

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_an_old_sign_in_is_confirmed_before_a_device_is_let_in(app: Flask, browser: Browser) -> None:
    device = Device(app).begin()
    with time_machine.travel(timedelta(minutes=9)):
        device.begin()
    with time_machine.travel(timedelta(minutes=12)):
        browser.get(f"/device/{device.begun['user_code']}")
        assert browser.title == "Confirm that it is you"
        assert browser.hidden("next") == f"/device/{device.begun['user_code']}"


def test_access_tokens_end_after_a_quarter_of_an_hour(
    app: Flask, email: str, bob: str, organization: Organization
) -> None:
    device = log_in(app, email, organization.id)
    with time_machine.travel(timedelta(minutes=16)):
        assert device.call("GET", "/v1/users/self").status_code == 401
        device.keep(device.refresh())
        assert device.call("GET", "/v1/users/self").status_code == 200
    with time_machine.travel(timedelta(days=31)):
        assert error_of(device.refresh()) == "invalid_grant"


def test_a_refresh_replaces_both_tokens(app: Flask, email: str, bob: str, organization: Organization) -> None:
    device = log_in(app, email, organization.id)
    before = dict(device.tokens)
    device.keep(device.refresh())

    assert device.tokens["organization_id"] == organization.id
    assert device.call("GET", "/v1/users/self").status_code == 200
    device.tokens |= {"access_token": before["access_token"]}
    assert device.call("GET", "/v1/users/self").status_code == 401


def test_a_refresh_token_that_comes_again_ends_the_login(
    app: Flask, email: str, bob: str, organization: Organization
) -> None:
    device = log_in(app, email, organization.id)
    stolen = device.tokens["refresh_token"]
    device.keep(device.refresh())

    assert error_of(device.refresh(stolen)) == "invalid_grant"

    assert device.call("GET", "/v1/users/self").status_code == 401
    assert error_of(device.refresh()) == "invalid_grant"
    with reading() as connection:
        events = select(AuditEvent.action).where(AuditEvent.organization_id == organization.id)
        assert "account:session:token-reused" in connection.execute(events).scalars().all()


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_logging_out_ends_both(app: Flask, email: str, bob: str, organization: Organization, which: str) -> None:
    device = log_in(app, email, organization.id)

    for _ in range(2):
        assert device.post("/oauth/revoke", token=device.tokens[which]).status_code == 200

    assert device.call("GET", "/v1/users/self").status_code == 401
    assert error_of(device.refresh()) == "invalid_grant"


def by_scim(scim: ScimClient, bob: str, email: str, account: str) -> None:
    scim.patch(f"/Users/{bob}", {"op": "replace", "path": "active", "value": False})


def by_removal(scim: ScimClient, bob: str, email: str, account: str) -> None:
    assert scim.delete(f"/Users/{bob}").status_code == 204


def by_the_operator(scim: ScimClient, bob: str, email: str, account: str) -> None:
    switch(email, off=True)


def by_the_person(scim: ScimClient, bob: str, email: str, account: str) -> None:
    browser = Browser(scim.app)
    browser.sign_in(email)
    browser.post("/me/sessions/end-others")


@pytest.mark.parametrize("ended", [by_scim, by_removal, by_the_operator, by_the_person])
def test_access_ends_at_once_and_with_it_the_login(
    app: Flask,
    scim: ScimClient,
    email: str,
    account: str,
    bob: str,
    organization: Organization,
    ended: Callable[[ScimClient, str, str, str], None],
) -> None:
    device = log_in(app, email, organization.id)
    ended(scim, bob, email, account)

    assert device.call("GET", "/v1/users/self").status_code == 401
    assert error_of(device.refresh()) == "invalid_grant"
    with reading() as connection:
        left = select(RefreshToken.session_id).join(Session).where(Session.account_id == account)
        assert connection.execute(left.where(Session.access_expires_at.is_not(None))).all() == []


def test_a_deactivated_person_lets_nothing_in(
    app: Flask, scim: ScimClient, browser: Browser, bob: str, organization: Organization
) -> None:
    """CC09: they approved, and were deactivated before the device asked again."""
    device = Device(app).begin()
    assert approve(browser, device, organization.id).status_code == 200
    by_scim(scim, bob, "", "")

    assert error_of(device.poll()) == "access_denied"


def test_a_role_counts_as_it_is_now(
    app: Flask, scim: ScimClient, email: str, bob: str, organization: Organization
) -> None:
    device = log_in(app, email, organization.id)
    path = f"/v1/organizations/{organization.id}/tokens"
    assert device.call("GET", path).status_code == 403
    with transaction() as connection:
        connection.execute(update(User).where(User.id == bob).values(role="ORGANIZATION_OWNER"))
    assert device.call("GET", path).status_code == 200


def test_a_person_acts_in_all_of_their_organizations(
    app: Flask, email: str, account: str, bob: str, organization: Organization
) -> None:
    other = join_another(app, account, email)
    device = log_in(app, email, other.id)

    listed = device.call("GET", "/v1/organizations").get_json()
    assert {each["id"] for each in listed["organizations"]} == {organization.id, other.id}
    assert listed["totalCount"] == 2
    for each in (organization, other):
        for name in (each.id, each.slug):
            assert device.call("GET", f"/v1/organizations/{name}").get_json()["id"] == each.id
    assert device.call("GET", "/v1/users/self").get_json()["organizationId"] == other.id


def test_after_single_sign_on_one_organization_is_all(
    app: Flask, email: str, account: str, bob: str, organization: Organization
) -> None:
    other = join_another(app, account, email)
    browser, device = Browser(app), Device(app).begin()
    browser.set_cookie(start_session(account, organization.id))
    assert approve(browser, device, other.id).status_code == 403
    assert approve(browser, device, organization.id).status_code == 200
    device.keep(device.poll())

    listed = device.call("GET", "/v1/organizations").get_json()
    assert [each["id"] for each in listed["organizations"]] == [organization.id]
    assert device.call("GET", f"/v1/organizations/{other.id}").status_code == 404


def test_charlie_reaches_nothing_of_others(app: Flask, email: str, bob: str, organization: Organization) -> None:
    device = log_in(app, email, organization.id)
    strange = make_organization("Strangers")

    found, nowhere = (
        device.call("GET", f"/v1/organizations/{name}/users", query_string={"limit": 1})
        for name in (strange.id, "no-such-organization")
    )

    assert (found.status_code, nowhere.status_code) == (404, 404)
    assert found.get_json()["message"] == nowhere.get_json()["message"]


def test_cookies_and_access_tokens_do_not_pass_for_each_other(
    app: Flask, email: str, account: str, bob: str, organization: Organization
) -> None:
    """AU10."""
    device = log_in(app, email, organization.id)
    secret = device.tokens["access_token"].removeprefix("scimu_")
    assert sessions.recognise(secret) is None
    assert sessions.recognise(secret, is_access_token=True) is not None

    device.tokens |= {"access_token": f"scimu_{start_session(account)}"}
    assert device.call("GET", "/v1/users/self").status_code == 401
    device = log_in(app, email, organization.id)
    assert device.call("GET", f"/scim/v2/{organization.id}/Users").status_code == 401
    device.tokens |= {"access_token": device.tokens["refresh_token"]}
    assert device.call("GET", "/v1/users/self").status_code == 401


def test_a_person_leaves_by_themselves(
    app: Flask, scim: ScimClient, email: str, account: str, bob: str, organization: Organization
) -> None:
    other = join_another(app, account, email)
    device = log_in(app, email, organization.id)

    assert device.call("DELETE", f"/v1/organizations/{organization.id}/users/self").status_code == 204

    assert scim.get(f"/Users/{bob}").status_code == 404
    assert device.call("GET", f"/v1/organizations/{organization.id}").status_code == 404
    assert device.call("GET", "/v1/users/self").get_json()["organizationId"] == other.id


def test_the_last_owner_does_not_leave(app: Flask, email: str, account: str) -> None:
    organization = make_organization("Owned", email)
    scim = ScimClient(app, organization.id, organization.token)
    owner = scim.filter("/Users", f'userName eq "{email}"').get_json(force=True)["Resources"][0]["id"]
    link(organization.id, owner, account)
    device = log_in(app, email, organization.id)

    answer = device.call("DELETE", f"/v1/organizations/{organization.id}/users/self")

    assert answer.status_code == 409
    assert "Owner" in answer.get_json()["message"]
    assert device.call("GET", "/v1/users/self").status_code == 200


def test_only_digests_are_stored(app: Flask, email: str, bob: str, organization: Organization) -> None:
    waiting, device = Device(app).begin(), log_in(app, email, organization.id)
    told = {waiting.begun["device_code"], waiting.begun["user_code"], waiting.begun["user_code"].replace("-", "")}
    for name in ("access_token", "refresh_token"):
        told |= {device.tokens[name], device.tokens[name].partition("_")[2]}
    with reading() as connection:
        for model in (DeviceLogin, RefreshToken, Session):
            for row in connection.execute(select(model.__table__)).all():
                assert not (set(row) & told), model


WRONG = [
    ("/oauth/device_authorization", {"client_id": "another"}, "invalid_client"),
    ("/oauth/device_authorization", {}, "invalid_request"),
    ("/oauth/device_authorization", {"device_name": "x" * 101}, "invalid_request"),
    ("/oauth/device_authorization", {"device_name": "a\x1b[2Jb"}, "invalid_request"),
    ("/oauth/token", {}, "invalid_request"),
    ("/oauth/token", {"grant_type": "password"}, "unsupported_grant_type"),
    ("/oauth/token", {"grant_type": "refresh_token"}, "invalid_request"),
    ("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x" * 500}, "invalid_grant"),
    ("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "scimr_" + "x" * 43}, "invalid_grant"),
    ("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "scimr_é"}, "invalid_grant"),
    ("/oauth/token", {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "\x00"},
     "invalid_grant"),
    ("/oauth/revoke", {}, "invalid_request"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "form", "error"), WRONG)
def test_what_is_wrong_is_named(app: Flask, path: str, form: dict[str, str], error: str) -> None:
    assert error_of(Device(app).post(path, **form)) == error


def test_a_field_that_stands_twice_is_refused(app: Flask) -> None:
    body = "client_id=scim-server-cli&device_name=a&device_name=b"
    answer = app.test_client().post(
        "/oauth/device_authorization", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert error_of(answer) == "invalid_request"


def test_logins_that_one_address_begins_are_limited(app: Flask) -> None:
    client, form = app.test_client(), {"client_id": "scim-server-cli", "device_name": "x"}
    here = {"REMOTE_ADDR": "192.0.2.99"}
    answers = [
        client.post("/oauth/device_authorization", data=form, environ_overrides=here)
        for _ in range(REQUESTS_AT_ONCE + 1)
    ]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert error_of(answers[-1]) == "slow_down"
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_metadata_says_where_everything_is(app: Flask) -> None:
    found = app.test_client().get("/.well-known/oauth-authorization-server").get_json()

    assert found["issuer"] == app.config["PUBLIC_URL"]
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    named = [value for name, value in found.items() if name.endswith("_endpoint")]
    assert len(named) == 3
    assert {value.removeprefix(found["issuer"]) for value in named} <= paths
