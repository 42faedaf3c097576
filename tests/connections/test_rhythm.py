"""When silence means that provisioning has stopped: each Connection by its own past."""

from datetime import UTC, datetime, timedelta

import pytest

from scim_server.connections.rhythm import Rhythm, hours_of, is_mass_removal, rhythm_of

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def every(step: timedelta, span: timedelta) -> list[datetime]:
    return [MONDAY + step * number for number in range(int(span / step) + 1)]


def office_hours(weeks: int) -> list[datetime]:
    """Return Monday to Friday from 8 to 17."""
    days = [MONDAY + DAY * number for number in range(7 * weeks)]
    return [day + HOUR * hour for day in days if day.weekday() < 5 for hour in range(8, 18)]


@pytest.mark.parametrize(
    ("hours", "silence", "is_silent"),
    [
        (every(HOUR, 3 * DAY), 3 * HOUR, False),
        (every(HOUR, 3 * DAY), 5 * HOUR, True),
        (every(DAY, 14 * DAY), 40 * HOUR, False),
        (every(DAY, 14 * DAY), 49 * HOUR, True),
        # A weekend is no stop, nor is a long one; a week is.
        (office_hours(2), 64 * HOUR, False),
        (office_hours(2), 4 * DAY, False),
        (office_hours(2), 7 * DAY, True),
        # Too little is known.
        ([], 30 * DAY, False),
        (every(DAY, 7 * DAY), 30 * DAY, False),
        (every(HOUR, 20 * HOUR), 30 * DAY, False),
    ],
)
def test_silence(hours: list[datetime], silence: timedelta, is_silent: bool) -> None:
    last_at = hours[-1] if hours else MONDAY
    assert rhythm_of(hours, last_at).is_silent(last_at + silence) is is_silent


def test_nothing_ever_came() -> None:
    assert rhythm_of([], None) == Rhythm(None, None)
    assert not Rhythm(None, HOUR).is_silent(MONDAY)


def test_hours_of_days() -> None:
    found = hours_of([("2026-03-03", 1), ("2026-03-02", 0b101), ("2026-03-02", 1 << 23)])
    assert found == [MONDAY, MONDAY + 2 * HOUR, MONDAY + 23 * HOUR, MONDAY + DAY]


@pytest.mark.parametrize(
    ("removed", "members", "is_mass"),
    [(9, 9, False), (10, 50, True), (10, 51, False), (90, 100, True), (499, 100_000, False), (500, 100_000, True)],
)
def test_mass_removal(removed: int, members: int, is_mass: bool) -> None:
    assert is_mass_removal(removed, members) is is_mass
