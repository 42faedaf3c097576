"""What a SCIM push or an Owner does to a person's membership (product.md §2): pure decisions, no database.

The three questions are always the same: is the person known, does the identity provider say `active`, and is
just-in-time provisioning on. Invitations and logins will ask here too.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Status(StrEnum):
    """Where a person stands in an Organization."""

    PENDING = "PENDING"
    AWAITING_INVITATION = "AWAITING_INVITATION"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Source(StrEnum):
    """What made the User."""

    SCIM = "scim"
    JIT = "jit"
    INVITE = "invite"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's standing.

    `role` is None while the person never was a member nor invited. `status_before` is kept while INACTIVE. `active`
    is the SCIM attribute, None where it is unassigned.
    """

    status: Status
    role: str | None
    source: Source
    is_idp_managed: bool
    active: bool | None
    status_before: Status | None = None


def push_new(*, active: bool | None, automatic_membership: str | None) -> Membership:
    """Decide for a person whom the identity provider pushes and nobody knows yet.

    `automatic_membership` is the role of people who join just in time, None where that is switched off.
    """
    newcomer = Membership(Status.INACTIVE, None, Source.SCIM, is_idp_managed=True, active=active)
    if active is False:
        return newcomer
    return _enter(newcomer, automatic_membership)


def push_known(
    current: Membership, *, active: bool | None, automatic_membership: str | None, offer_expired: bool = False
) -> Membership:
    """Decide for a person who has a User already: adopt, deactivate, reactivate, or leave as it is.

    `active` is the SCIM attribute after the change; None (unassigned) leaves the status as it is. `offer_expired` tells
    of an invited person whose invitation is too old: they join as anybody, not with the role that it offered.
    """
    adopted = replace(current, is_idp_managed=True, active=active)
    if active is False:
        if current.status is Status.INACTIVE:
            return adopted
        return replace(adopted, status=Status.INACTIVE, status_before=current.status)
    if current.status is Status.INACTIVE:
        return _reactivate(adopted, automatic_membership) if active else adopted
    if current.status is Status.PENDING and automatic_membership is not None:
        if offer_expired:
            return _enter(replace(adopted, role=None), automatic_membership)
        return replace(adopted, status=Status.ACTIVE)
    return adopted


def _enter(person: Membership, automatic_membership: str | None) -> Membership:
    # A role that an Owner has chosen for them already is theirs.
    if automatic_membership is None:
        return replace(person, status=Status.AWAITING_INVITATION, status_before=None)
    return replace(person, status=Status.ACTIVE, role=person.role or automatic_membership, status_before=None)


def _reactivate(person: Membership, automatic_membership: str | None) -> Membership:
    """Restore what deactivation took from members; all others knock again, as deactivation ended their invitation."""
    if person.status_before is Status.ACTIVE:
        return replace(person, status=Status.ACTIVE, status_before=None)
    if person.status_before is Status.PENDING:
        # The role was that of the invitation, which nobody accepted.
        person = replace(person, role=None)
    return _enter(person, automatic_membership)


def admit_waiting(current: Membership, *, automatic_membership: str) -> Membership:
    """Decide for a waiting person when just-in-time provisioning is switched on and the Owner lets them in."""
    if current.status is not Status.AWAITING_INVITATION:
        return current
    return _enter(current, automatic_membership)


def owner_deactivate(current: Membership) -> Membership:
    """Decide for a person whom an Owner deactivates; `active` says so to the identity provider."""
    if current.status is Status.INACTIVE:
        return current
    return replace(current, status=Status.INACTIVE, status_before=current.status, active=False)


def owner_reactivate(current: Membership, *, automatic_membership: str | None) -> Membership:
    """Decide for a person whom an Owner reactivates: they become what they were, as after a push of `active`.

    Only the invited differ: no identity provider vouches for them here, and deactivation ended their invitation, so
    they wait for another.
    """
    if current.status is not Status.INACTIVE:
        return current
    back = replace(current, active=True)
    if current.status_before is Status.PENDING:
        return replace(back, status=Status.AWAITING_INVITATION, role=None, status_before=None)
    return _reactivate(back, automatic_membership)


def access_ends(before: Membership, after: Membership | None) -> bool:
    """Tell whether a change ends the person's access, so that sessions and personal tokens must die with it."""
    return before.status is Status.ACTIVE and (after is None or after.status is not Status.ACTIVE)


def gives_up_ownership(before: Membership, after: Membership | None, *, owner_role: str) -> bool:
    """Tell whether a change takes an ACTIVE Owner away, which the last-Owner rule must check (product.md §2)."""
    return _is_owner(before, owner_role) and (after is None or not _is_owner(after, owner_role))


def _is_owner(person: Membership, owner_role: str) -> bool:
    return person.status is Status.ACTIVE and person.role == owner_role
