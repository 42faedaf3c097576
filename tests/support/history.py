"""Days of an Organization that went by before a test began: what the dashboard is drawn from."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from scim_server.database import transaction
from scim_server.statistics.models import DailyCount

DAYS = 30


def write_history(organization_id: str, *, members: int = 940) -> date:
    """Count what an Organization counted that grew to about `members` by yesterday, and return today."""
    today = datetime.now(UTC).date()
    rows = []
    for distance in range(1, DAYS + 1):
        day = (today - timedelta(days=distance)).isoformat()
        numbers = {
            ("ACTIVE", "scim"): members * (50 - distance) // 50,
            ("ACTIVE", "jit"): members // 8,
            ("ACTIVE", "invite"): members // 24 + 1,
            ("PENDING", "invite"): distance % 7 * members // 100,
            ("INACTIVE", "scim"): members // 16,
            ("JOINED", "scim"): members // 50 + distance % 5 * members // 150,
            ("JOINED", "jit"): distance % 3 * members // 200,
            ("LEFT", "scim"): distance % 4 * members // 300,
        }
        rows += [
            {"organization_id": organization_id, "day": day, "measure": measure, "source": source, "number": number}
            for (measure, source), number in numbers.items()
            if number
        ]
    with transaction() as connection:
        connection.execute(insert(DailyCount), rows)
    return today
