"""How often an identity provider usually comes by, and whether it has fallen silent. Pure.

Entra comes by every 40 minutes, Okta when something changes, others at night. So each Connection is measured by its
own past: the hours in which something came, and the longest pause between two of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

# Days of the past that a rhythm is learnt from.
LEARNT_DAYS = 28
# Pauses, and time, that must be known before silence means anything.
FEWEST_PAUSES = 8
SHORTEST_HISTORY = timedelta(days=2)
# How much longer than the longest pause silence must last, and the least that it does.
PATIENCE = 2
LEAST_SILENCE = timedelta(hours=4)
# People who lose access within an hour: an alert at this share of all members and this number, or at many in any case.
SHARE_REMOVED, FEWEST_REMOVED, MANY = 0.2, 10, 500


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The longest usual pause, None while too little is known, and the last request, None before the first."""

    last_at: datetime | None
    longest_pause: timedelta | None

    @property
    def expected_by(self) -> datetime | None:
        """Return when silence begins to mean something, None while that is not known."""
        if self.last_at is None or self.longest_pause is None:
            return None
        return self.last_at + max(PATIENCE * self.longest_pause, LEAST_SILENCE)

    def is_silent(self, present: datetime) -> bool:
        """Tell whether nothing has come for longer than usual."""
        expected = self.expected_by
        return expected is not None and present > expected


def hours_of(days: Iterable[tuple[str, int]]) -> list[datetime]:
    """Return the hours in which something came, in order; bit n of a day's number stands for its hour n."""
    marks: dict[str, int] = {}
    for day, mask in days:
        marks[day] = marks.get(day, 0) | mask
    return [
        datetime.combine(datetime.fromisoformat(day), time(hour), UTC)
        for day, mask in sorted(marks.items())
        for hour in range(24)
        if mask >> hour & 1
    ]


def rhythm_of(hours: list[datetime], last_at: datetime | None) -> Rhythm:
    """Return the rhythm of the hours in which something came, in order."""
    pauses = [later - earlier for earlier, later in pairwise(hours)]
    if len(pauses) < FEWEST_PAUSES or hours[-1] - hours[0] < SHORTEST_HISTORY:
        return Rhythm(last_at, None)
    return Rhythm(last_at, max(pauses))


def is_mass_removal(removed: int, members: int) -> bool:
    """Tell whether so many of the `members` that there were lost access within an hour that somebody should look."""
    return removed >= MANY or (removed >= FEWEST_REMOVED and removed >= SHARE_REMOVED * members)
