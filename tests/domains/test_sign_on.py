"""Single sign-on as the only way: what has to be known first, so that Owners do not lock themselves out."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from scim_server.accounts import sessions, signing_in
from scim_server.accounts.sessions import recognise
from scim_server.accounts.sign_on import SignOnRequired
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.administration import create_connection
from scim_server.connections.deletion import delete_connection
from scim_server.connections.service import read_connection
from scim_server.database import transaction
from scim_server.domains import service
from scim_server.domains.policy import Proof, State, lockout
from scim_server.domains.service import DomainRecord
from scim_server.protocol.errors import Conflict, InvalidValue
from scim_server.roles.authority import Authority, Requester
from scim_server.sso.configuration import find_configuration, note_test
from scim_server.users.policy import Status
from tests.conftest import Organization, make_organization
from tests.support.accounts import PASSWORD, browser, link, make_account, sign_in
from tests.support.logins import prove, set_up_sso
from tests.support.people import insert_person
from tests.support.races import Pause, in_thread

OWNER, MEMBER = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"
ONLY = {"enforced_logins": ["SSO"]}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("is_mapped", [True, False])
@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("proof", list(Proof))
def test_what_is_missing(state: State, is_mapped: bool, is_active: bool, proof: Proof) -> None:
    """Only a proved domain, mapped to a Connection that is on, by which whoever asks enters as an Owner."""
    reason = lockout(state, is_mapped=is_mapped, is_active=is_active, proof=proof)
    whole = state is State.VERIFIED and is_mapped and is_active and proof is Proof.REQUESTER
    assert (reason is None) is whole


@pytest.fixture
def connection_id(organization: Organization) -> str:
    return set_up_sso(organization.id, issuer="https://idp.acme.example")


def owner(organization: Organization, domain: str, role: str = OWNER) -> tuple[Requester, str]:
    """Return somebody with an Account, as who asks, and the Account's id."""
    email = f"{uuid.uuid4().hex[:8]}@{domain}"
    user_id, account_id = insert_person(organization.id, email, Status.ACTIVE, role), make_account(email)
    link(organization.id, user_id, account_id)
    return Requester(organization.id, Authority(role), Origin(ActorType.USER, user_id, email)), account_id


def entered(connection_id: str, account_id: str) -> None:
    """Note that a test has shown that an Owner enters."""
    with transaction() as connection:
        assert note_test(connection, find_configuration(connection_id), account_id, owner_enters=True)


def proved(organization: Organization, asker: Requester, name: str, connection_id: str | None) -> DomainRecord:
    prove(organization.id, name, connection_id=connection_id)
    (found,) = [each for each in service.list_domains(asker, limit=10, offset=0)[0] if each.name == name]
    return found


def test_switched_on_by_an_owner_who_has_entered(organization: Organization, connection_id: str) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, account_id = owner(organization, name)
    bob, _ = owner(organization, name)
    domain = proved(organization, ann, name, connection_id)
    token = Requester(organization.id, Authority(OWNER), Origin(ActorType.TOKEN, "t"))
    for asker in (ann, bob, token):
        with pytest.raises(Conflict, match="test its Connection first"):
            service.change_domain(asker, domain.id, ONLY)
    entered(connection_id, account_id)
    with pytest.raises(Conflict, match="yourself"):
        service.change_domain(bob, domain.id, ONLY)

    assert service.change_domain(ann, domain.id, ONLY).enforced_logins == ["SSO"]

    assert service.change_domain(bob, domain.id, {"enforced_logins": []}).enforced_logins == []
    assert service.change_domain(token, domain.id, ONLY).enforced_logins == ["SSO"]


def test_a_test_of_somebody_who_is_no_owner_does_not_count(organization: Organization, connection_id: str) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, _ = owner(organization, name)
    _, member = owner(organization, name, MEMBER)
    domain = proved(organization, ann, name, connection_id)
    entered(connection_id, member)
    with pytest.raises(Conflict, match="test its Connection first"):
        service.change_domain(ann, domain.id, ONLY)


def test_no_other_way_leads_there(organization: Organization, connection_id: str) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, account_id = owner(organization, name)
    entered(connection_id, account_id)
    with pytest.raises(Conflict, match="prove the domain"):
        service.claim_domain(ann, f"new-{name}", ["SSO"])
    domain = proved(organization, ann, name, None)
    with pytest.raises(Conflict, match="name the Connection"):
        service.change_domain(ann, domain.id, ONLY)
    service.change_domain(ann, domain.id, {**ONLY, "connection_id": connection_id})
    other = create_connection(
        ann,
        {"name": "Other", "automatic_membership": None, "unknown_members": "skip", "provisioning": "OFF"},
    )
    # Another Connection would be the only way, and nobody has entered by it.
    with pytest.raises(Conflict, match="switch single sign-on"):
        service.change_domain(ann, domain.id, {"connection_id": other.id})
    assert service.find_domain(ann, domain.id).connection_id == connection_id


def test_sessions_by_password_end(organization: Organization, connection_id: str) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, account_id = owner(organization, name)
    _, bob = owner(organization, name)
    _, guest = owner(organization, f"guests.{name}")
    _, stranger = owner(make_organization(f"Other {uuid.uuid4().hex[:8]}"), name)
    mine, by_password, by_sign_on = sign_in(account_id), sign_in(bob), sign_in(bob, organization.id)
    of_guest, elsewhere = sign_in(guest), sign_in(stranger)
    domain = proved(organization, ann, name, connection_id)
    entered(connection_id, account_id)

    service.change_domain(ann, domain.id, ONLY)

    kept = {mine: True, by_password: False, of_guest: True, elsewhere: True, by_sign_on: True}
    assert {secret: recognise(secret) is not None for secret in kept} == kept


def test_mapping(organization: Organization) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, _ = owner(organization, name)
    only = read_connection(organization.id).id
    assert service.claim_domain(ann, name).connection_id == only
    stranger = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    for wrong in (read_connection(stranger.id).id, "nothing"):
        with pytest.raises(InvalidValue) as caught:
            service.claim_domain(ann, f"x{name}", connection_id=wrong)
        assert caught.value.field == "connectionId"
    settings = {"name": "Other", "automatic_membership": None, "unknown_members": "skip", "provisioning": "OFF"}
    other = create_connection(ann, settings)
    assert service.claim_domain(ann, f"one-{name}").connection_id is None
    domain = service.claim_domain(ann, f"two-{name}", connection_id=other.id)

    delete_connection(ann, other.id)

    assert service.find_domain(ann, domain.id).connection_id is None


def test_switched_on_while_somebody_signs_in(
    app: Flask, organization: Organization, connection_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that was taken before is in time, and its session ends with the switch that waited for it."""
    name = f"{uuid.uuid4().hex[:8]}.example"
    ann, account_id = owner(organization, name)
    bob, _ = owner(organization, name)
    entered(connection_id, account_id)
    domain = proved(organization, ann, name, connection_id)
    pause = Pause(monkeypatch, sessions, "start")
    with ThreadPoolExecutor(2) as pool:
        email = str(bob.origin.actor_name)
        login = pool.submit(in_thread(app, lambda: signing_in.with_password(email, PASSWORD, browser())))
        assert pause.reached.wait(30)
        switch = pool.submit(in_thread(app, lambda: service.change_domain(ann, domain.id, ONLY)))
        assert not switch.done()
        pause.go_on.set()
        found = login.result(30)
        assert switch.result(30).enforced_logins == ["SSO"]
    assert recognise(found.secret) is None
    with pytest.raises(SignOnRequired):
        signing_in.with_password(email, PASSWORD, browser())
