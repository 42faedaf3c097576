"""The outbox: write a mail with the change that it tells of, look what became of it, and ask for another try."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from scim_server.audit.service import Event, Origin, record
from scim_server.database import after_commit, reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.outbox.mail import Mail
from scim_server.outbox.models import OutboxMessage
from scim_server.protocol.errors import Conflict, NotFound
from scim_server.sealing import seal

# Set when a mail was stored in this process, so that whoever delivers need not look again and again.
mail_waits = threading.Event()


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "WAITING"
    SENT = "SENT"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message as lists show it: never what it says, which may be a secret."""

    id: str
    kind: str
    recipient: str
    subject: str
    state: str
    attempts: int
    created_at: str
    next_attempt_at: str | None
    ended_at: str | None
    last_error: str | None


_INSERT = insert(OutboxMessage)
_OF_ORGANIZATION = OutboxMessage.organization_id == bindparam("organization")
_IN_STATES = OutboxMessage.state.in_(bindparam("states", expanding=True))
_RECORD = select(
    OutboxMessage.id,
    OutboxMessage.kind,
    OutboxMessage.recipient,
    OutboxMessage.subject,
    OutboxMessage.state,
    OutboxMessage.attempts,
    OutboxMessage.created_at,
    OutboxMessage.next_attempt_at,
    OutboxMessage.ended_at,
    OutboxMessage.last_error,
)
_LIST = (
    _RECORD.where(_OF_ORGANIZATION, _IN_STATES)
    .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_COUNT = select(func.count()).select_from(OutboxMessage).where(_OF_ORGANIZATION, _IN_STATES)
_OF_MESSAGE = (_OF_ORGANIZATION, OutboxMessage.id == bindparam("message"))
_READ = _RECORD.where(*_OF_MESSAGE)
_LOCK = select(OutboxMessage.id).where(*_OF_MESSAGE).with_for_update()
_RETRY = (
    update(OutboxMessage)
    .where(*_OF_MESSAGE)
    .values(state=MessageState.WAITING.value, attempts=0, next_attempt_at=bindparam("now"), ended_at=None)
)


def enqueue_mail(connection: Connection, organization_id: str | None, mail: Mail) -> str:
    """Write a mail in the caller's transaction, to be delivered soon after, and return its id.

    Mail about an Account is no Organization's.
    """
    message_id, moment = new_id(), now()
    row: dict[str, Any] = {
        "id": message_id,
        "organization_id": organization_id,
        "kind": mail.kind,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "payload": seal(orjson.dumps([mail.text, mail.html]).decode()),
        "state": MessageState.WAITING.value,
        "attempts": 0,
        "created_at": moment,
        "next_attempt_at": moment,
    }
    connection.execute(_INSERT, row)
    after_commit(mail_waits.set)
    return message_id


def list_messages(
    organization_id: str, *, states: Sequence[MessageState], limit: int, offset: int = 0
) -> tuple[list[MessageRecord], int]:
    """Return a page of the Organization's messages in these states, the newest first, and how many there are."""
    bound = {"organization": organization_id, "states": [state.value for state in states]}
    with reading() as connection:
        rows = connection.execute(_LIST, {**bound, "limit": limit, "offset": offset}).all()
        return [_record(row) for row in rows], connection.execute(_COUNT, bound).scalar_one()


def retry_message(organization_id: str, origin: Origin, message_id: str) -> MessageRecord:
    """Have a message delivered at once that was given up or waits for its next try.

    Raises NotFound, and Conflict for one that was sent: it is emptied then.
    """
    bound = {"organization": organization_id, "message": message_id}
    with transaction() as connection:
        connection.execute(_LOCK, bound)
        found = connection.execute(_READ, bound).first()
        if found is None:
            raise NotFound(f"There is no message '{message_id}'.")
        if found.state == MessageState.SENT:
            raise Conflict("This message was sent, and what was sent is not kept; have a new one made instead.")
        connection.execute(_RETRY, {**bound, "now": now()})
        changes = {"state": [found.state, MessageState.WAITING.value]}
        record(connection, organization_id, origin, [Event("owner:message:retried", "Message", message_id, changes)])
        after_commit(mail_waits.set)
        return _record(connection.execute(_READ, bound).one())


def _record(row: Any) -> MessageRecord:
    waits = row.state == MessageState.WAITING
    return MessageRecord(**{**row._mapping, "next_attempt_at": row.next_attempt_at if waits else None})  # noqa: SLF001
