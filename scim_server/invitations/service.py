"""What those who invite do: invite one, many or the waiting, send again, revoke. One function per intention."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, select

from scim_server.audit.service import Event, record
from scim_server.database import reading, transaction
from scim_server.database.transactions import at_most_twice
from scim_server.invitations import store
from scim_server.invitations.addresses import address_of, normalised
from scim_server.invitations.inviting import Inviting
from scim_server.invitations.listing import InvitationRecord, read_invitation, read_invitations
from scim_server.invitations.models import Invitation
from scim_server.invitations.policy import withdraw
from scim_server.protocol.errors import Conflict, InvalidValue, NotFound, ScimError
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import UnknownRole
from scim_server.users.invited import InvitationState
from scim_server.users.memberships import lock_teams
from scim_server.users.models import User
from scim_server.users.policy import Status

Item = TypeVar("Item")
# Lines of one request; as many Users are invited at most where all the waiting are.
MAX_BULK = 1_000
# Lines of a file; those beyond the mails of an hour (IN18) are told so, and can be sent again.
MAX_FILE_LINES = 10_000
# Lines that are stored together: each is a savepoint, and the database writes to disk once for all of them.
_CHUNK = 50

_OF_INVITATION = (
    Invitation.organization_id == bindparam("organization"),
    Invitation.id == bindparam("invitation"),
)
_FIND = select(Invitation.user_id, Invitation.email, Invitation.role, Invitation.state).where(*_OF_INVITATION)
_WAITING = (
    select(User.id)
    .where(User.organization_id == bindparam("organization"), User.status == Status.AWAITING_INVITATION.value)
    .order_by(User.id)
    .limit(bindparam("limit"))
)


class Line(NamedTuple):
    """A line of a bulk request."""

    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: an invitation, or the reason why there is none."""

    subject: str
    invitation: InvitationRecord | None = None
    error: ScimError | None = None


def invite(requester: Requester, *, email: str, role: str) -> InvitationRecord:
    """Invite one person; who was invited already gets a new mail, with this role, and the earlier link ends.

    Raises InvalidValue, AlreadyMember, Deactivated, Forbidden for a role above the caller's own, TooManyRequests.
    """
    requester.require_grantable(role)
    address = normalised(email)
    with transaction() as connection:
        invitation_id = Inviting(connection, requester).invite_address(address, role)
        return read_invitation(requester.organization_id, invitation_id)


def bulk_invite(requester: Requester, lines: Sequence[Line], *, most: int = MAX_BULK) -> list[Outcome]:
    """Invite many people; each line has its own outcome, and none spoils another. Raises InvalidValue for too many."""
    if len(lines) > most:
        raise InvalidValue(f"At most {most:,} people are invited by one request.", field="invites")
    first: dict[str, int] = {}
    for number, line in enumerate(lines):
        first.setdefault(fold(line.email.strip()), number)

    def invite_line(inviting: Inviting, numbered: tuple[int, Line]) -> str:
        number, line = numbered
        requester.require_grantable(line.role)
        address = normalised(line.email, field="email")
        if first[fold(line.email.strip())] != number:
            raise Conflict(f"{address} stands twice in this request; the first line counts.")
        return inviting.invite_address(address, line.role)

    return _each(requester, list(enumerate(lines)), lambda numbered: numbered[1].email, invite_line)


def invite_waiting(requester: Requester, *, user_ids: Sequence[str] | None, role: str) -> list[Outcome]:
    """Invite Users who wait for an invitation: those of these ids, or with None all, up to MAX_BULK at once.

    Each has its own outcome. Raises Forbidden for a role above the caller's own, InvalidValue for too many.
    """
    requester.require_grantable(role)
    if user_ids is None:
        with reading() as connection:
            bound = {"organization": requester.organization_id, "limit": MAX_BULK}
            user_ids = list(connection.execute(_WAITING, bound).scalars())
    if len(user_ids) > MAX_BULK:
        raise InvalidValue(f"At most {MAX_BULK:,} Users are invited by one request.", field="userIds")

    def invite_user(inviting: Inviting, user_id: str) -> str:
        person = store.lock_person(inviting.connection, requester.organization_id, user_id)
        if person is None:
            raise NotFound(f"There is no User '{user_id}'.")
        if person.membership.status is not Status.AWAITING_INVITATION:
            raise Conflict(f"This User does not wait for an invitation, but is {person.membership.status.value}.")
        return inviting.invite_person(person, address_of(person.attributes), role)

    return _each(requester, list(dict.fromkeys(user_ids)), lambda user_id: user_id, invite_user)


def resend(requester: Requester, invitation_id: str) -> InvitationRecord:
    """Send an invitation again, too old or not: the new link is good for the whole time, and the earlier one ends.

    The caller becomes the inviter. Raises NotFound, Conflict for one that has ended, Forbidden, TooManyRequests.
    """
    organization_id = requester.organization_id
    with transaction() as connection:
        person = store.lock_person(
            connection, organization_id, _find(connection, organization_id, invitation_id).user_id
        )
        # Read once the User is locked: from here on it cannot end.
        found = _find(connection, organization_id, invitation_id)
        if found.state != InvitationState.OPEN or person is None:
            raise Conflict(f"This invitation is {found.state}; invite the person anew instead.")
        role = person.membership.role or found.role
        requester.require_grantable(role)
        Inviting(connection, requester).invite_person(person, found.email, role)
        return read_invitation(organization_id, invitation_id)


def revoke(requester: Requester, invitation_id: str) -> None:
    """Take an invitation back; a User whom it made goes with it, one whom the identity provider manages waits again.

    Raises NotFound, also for one that has ended without a member, and Conflict for one that was accepted.
    """
    organization_id = requester.organization_id
    with transaction() as connection:
        found = _find(connection, organization_id, invitation_id)
        events = withdraw_person(connection, organization_id, found.user_id)
        if not store.end(connection, organization_id, invitation_id, InvitationState.REVOKED):
            state = _find(connection, organization_id, invitation_id).state
            if state == InvitationState.ACCEPTED:
                raise Conflict("This invitation was accepted; remove the User instead.")
            raise NotFound(f"There is no invitation '{invitation_id}'.")
        changes = {"state": [InvitationState.OPEN.value, InvitationState.REVOKED.value]}
        events.append(Event("owner:invitation:revoked", "Invitation", invitation_id, changes))
        record(connection, organization_id, requester.origin, events)


def withdraw_person(
    connection: Connection, organization_id: str, user_id: str, *, source: str = "owner"
) -> list[Event]:
    """Take from an invited User what the invitation gave, and return the events; nothing for anybody else."""
    # Teams before Users, as everywhere: neither waits for the other for ever.
    lock_teams(connection, organization_id, user_id)
    person = store.lock_person(connection, organization_id, user_id)
    if person is None:
        return []
    before, after = person.membership, withdraw(person.membership)
    if after == before:
        return []
    changes: dict[str, Any] = {
        "#status": [before.status.value, after.status.value if after else None],
        "#role": [before.role, None],
    }
    if after is not None:
        store.update_standing(connection, organization_id, user_id, after, None)
        return [Event(f"{source}:user:updated", "User", user_id, changes)]
    store.remove_person(connection, organization_id, user_id)
    return [Event(f"{source}:user:removed", "User", user_id, {**changes, "userName": [person.user_name, None]})]


def _find(connection: Connection, organization_id: str, invitation_id: str) -> Any:
    found = connection.execute(_FIND, {"organization": organization_id, "invitation": invitation_id}).first()
    if found is None:
        raise NotFound(f"There is no invitation '{invitation_id}'.")
    return found


def _each(
    requester: Requester,
    items: Sequence[Item],
    name: Callable[[Item], str],
    work: Callable[[Inviting, Item], str],
) -> list[Outcome]:
    """Return the outcome of each item, in order; a chunk of them is stored at a time, and tried twice by itself."""
    outcomes: list[Outcome] = []
    for start in range(0, len(items), _CHUNK):
        chunk = items[start : start + _CHUNK]
        outcomes += at_most_twice(partial(_chunk, requester, chunk, name, work))
    return outcomes


def _chunk(
    requester: Requester, items: Sequence[Item], name: Callable[[Item], str], work: Callable[[Inviting, Item], str]
) -> list[Outcome]:
    with transaction() as connection:
        inviting = Inviting(connection, requester)
        results = [(name(item), _one(inviting, item, work)) for item in items]
        made = [result for _, result in results if isinstance(result, str)]
        records = read_invitations(requester.organization_id, made)
    return [
        Outcome(subject, records[result]) if isinstance(result, str) else Outcome(subject, error=result)
        for subject, result in results
    ]


def _one(inviting: Inviting, item: Item, work: Callable[[Inviting, Item], str]) -> str | ScimError:
    try:
        with transaction():  # a savepoint: what this item has written goes, and that of the others stays
            return work(inviting, item)
    except UnknownRole as error:
        return InvalidValue(str(error), field="role")
    except ScimError as error:
        return error
