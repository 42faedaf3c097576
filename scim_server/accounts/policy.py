"""What signing in demands, and how long to wait after failures: pure decisions, no database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Step(StrEnum):
    """What follows a password that was typed in."""

    REFUSE = "REFUSE"
    PROVE_EMAIL = "PROVE_EMAIL"
    SECOND_FACTOR = "SECOND_FACTOR"
    ENTER = "ENTER"


def after_password(*, matches: bool, is_disabled: bool, is_email_proved: bool, has_second_factor: bool) -> Step:
    """Decide what follows a password. Whoever has a second factor shows it each time, on every way that has a password.

    Without the right password nobody learns whether there is an Account, and how it stands.
    """
    if not matches or is_disabled:
        return Step.REFUSE
    if not is_email_proved:
        return Step.PROVE_EMAIL
    return Step.SECOND_FACTOR if has_second_factor else Step.ENTER


class Login(StrEnum):
    """What an Organization can have the people of its domain sign in with."""

    PASSWORD = "PASSWORD"  # noqa: S105 - a way of signing in, no secret
    SSO = "SSO"


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways there are for the people of a domain."""

    password: bool
    sign_on: bool


def ways_of(enforced_logins: Collection[str]) -> Ways:
    """Return the ways that a domain's list leaves open; an empty one leaves all."""
    return Ways(*(not enforced_logins or login in enforced_logins for login in (Login.PASSWORD, Login.SSO)))


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried: `free` times at once, then after pauses that double up to `longest`.

    Nothing is locked for ever: the longest pause ends, and `forgotten_after` without a try all is as at the start.
    """

    name: str
    free: int
    first: timedelta
    longest: timedelta
    forgotten_after: timedelta

    def pause(self, attempts: int) -> timedelta:
        """Return how long to wait after as many attempts that did not succeed."""
        if attempts < self.free:
            return timedelta(0)
        # Beyond this the power is longer than any pause.
        doublings = min(attempts - self.free, 32)
        pause: timedelta = min(self.first * 2**doublings, self.longest)
        return pause


_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=each) for each in (1, 60, 3_600, 86_400))
# One Account: some 300 passwords a day can be tried on it, from wherever.
PASSWORDS_OF_ACCOUNT = Limit("password", 5, _SECOND, 5 * _MINUTE, _DAY)
# One network address, whatever it tries: an office behind one address forgets its password more often than a person.
TRIES_OF_ADDRESS = Limit("address", 30, _SECOND, 15 * _MINUTE, _HOUR)
# One network address that leaves for identity providers and comes back: each that succeeds is taken back.
SIGN_ONS_OF_ADDRESS = Limit("sign-on", 60, _SECOND, 5 * _MINUTE, _HOUR)
CODES_OF_ACCOUNT = Limit("code", 5, _SECOND, 5 * _MINUTE, _DAY)
# Mail that somebody asks for to a mailbox.
MAILS_TO_ACCOUNT = Limit("mail", 3, _MINUTE, _HOUR, _DAY)
# What one failure more or less does not tell of: many people share a network address.
LIMITS_OF_ADDRESS = frozenset({TRIES_OF_ADDRESS, SIGN_ONS_OF_ADDRESS})
# Counters older than this say nothing any more.
LONGEST_MEMORY = _DAY
