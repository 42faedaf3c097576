"""What follows a password, and how long failures make wait: the whole tables."""

from datetime import timedelta
from itertools import product

import pytest

from scim_server.accounts.policy import (
    CODES_OF_ACCOUNT,
    MAILS_TO_ACCOUNT,
    PASSWORDS_OF_ACCOUNT,
    TRIES_OF_ADDRESS,
    Limit,
    Step,
    after_password,
)

YES_NO = (True, False)
# matches, disabled, proved, second factor
ENTERS = {(True, False, True, False): Step.ENTER, (True, False, True, True): Step.SECOND_FACTOR}
PROVES = {(True, False, False, each): Step.PROVE_EMAIL for each in YES_NO}


@pytest.mark.parametrize("case", list(product(YES_NO, repeat=4)), ids=str)
def test_what_follows_a_password(case: tuple[bool, bool, bool, bool]) -> None:
    matches, disabled, proved, factor = case
    step = after_password(matches=matches, is_disabled=disabled, is_email_proved=proved, has_second_factor=factor)
    assert step is (ENTERS | PROVES).get(case, Step.REFUSE)


def test_pauses_double_and_end() -> None:
    limit = Limit("x", 3, timedelta(seconds=1), timedelta(seconds=10), timedelta(days=1))
    assert [limit.pause(attempts).total_seconds() for attempts in range(9)] == [0, 0, 0, 1, 2, 4, 8, 10, 10]
    assert limit.pause(10**9) == limit.longest


@pytest.mark.parametrize("limit", [PASSWORDS_OF_ACCOUNT, TRIES_OF_ADDRESS, CODES_OF_ACCOUNT, MAILS_TO_ACCOUNT])
def test_nothing_is_locked_for_longer_than_an_hour(limit: Limit) -> None:
    assert limit.free >= 3
    assert limit.longest <= timedelta(hours=1)
    assert limit.longest < limit.forgotten_after
