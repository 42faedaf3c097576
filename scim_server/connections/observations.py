"""Count what the server repaired or ignored for an identity provider, for the Connection's health page.

Counted in memory and written at most every few seconds: Entra needs a repair on nearly every request.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.connections.models import ConnectionObservation
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.quirks import Quirk

# Seconds between two writes of what a worker has counted.
FLUSH_INTERVAL = 10
MAX_SAMPLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Observation:
    """How often one kind of repair happened, with its last sample."""

    quirk: str
    occurrences: int
    sample: str
    first_seen_at: str
    last_seen_at: str


def _upsert(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = insert(ConnectionObservation)
    return statement.on_conflict_do_update(
        index_elements=["organization_id", "quirk"],
        set_={
            "occurrences": ConnectionObservation.occurrences + statement.excluded.occurrences,
            "sample": statement.excluded.sample,
            "last_seen_at": statement.excluded.last_seen_at,
        },
    )


_UPSERT = {"sqlite": _upsert(sqlite.Insert), "postgresql": _upsert(postgresql.Insert)}
_LIST = (
    select(
        ConnectionObservation.quirk,
        ConnectionObservation.occurrences,
        ConnectionObservation.sample,
        ConnectionObservation.first_seen_at,
        ConnectionObservation.last_seen_at,
    )
    .where(ConnectionObservation.organization_id == bindparam("organization"))
    .order_by(ConnectionObservation.quirk)
)


class Observations:
    """What a worker has counted and not yet written; safe for threads."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._samples: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._next_flush = time.monotonic() + FLUSH_INTERVAL

    def add(self, organization_id: str, counts: Mapping[tuple[Quirk, str], int]) -> None:
        """Count the quirks of one request by (quirk, what it was met in); write all counts when it is time."""
        with self._lock:
            for (quirk, sample), number in counts.items():
                self._counts[organization_id, quirk.value] += number
                self._samples[organization_id, quirk.value] = sample[:MAX_SAMPLE_LENGTH]
            due = time.monotonic() >= self._next_flush
        if due:
            self.flush()

    def flush(self) -> None:
        """Write what was counted."""
        with self._lock:
            counts, samples = self._counts, self._samples
            self._counts, self._samples = defaultdict(int), {}
            self._next_flush = time.monotonic() + FLUSH_INTERVAL
        if not counts:
            return
        moment = now()
        rows = [
            {
                "organization_id": organization_id,
                "quirk": quirk,
                "occurrences": number,
                "sample": samples[organization_id, quirk],
                "first_seen_at": moment,
                "last_seen_at": moment,
            }
            for (organization_id, quirk), number in sorted(counts.items())
        ]
        with transaction() as connection:
            connection.execute(_UPSERT[connection.dialect.name], rows)


def list_observations(organization_id: str) -> list[Observation]:
    """Return what was observed on the Organization's Connection."""
    with reading() as connection:
        return [Observation(*row) for row in connection.execute(_LIST, {"organization": organization_id})]
