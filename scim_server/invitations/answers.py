"""What the invited do: look at an invitation, accept it, or reject it. Whoever has the link has the mailbox.

Only a person accepts: with the Account of the invited address, or by making it.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam

from scim_server.accounts.members import link_user
from scim_server.accounts.passwords import hash_password, require_good
from scim_server.accounts.recovery import note_proof
from scim_server.accounts.service import AccountRecord, insert_account
from scim_server.accounts.sessions import AuthenticatedBy, start
from scim_server.accounts.sign_on import check_password_allowed, require_password
from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.invitations import store
from scim_server.invitations.errors import REVOKED, Gone, InviterLostRight, OtherPerson
from scim_server.invitations.inviters import may_still_offer
from scim_server.invitations.listing import RECORD, InvitationRecord, to_record
from scim_server.invitations.models import Invitation
from scim_server.invitations.policy import accept as accepted
from scim_server.invitations.policy import require_open
from scim_server.invitations.service import withdraw_person
from scim_server.protocol.errors import NotFound
from scim_server.protocol.values import fold
from scim_server.tokens.secrets import digest, secret_matches
from scim_server.users.invited import InvitationState

# Longer than any token of a link: what exceeds it is not even hashed.
MAX_TOKEN_LENGTH = 128

_BY_ID = RECORD.where(Invitation.id == bindparam("invitation"))


@dataclass(frozen=True, slots=True)
class Joined:
    """What an acceptance gave."""

    organization_id: str
    organization_name: str
    user_id: str
    role: str


def preview(token: str) -> InvitationRecord:
    """Return the open invitation of a link and change nothing (IN09).

    Raises NotFound for a link that never was one, and Gone for one that has ended.
    """
    with reading() as connection:
        row, _ = _open_one(connection, token)
    return to_record(row)


def accept(token: str, origin: Origin, account: AccountRecord) -> Joined:
    """Make the invited person, who is signed in, a member, once, with the role that they have been offered last.

    `origin` is the person at the link. Raises NotFound, Gone, NotLinked; OtherPerson and InviterLostRight leave the
    invitation open.
    """
    with transaction() as connection:
        row, secret = _open_one(connection, token)
        if fold(account.email) != row.email_folded:
            raise OtherPerson(row.email)
        if account.email_proved_at is None:
            note_proof(connection, account.id)
        return _join(connection, row, secret, origin, account.id)


def accept_as_newcomer(token: str, origin: Origin, *, name: str, password: str) -> tuple[Joined, str]:
    """Make an Account of the invited address and its person a member; return that, and the secret of a session.

    Raises as `accept`, and SignOnRequired, WeakPassword, InvalidValue for a name, Uniqueness where there is an Account
    by now.
    """
    found = preview(token)
    check_password_allowed(found.email)
    require_good(password, (found.email, name, found.organization_name))
    hashed = hash_password(password)
    with transaction() as connection:
        row, secret = _open_one(connection, token)
        require_password(connection, row.email)
        account_id = insert_account(connection, email=row.email, name=name, password_hash=hashed, is_proved=True)
        joined = _join(connection, row, secret, origin, account_id)
        session = start(connection, account_id, origin, authenticated_by=AuthenticatedBy.PASSWORD)
    return joined, session


def _join(connection: Connection, row: Any, secret: str, origin: Origin, account_id: str) -> Joined:
    organization_id = row.organization_id
    person = store.lock_person(connection, organization_id, row.user_id)
    after = accepted(person.membership if person else None)
    assert person is not None, "nobody accepts for a User who is gone"
    assert after.role is not None, "whoever was invited was offered a role"
    # Another role than that of the invitation was given since, by somebody who could.
    is_offered = after.role == row.role
    if is_offered and not may_still_offer(
        connection, organization_id, row.invited_by_type, row.invited_by_id, row.role
    ):
        raise InviterLostRight
    _consume(connection, row, InvitationState.ACCEPTED, secret)
    link_user(connection, organization_id, person.id, account_id)
    store.update_standing(connection, organization_id, person.id, after, None)
    standing = {"#status": [person.membership.status.value, after.status.value], "#role": [None, after.role]}
    events = [_answered(row.id, InvitationState.ACCEPTED), Event("user:user:joined", "User", person.id, standing)]
    record(connection, organization_id, _by(origin, row), events)
    return Joined(organization_id, row.organization_name, person.id, after.role)


def reject(token: str, origin: Origin) -> str:
    """End an invitation as its person asks, and return the Organization's name; raises NotFound and Gone."""
    with transaction() as connection:
        row, secret = _open_one(connection, token)
        events = withdraw_person(connection, row.organization_id, row.user_id, source="user")
        _consume(connection, row, InvitationState.REJECTED, secret)
        events.append(_answered(row.id, InvitationState.REJECTED))
        record(connection, row.organization_id, _by(origin, row), events)
    return str(row.organization_name)


def _open_one(connection: Connection, token: str) -> tuple[Any, str]:
    """Return the row of an open invitation and the secret of its link."""
    invitation_id, _, secret = token.partition(".")
    wrong = NotFound("There is no such invitation. Use the newest mail that you received.")
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii() or not secret:
        raise wrong
    row = connection.execute(_BY_ID, {"invitation": invitation_id}).first()
    # As much work for an unknown id, so that time does not tell one from the other.
    if not secret_matches(secret, row.secret_digest if row is not None else "") or row is None:
        raise wrong
    require_open(row.state, row.expires_at, now())
    return row, secret


def _consume(connection: Connection, row: Any, state: InvitationState, secret: str) -> None:
    if store.consume(connection, row.organization_id, row.id, state, digest(secret)):
        return
    # Somebody was faster: say what became of it.
    found = connection.execute(_BY_ID, {"invitation": row.id}).one()
    require_open(found.state, found.expires_at, now())
    raise Gone(REVOKED)


def _answered(invitation_id: str, state: InvitationState) -> Event:
    changes = {"state": [InvitationState.OPEN.value, state.value]}
    return Event(f"user:invitation:{state.value.lower()}", "Invitation", invitation_id, changes)


def _by(origin: Origin, row: Any) -> Origin:
    return replace(origin, actor_id=row.user_id, actor_name=row.email)
