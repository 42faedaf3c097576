"""What waits in the outbox of the whole installation, for whoever runs it."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from scim_server.database import reading
from scim_server.outbox.models import OutboxMessage
from scim_server.outbox.service import MessageState

_OVERDUE = select(func.count(), func.min(OutboxMessage.next_attempt_at)).where(
    OutboxMessage.state == MessageState.WAITING.value, OutboxMessage.next_attempt_at < bindparam("before")
)
_DEAD = select(func.count()).where(OutboxMessage.state == MessageState.DEAD.value)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that should have been tried by a moment and were not, since when, and those that were given up."""

    overdue: int
    since: str | None
    dead: int


def read_backlog(before: str) -> Backlog:
    """Return what should have been delivered before a moment and was not."""
    with reading() as connection:
        overdue, since = connection.execute(_OVERDUE, {"before": before}).one()
        return Backlog(overdue, since, connection.execute(_DEAD).scalar_one())
