"""Logins and the people they make (JT01 to JT10, CC09): an identity provider speaks for its own Organization alone."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from scim_server.accounts.sessions import recognise
from scim_server.database import transaction
from scim_server.sso import entering, store
from scim_server.sso.entering import Entered, Refused
from tests.conftest import OPERATOR, Organization, make_organization
from tests.support.accounts import make_account
from tests.support.client import ScimClient
from tests.support.logins import actions, arrive, changes_of, entered, holdings, prove, refused, somebody
from tests.support.people import standing
from tests.support.races import Pause, in_thread

MEMBER = "ORGANIZATION_MEMBER"
EVIL = "https://idp.evil.example"


@pytest.fixture
def domain(organization: Organization) -> str:
    """Give a domain that the Organization has proved."""
    name = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, name)
    return name


@pytest.fixture
def ann(domain: str) -> str:
    """Give an address on it."""
    return f"ann@{domain}"


@pytest.fixture
def evil(app: Flask) -> Organization:
    """Give another Organization, whose identity provider says whatever it likes."""
    return make_organization(f"Evil {uuid.uuid4().hex[:8]}")


def test_JT01_another_organizations_provider_asserts_an_address(
    organization: Organization, evil: Organization, ann: str
) -> None:
    here = entered(organization.id, somebody(ann))
    before = holdings(evil.id)

    for verified in (None, True):
        claimed = somebody(ann, "1", issuer=EVIL, email_verified=verified)
        assert refused(evil.id, claimed) == "address-not-vouched-for"

    assert holdings(evil.id) == before
    assert entered(organization.id, somebody(ann)).account_id == here.account_id


def test_JT02_an_address_that_is_not_verified(organization: Organization, ann: str) -> None:
    make_account(ann)
    before = holdings(organization.id)
    assert refused(organization.id, somebody(ann, email_verified=False)) == "address-not-vouched-for"
    assert holdings(organization.id) == before


def test_JT03_JT05_the_same_subject_of_another_issuer_is_another_identity(
    organization: Organization, evil: Organization, ann: str
) -> None:
    entered(organization.id, somebody(ann, "1"))
    name = f"{uuid.uuid4().hex[:8]}.example"
    prove(evil.id, name)
    there = entered(evil.id, somebody(f"mallory@{name}", "1", issuer=EVIL))
    assert recognise(there.secret, organization.id).member is None
    assert refused(organization.id, somebody(f"mallory@{name}", "1", issuer=EVIL)) == "address-not-vouched-for"


def test_JT04_the_identity_stays_who_it_is_whatever_its_address_becomes(
    organization: Organization, domain: str
) -> None:
    victim = entered(organization.id, somebody(f"victim@{domain}", "victim"))
    attacker = entered(organization.id, somebody(f"mallory@{domain}", "mallory"))

    again = entered(organization.id, somebody(f"victim@{domain}", "mallory"))

    assert (again.user_id, again.account_id) == (attacker.user_id, attacker.account_id)
    assert entered(organization.id, somebody(f"victim@{domain}", "victim")).user_id == victim.user_id


def test_JT06_jit_off_makes_nothing_but_an_audit_event(organization: Organization, ann: str) -> None:
    organization.set_jit(None)
    before, events = holdings(organization.id), len(actions(organization.id))
    assert refused(organization.id, somebody(ann)) == "not-a-member"
    assert holdings(organization.id) == before
    assert actions(organization.id)[events:] == ["user:login:refused"]


def test_JT07_jit_gives_the_automatic_role_whatever_the_claims_say(organization: Organization, ann: str) -> None:
    groups = ("admin", "ORGANIZATION_OWNER", "owners")
    found = entered(organization.id, somebody(ann, name="ORGANIZATION_OWNER", groups=groups))
    assert standing(organization.id, found.user_id)[:2] == ("ACTIVE", MEMBER)


@pytest.mark.parametrize("toggle", [MEMBER, None])
def test_JT09_the_deprovisioned_do_not_come_back(
    organization: Organization, scim: ScimClient, ann: str, toggle: str | None
) -> None:
    first = entered(organization.id, somebody(ann))
    scim.patch(f"/Users/{first.user_id}", {"op": "replace", "path": "active", "value": False})
    assert recognise(first.secret) is None
    organization.set_jit(toggle)
    before = holdings(organization.id)

    assert refused(organization.id, somebody(ann)) == "deactivated"
    # Nor as somebody else with the same address.
    assert refused(organization.id, somebody(ann, "another")) in {"deactivated", "another-person"}

    assert holdings(organization.id) == before
    scim.patch(f"/Users/{first.user_id}", {"op": "replace", "path": "active", "value": True})
    assert entered(organization.id, somebody(ann)).user_id == first.user_id


def test_JT09_pushed_inactive_is_not_let_in(organization: Organization, scim: ScimClient, ann: str) -> None:
    scim.create_user(ann, active=False)
    before = holdings(organization.id)
    assert refused(organization.id, somebody(ann)) == "deactivated"
    assert holdings(organization.id) == before


def test_JT10_many_at_once_are_one_person(app: Flask, organization: Organization, scim: ScimClient, ann: str) -> None:
    def log_in(_: int) -> Entered | Refused:
        with app.app_context():
            return arrive(organization.id, somebody(ann))

    def push(_: int) -> int:
        return scim.post(
            "/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": ann}
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        logins = [pool.submit(log_in, number) for number in range(4)]
        pushes = [pool.submit(push, number) for number in range(2)]
    found = [login.result() for login in logins]
    assert {each.user_id for each in found if isinstance(each, Entered)} == {found[0].user_id}
    assert len({each.account_id for each in found}) == 1
    assert sorted(push.result() for push in pushes) in ([201, 409], [409, 409])
    assert holdings(organization.id)["users"] == 1


def test_CC09_deprovisioned_while_the_login_runs(
    app: Flask, organization: Organization, scim: ScimClient, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The User is locked when the login goes on: deactivation waits, and ends the session that it finds."""
    user_id = scim.create_user(ann)["id"]
    pause = Pause(monkeypatch, entering, "start")
    deactivate = {"op": "replace", "path": "active", "value": False}
    with ThreadPoolExecutor(2) as pool:
        login = pool.submit(in_thread(app, lambda: arrive(organization.id, somebody(ann))))
        assert pause.reached.wait(30)
        push = pool.submit(lambda: scim.patch(f"/Users/{user_id}", deactivate).status_code)
        # Nothing tells from outside that it waits; that it cannot be done is what the answer shows.
        assert not push.done()
        pause.go_on.set()
        found = login.result(30)
        assert push.result(30) == 200
    assert isinstance(found, Entered)
    assert recognise(found.secret) is None
    assert holdings(organization.id)["users"] == 1
    assert refused(organization.id, somebody(ann)) == "deactivated"


def test_CC09_deprovisioned_before_the_login_reads(
    app: Flask, organization: Organization, scim: ScimClient, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has committed when the login looks at the User decides."""
    user_id = scim.create_user(ann)["id"]
    real = entering.login_by_identity

    def late(*arguments: Any) -> Any:
        scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": False})
        return real(*arguments)

    monkeypatch.setattr("tests.support.logins.login_by_identity", late)
    assert refused(organization.id, somebody(ann)) == "deactivated"


def test_JT08_the_toggle_is_read_inside_and_waits(
    app: Flask, organization: Organization, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login that has read the toggle ends before it is switched; afterwards nobody joins any more."""
    pause = Pause(monkeypatch, store, "insert_person")
    with ThreadPoolExecutor(2) as pool:
        login = pool.submit(in_thread(app, lambda: arrive(organization.id, somebody(ann))))
        assert pause.reached.wait(30)
        switch = pool.submit(in_thread(app, lambda: organization.set_jit(None)))
        assert not switch.done()
        pause.go_on.set()
        found = login.result(30)
        switch.result(30)
    assert isinstance(found, Entered)
    order = actions(organization.id)
    assert order.index("jit:user:created") < order.index("owner:connection:updated")
    assert changes_of(organization.id, "jit:user:created")["#automaticMembership"] == [None, MEMBER]
    assert refused(organization.id, somebody(f"bob@{ann.partition('@')[2]}")) == "not-a-member"


def test_JT08_a_login_waits_for_the_toggle(app: Flask, organization: Organization, ann: str) -> None:
    """Who switches it off first is obeyed by the login that comes meanwhile."""
    from scim_server.connections.service import change_connection

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            change_connection(organization.id, OPERATOR, automatic_membership=None, unknown_members="skip")
            login = pool.submit(in_thread(app, lambda: arrive(organization.id, somebody(ann))))
            assert not login.done()
        found = login.result(30)
    assert isinstance(found, Refused)
    assert found.reason == "not-a-member"
    assert changes_of(organization.id, "user:login:refused")["#automaticMembership"] == [None, None]
