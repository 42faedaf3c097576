"""The lease: one process at a time does the jobs, and another takes over when it ends or falls silent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.database import reading, transaction
from scim_server.identifiers import moment, new_id, now
from scim_server.jobs.models import Lease

# How long a process that falls silent keeps others waiting. One that is only slow may overlap with the next: jobs
# claim what they work on.
DURATION = timedelta(minutes=1)

_READ = select(Lease.holder, Lease.expires_at).where(Lease.name == bindparam("name"))


def _take(insert: sqlite.Insert | postgresql.Insert) -> Any:
    """Return the one statement that decides: whoever writes over a lease that another holds writes nothing."""
    return insert.on_conflict_do_update(
        index_elements=[Lease.name],
        set_={"holder": insert.excluded.holder, "expires_at": insert.excluded.expires_at},
        where=(Lease.expires_at <= bindparam("now")) | (Lease.holder == insert.excluded.holder),
    ).returning(Lease.holder)


_TAKE = {"sqlite": _take(sqlite.insert(Lease)), "postgresql": _take(postgresql.insert(Lease))}
_GIVE_BACK = delete(Lease).where(Lease.name == bindparam("name"), Lease.holder == bindparam("holder"))


class Holder:
    """A process that would hold the lease of this name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._id = new_id()

    def hold(self) -> bool:
        """Take the lease, or renew it where half of it has passed; return False where another process holds it."""
        with reading() as connection:
            found = connection.execute(_READ, {"name": self._name}).first()
        present = datetime.now(UTC)
        if found is not None and found.expires_at > moment(present):
            if found.holder != self._id:
                return False
            if found.expires_at > moment(present + DURATION / 2):
                return True
        row = {"name": self._name, "holder": self._id, "expires_at": moment(present + DURATION)}
        with transaction() as connection:
            statement = _TAKE[connection.dialect.name]
            return connection.execute(statement, {**row, "now": now()}).first() is not None

    def give_back(self) -> None:
        """Let another process take the lease at once, if it is still this one's."""
        with transaction() as connection:
            connection.execute(_GIVE_BACK, {"name": self._name, "holder": self._id})
