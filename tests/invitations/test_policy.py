"""What invitations do to a person's standing: every standing there can be, by each thing that may happen."""

import pytest

from scim_server.invitations import policy
from scim_server.invitations.errors import AlreadyMember, Deactivated, Gone
from scim_server.users.invited import InvitationState, ending
from scim_server.users.policy import Membership, Source, Status

MEMBER, OFFERED = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"
PENDING, AWAITING, ACTIVE, INACTIVE = Status.PENDING, Status.AWAITING_INVITATION, Status.ACTIVE, Status.INACTIVE
MADE, MANAGED = False, True


def person(status, role=MEMBER, managed=MADE, source=Source.INVITE):
    return Membership(status, role, source, is_idp_managed=managed, active=True)


def shown(membership):
    return None if membership is None else (membership.status, membership.role, membership.is_idp_managed)


def outcome(decide, *arguments, **named):
    try:
        return shown(decide(*arguments, **named))
    except (AlreadyMember, Deactivated) as error:
        return type(error)
    except Gone as error:
        return error.reason


INVITE = {
    None: (PENDING, OFFERED, MADE),
    (PENDING, MADE): (PENDING, OFFERED, MADE),
    (PENDING, MANAGED): (PENDING, OFFERED, MANAGED),
    (AWAITING, MANAGED): (PENDING, OFFERED, MANAGED),
    (ACTIVE, MADE): AlreadyMember,
    (ACTIVE, MANAGED): AlreadyMember,
    (INACTIVE, MADE): Deactivated,
    (INACTIVE, MANAGED): Deactivated,
}
ACCEPT = {
    None: "revoked",
    (PENDING, MADE): (ACTIVE, MEMBER, MADE),
    (PENDING, MANAGED): (ACTIVE, MEMBER, MANAGED),
    (AWAITING, MANAGED): "revoked",
    (ACTIVE, MADE): "used",
    (ACTIVE, MANAGED): "used",
    (INACTIVE, MADE): "revoked",
    (INACTIVE, MANAGED): "revoked",
}
WITHDRAW = {
    (PENDING, MADE): None,
    (PENDING, MANAGED): (AWAITING, None, MANAGED),
    (AWAITING, MANAGED): (AWAITING, MEMBER, MANAGED),
    (ACTIVE, MADE): (ACTIVE, MEMBER, MADE),
    (ACTIVE, MANAGED): (ACTIVE, MEMBER, MANAGED),
    (INACTIVE, MADE): (INACTIVE, MEMBER, MADE),
    (INACTIVE, MANAGED): (INACTIVE, MEMBER, MANAGED),
}
# What the open invitation becomes when the User changes from one status to another; None is a deletion.
ENDING = {
    (PENDING, PENDING): None,
    (PENDING, AWAITING): None,
    (PENDING, ACTIVE): InvitationState.ACCEPTED,
    (PENDING, INACTIVE): InvitationState.REVOKED,
    (PENDING, None): InvitationState.REVOKED,
}


def of(key, role=MEMBER):
    return None if key is None else person(key[0], role, key[1])


@pytest.mark.parametrize(("key", "expected"), INVITE.items())
def test_invite(key, expected):
    assert outcome(policy.invite, of(key), OFFERED) == expected


@pytest.mark.parametrize(("key", "expected"), ACCEPT.items())
def test_accept(key, expected):
    assert outcome(policy.accept, of(key)) == expected


@pytest.mark.parametrize(("key", "expected"), WITHDRAW.items())
def test_withdraw(key, expected):
    assert outcome(policy.withdraw, of(key)) == expected


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", [*Status, None])
def test_ending(before, after):
    expected = ENDING[before, after] if before is PENDING else None
    assert ending(person(before), None if after is None else person(after)) is expected


@pytest.mark.parametrize(
    ("state", "expires_at", "shown_as", "reason"),
    [
        ("OPEN", "2", "OPEN", None),
        ("OPEN", "1", "EXPIRED", "expired"),
        ("OPEN", "0", "EXPIRED", "expired"),
        ("ACCEPTED", "2", "ACCEPTED", "used"),
        ("ACCEPTED", "0", "ACCEPTED", "used"),
        ("REJECTED", "2", "REJECTED", "rejected"),
        ("REVOKED", "2", "REVOKED", "revoked"),
    ],
)
def test_state_and_time(state, expires_at, shown_as, reason):
    assert policy.shown_state(state, expires_at, "1") == shown_as
    try:
        policy.require_open(state, expires_at, "1")
    except Gone as error:
        assert error.reason == reason
    else:
        assert reason is None
