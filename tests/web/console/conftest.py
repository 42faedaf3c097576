"""The cast at their browsers, signed in to the console."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Cast
from tests.support.accounts import address, link, make_account
from tests.support.api import good
from tests.support.browser import Browser


@dataclass
class Seat:
    """A person at a browser, in the console of one Organization."""

    browser: Browser
    user_id: str
    email: str
    base: str

    def get(self, path: str = "") -> TestResponse:
        """Open a screen of the Organization."""
        return self.browser.get(f"{self.base}{path}")

    def post(self, path: str, **values: str) -> TestResponse:
        """Send a form of the present page."""
        return self.browser.post(f"{self.base}{path}", **values)

    @property
    def text(self) -> str:
        """Return the present page."""
        return self.browser.text


SitDown = Callable[[str, str, str], Seat]


@pytest.fixture
def sit_down(app: Flask) -> SitDown:
    """Give what signs in a User of an Organization: its id, the User's, and a name for the address."""

    def sit(organization_id: str, user_id: str, name: str) -> Seat:
        email, browser = address(name), Browser(app)
        link(organization_id, user_id, make_account(email, name=f"{name.title()} Example"))
        browser.sign_in(email)
        return Seat(browser, user_id, email, f"/organizations/{organization_id}")

    return sit


@pytest.fixture
def alice(cast: Cast, sit_down: SitDown) -> Seat:
    """Give the Owner."""
    return sit_down(cast.acme.organization_id, cast.alice, "alice")


@pytest.fixture
def bob(cast: Cast, sit_down: SitDown) -> Seat:
    """Give the member."""
    return sit_down(cast.acme.organization_id, cast.bob, "bob")


@pytest.fixture
def carla(cast: Cast, app: Flask, sit_down: SitDown) -> Seat:
    """Give the billing admin."""
    user_id = cast.acme.create_user(address("carla"))["id"]
    changed = cast.api.post(f"/users/{user_id}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN"})
    assert changed.status_code == 200, changed.text
    return sit_down(cast.acme.organization_id, user_id, "carla")


@pytest.fixture
def charlie(cast: Cast, sit_down: SitDown) -> Seat:
    """Give whoever is an Owner elsewhere, and looks at Acme."""
    seat = sit_down(cast.elsewhere.organization_id, cast.charlie, "charlie")
    seat.base = f"/organizations/{cast.acme.organization_id}"
    return seat


@pytest.fixture
def dora(cast: Cast, sit_down: SitDown) -> Seat:
    """Give whoever was a member once."""
    return sit_down(cast.acme.organization_id, cast.dora, "dora")


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    """Give one of each thing that screens are about."""
    token = good(cast.api.post("/tokens", {"name": "one", "role": "ORGANIZATION_MEMBER"}))["id"]
    role = good(
        cast.api.post("/roles", {"name": "Runner", "scopeType": "DEPLOYMENT", "permissions": ["deployment.get"]})
    )
    invitation = good(cast.api.post("/invites", {"inviteeEmail": "p@x.example", "role": "ORGANIZATION_MEMBER"}))
    domain = good(cast.api.post("/domains", {"name": f"{uuid.uuid4().hex[:8]}.example"}))["id"]
    return {
        "domain_id": domain,
        "event_id": good(cast.api.get("/audit-events"))["auditEvents"][0]["id"],
        "connection_id": good(cast.api.get("/connections"))["connections"][0]["id"],
        "user_id": cast.bob,
        "team_id": cast.team,
        "token_id": token,
        "role_id": role["id"],
        "invitation_id": invitation["inviteId"],
        "subject_id": cast.bob,
        "any(users, teams):kind": "users",
        "scope": "workspace",
    }
