"""Count tries in the database, and before they are made: many at once are as many as one after the other."""

import hashlib
import ipaddress
import math
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.accounts.models import LoginAttempts
from scim_server.accounts.policy import LIMITS_OF_ADDRESS, LONGEST_MEMORY, TRIES_OF_ADDRESS, Limit
from scim_server.database import transaction
from scim_server.identifiers import moment
from scim_server.protocol.errors import TooManyRequests

# Whoever has an IPv6 network has all of its addresses.
_IPV6_PREFIX = 64
_OF_KEY = LoginAttempts.key == bindparam("of_key")
_ADD = {
    "sqlite": sqlite.insert(LoginAttempts).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(LoginAttempts).on_conflict_do_nothing(),
}
_LOCK = (
    select(LoginAttempts.attempts, LoginAttempts.last_at, LoginAttempts.blocked_until).where(_OF_KEY).with_for_update()
)
_COUNT = (
    update(LoginAttempts)
    .where(_OF_KEY)
    .values(attempts=bindparam("made"), last_at=bindparam("now"), blocked_until=bindparam("until"))
)
_GIVE_BACK = (
    update(LoginAttempts)
    .where(_OF_KEY, LoginAttempts.attempts > 0)
    .values(attempts=LoginAttempts.attempts - 1, blocked_until=None)
)
_RESET = delete(LoginAttempts).where(_OF_KEY)
_FORGET = delete(LoginAttempts).where(LoginAttempts.last_at < bindparam("before"))


class Try(NamedTuple):
    """One thing that is tried, by or on one subject: an Account's address, or a network address."""

    limit: Limit
    subject: str

    @property
    def key(self) -> str:
        """Return what it is counted under; a digest, as anything may be typed in for an address."""
        return f"{self.limit.name}:{hashlib.sha256(self.subject.encode()).hexdigest()}"


def from_address(ip_address: str | None, limit: Limit = TRIES_OF_ADDRESS) -> Try:
    """Return a try from a network address; all of an IPv6 network are one."""
    try:
        address = ipaddress.ip_address(ip_address or "")
    except ValueError:
        return Try(limit, "")
    if address.version == 6:  # noqa: PLR2004 - the protocol's own number
        network = ipaddress.ip_network((address, _IPV6_PREFIX), strict=False)
        return Try(limit, str(network))
    return Try(limit, str(address))


def take(*tries: Try) -> None:
    """Count tries before they are made; raises TooManyRequests, and counts nothing, where one of them has to wait."""
    at = datetime.now(UTC)
    with transaction() as connection:
        # In one order, so that two requests never wait for each other.
        for each in sorted(tries, key=lambda one: one.key):
            _take(connection, each, at)


def succeeded(*tries: Try) -> None:
    """Take back tries that succeeded; what went wrong on the Account before is forgotten, at an address it stays."""
    with transaction() as connection:
        for each in sorted(tries, key=lambda one: one.key):
            statement = _GIVE_BACK if each.limit in LIMITS_OF_ADDRESS else _RESET
            connection.execute(statement, {"of_key": each.key})


def forget_old() -> int:
    """Delete counters that nothing was added to for the longest time that any limit remembers; return how many."""
    before = moment(datetime.now(UTC) - LONGEST_MEMORY)
    with transaction() as connection:
        return connection.execute(_FORGET, {"before": before}).rowcount


def _take(connection: Connection, tried: Try, at: datetime) -> None:
    limit, key, now = tried.limit, tried.key, moment(at)
    connection.execute(_ADD[connection.dialect.name], {"key": key, "attempts": 0, "last_at": now})
    row = connection.execute(_LOCK, {"of_key": key}).one()
    if row.blocked_until is not None and row.blocked_until > now:
        left = datetime.fromisoformat(row.blocked_until) - at
        raise TooManyRequests(
            "There were too many attempts. Wait a moment and try again.",
            retry_after=max(1, math.ceil(left.total_seconds())),
        )
    made = 1 if row.last_at < moment(at - limit.forgotten_after) else row.attempts + 1
    pause = limit.pause(made)
    until = moment(at + pause) if pause else None
    connection.execute(_COUNT, {"of_key": key, "made": made, "now": now, "until": until})
