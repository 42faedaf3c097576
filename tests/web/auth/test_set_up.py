"""The operator's link lets the first Owner in, and the operator switches Accounts off."""

import uuid

import pyotp
import pytest
import time_machine
from flask import Flask

from scim_server.accounts import second_factors
from scim_server.accounts.service import find_account
from scim_server.accounts.setting_up import switch
from scim_server.protocol.errors import NotFound
from scim_server.users.logins import offer_login
from tests.conftest import OPERATOR, make_organization
from tests.support.accounts import PASSWORD, address, make_account
from tests.support.accounts import browser as somewhere
from tests.support.browser import Browser
from tests.support.logins import prove, set_up_sso

NEW = "grey turtles ride at night"


def add_authenticator(account_id: str) -> None:
    """Give somebody a second factor."""
    account = find_account(account_id)
    assert account is not None
    new = second_factors.begin_authenticator(account)
    second_factors.confirm_authenticator(account.id, new.factor_id, pyotp.TOTP(new.key).now(), "Phone", somewhere())


def path_for(email: str, organization_id: str) -> str:
    return offer_login(organization_id, email, OPERATOR).removeprefix("http://127.0.0.1:8000")


def test_SC07_the_first_owner_comes_in_by_a_link_that_is_good_once(app: Flask, browser: Browser) -> None:
    email = address("ann")
    organization = make_organization("Founded", email)
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        late = path_for(email, organization.id)
        clock.shift(86_400)
        assert browser.get(late).status_code == 410
        path = path_for(email.upper(), organization.id)
        browser.get(path)
        assert browser.post(path, name="", password=NEW).status_code == 400
        assert browser.post(path, name="Ann", password=email).status_code == 400
        assert browser.post(path, name="Ann Lee", password=NEW).status_code == 200
        assert browser.title == "Dashboard · Founded"
        assert "Ann Lee" in browser.text
        assert browser.get(path).status_code == 410
        browser.get("/logout")
        browser.sign_in(email, NEW)
        assert "Founded" in browser.text


def test_whoever_has_an_account_gets_another_password_and_is_linked(app: Flask, browser: Browser) -> None:
    email = address("ann")
    make_account(email)
    organization = make_organization("Founded", email)
    other = Browser(app)
    other.sign_in(email)
    path = path_for(email, organization.id)
    browser.get(path)
    assert "Your name" not in browser.text
    browser.post(path, password=NEW)
    assert other.get("/me").status_code == 401
    assert browser.title == "Dashboard · Founded"
    other.sign_in(email)
    assert other.title == "Sign in"


def test_a_second_factor_is_asked_for_as_at_every_login(app: Flask, browser: Browser) -> None:
    email = address("ann")
    add_authenticator(make_account(email))
    organization = make_organization("Founded", email)
    path = path_for(email, organization.id)
    browser.get(path)
    browser.post(path, password=NEW)
    assert browser.cookie() is None
    assert "code" in browser.text
    assert browser.get("/me").status_code == 401


def test_where_single_sign_on_is_the_only_way_the_password_is_set_all_the_same(app: Flask, browser: Browser) -> None:
    domain = f"{uuid.uuid4().hex[:8]}.example"
    email = f"ann@{domain}"
    organization = make_organization("Founded", email)
    connection_id = set_up_sso(organization.id, issuer="https://idp.acme.example")
    prove(organization.id, domain, connection_id=connection_id, enforced_logins=["SSO"])
    path = path_for(email, organization.id)
    browser.get(path)
    assert browser.post(path, name="Ann Lee", password=NEW).status_code == 200
    assert "Your account is set up" in browser.text
    assert browser.cookie() is None


@pytest.mark.parametrize(("typed", "called"), [("Ann Lee", "Ann Lee"), ("Ann", "Ann")])
def test_owners_are_called_as_they_call_themselves(app: Flask, browser: Browser, typed: str, called: str) -> None:
    email = address("ann")
    organization = make_organization("Founded", email)
    path = path_for(email, organization.id)
    browser.get(path)
    browser.post(path, name=typed, password=NEW)
    browser.get(f"/organizations/{organization.id}/users")
    assert f">{called}</a>" in browser.text
    assert "Owner</a>" not in browser.text


def test_nobody_else_gets_a_link(app: Flask) -> None:
    organization = make_organization("Founded", address("ann"))
    with pytest.raises(NotFound):
        offer_login(organization.id, address("eve"), OPERATOR)


def test_an_account_that_is_switched_off(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    switch(email, off=True)
    assert browser.get("/me").status_code == 401
    assert browser.sign_in(email).status_code == 401
    switch(email, off=False)
    assert browser.sign_in(email, PASSWORD).status_code == 200
    with pytest.raises(NotFound):
        switch(address("eve"), off=True)
