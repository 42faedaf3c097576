"""What a believed login makes of people, on both databases: product.md §2, for both positions of the toggle."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import update

from scim_server.accounts.models import Account
from scim_server.accounts.sessions import recognise
from scim_server.audit.service import ActorType, Origin
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.invitations.service import invite
from scim_server.roles.authority import Authority, Requester
from scim_server.users.policy import Source, Status
from tests.conftest import Organization
from tests.support.accounts import link, make_account
from tests.support.answers import body
from tests.support.client import ScimClient
from tests.support.logins import (
    actions,
    changes_of,
    entered,
    expire_invitations,
    holdings,
    prove,
    refused,
    somebody,
    user_of,
)
from tests.support.people import insert_person, standing

OWNER, MEMBER, BILLING = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"


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


def invited(organization: Organization, email: str, role: str) -> str:
    """Invite somebody and return the User's id."""
    owner = Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR))
    return invite(owner, email=email, role=role).user_id


def test_unknown_with_jit_on_joins(organization: Organization, scim: ScimClient, ann: str) -> None:
    organization.set_jit(BILLING)
    found = entered(organization.id, somebody(ann, name="Ann Lee", provider_session="s-1"))

    assert standing(organization.id, found.user_id) == ("ACTIVE", BILLING, "jit", False)
    assert user_of(organization.id, found.user_id).account_id == found.account_id
    user = body(scim.get(f"/Users/{found.user_id}"))
    assert (user["userName"], user["displayName"], user["active"]) == (ann, "Ann Lee", True)
    assert user["emails"] == [{"value": ann, "type": "work", "primary": True}]
    signed_in = recognise(found.secret)
    assert signed_in is not None
    assert (signed_in.email, signed_in.organization_id) == (ann, organization.id)
    assert signed_in.member is not None
    assert signed_in.member.user_id == found.user_id
    assert actions(organization.id)[-3:] == ["jit:user:created", "user:identity:linked", "account:session:started"]


def test_unknown_with_jit_off_is_refused_and_nothing_is_made(organization: Organization, ann: str) -> None:
    organization.set_jit(None)
    before = holdings(organization.id)

    assert refused(organization.id, somebody(ann)) == "not-a-member"

    assert holdings(organization.id) == before
    assert actions(organization.id)[-1] == "user:login:refused"
    assert changes_of(organization.id, "user:login:refused")["#reason"] == [None, "not-a-member"]


@pytest.mark.parametrize("toggle", [MEMBER, None])
def test_the_second_login_is_the_same_person(organization: Organization, ann: str, toggle: str | None) -> None:
    first = entered(organization.id, somebody(ann))
    before = holdings(organization.id)
    organization.set_jit(toggle)

    again = entered(organization.id, somebody(ann))

    assert (again.user_id, again.account_id) == (first.user_id, first.account_id)
    assert holdings(organization.id) == {**before, "sessions": before["sessions"] + 1}


@pytest.mark.parametrize("toggle", [MEMBER, None])
def test_the_invited_join_with_the_invitations_role(organization: Organization, ann: str, toggle: str | None) -> None:
    organization.set_jit(toggle)
    user_id = invited(organization, ann.upper(), BILLING)

    found = entered(organization.id, somebody(ann))

    assert found.user_id == user_id
    assert standing(organization.id, user_id)[:3] == ("ACTIVE", BILLING, "invite")
    assert "user:invitation:accepted" in actions(organization.id)
    assert "user:user:joined" in actions(organization.id)


@pytest.mark.parametrize(("toggle", "role"), [(MEMBER, MEMBER), (None, None)])
def test_an_invitation_that_is_too_old_gives_no_role(
    organization: Organization, ann: str, toggle: str | None, role: str | None
) -> None:
    organization.set_jit(toggle)
    user_id = invited(organization, ann, BILLING)
    expire_invitations(organization.id)

    if role is None:
        assert refused(organization.id, somebody(ann)) == "not-a-member"
        assert standing(organization.id, user_id)[:2] == ("PENDING", BILLING)
        return
    entered(organization.id, somebody(ann))
    assert standing(organization.id, user_id)[:2] == ("ACTIVE", role)


@pytest.mark.parametrize("toggle", [MEMBER, None])
def test_pushed_members_enter_with_their_role(
    organization: Organization, scim: ScimClient, ann: str, toggle: str | None
) -> None:
    user_id = scim.create_user(ann)["id"]
    organization.set_jit(toggle)

    assert entered(organization.id, somebody(ann)).user_id == user_id
    assert standing(organization.id, user_id) == ("ACTIVE", MEMBER, "scim", True)


def test_pushed_members_are_found_by_any_address(organization: Organization, scim: ScimClient, ann: str) -> None:
    user_id = scim.create_user("ann", emails=[{"value": "a@home.example"}, {"value": ann.upper()}])["id"]
    assert entered(organization.id, somebody(ann)).user_id == user_id


def test_an_address_of_two_users_is_nobodys(organization: Organization, scim: ScimClient, ann: str) -> None:
    for name in ("one", "two"):
        scim.create_user(name, emails=[{"value": ann}])
    assert refused(organization.id, somebody(ann)) == "another-person"


@pytest.mark.parametrize(("toggle", "outcome"), [(MEMBER, ("ACTIVE", MEMBER)), (None, ("AWAITING_INVITATION", None))])
def test_the_waiting(organization: Organization, scim: ScimClient, ann: str, toggle: str | None, outcome) -> None:
    organization.set_jit(None)
    user_id = scim.create_user(ann)["id"]
    organization.set_jit(toggle)

    if toggle is None:
        assert refused(organization.id, somebody(ann)) == "not-a-member"
    else:
        entered(organization.id, somebody(ann))
    assert standing(organization.id, user_id)[:2] == outcome


@pytest.mark.parametrize("toggle", [MEMBER, None])
def test_a_domain_that_is_not_proved(organization: Organization, toggle: str | None) -> None:
    organization.set_jit(toggle)
    name = f"{uuid.uuid4().hex[:8]}.example"
    for state in ("PENDING", "SUSPENDED"):
        prove(organization.id, f"{state.lower()}.{name}", state)
    before = holdings(organization.id)
    reason = "not-a-member" if toggle is None else "address-not-vouched-for"

    for host in (name, f"pending.{name}", f"suspended.{name}"):
        assert refused(organization.id, somebody(f"ann@{host}")) == reason

    assert refused(organization.id, somebody(None)) == reason
    assert holdings(organization.id) == before


def test_the_invited_of_another_domain_use_their_link(organization: Organization, app: Flask) -> None:
    """The provider does not speak for that address: an invitation works for one mailbox."""
    email = f"guest@{uuid.uuid4().hex[:8]}.example"
    user_id = invited(organization, email, OWNER)

    assert refused(organization.id, somebody(email)) == "address-not-vouched-for"
    assert standing(organization.id, user_id)[:2] == ("PENDING", OWNER)


def test_an_account_of_a_proved_domain_is_linked(organization: Organization, ann: str) -> None:
    account_id = make_account(ann.upper())
    assert entered(organization.id, somebody(ann)).account_id == account_id


def test_a_user_of_another_account_is_not_taken_over(organization: Organization, ann: str) -> None:
    user_id = insert_person(organization.id, ann, Status.ACTIVE, BILLING)
    link(organization.id, user_id, make_account(f"other-{ann}"))
    before = holdings(organization.id)

    assert refused(organization.id, somebody(ann)) == "another-person"

    assert holdings(organization.id) == before


def test_a_disabled_account_enters_nowhere(organization: Organization, ann: str) -> None:
    account_id = entered(organization.id, somebody(ann)).account_id
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account_id).values(disabled_at=now()))
    assert refused(organization.id, somebody(ann)) == "account-disabled"


def test_one_person_in_two_organizations(organization: Organization, app: Flask, ann: str) -> None:
    """The same provider serves both; the second has not proved the domain, and its Owner invited them."""
    from tests.conftest import make_organization

    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    here = entered(organization.id, somebody(ann))
    assert refused(other.id, somebody(ann)) == "address-not-vouched-for"
    user_id = insert_person(other.id, ann, Status.ACTIVE, BILLING, source=Source.INVITE)
    assert refused(other.id, somebody(ann)) == "address-not-vouched-for"
    link(other.id, user_id, here.account_id)

    there = entered(other.id, somebody(ann))

    assert (there.account_id, there.user_id) == (here.account_id, user_id)
    for found, owner in ((here, organization.id), (there, other.id)):
        signed_in = recognise(found.secret)
        assert signed_in is not None
        assert signed_in.organization_id == owner
        assert recognise(found.secret, other.id if owner == organization.id else organization.id).member is None


def test_removed_and_back_is_somebody_new(organization: Organization, scim: ScimClient, ann: str) -> None:
    first = entered(organization.id, somebody(ann))
    assert scim.delete(f"/Users/{first.user_id}").status_code == 204
    assert recognise(first.secret) is None

    again = entered(organization.id, somebody(ann))

    assert again.user_id != first.user_id
    assert again.account_id == first.account_id
    organization.set_jit(None)
    scim.delete(f"/Users/{again.user_id}")
    assert refused(organization.id, somebody(ann)) == "not-a-member"


def test_scim_adopts_whom_a_login_made(organization: Organization, scim: ScimClient, ann: str) -> None:
    found = entered(organization.id, somebody(ann))
    user = body(scim.filter("/Users", f'userName eq "{ann}"'))["Resources"][0]
    assert user["id"] == found.user_id

    scim.patch(f"/Users/{found.user_id}", {"op": "replace", "path": "title", "value": "Countess"})

    assert standing(organization.id, found.user_id) == ("ACTIVE", MEMBER, "jit", True)
    assert recognise(found.secret) is not None
