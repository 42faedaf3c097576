"""How many invitation mails may go out: to one address, and of one Organization (IN18)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from scim_server.identifiers import moment
from scim_server.outbox.models import OutboxMessage
from scim_server.protocol.errors import TooManyRequests

KIND = "invitation"
PERIOD = timedelta(hours=1)
MAX_MAILS_PER_ADDRESS = 5
# Enough for five requests of bulk invitations.
MAX_MAILS_PER_ORGANIZATION = 5_000

_RECENT = (
    select(OutboxMessage.recipient, func.count().label("mails"), func.min(OutboxMessage.created_at).label("first"))
    .where(
        OutboxMessage.organization_id == bindparam("organization"),
        OutboxMessage.created_at > bindparam("since"),
        OutboxMessage.kind == KIND,
    )
    .group_by(OutboxMessage.recipient)
)


class Allowance:
    """What is left of the limits to an Organization; read once for all mails of a request."""

    def __init__(self, connection: Connection, organization_id: str) -> None:
        self._now = datetime.now(UTC)
        bound = {"organization": organization_id, "since": moment(self._now - PERIOD)}
        self._of: dict[str, int] = {}
        self._first: dict[str, str] = {}
        for row in connection.execute(_RECENT, bound):
            # Addresses that differ by letter case reach one mailbox nearly everywhere.
            key = row.recipient.casefold()
            self._of[key] = self._of.get(key, 0) + row.mails
            self._first[key] = min(self._first.get(key, row.first), row.first)
        self._total = sum(self._of.values())

    def take(self, address: str) -> None:
        """Count one mail to an address; raises TooManyRequests where that is one too many."""
        key = address.casefold()
        if self._of.get(key, 0) >= MAX_MAILS_PER_ADDRESS:
            raise TooManyRequests(
                f"{MAX_MAILS_PER_ADDRESS} invitations an hour may be sent to one address; try again later.",
                retry_after=self._wait(self._first.get(key)),
            )
        if self._total >= MAX_MAILS_PER_ORGANIZATION:
            raise TooManyRequests(
                f"{MAX_MAILS_PER_ORGANIZATION:,} invitations an hour may be sent by one Organization; try again later.",
                retry_after=self._wait(min(self._first.values(), default=None)),
            )
        self._of[key] = self._of.get(key, 0) + 1
        self._total += 1

    def _wait(self, first: str | None) -> int:
        """Return the seconds until the first of the counted mails is no longer counted."""
        since = self._now if first is None else datetime.fromisoformat(first)
        return max(1, int((since + PERIOD - self._now).total_seconds()) + 1)
