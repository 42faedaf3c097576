"""What a push does to a person's standing: product.md §2 as a truth table of every standing there can be."""

from itertools import product

import pytest

from scim_server.users.policy import (
    Membership,
    Source,
    Status,
    access_ends,
    admit_waiting,
    gives_up_ownership,
    owner_deactivate,
    owner_reactivate,
    push_known,
    push_new,
)

OWNER, MEMBER, INVITED = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"
PENDING, AWAITING, ACTIVE, INACTIVE = Status.PENDING, Status.AWAITING_INVITATION, Status.ACTIVE, Status.INACTIVE
ON, OFF = MEMBER, None
SOURCES = tuple(Source)

# status, role, what the status was before a deactivation
Standing = tuple[Status, str | None, Status | None]

WAITING: Standing = (AWAITING, None, None)
JOINED: Standing = (ACTIVE, MEMBER, None)
STRANGER: Standing = (INACTIVE, None, None)
PUSHED_INACTIVE_LATER: Standing = (INACTIVE, None, AWAITING)
OPEN_INVITATION: Standing = (PENDING, INVITED, None)
ACCEPTED: Standing = (ACTIVE, INVITED, None)
INVITED_AND_DEACTIVATED: Standing = (INACTIVE, INVITED, PENDING)
MEMBER_DEACTIVATED: Standing = (INACTIVE, INVITED, ACTIVE)

# An unknown person: `active` and the toggle, then what they become.
NEW: dict[tuple[bool | None, str | None], Standing] = {
    (True, ON): JOINED,
    (True, OFF): WAITING,
    (False, ON): STRANGER,
    (False, OFF): STRANGER,
    (None, ON): JOINED,
    (None, OFF): WAITING,
}

# A known person: what they are; then what they become by `active` and the toggle.
KNOWN: dict[Standing, dict[tuple[bool | None, str | None], Standing]] = {
    OPEN_INVITATION: {
        (True, ON): ACCEPTED,
        (True, OFF): OPEN_INVITATION,
        (False, ON): INVITED_AND_DEACTIVATED,
        (False, OFF): INVITED_AND_DEACTIVATED,
        (None, ON): ACCEPTED,
        (None, OFF): OPEN_INVITATION,
    },
    # Switching the toggle lets nobody in by itself: the owner is asked (last row of product.md §2's table).
    WAITING: {
        (True, ON): WAITING,
        (True, OFF): WAITING,
        (False, ON): PUSHED_INACTIVE_LATER,
        (False, OFF): PUSHED_INACTIVE_LATER,
        (None, ON): WAITING,
        (None, OFF): WAITING,
    },
    ACCEPTED: {
        (True, ON): ACCEPTED,
        (True, OFF): ACCEPTED,
        (False, ON): MEMBER_DEACTIVATED,
        (False, OFF): MEMBER_DEACTIVATED,
        (None, ON): ACCEPTED,
        (None, OFF): ACCEPTED,
    },
    MEMBER_DEACTIVATED: {
        (True, ON): ACCEPTED,
        (True, OFF): ACCEPTED,
        (False, ON): MEMBER_DEACTIVATED,
        (False, OFF): MEMBER_DEACTIVATED,
        (None, ON): MEMBER_DEACTIVATED,
        (None, OFF): MEMBER_DEACTIVATED,
    },
    # The deactivation ended the invitation, and its role with it.
    INVITED_AND_DEACTIVATED: {
        (True, ON): JOINED,
        (True, OFF): WAITING,
        (False, ON): INVITED_AND_DEACTIVATED,
        (False, OFF): INVITED_AND_DEACTIVATED,
        (None, ON): INVITED_AND_DEACTIVATED,
        (None, OFF): INVITED_AND_DEACTIVATED,
    },
    PUSHED_INACTIVE_LATER: {
        (True, ON): JOINED,
        (True, OFF): WAITING,
        (False, ON): PUSHED_INACTIVE_LATER,
        (False, OFF): PUSHED_INACTIVE_LATER,
        (None, ON): PUSHED_INACTIVE_LATER,
        (None, OFF): PUSHED_INACTIVE_LATER,
    },
    STRANGER: {
        (True, ON): JOINED,
        (True, OFF): WAITING,
        (False, ON): STRANGER,
        (False, OFF): STRANGER,
        (None, ON): STRANGER,
        (None, OFF): STRANGER,
    },
}


def person(
    standing: Standing, *, source: Source = Source.SCIM, managed: bool = True, active: bool | None = None
) -> Membership:
    """Return a membership in short."""
    status, role, before = standing
    return Membership(status, role, source, is_idp_managed=managed, active=active, status_before=before)


def test_the_table_names_every_status_with_every_push() -> None:
    assert {status for status, _, _ in KNOWN} == set(Status)
    every = set(product((True, False, None), (ON, OFF)))
    assert set(NEW) == every
    assert all(set(row) == every for row in KNOWN.values())


@pytest.mark.parametrize(("active", "toggle"), NEW)
def test_unknown_person_is_pushed(active: bool | None, toggle: str | None) -> None:
    pushed = push_new(active=active, automatic_membership=toggle)

    assert pushed == person(NEW[active, toggle], source=Source.SCIM, managed=True, active=active)


@pytest.mark.parametrize(
    ("before", "active", "toggle"),
    [(standing, *push) for standing, row in KNOWN.items() for push in row],
    ids=str,
)
def test_known_person_is_pushed(before: Standing, active: bool | None, toggle: str | None) -> None:
    after = KNOWN[before][active, toggle]

    for source, managed, shown in product(SOURCES, (True, False), (True, False, None)):
        current = person(before, source=source, managed=managed, active=shown)
        assert push_known(current, active=active, automatic_membership=toggle) == person(
            after, source=source, managed=True, active=active
        )


@pytest.mark.parametrize(
    ("before", "active", "toggle"), [(standing, *push) for standing, row in KNOWN.items() for push in row], ids=str
)
def test_same_push_twice_is_one_push(before: Standing, active: bool | None, toggle: str | None) -> None:
    once = push_known(person(before), active=active, automatic_membership=toggle)

    assert push_known(once, active=active, automatic_membership=toggle) == once


@pytest.mark.parametrize("role", ["ORGANIZATION_OBSERVE_MEMBER", MEMBER])
def test_newcomers_get_the_role_that_the_connection_names(role: str) -> None:
    assert push_new(active=True, automatic_membership=role).role == role
    assert push_known(person(STRANGER), active=True, automatic_membership=role).role == role


def test_push_never_raises_a_role_that_is_there() -> None:
    for before, row in KNOWN.items():
        for active, _ in row:
            after = push_known(person(before), active=active, automatic_membership=OWNER)
            # What a dead invitation offered is no role that anybody holds.
            assert before[1] is None or before[2] is PENDING or after.role == before[1]


@pytest.mark.parametrize("standing", KNOWN, ids=str)
def test_owner_admits_the_waiting_and_nobody_else(standing: Standing) -> None:
    expected = JOINED if standing == WAITING else standing

    assert admit_waiting(person(standing, active=True), automatic_membership=MEMBER) == person(expected, active=True)


@pytest.mark.parametrize(
    "before", [(AWAITING, INVITED, None), (INACTIVE, INVITED, AWAITING), (INACTIVE, INVITED, None)]
)
def test_role_that_an_owner_chose_for_who_never_was_in_is_theirs(before: Standing) -> None:
    """They wait with it while just-in-time provisioning is off, and enter with it."""
    waiting = push_known(person(before), active=True, automatic_membership=OFF)
    assert (waiting.status, waiting.role) == (AWAITING, INVITED)

    entered = admit_waiting(waiting, automatic_membership=MEMBER)
    assert (entered.status, entered.role) == (ACTIVE, INVITED)


# What a person is; then what they are once an Owner deactivated them, and once one reactivates them by the toggle.
BY_HAND: dict[Standing, tuple[Standing, dict[str | None, Standing]]] = {
    OPEN_INVITATION: (INVITED_AND_DEACTIVATED, dict.fromkeys((ON, OFF), OPEN_INVITATION)),
    WAITING: (PUSHED_INACTIVE_LATER, dict.fromkeys((ON, OFF), WAITING)),
    ACCEPTED: (MEMBER_DEACTIVATED, dict.fromkeys((ON, OFF), ACCEPTED)),
    MEMBER_DEACTIVATED: (MEMBER_DEACTIVATED, dict.fromkeys((ON, OFF), ACCEPTED)),
    # Nobody accepted the invitation, deactivation ended it, and no identity provider vouches for the person.
    INVITED_AND_DEACTIVATED: (INVITED_AND_DEACTIVATED, dict.fromkeys((ON, OFF), WAITING)),
    # Who never had a role gets one where people join by themselves, else waits for an invitation.
    PUSHED_INACTIVE_LATER: (PUSHED_INACTIVE_LATER, {ON: JOINED, OFF: WAITING}),
    STRANGER: (STRANGER, {ON: JOINED, OFF: WAITING}),
}


def test_the_table_by_hand_names_every_standing() -> None:
    assert set(BY_HAND) == set(KNOWN)


@pytest.mark.parametrize("standing", BY_HAND, ids=str)
def test_owner_deactivates(standing: Standing) -> None:
    expected, _ = BY_HAND[standing]

    for source, managed, shown in product(SOURCES, (True, False), (True, False, None)):
        current = person(standing, source=source, managed=managed, active=shown)
        # `active` follows the status; who was INACTIVE already is left alone.
        active = shown if standing[0] is INACTIVE else False
        assert owner_deactivate(current) == person(expected, source=source, managed=managed, active=active)


@pytest.mark.parametrize(("standing", "toggle"), list(product(BY_HAND, (ON, OFF))), ids=str)
def test_owner_reactivates(standing: Standing, toggle: str | None) -> None:
    expected = BY_HAND[standing][1][toggle]

    for source, managed, shown in product(SOURCES, (True, False), (True, False, None)):
        current = person(standing, source=source, managed=managed, active=shown)
        active = True if standing[0] is INACTIVE else shown
        assert owner_reactivate(current, automatic_membership=toggle) == person(
            expected, source=source, managed=managed, active=active
        )


@pytest.mark.parametrize("toggle", [ON, OFF])
def test_reactivation_restores_what_deactivation_took(toggle: str | None) -> None:
    before = person(ACCEPTED, active=True)

    assert owner_reactivate(owner_deactivate(before), automatic_membership=toggle) == before


def test_access_ends_where_an_active_person_is_active_no_more() -> None:
    ends = {
        (before[0], after[0] if after else None)
        for before, after in product(KNOWN, (*KNOWN, None))
        if access_ends(person(before), person(after) if after else None)
    }

    assert ends == {(ACTIVE, PENDING), (ACTIVE, AWAITING), (ACTIVE, INACTIVE), (ACTIVE, None)}


@pytest.mark.parametrize(
    ("before", "after", "gives_up"),
    [
        ((ACTIVE, OWNER), None, True),
        ((ACTIVE, OWNER), (INACTIVE, OWNER), True),
        ((ACTIVE, OWNER), (PENDING, OWNER), True),
        ((ACTIVE, OWNER), (AWAITING, None), True),
        ((ACTIVE, OWNER), (ACTIVE, MEMBER), True),
        ((ACTIVE, OWNER), (ACTIVE, None), True),
        ((ACTIVE, OWNER), (ACTIVE, OWNER), False),
        ((INACTIVE, OWNER), None, False),
        ((INACTIVE, OWNER), (ACTIVE, OWNER), False),
        ((PENDING, OWNER), (INACTIVE, OWNER), False),
        ((ACTIVE, MEMBER), None, False),
        ((ACTIVE, MEMBER), (INACTIVE, MEMBER), False),
        ((ACTIVE, MEMBER), (ACTIVE, OWNER), False),
        ((AWAITING, None), None, False),
    ],
)
def test_active_owner_who_goes_is_noticed(
    before: tuple[Status, str], after: tuple[Status, str] | None, gives_up: bool
) -> None:
    then = person((*after, None)) if after else None

    assert gives_up_ownership(person((*before, None)), then, owner_role=OWNER) is gives_up
