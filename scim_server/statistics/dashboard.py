"""What the dashboard is drawn from: each day of a period with its members, moves and requests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scim_server.connections.traffic import traffic_by_day
from scim_server.roles.authority import Requester
from scim_server.statistics.service import MAX_DAYS, DayOfMembers, members_by_day

__all__ = ["MAX_DAYS", "Day", "days_of"]


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC.

    `members` are Users by (status, source) at its end, empty where nobody counted; `joined` and `left` are by what
    moved them; `failed` of the `requests` were refused.
    """

    day: str
    members: dict[tuple[str, str], int]
    joined: dict[str, int]
    left: dict[str, int]
    requests: int
    failed: int

    def users(self, status: str) -> int:
        """Return how many Users had a status."""
        return sum(number for (each, _), number in self.members.items() if each == status)


def days_of(requester: Requester, number: int) -> list[Day]:
    """Return the last so many days, today last, each of them; raises Forbidden."""
    counted = {day.day: day for day in members_by_day(requester, number)}
    today = datetime.now(UTC).date()
    first = today - timedelta(days=number - 1)
    traffic = {day.day: day for day in traffic_by_day(requester.organization_id, first)}
    found = []
    for name in ((first + timedelta(days=distance)).isoformat() for distance in range(number)):
        day, came = counted.get(name, DayOfMembers(name, {}, {}, {})), traffic.get(name)
        requests, failed = (0, 0) if came is None else (came.requests, came.failed)
        found.append(Day(name, day.members, day.joined, day.left, requests, failed))
    return found
