"""Deliver what waits in the outbox: each message for itself, again with growing pauses, and in the end not at all."""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, delete, select, update

from scim_server.database import reading, transaction
from scim_server.identifiers import moment, now
from scim_server.outbox.mail import Mail, message, one_line
from scim_server.outbox.models import OutboxMessage
from scim_server.outbox.service import MessageState, mail_waits
from scim_server.outbox.transports import NotReachable, Transport, mail_setup
from scim_server.sealing import unseal

# With these pauses the last try is half a day after the first.
MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=30)
MAX_PAUSE = timedelta(hours=4)
# Pauses differ by this part, so that what failed together does not come again together.
JITTER = 0.2
# A message is left alone this long by others while one delivers it.
CLAIM = timedelta(minutes=10)
# After as many failed connections in a row the others wait for the next round: the mail server is away.
MAX_CONNECTION_FAILURES = 3
# What was sent is forgotten after this time.
KEEP_SENT = timedelta(days=30)
MAX_ERROR_LENGTH = 500

_log = logging.getLogger(__name__)

_WAITING = OutboxMessage.state == MessageState.WAITING.value
_DUE = (
    select(OutboxMessage.id)
    .where(_WAITING, OutboxMessage.next_attempt_at <= bindparam("now"))
    .order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)
    .limit(1)
)
# Counts the attempt before it is made: a process that dies with it has made it.
_CLAIM = (
    update(OutboxMessage)
    .where(OutboxMessage.id == _DUE.with_for_update(skip_locked=True).scalar_subquery())
    .values(attempts=OutboxMessage.attempts + 1, next_attempt_at=bindparam("until"))
    .returning(
        OutboxMessage.id,
        OutboxMessage.kind,
        OutboxMessage.recipient,
        OutboxMessage.subject,
        OutboxMessage.payload,
        OutboxMessage.created_at,
        OutboxMessage.attempts,
    )
)
# Only by whoever made the last attempt, and never over a retry that someone has asked for since.
_SETTLE = (
    update(OutboxMessage)
    .where(OutboxMessage.id == bindparam("message"), _WAITING, OutboxMessage.attempts == bindparam("made"))
    .values(
        state=bindparam("state"),
        next_attempt_at=bindparam("next"),
        ended_at=bindparam("ended"),
        last_error=bindparam("error"),
    )
)
_SENT = _SETTLE.values(payload=None)
_FORGET = delete(OutboxMessage).where(
    OutboxMessage.state == MessageState.SENT.value, OutboxMessage.ended_at < bindparam("before")
)


class Delivered(NamedTuple):
    """What one round did."""

    sent: int
    failed: int


def deliver_due(go_on: Callable[[], bool] = lambda: True) -> Delivered:
    """Deliver all that is due until there is no more or `go_on` says to stop; each failure is its message's alone."""
    mail_waits.clear()
    transport, sent, failed, connection_failures = mail_setup().transport(), 0, 0, 0
    try:
        while connection_failures < MAX_CONNECTION_FAILURES and go_on():
            row = _claim()
            if row is None:
                break
            error = _attempt(transport, row)
            _settle(row, error)
            sent, failed = sent + (error is None), failed + (error is not None)
            connection_failures = connection_failures + 1 if isinstance(error, NotReachable) else 0
    finally:
        transport.close()
    return Delivered(sent, failed)


def forget_sent() -> int:
    """Delete messages that were sent long ago, and return how many."""
    with transaction() as connection:
        return connection.execute(_FORGET, {"before": moment(datetime.now(UTC) - KEEP_SENT)}).rowcount


def pause_after(attempts: int, draw: float) -> timedelta:
    """Return how long to wait after as many failed attempts; `draw` is a random number from 0 to 1."""
    whole: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), MAX_PAUSE)
    return whole * (1 + JITTER * (2 * draw - 1))


def _claim() -> Any:
    """Return a message that is due and is now this process's, None where there is none."""
    bound = {"now": now()}
    # Looking costs no write, and mostly nothing is due.
    with reading() as connection:
        if connection.execute(_DUE, bound).first() is None:
            return None
    with transaction() as connection:
        return connection.execute(_CLAIM, {**bound, "until": moment(datetime.now(UTC) + CLAIM)}).first()


def _attempt(transport: Transport, row: Any) -> Exception | None:
    """Hand a message over and return what went wrong, if anything."""
    setup = mail_setup()
    try:
        text, html = orjson.loads(unseal(row.payload))
        made = message(
            Mail(row.kind, row.recipient, row.subject, text, html),
            sender=setup.sender,
            message_id=f"<{row.id}@{setup.domain}>",
            moment=datetime.fromisoformat(row.created_at),
        )
        transport.deliver(made)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's and must not stop the others
        return error
    return None


def _settle(row: Any, error: Exception | None) -> None:
    bound = {"message": row.id, "made": row.attempts}
    ended = {"state": MessageState.SENT.value, "next": now(), "ended": now(), "error": None}
    if error is not None:
        dead = row.attempts >= MAX_ATTEMPTS
        pause = pause_after(row.attempts, random.random())  # noqa: S311 - when to try again is no secret
        ended = {
            "state": (MessageState.DEAD if dead else MessageState.WAITING).value,
            "next": moment(datetime.now(UTC) + pause),
            "ended": now() if dead else None,
            "error": one_line(_told(error))[:MAX_ERROR_LENGTH],
        }
        fields = {"message_id": row.id, "attempts": row.attempts, "error": ended["error"]}
        _log.log(
            logging.ERROR if dead else logging.WARNING, "mail given up" if dead else "mail not taken", extra=fields
        )
    with transaction() as connection:
        connection.execute(_SENT if error is None else _SETTLE, {**bound, **ended})


def _told(error: Exception) -> str:
    """Return what the mail server said, or else what happened."""
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(_reply(*reply) for reply in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {text if isinstance(text, str) else text.decode(errors='replace')}"
