"""Signing out here, and at the identity provider; and what slows down those who leave for it and come back."""

import base64
import json
import uuid
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scim_server.accounts.policy import SIGN_ONS_OF_ADDRESS
from tests.conftest import Organization
from tests.support.api import ApiClient
from tests.support.provider import CLIENT_ID, TestProvider
from tests.web.auth.sign_on import Client, log_in, onward, token_of


def test_signing_out_leads_to_the_provider(client: FlaskClient, op: TestProvider, ann: str, connection_id: str) -> None:
    log_in(client, op, connection_id)
    cookie = next(each.value for each in client._cookies.values() if each.key == "signed_in")
    answer = client.post("/logout", data={"csrf_token": token_of(client.get("/me"))})
    url = urlsplit(onward(answer))
    query = dict(parse_qsl(url.query))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{op.issuer}/logout"
    assert query["post_logout_redirect_uri"] == "http://127.0.0.1:8000/login"
    assert query["client_id"] == CLIENT_ID
    claims = json.loads(base64.urlsafe_b64decode(query["id_token_hint"].split(".")[1] + "=="))
    assert claims["sub"] == op.subject
    # Here the session has ended whatever happens there.
    client.set_cookie("signed_in", cookie)
    assert client.get("/me").status_code == 401


def test_a_long_token_stays_here(client: FlaskClient, op: TestProvider, ann: str, connection_id: str) -> None:
    op.claims["groups"] = ["a group with a long name"] * 300
    log_in(client, op, connection_id)
    query = dict(
        parse_qsl(urlsplit(onward(client.post("/logout", data={"csrf_token": token_of(client.get("/me"))}))).query)
    )
    assert "id_token_hint" not in query
    assert query["logout_hint"] == ann


@pytest.mark.parametrize("what", ["no such page", "away", "removed", "another issuer"])
def test_signing_out_where_the_provider_takes_no_part(
    app: Flask,
    client: FlaskClient,
    organization: Organization,
    api: ApiClient,
    op: TestProvider,
    ann: str,
    connection_id: str,
    what: str,
) -> None:
    log_in(client, op, connection_id)
    token = token_of(client.get("/me"))
    app.extensions["sso"].clear()
    if what == "no such page":
        op.change_discovery = lambda document: {**document, "end_session_endpoint": None}
    elif what == "away":
        op.change_discovery = lambda _: b"<html>"
    elif what == "removed":
        api.delete(f"/connections/{connection_id}/sso")
    else:
        api.patch(f"/connections/{connection_id}/sso", {"issuer": "https://elsewhere.example"})
    answer = client.post("/logout", data={"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize("part", ["", "/callback?state=x"])
def test_leaving_and_coming_back_are_throttled(
    app: Flask, organization: Organization, op: TestProvider, ann: str, connection_id: str, part: str
) -> None:
    client, address = Client(app, app.response_class), f"2001:db8:{uuid.uuid4().hex[:4]}::9"

    def ask() -> TestResponse:
        return client.get(f"/login/sso/{connection_id}{part}", environ_overrides={"REMOTE_ADDR": address})

    statuses = [ask().status_code for _ in range(SIGN_ONS_OF_ADDRESS.free)]
    assert set(statuses) == ({400} if part else {303})
    answer = ask()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert client.get(f"/login/sso/{connection_id}", environ_overrides={"REMOTE_ADDR": "192.0.2.77"}).status_code == 303


def test_logins_that_succeed_are_not_counted(
    app: Flask, organization: Organization, op: TestProvider, ann: str, connection_id: str
) -> None:
    from sqlalchemy import func, select

    from scim_server.accounts.models import LoginAttempts
    from scim_server.accounts.throttling import from_address
    from scim_server.database import reading

    client = Client(app, app.response_class)
    where = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.78"}}
    for _ in range(2):
        url = client.get(f"/login/sso/{connection_id}", **where).headers["Location"]
        done = client.get(f"/login/sso/{connection_id}/callback", query_string=op.authorize(url), **where)
        assert done.status_code == 303
    counted = select(func.sum(LoginAttempts.attempts)).where(
        LoginAttempts.key == from_address("192.0.2.78", SIGN_ONS_OF_ADDRESS).key
    )
    with reading() as connection:
        assert connection.execute(counted).scalar_one() == 0
