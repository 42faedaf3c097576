"""Identifiers and the clock: the two things that no pure function may know."""

import time
from datetime import UTC, datetime
from functools import lru_cache

import uuid_utils


def new_id() -> str:
    """Return a random UUID that sorts by the time of its making (version 7, RFC 9562).

    Its hexadecimal digits can never spell "bulkId" (RFC 7643 §3.1).
    """
    return str(uuid_utils.uuid7())


def now() -> str:
    """Return the present moment as UTC in RFC 3339 with six digits of fraction."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1_000:06}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    """Return the beginning of `now()`, which is the same for all that ask in one second, as requests do."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def moment(value: datetime) -> str:
    """Return an aware datetime in the form of `now()`, which sorts as time does."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def first_id(at: datetime) -> str:
    """Return a text below all ids that are made from this moment on (UUID version 7, RFC 9562 §5.7)."""
    digits = f"{max(0, int(at.timestamp() * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"
