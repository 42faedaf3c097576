"""The User's side of invitations: what becomes of an open one when the identity provider or an Owner changes the User.

Invitations stand above Users in the order of imports, so their table is named here by what is needed of it.
"""

from enum import StrEnum

from sqlalchemy import Connection, bindparam, column, select, table, update
from sqlalchemy.types import Text

from scim_server.audit.service import Event
from scim_server.users.policy import Membership, Status

_TEXT = Text()
_invitations = table(
    "invitations",
    column("organization_id", _TEXT),
    column("id", _TEXT),
    column("user_id", _TEXT),
    column("state", _TEXT),
    column("expires_at", _TEXT),
    column("ended_at", _TEXT),
)


class InvitationState(StrEnum):
    """How an invitation stands; whether an open one is too old is seen at use."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    REVOKED = "REVOKED"


_OPEN_OF_USER = (
    _invitations.c.organization_id == bindparam("organization"),
    _invitations.c.user_id == bindparam("user"),
    _invitations.c.state == InvitationState.OPEN.value,
)
_EXPIRED = select(_invitations.c.id).where(*_OPEN_OF_USER, _invitations.c.expires_at <= bindparam("now"))
_END = (
    update(_invitations)
    .where(*_OPEN_OF_USER)
    .values(state=bindparam("end"), ended_at=bindparam("now"))
    .returning(_invitations.c.id)
)


def offer_expired(connection: Connection, organization_id: str, user_id: str, current: Membership, moment: str) -> bool:
    """Tell whether a locked User's invitation is too old; nothing is asked for Users that are not invited."""
    if current.status is not Status.PENDING:
        return False
    bound = {"organization": organization_id, "user": user_id, "now": moment}
    return connection.execute(_EXPIRED, bound).first() is not None


def ending(before: Membership, after: Membership | None, *, expired: bool = False) -> InvitationState | None:
    """Decide how a change of a User ends its open invitation; None where it stays as it is.

    Whoever became a member has no use for it, and one who was deactivated or removed must not come back by it; `after`
    is None for a deletion.
    """
    if before.status is not Status.PENDING:
        return None
    if after is None or after.status is Status.INACTIVE or (expired and after.status is Status.ACTIVE):
        return InvitationState.REVOKED
    return InvitationState.ACCEPTED if after.status is Status.ACTIVE else None


def end_invitation(
    connection: Connection, organization_id: str, user_id: str, end: InvitationState | None, moment: str, source: str
) -> list[Event]:
    """End the User's open invitation and return the events that tell of it; nothing is asked where `end` is None.

    `source` is what did it, as events name it: `scim` or `owner`.
    """
    if end is None:
        return []
    bound = {"organization": organization_id, "user": user_id, "end": end.value, "now": moment}
    changes = {"state": [InvitationState.OPEN.value, end.value]}
    return [
        Event(f"{source}:invitation:{end.value.lower()}", "Invitation", invitation_id, changes)
        for invitation_id in connection.execute(_END, bound).scalars()
    ]
