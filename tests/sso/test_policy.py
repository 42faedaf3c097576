"""The table of product.md §2 for logins, with every combination of what a login can meet."""

from itertools import product

import pytest

from scim_server.sso.person import Person
from scim_server.sso.policy import Decision, Refusal, log_in, vouches
from scim_server.users.policy import Membership, Source, Status

MEMBER, BILLING = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"
STATUSES = (None, *Status)


def person(status: Status | None) -> Membership | None:
    """Return somebody of this status; an invited one was offered BILLING."""
    if status is None:
        return None
    role = None if status is Status.AWAITING_INVITATION else BILLING
    return Membership(status, role, Source.SCIM, is_idp_managed=True, active=status is not Status.INACTIVE)


# (status, vouched for, linked, invited, automatic membership) -> (status, role, accepts) or a refusal. `...` is any.
ROWS = [
    # Nobody vouches for the address, and no earlier login says whose it is.
    ((None, False, False, ..., None), Refusal.NOT_A_MEMBER),
    ((None, False, False, ..., MEMBER), Refusal.ADDRESS_NOT_VOUCHED_FOR),
    (("any", False, False, ..., ...), Refusal.ADDRESS_NOT_VOUCHED_FOR),
    # Unknown.
    ((None, True, ..., ..., None), Refusal.NOT_A_MEMBER),
    ((None, True, ..., ..., MEMBER), (Status.ACTIVE, MEMBER, False)),
    ((None, False, True, ..., None), Refusal.NOT_A_MEMBER),
    ((None, False, True, ..., MEMBER), Refusal.ADDRESS_NOT_VOUCHED_FOR),
    # Deactivated, whatever else.
    ((Status.INACTIVE, ..., ..., ..., ...), Refusal.DEACTIVATED),
    # Members.
    ((Status.ACTIVE, ..., ..., ..., ...), (Status.ACTIVE, BILLING, False)),
    # Invited: the invitation goes before just-in-time provisioning, unless it is too old.
    ((Status.PENDING, ..., ..., True, ...), (Status.ACTIVE, BILLING, True)),
    ((Status.PENDING, ..., ..., False, None), Refusal.NOT_A_MEMBER),
    ((Status.PENDING, True, ..., False, MEMBER), (Status.ACTIVE, MEMBER, False)),
    ((Status.PENDING, False, True, False, MEMBER), Refusal.ADDRESS_NOT_VOUCHED_FOR),
    # Pushed while nobody joined by themselves.
    ((Status.AWAITING_INVITATION, ..., ..., ..., None), Refusal.NOT_A_MEMBER),
    ((Status.AWAITING_INVITATION, True, ..., ..., MEMBER), (Status.ACTIVE, MEMBER, False)),
    ((Status.AWAITING_INVITATION, False, True, ..., MEMBER), Refusal.ADDRESS_NOT_VOUCHED_FOR),
]


def expected(case):
    """Return what the first fitting row says."""
    for pattern, outcome in ROWS:
        fits = [
            wanted is ... or wanted == given or (wanted == "any" and given is not None)
            for wanted, given in zip(pattern, case, strict=True)
        ]
        if all(fits):
            return outcome
    raise AssertionError(f"no row for {case}")


CASES = list(product(STATUSES, (True, False), (True, False), (True, False), (MEMBER, None)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_combination(case) -> None:
    status, is_vouched_for, is_linked, is_invited, automatic_membership = case
    before = person(status)
    decision = log_in(
        before,
        is_vouched_for=is_vouched_for,
        is_linked=is_linked,
        is_invited=is_invited,
        automatic_membership=automatic_membership,
    )
    outcome = expected(case)
    if isinstance(outcome, Refusal):
        assert decision == Decision(None, outcome)
        return
    assert decision.after is not None
    assert (decision.after.status, decision.after.role, decision.accepts_invitation) == outcome
    assert decision.after.source is (Source.JIT if before is None else before.source)
    assert decision.after.is_idp_managed is (before is not None)


def test_the_table_has_no_idle_row() -> None:
    used = {id(next(row for row in ROWS if expected_row(row, case))) for case in CASES}
    assert len(used) == len(ROWS)


def expected_row(row, case) -> bool:
    return all(
        wanted is ... or wanted == given or (wanted == "any" and given is not None)
        for wanted, given in zip(row[0], case, strict=True)
    )


@pytest.mark.parametrize(
    ("email", "verified", "is_vouched_for"),
    [
        ("ann@acme.example", None, True),
        ("ann@acme.example", True, True),
        ("ann@acme.example", False, False),
        ("ANN@ACME.EXAMPLE", None, True),
        ("ann@sub.acme.example", True, False),
        ("ann@example", True, False),
        ("ann@acme.example.evil.example", True, False),
        ("ann@bücher.example", None, True),
        ("ann@xn--bcher-kva.example", None, True),
        (None, True, False),
    ],
)
def test_who_vouches_for_an_address(email: str | None, verified: bool | None, is_vouched_for: bool) -> None:
    somebody = Person("https://idp.example", "1", email, verified, None, (), None)
    assert vouches(somebody, {"acme.example", "xn--bcher-kva.example"}) is is_vouched_for
    assert not vouches(somebody, set())
