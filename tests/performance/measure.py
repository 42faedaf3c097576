"""Interleaved rounds, and the ratios of what they measured."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from tests.performance.client import Request, load
from tests.performance.servers import Server


@dataclass(frozen=True, eq=False)
class Operation:
    """What a round does: requests of one kind to one server."""

    name: str
    server: Server
    requests: Iterator[Request]
    connections: int = 8
    # Requests of a round where they differ from those of the others.
    count: int = 0


@dataclass(frozen=True)
class Sample:
    """One round: requests per second, seconds of processor time per request, and latencies in seconds."""

    rate: float
    cpu: float
    latencies: list[float]

    @property
    def p50(self) -> float:
        """Return the median latency."""
        return median(self.latencies)

    @property
    def p99(self) -> float:
        """Return the 99th percentile of the latencies."""
        return quantiles(self.latencies, n=100)[98]


@dataclass
class Measured:
    """The rounds of one operation."""

    samples: list[Sample] = field(default_factory=list)
    wrong: str = ""

    @property
    def rate(self) -> float:
        """Return the median of requests per second."""
        return median(sample.rate for sample in self.samples)

    @property
    def cpu(self) -> float:
        """Return the median of processor time per request."""
        return median(sample.cpu for sample in self.samples)

    @property
    def p50(self) -> float:
        """Return the median of the rounds' median latencies."""
        return median(sample.p50 for sample in self.samples)

    @property
    def latencies(self) -> list[float]:
        """Return the latencies of all rounds."""
        return [latency for sample in self.samples for latency in sample.latencies]


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, and how far they lie apart (the middle half, relative to the median)."""

    value: float
    spread: float


def interleave(
    operations: Sequence[Operation], *, rounds: int, seconds: float = 0.0, count: int = 0
) -> dict[str, Measured]:
    """Run the operations in turn, `rounds` times, after a short warm-up of each."""
    measured = {operation.name: Measured() for operation in operations}
    for number in range(-1, rounds):
        # Every other round runs backwards, so that nobody always follows the same neighbour.
        for operation in operations if number % 2 else reversed(operations):
            before, found = operation.server.cpu(), measured[operation.name]
            of_round = operation.count or count
            limits: dict[str, Any] = {"seconds": seconds, "count": of_round}
            if number < 0:
                limits = {"seconds": 1.0, "count": min(of_round, 30) or 30}
            round_ = load(operation.server.port, operation.requests, connections=operation.connections, **limits)
            used = operation.server.cpu() - before
            if round_.wrong:
                found.wrong = f"{round_.wrong} of {round_.requests}: {round_.first_wrong}"
            if number >= 0 and round_.requests > 1:
                found.samples.append(Sample(round_.requests / round_.seconds, used / round_.requests, round_.latencies))
    return measured


def ratio(above: Measured, below: Measured, figure: Callable[[Sample], float]) -> Ratio:
    """Return `figure` of one operation in that of another, round by round."""
    values = [figure(one) / (figure(other) or 1e-9) for one, other in zip(above.samples, below.samples, strict=True)]
    middle = median(values)
    if len(values) < 2:
        return Ratio(middle, 0.0)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Ratio(middle, (high - low) / middle)


def timed(work: Callable[[], object], *, repeat: int, rounds: int) -> float:
    """Return the seconds that one call takes: the median of `rounds` times `repeat` calls."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeat):
            work()
        seconds.append((time.process_time() - start) / repeat)
    return median(seconds)
