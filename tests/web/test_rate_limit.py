"""The rate limit: token buckets by key with an injected clock, and its answer over SCIM."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from scim_server.database.engines import dispose_engines
from scim_server.web.rate_limit import MAX_BUCKETS, RateLimiter
from tests.conftest import make_app, make_organization
from tests.support.client import ScimClient


class Clock:
    """A monotonic clock that moves when told to."""

    def __init__(self) -> None:
        self.moment = 1_000.0

    def __call__(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds


def taken(limiter: RateLimiter, attempts: int, key: str = "token") -> int:
    """Return how many of the attempts at this moment pass."""
    return sum(limiter.wait(key) == 0 for _ in range(attempts))


@pytest.mark.parametrize(("rate", "burst"), [(50, 100), (25, 1), (0.5, 3), (1_000, 7)])
def test_burst_passes_and_no_more(rate: float, burst: int) -> None:
    assert taken(RateLimiter(rate, burst, Clock()), burst * 3) == burst


@pytest.mark.parametrize(
    ("seconds", "more"), [(0.0, 0), (0.019, 0), (0.021, 1), (1.001, 50), (2.001, 100), (3_600, 100)]
)
def test_bucket_fills_with_time_up_to_the_burst(seconds: float, more: int) -> None:
    clock = Clock()
    limiter = RateLimiter(50, 100, clock)
    taken(limiter, 100)

    clock.sleep(seconds)

    assert taken(limiter, 300) == more


def test_steady_client_at_the_rate_is_never_refused() -> None:
    clock = Clock()
    limiter = RateLimiter(50, 1, clock)

    for _ in range(1_000):
        assert limiter.wait("token") == 0
        clock.sleep(1 / 50 + 1e-9)


@pytest.mark.parametrize(("rate", "seconds"), [(50, 1), (1, 1), (0.4, 3), (0.1, 10)])
def test_refusal_names_whole_seconds_after_which_a_request_passes(rate: float, seconds: int) -> None:
    clock = Clock()
    limiter = RateLimiter(rate, 1, clock)
    taken(limiter, 1)

    assert limiter.wait("token") == seconds
    clock.sleep(seconds)
    assert limiter.wait("token") == 0


def test_refused_requests_do_not_prolong_the_wait() -> None:
    clock = Clock()
    limiter = RateLimiter(1, 1, clock)
    taken(limiter, 10_000)

    clock.sleep(1)

    assert limiter.wait("token") == 0


def test_each_key_has_a_bucket_of_its_own() -> None:
    limiter = RateLimiter(50, 5, Clock())

    assert taken(limiter, 50, "greedy") == 5
    assert taken(limiter, 5, "modest") == 5


def test_rate_of_nought_limits_nothing() -> None:
    assert taken(RateLimiter(0, 1, Clock()), 1_000) == 1_000


def test_memory_is_bounded_and_keeps_whom_it_saw_last() -> None:
    limiter = RateLimiter(50, 1, Clock())
    for number in range(MAX_BUCKETS * 2):
        taken(limiter, 1, str(number))

    assert len(limiter._full_at) == MAX_BUCKETS
    assert taken(limiter, 1, str(MAX_BUCKETS * 2 - 1)) == 0


@example([0.0, 0.0, 0.0, 0.0, 0.09999])
@given(st.lists(st.floats(0, 0.2, allow_nan=False), min_size=1, max_size=200))
def test_no_span_of_time_admits_more_than_burst_and_rate(pauses: list[float]) -> None:
    clock, rate, burst = Clock(), 10, 4
    limiter = RateLimiter(rate, burst, clock)
    passed = []
    for pause in pauses:
        clock.sleep(pause)
        passed += [clock.moment] * (limiter.wait("token") == 0)

    for first, start in enumerate(passed):
        for last, end in enumerate(passed[first:], first):
            # A thousandth of a request is given away, see RateLimiter.
            assert last - first + 1 <= burst + 0.001 + (end - start) * rate + 1e-6


def test_threads_share_a_bucket() -> None:
    limiter, passed, together = RateLimiter(50, 100, Clock()), [], threading.Barrier(8)

    def run() -> None:
        together.wait()
        passed.append(taken(limiter, 100))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(passed) == 100


@pytest.fixture
def limited(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Give an application whose tokens have a bucket of three, that never refills during a test."""
    application = make_app(database_url, tmp_path, rate_limit_per_second=0.001, rate_limit_burst=3)
    with application.app_context():
        yield application
    dispose_engines(application)


def test_answer_names_integer_seconds_and_other_tokens_go_on(limited: Flask) -> None:
    greedy, modest = make_organization("Greedy"), make_organization("Modest")
    client = ScimClient(limited, greedy.id, greedy.token)

    statuses = [client.get("/Users").status_code for _ in range(4)]
    refused = client.post("/Users", {"not": "even read"})

    assert statuses == [200, 200, 200, 429]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"].isdecimal()
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.get_json(force=True)["status"] == "429"
    assert ScimClient(limited, modest.id, modest.token).get("/Users").status_code == 200


def test_strangers_have_no_bucket_to_empty(limited: Flask) -> None:
    """Nobody can use up a token's bucket without its secret."""
    organization = make_organization("Target")
    wrong = ScimClient(limited, organization.id, organization.token[:-1] + "~")

    assert {wrong.get("/Users").status_code for _ in range(10)} == {401}
    assert ScimClient(limited, organization.id, organization.token).get("/Users").status_code == 200
