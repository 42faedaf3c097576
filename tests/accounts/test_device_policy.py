"""What a waiting command line is answered, in every state."""

from itertools import product

import pytest

from scim_server.accounts.device_policy import Outcome, State, normal_user_code, outcome, shown_user_code

TABLE = {
    (State.PENDING, False, False): Outcome.PENDING,
    (State.PENDING, False, True): Outcome.SLOW_DOWN,
    (State.PENDING, True, False): Outcome.EXPIRED,
    (State.PENDING, True, True): Outcome.EXPIRED,
    (State.APPROVED, False, False): Outcome.GRANT,
    (State.APPROVED, False, True): Outcome.GRANT,
    (State.APPROVED, True, False): Outcome.EXPIRED,
    (State.APPROVED, True, True): Outcome.EXPIRED,
    (State.DENIED, False, False): Outcome.DENIED,
    (State.DENIED, False, True): Outcome.DENIED,
    (State.DENIED, True, False): Outcome.EXPIRED,
    (State.DENIED, True, True): Outcome.EXPIRED,
}


def test_every_case_is_decided() -> None:
    assert set(TABLE) == set(product(State, (False, True), (False, True)))


@pytest.mark.parametrize(("case", "expected"), TABLE.items())
def test_outcome(case: tuple[State, bool, bool], expected: Outcome) -> None:
    state, is_expired, is_early = case
    assert outcome(state, is_expired=is_expired, is_early=is_early) is expected


@pytest.mark.parametrize("typed", ["WDJBMJHT", "wdjb-mjht", " W D J B – M J H T ", "WDJB_MJHT."])
def test_codes_are_read_however_they_are_typed(typed: str) -> None:
    assert normal_user_code(typed) == "WDJBMJHT"
    assert shown_user_code(normal_user_code(typed)) == "WDJB-MJHT"
