"""Single sign-on as people go through it, against a provider on this machine that speaks real HTTP."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scim_server.users.policy import Status
from tests.conftest import Organization, make_api
from tests.support.accounts import link, make_account, sign_in
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.logins import actions, holdings, set_up_sso
from tests.support.people import insert_person, standing
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, serving
from tests.web.auth.sign_on import Client, browser_of, come_back, leave, log_in, run_test

MEMBER, OWNER = "ORGANIZATION_MEMBER", "ORGANIZATION_OWNER"


def test_jit_on_a_member_on_arrival(
    client: FlaskClient, organization: Organization, op: TestProvider, ann: str, connection_id: str
) -> None:
    url = leave(client, connection_id, next="/me/sessions?x=1", email=ann)
    assert "login_hint=ann%40" in url

    answer = come_back(client, op, connection_id, url)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/sessions?x=1")
    me = client.get("/me")
    assert me.status_code == 200
    assert "Ann &lt;Lee&gt;" in me.text
    assert not [cookie for cookie in client._cookies.values() if "sso_" in cookie.key]


def test_jit_off_is_told_whom_to_ask(
    client: FlaskClient, organization: Organization, op: TestProvider, ann: str, connection_id: str
) -> None:
    organization.set_jit(None)
    before = holdings(organization.id)

    answer = log_in(client, op, connection_id)

    assert answer.status_code == 403
    name = f"Test {organization.slug.removeprefix('test-')}"
    assert f"You are signed in, but not a member of {name}. Ask an Organization Owner to invite you." in answer.text
    assert holdings(organization.id) == before
    assert client.get("/me").status_code == 401


def test_deactivated_by_scim_while_signed_in(
    client: FlaskClient, organization: Organization, op: TestProvider, scim: ScimClient, ann: str, connection_id: str
) -> None:
    user_id = scim.create_user(ann)["id"]
    log_in(client, op, connection_id)
    assert client.get("/me").status_code == 200

    scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": False})

    assert client.get("/me").status_code == 401
    assert "was deactivated" in log_in(client, op, connection_id).text


def test_OI01_OI12_OI21_a_login_comes_back_once_to_its_browser(
    app: Flask, client: FlaskClient, organization: Organization, op: TestProvider, ann: str, connection_id: str
) -> None:
    other = Client(app, app.response_class)
    before = holdings(organization.id)
    path = f"/login/sso/{connection_id}/callback"
    stolen = op.authorize(leave(client, connection_id))
    leave(other, connection_id)

    for wrong in (
        {**stolen, "state": "x" * 43},
        {**stolen, "state": ""},
        {**stolen, "state": stolen["state"] + "A"},
        {name: value for name, value in stolen.items() if name != "state"},
    ):
        assert client.get(path, query_string=wrong).status_code == 400
    # Another browser, with a login of its own under way or without.
    assert other.get(path, query_string=stolen).status_code == 400
    assert Client(app, app.response_class).get(path, query_string=stolen).status_code == 400
    assert client.get(path, query_string=[*stolen.items(), ("code", "x")]).status_code == 400
    assert holdings(organization.id) == before

    assert client.get(path, query_string=stolen).status_code == 303
    after = holdings(organization.id)
    assert client.get(path, query_string=stolen).status_code == 400
    assert holdings(organization.id) == after


def test_OI04_the_callback_of_another_connection(
    app: Flask, client: FlaskClient, op: TestProvider, ann: str, connection_id: str
) -> None:
    from tests.conftest import make_organization

    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    with serving() as second:
        elsewhere = set_up_sso(other.id, issuer=second.issuer)
        answered = op.authorize(leave(client, connection_id))
        assert client.get(f"/login/sso/{elsewhere}/callback", query_string=answered).status_code == 400
        assert second.asked["/token"] == 0


def test_OI13_what_the_provider_says_is_not_shown(
    client: FlaskClient, op: TestProvider, ann: str, connection_id: str
) -> None:
    op.change_answer = lambda answer: {
        **{name: value for name, value in answer.items() if name != "code"},
        "error": "<script>alert(1)</script>",
        "error_description": "<script>alert(2)</script>",
    }
    answer = log_in(client, op, connection_id)
    assert answer.status_code == 400
    assert "script" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", ""])
def test_WB03_nobody_is_sent_elsewhere(
    client: FlaskClient, op: TestProvider, ann: str, connection_id: str, wanted: str
) -> None:
    assert log_in(client, op, connection_id, next=wanted).headers["Location"] == "/"


def test_OI15_OI17_the_session_is_new_and_its_cookies_are_bound(
    app: Flask, client: FlaskClient, op: TestProvider, ann: str, connection_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.set_cookie("signed_in", "x" * 43)
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    begun = client.get(f"/login/sso/{connection_id}", base_url="https://127.0.0.1:8000")
    (cookie,) = [each for each in begun.headers.getlist("Set-Cookie") if "sso_" in each]
    assert cookie.startswith("__Host-sso_")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert flag in cookie
    assert "Domain" not in cookie
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", False)
    answer = log_in(client, op, connection_id)
    (signed_in,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("signed_in=")]
    assert "x" * 43 not in signed_in


def test_a_provider_that_is_away(client: FlaskClient, organization: Organization, app: Flask) -> None:
    away = set_up_sso(organization.id, issuer="http://127.0.0.1:9")
    answer = client.get(f"/login/sso/{away}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "does not answer" in answer.text


@pytest.mark.parametrize("is_known", [True, False])
def test_where_nobody_signs_in(client: FlaskClient, organization: Organization, op: TestProvider, is_known) -> None:
    found = set_up_sso(organization.id, issuer=op.issuer, is_active=False) if is_known else "nothing"
    answer = client.get(f"/login/sso/{found}")
    assert (answer.status_code, "There is no such sign-in address" in answer.text) == (404, True)
    assert client.get(f"/login/sso/{found}/test").status_code == 401


def test_back_channel_logout(app: Flask, client: FlaskClient, op: TestProvider, ann: str, connection_id: str) -> None:
    op.claims["sid"] = "s-1"
    other = Client(app, app.response_class)
    log_in(client, op, connection_id)
    op.claims["sid"] = "s-2"
    log_in(other, op, connection_id)
    path = f"/login/sso/{connection_id}/back-channel-logout"

    assert client.post(path, data={"logout_token": "nonsense"}).status_code == 400
    assert client.post(path, data={"logout_token": op.logout_token(nonce="x")}).status_code == 400
    assert client.get("/me").status_code == 200
    token = op.logout_token(sid="s-1")
    answer = client.post(path, data={"logout_token": token})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/me").status_code == 401
    assert other.get("/me").status_code == 200
    assert client.post(path, data={"logout_token": op.logout_token()}).status_code == 200
    assert other.get("/me").status_code == 401


def test_set_up_test_and_switch_on(
    app: Flask, organization: Organization, api: ApiClient, owner: FlaskClient, op: TestProvider, ann: str
) -> None:
    from scim_server.connections.service import read_connection

    path = f"/connections/{read_connection(organization.id).id}/sso"
    refused(api.get(path), 404)
    refused(api.patch(path, {"clientId": "x"}), 400, "issuer")
    refused(api.patch(path, {"issuer": "ftp://x", "clientId": "x"}), 400, "issuer")
    refused(api.patch(path, {"issuer": op.issuer, "clientId": "x", "algorithms": ["none"]}), 400, "algorithms")
    refused(api.patch(path, {"issuer": op.issuer, "clientId": "x", "scopes": ["a b"]}), 400, "scopes")
    set_up = {"issuer": op.issuer, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
    shown = good(api.patch(path, set_up))
    assert (shown["isActive"], shown["hasClientSecret"], shown["testedAt"]) == (False, True, None)
    assert CLIENT_SECRET not in str(shown)
    assert "clientSecret" not in good(api.get(path))
    assert shown["redirectUri"] == f"http://127.0.0.1:8000/login/sso/{shown['connectionId']}/callback"
    refused(api.patch(path, {"isActive": True}), 409)

    run_test(app, owner, op, shown["connectionId"])
    assert good(api.patch(path, {"isActive": True}))["isActive"] is True
    # The same again changes nothing; another client has to be tested anew.
    assert good(api.patch(path, set_up))["isActive"] is True
    assert good(api.patch(path, {"clientId": "another"}))["isActive"] is False
    refused(api.patch(path, {"isActive": True}), 409)
    assert api.delete(path).status_code == 204
    refused(api.get(path), 404)
    assert next(each for each in actions(organization.id) if ":sso:" in each) == "owner:sso:created"


def test_a_test_lets_nobody_in_and_leaves_nothing(
    app: Flask, organization: Organization, owner: FlaskClient, op: TestProvider, ann: str, connection_id: str
) -> None:
    before, events = holdings(organization.id), len(actions(organization.id))
    run_test(app, owner, op, connection_id)
    assert holdings(organization.id) == before
    assert len(actions(organization.id)) == events


def test_members_and_strangers_test_nothing(
    app: Flask, organization: Organization, op: TestProvider, connection_id: str
) -> None:
    from tests.conftest import make_organization

    stranger = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    for browser in (browser_of(app, organization, MEMBER), browser_of(app, stranger, OWNER)):
        assert browser.get(f"/login/sso/{connection_id}/test").status_code == 404
    assert Client(app, app.response_class).get(f"/login/sso/{connection_id}/test").status_code == 401
    api = make_api(app, organization, MEMBER)
    refused(api.patch(f"/connections/{connection_id}/sso", {"clientId": "x"}), 403)


def test_the_invited_join_with_another_role(
    client: FlaskClient, organization: Organization, api: ApiClient, op: TestProvider, ann: str, connection_id: str
) -> None:
    organization.set_jit(None)
    user_id = good(api.post("/invites", {"inviteeEmail": ann, "role": "ORGANIZATION_BILLING_ADMIN"}))["invitee"]["id"]
    assert log_in(client, op, connection_id).status_code == 303
    assert standing(organization.id, user_id)[:2] == ("ACTIVE", "ORGANIZATION_BILLING_ADMIN")


def test_an_owner_who_tests_it_is_noted(
    app: Flask, organization: Organization, api: ApiClient, op: TestProvider, ann: str, connection_id: str
) -> None:
    """Only a test by which an Owner would enter as themselves says that they are not locked out."""
    path = f"/connections/{connection_id}/sso"
    stranger = browser_of(app, organization, OWNER)
    run_test(app, stranger, op, connection_id)
    assert good(api.get(path))["ownerEnteredAt"] is None

    account_id = make_account(ann)
    link(organization.id, insert_person(organization.id, ann, Status.ACTIVE, OWNER), account_id)
    own = Client(app, app.response_class)
    own.set_cookie("signed_in", sign_in(account_id))
    run_test(app, own, op, connection_id, title="Organization Owner")
    noted = good(api.get(path))
    assert noted["ownerEnteredAt"] == noted["testedAt"]
    assert good(api.patch(path, {"scopes": ["openid"]}))["ownerEnteredAt"] is None
