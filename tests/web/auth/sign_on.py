"""Single sign-on in a browser without a screen, against a provider on this machine that speaks real HTTP."""

import html
import re
import uuid
from contextvars import Context
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scim_server.users.policy import Status
from tests.conftest import Organization
from tests.support.accounts import link, make_account, sign_in
from tests.support.people import insert_person
from tests.support.provider import TestProvider


class Client(FlaskClient):
    """A browser whose requests share nothing of what the test's application context keeps."""

    def open(self, *arguments: Any, **keywords: Any) -> TestResponse:
        return Context().run(lambda: super(Client, self).open(*arguments, **keywords))


def leave(client: FlaskClient, connection_id: str, **query: str) -> str:
    """Begin a login and return where the browser is sent."""
    answer = client.get(f"/login/sso/{connection_id}", query_string=query)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def onward(page: TestResponse) -> str:
    """Return where a page leads on to by itself, which its link does too."""
    (by_itself,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]*)"', page.text)
    (by_link,) = re.findall(r'<a href="([^"]*)"', page.text)
    assert by_itself == by_link
    return html.unescape(by_link)


def come_back(client: FlaskClient, op: TestProvider, connection_id: str, url: str) -> TestResponse:
    """Sign in at the provider and come back."""
    return client.get(f"/login/sso/{connection_id}/callback", query_string=op.authorize(url))


def log_in(client: FlaskClient, op: TestProvider, connection_id: str, **query: str) -> TestResponse:
    """Sign in."""
    return come_back(client, op, connection_id, leave(client, connection_id, **query))


def token_of(page: TestResponse) -> str:
    """Return the token of a page's forms."""
    return page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def browser_of(app: Flask, organization: Organization, role: str) -> FlaskClient:
    address = f"{uuid.uuid4().hex[:8]}@owners.example"
    account_id = make_account(address)
    link(organization.id, insert_person(organization.id, address, Status.ACTIVE, role), account_id)
    client = Client(app, app.response_class)
    client.set_cookie("signed_in", sign_in(account_id))
    return client


def run_test(
    app: Flask, owner: FlaskClient, op: TestProvider, connection_id: str, title: str = "Organization Member"
) -> None:
    path = f"/login/sso/{connection_id}/test"
    shown = owner.get(path)
    assert shown.status_code == 200, shown.text
    token = shown.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert owner.post(path).status_code == 403
    begun = owner.post(path, data={"csrf_token": token})
    assert begun.status_code == 200, begun.text
    op.claims["department"] = "<b>Sales</b>"
    answer = come_back(owner, op, connection_id, onward(begun))
    assert answer.status_code == 200
    assert f"You would enter as {title}." in answer.text
    assert "&lt;b&gt;Sales&lt;/b&gt;" in answer.text
    assert owner.get("/me").status_code == 200
