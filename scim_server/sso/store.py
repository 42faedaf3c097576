"""What a login looks up and writes, called inside its transaction: domains, Accounts, identities, the User."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.types import Text

from scim_server.accounts.models import Account, Identity, Session
from scim_server.accounts.service import MAX_NAME_LENGTH, AccountRecord, find_by_email, find_by_identity, insert_account
from scim_server.audit.service import Origin
from scim_server.domains.models import Domain
from scim_server.identifiers import moment as moment_of
from scim_server.identifiers import new_id, now
from scim_server.invitations.inviters import may_still_offer
from scim_server.invitations.models import Invitation
from scim_server.invitations.store import Person as KnownPerson
from scim_server.invitations.store import find_person, lock_person
from scim_server.protocol.errors import Uniqueness
from scim_server.protocol.schemas import USER
from scim_server.sso.person import Person
from scim_server.sso.tokens import LEEWAY, Logout
from scim_server.users import store as users
from scim_server.users.invited import InvitationState
from scim_server.users.models import User
from scim_server.users.policy import Membership


class TakenMeanwhile(Exception):
    """Somebody else wrote the same person a moment ago; looking again finds them."""


# A suspended domain decides nothing until it is proved again.
_PROVED = "VERIFIED"
_PROVED_DOMAINS = (
    select(Domain.name)
    .where(Domain.organization_id == bindparam("organization"), Domain.state == _PROVED)
    .with_for_update(read=True)
)
_OF_ACCOUNT = select(User.id).where(
    User.organization_id == bindparam("organization"), User.account_id == bindparam("account")
)
_OWNER = select(User.account_id).where(User.organization_id == bindparam("organization"), User.id == bindparam("user"))
_OPEN_INVITATION = select(Invitation.invited_by_type, Invitation.invited_by_id, Invitation.role).where(
    Invitation.organization_id == bindparam("organization"),
    Invitation.user_id == bindparam("user"),
    Invitation.state == InvitationState.OPEN.value,
    Invitation.expires_at > bindparam("now"),
)
_INSERT_IDENTITY = insert(Identity)
_OF_IDENTITY = (Identity.issuer == bindparam("key_issuer"), Identity.subject == bindparam("key_subject"))
_USED = update(Identity).where(*_OF_IDENTITY).values(last_used_at=bindparam("now"), email=bindparam("email"))
_END_SESSIONS = delete(Session).where(
    Session.organization_id == bindparam("organization"),
    Session.issuer == bindparam("issuer"),
    Session.created_at <= bindparam("until"),
    or_(bindparam("subject", type_=Text()).is_(None), Session.subject == bindparam("subject")),
    or_(
        bindparam("provider_session", type_=Text()).is_(None), Session.provider_session == bindparam("provider_session")
    ),
)
_LOCK_ACCOUNT = select(Account.id).where(Account.id == bindparam("account")).with_for_update(read=True)


def proved_domains(connection: Connection, organization_id: str) -> set[str]:
    """Return the domains that the Organization has proved, and keep them so until the transaction ends."""
    return set(connection.execute(_PROVED_DOMAINS, {"organization": organization_id}).scalars())


def account_of_identity(connection: Connection, person: Person) -> AccountRecord | None:
    """Return the Account that the identity is linked to."""
    return _kept(connection, find_by_identity(person.issuer, person.subject))


def note_use(connection: Connection, person: Person) -> None:
    """Note that the identity was used, and what its address is now."""
    key = {"key_issuer": person.issuer, "key_subject": person.subject}
    connection.execute(_USED, {**key, "now": now(), "email": person.email})


def account_of_address(connection: Connection, email: str) -> AccountRecord | None:
    """Return the Account with this address."""
    return _kept(connection, find_by_email(email))


def _kept(connection: Connection, found: AccountRecord | None) -> AccountRecord | None:
    if found is not None:
        connection.execute(_LOCK_ACCOUNT, {"account": found.id})
    return found


def lock_user_of_account(connection: Connection, organization_id: str, account_id: str) -> KnownPerson | None:
    """Return the User that the Account's person is in the Organization, locked."""
    bound = {"organization": organization_id, "account": account_id}
    user_id = connection.execute(_OF_ACCOUNT, bound).scalar()
    return None if user_id is None else lock_person(connection, organization_id, user_id)


def lock_user_of_address(
    connection: Connection, organization_id: str, email: str | None
) -> tuple[KnownPerson | None, str | None]:
    """Return the User with this userName or address, locked, and whose Account it is linked to.

    Raises Conflict where several Users have the address.
    """
    user = None if email is None else find_person(connection, organization_id, email)
    if user is None:
        return None, None
    owner = connection.execute(_OWNER, {"organization": organization_id, "user": user.id}).scalar()
    return user, owner


def is_invited(connection: Connection, organization_id: str, user_id: str) -> bool:
    """Tell whether the User has an open invitation that is not too old and that its inviter can still make."""
    bound = {"organization": organization_id, "user": user_id, "now": now()}
    row = connection.execute(_OPEN_INVITATION, bound).first()
    return row is not None and may_still_offer(
        connection, organization_id, row.invited_by_type, row.invited_by_id, row.role
    )


def insert_person(
    connection: Connection, organization_id: str, origin: Origin, person: Person, membership: Membership
) -> str:
    """Write a User who joins just in time and return the id; raises TakenMeanwhile."""
    attributes: dict[str, Any] = {
        "userName": person.email,
        "active": membership.active,
        "emails": [{"value": person.email, "type": "work", "primary": True}],
    }
    if person.name is not None:
        attributes |= {"displayName": person.name, "name": {"formatted": person.name}}
    user_id, moment = new_id(), now()
    row = {
        **users.user_row(organization_id, user_id, USER, attributes),
        **users.membership_row(membership),
        **users.grant_row(membership, origin, moment),
        "version": 1,
        "created_at": moment,
        "modified_at": moment,
    }
    if not users.insert_user(connection, row, users.email_rows(organization_id, user_id, attributes)):
        raise TakenMeanwhile
    return user_id


def insert_account_of(connection: Connection, person: Person) -> str:
    """Write the Account of a person who has none, without a password, and return its id; raises TakenMeanwhile."""
    assert person.email is not None, "an address that is vouched for exists"
    name = (person.name or person.email.partition("@")[0])[:MAX_NAME_LENGTH]
    try:
        return insert_account(connection, email=person.email, name=name, is_proved=False)
    except Uniqueness:
        raise TakenMeanwhile from None


def insert_identity(
    connection: Connection, organization_id: str, connection_id: str, account_id: str, person: Person
) -> None:
    """Note that the person of an Account is who the issuer calls subject."""
    moment = now()
    row = {
        "issuer": person.issuer,
        "subject": person.subject,
        "account_id": account_id,
        "organization_id": organization_id,
        "connection_id": connection_id,
        "email": person.email,
        "created_at": moment,
        "last_used_at": moment,
    }
    connection.execute(_INSERT_IDENTITY, row)


def end_sessions(connection: Connection, organization_id: str, issuer: str, logout: Logout) -> int:
    """End the sessions of the Organization that a logout token names, and return how many.

    Only those that began before it was issued: a token that comes again ends nothing more.
    """
    bound = {
        "organization": organization_id,
        "issuer": issuer,
        "subject": logout.subject,
        "provider_session": logout.provider_session,
        "until": moment_of(datetime.fromtimestamp(logout.issued_at + LEEWAY, UTC)),
    }
    return connection.execute(_END_SESSIONS, bound).rowcount
