"""The clock and the ids: texts that sort as time does."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from scim_server.identifiers import first_id, moment, new_id, now


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-02-28T23:59:59.999999+00:00", "2026-02-28T23:59:59.999999Z"),
        ("2026-03-01T00:00:00.000000+00:00", "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01T00:00:00.000007+00:00", "2026-03-01T00:00:00.000007Z"),
        ("1999-12-31T23:00:00.500000-01:00", "2000-01-01T00:00:00.500000Z"),
    ],
)
def test_moments_have_six_digits_and_a_z(at: str, text: str) -> None:
    assert moment(datetime.fromisoformat(at)) == text
    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        assert now() == text


def test_now_goes_on_as_the_clock_does() -> None:
    before, text, after = datetime.now(UTC), now(), datetime.now(UTC)

    assert moment(before - timedelta(microseconds=1)) <= text <= moment(after)


def test_ids_sort_by_the_time_of_their_making() -> None:
    with time_machine.travel("2026-03-01T00:00:00Z"):
        start = first_id(datetime.now(UTC))

    ids = [new_id() for _ in range(3)]

    assert ids == sorted(ids)
    assert start < ids[0]
