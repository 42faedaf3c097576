"""What is told at the end of a simulation: requests by kind, how fast they were answered, what went wrong."""

import math
from dataclasses import asdict, dataclass

from scim_server.cli.simulation.exchange import Kind
from scim_server.cli.simulation.player import Record


@dataclass(frozen=True, slots=True)
class Line:
    """Requests of one kind: how many, how many of them failed, and half and 95 % of the times in milliseconds."""

    kind: str
    requests: int
    failed: int
    p50_ms: float
    p95_ms: float


def lines(record: Record) -> list[Line]:
    """Return a line for each kind that was sent."""
    return [_line(kind, record.seconds[kind], record) for kind in Kind if kind in record.seconds]


def total(record: Record) -> Line:
    """Return the line of all requests."""
    every = [seconds for of_kind in record.seconds.values() for seconds in of_kind]
    return Line("All", len(every), len(record.failures), percentile(every, 50), percentile(every, 95))


def failures(record: Record) -> list[dict[str, object]]:
    """Return the failures as JSON shows them."""
    return [asdict(failure) for failure in record.failures]


def percentile(seconds: list[float], percent: int) -> float:
    """Return the time in milliseconds that this share of the answers did not exceed (the nearest rank)."""
    if not seconds:
        return 0.0
    rank = max(1, math.ceil(len(seconds) * percent / 100))
    return round(sorted(seconds)[rank - 1] * 1000, 1)


def _line(kind: Kind, seconds: list[float], record: Record) -> Line:
    failed = sum(failure.kind is kind for failure in record.failures)
    return Line(kind, len(seconds), failed, percentile(seconds, 50), percentile(seconds, 95))
