"""A person with an Account, the browser that they sit at, and an identity provider where they sign in."""

import uuid
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scim_server.outbound.client import Outbound
from tests.conftest import Organization
from tests.support.accounts import address, make_account
from tests.support.browser import Browser
from tests.support.logins import prove, set_up_sso
from tests.support.provider import TestProvider, serving
from tests.web.auth.sign_on import Client, browser_of


@pytest.fixture
def email(app: Flask) -> str:
    """Give the address of a person who can sign in with a password."""
    fresh = address()
    make_account(fresh)
    return fresh


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Give a browser where nobody is signed in."""
    return Browser(app)


@pytest.fixture
def op(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestProvider]:
    """Give an OpenID provider that this application may call."""
    monkeypatch.setitem(app.extensions, "outbound", Outbound([ip_network("127.0.0.0/8")]))
    with serving() as provider:
        provider.subject = uuid.uuid4().hex
        yield provider


@pytest.fixture
def ann(organization: Organization, op: TestProvider) -> str:
    """Give an address of a domain that the Organization has proved; its person signs in next."""
    domain = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, domain)
    op.claims = {"email": f"ann@{domain}", "name": "Ann <Lee>"}
    return f"ann@{domain}"


@pytest.fixture
def connection_id(organization: Organization, op: TestProvider) -> str:
    """Give the Organization's Connection, by which people sign in at the provider."""
    return set_up_sso(organization.id, issuer=op.issuer)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser."""
    return Client(app, app.response_class)


@pytest.fixture
def owner(app: Flask, organization: Organization) -> FlaskClient:
    """Give the browser of a signed-in Owner."""
    return browser_of(app, organization, "ORGANIZATION_OWNER")
