"""What a waiting command line is answered: pure decisions, no database."""

from datetime import timedelta
from enum import StrEnum

from scim_server.accounts.policy import Limit

# RFC 8628 §6.1: letters of one case, without vowels and so without words; 34 bits.
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH = 8
LIFETIME = timedelta(minutes=10)
# Seconds between two questions, and how much longer after one that came too early (§3.5).
INTERVAL, SLOWER_BY = 5, 5
# Codes that one person may mistype; there are 25 billion, of which few are waiting.
USER_CODES_OF_ACCOUNT = Limit("user-code", 5, timedelta(seconds=1), timedelta(minutes=5), timedelta(days=1))


class State(StrEnum):
    """What the person has said."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DENIED = "DENIED"


class Outcome(StrEnum):
    """What a question is answered: a session, or an `error` of RFC 8628 §3.5."""

    GRANT = "grant"
    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"


def outcome(state: State, *, is_expired: bool, is_early: bool) -> Outcome:
    """Decide what a question is answered. What the person said is answered at once, what is over for ever."""
    if is_expired:
        return Outcome.EXPIRED
    if state is State.PENDING:
        return Outcome.SLOW_DOWN if is_early else Outcome.PENDING
    return Outcome.GRANT if state is State.APPROVED else Outcome.DENIED


def normal_user_code(text: str) -> str:
    """Return a user code as it is stored, however it was typed: letters alone, in capitals."""
    return "".join(character for character in text.upper() if character in USER_CODE_LETTERS)


def shown_user_code(code: str) -> str:
    """Return a user code as people are shown it, in two halves."""
    return f"{code[: USER_CODE_LENGTH // 2]}-{code[USER_CODE_LENGTH // 2 :]}"
