"""What invitations do to a person's standing, and what ends them (product.md §2): pure decisions, no database.

What a SCIM push does to those invited is decided in `users/policy.py`, and what it does to their invitation in
`users/invited.py`; what a login does, in `sso/policy.py`.
"""

from dataclasses import replace
from datetime import timedelta

from scim_server.invitations.errors import EXPIRED, REJECTED, REVOKED, USED, AlreadyMember, Deactivated, Gone
from scim_server.users.invited import InvitationState
from scim_server.users.policy import Membership, Source, Status

# How long a link is good for, from its latest mail on.
LIFETIME = timedelta(days=7)
# What an open invitation is called once it is too old.
EXPIRED_STATE = "EXPIRED"

_REASONS = {
    InvitationState.ACCEPTED: USED,
    InvitationState.REJECTED: REJECTED,
    InvitationState.REVOKED: REVOKED,
}


def invite(current: Membership | None, role: str) -> Membership:
    """Decide for a person who is invited as `role`: None is one whom nobody knows yet.

    Raises AlreadyMember for a member and Deactivated for one who was shut out.
    """
    if current is None:
        return Membership(Status.PENDING, role, Source.INVITE, is_idp_managed=False, active=True)
    if current.status is Status.ACTIVE:
        raise AlreadyMember(field="inviteeEmail")
    if current.status is Status.INACTIVE:
        raise Deactivated
    return replace(current, status=Status.PENDING, role=role)


def accept(current: Membership | None) -> Membership:
    """Decide for a person who accepts: an invited one joins, with the role that they have been offered last.

    Raises Gone for anybody else: None is one who was removed since.
    """
    if current is None or current.status in {Status.INACTIVE, Status.AWAITING_INVITATION}:
        raise Gone(REVOKED)
    if current.status is Status.ACTIVE:
        raise Gone(USED)
    return replace(current, status=Status.ACTIVE)


def withdraw(current: Membership) -> Membership | None:
    """Decide for a person whose invitation was rejected or revoked.

    Whom the invitation made goes with it (None); whom the identity provider manages waits for another one; members
    stay members.
    """
    if current.status is not Status.PENDING:
        return current
    if not current.is_idp_managed:
        return None
    return replace(current, status=Status.AWAITING_INVITATION, role=None)


def shown_state(state: str, expires_at: str, moment: str) -> str:
    """Return how an invitation stands at a moment: as it is stored, or EXPIRED."""
    return EXPIRED_STATE if state == InvitationState.OPEN and expires_at <= moment else state


def require_open(state: str, expires_at: str, moment: str) -> None:
    """Raise Gone for an invitation that has ended by that moment."""
    if state != InvitationState.OPEN:
        raise Gone(_REASONS[InvitationState(state)])
    if expires_at <= moment:
        raise Gone(EXPIRED)
