"""Delivery: to a folder or a mail server, each mail for itself, again with growing pauses, and in the end given up."""

import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from scim_server.database import after_commit, reading, transaction
from scim_server.outbox import delivery
from scim_server.outbox.delivery import (
    FIRST_PAUSE,
    JITTER,
    KEEP_SENT,
    MAX_ATTEMPTS,
    MAX_PAUSE,
    deliver_due,
    forget_sent,
    pause_after,
)
from scim_server.outbox.models import OutboxMessage
from scim_server.outbox.service import enqueue_mail, mail_waits, retry_message
from scim_server.protocol.errors import Conflict, NotFound
from tests.conftest import OPERATOR
from tests.support.outbox import Outbox, invitation_mail
from tests.support.smtp import DROP, mail_server

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def payload(message_id: str) -> str | None:
    with reading() as connection:
        return connection.execute(select(OutboxMessage.payload).where(OutboxMessage.id == message_id)).scalar_one()


def test_into_a_folder_for_this_user_alone(outbox: Outbox) -> None:
    message_id = outbox.write("bob@acme.example")
    assert deliver_due() == (1, 0)
    (file,) = outbox.folder.iterdir()
    assert stat.S_IMODE(outbox.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "bob@acme.example"
    assert message["Message-ID"] == f"<{message_id}@idp.example.com>"
    assert deliver_due() == (0, 0)


def test_the_payload_cannot_be_read_and_is_emptied_once_sent(outbox: Outbox) -> None:
    message_id = outbox.write(link="https://idp.example.com/invitations/id.hidden")
    assert "hidden" not in str(payload(message_id))
    deliver_due()
    assert payload(message_id) is None
    message = outbox.all()[message_id]
    assert (message.state, message.attempts, message.next_attempt_at, message.last_error) == ("SENT", 1, None, None)
    assert message.ended_at is not None


def test_a_mail_lives_and_dies_with_its_change(outbox: Outbox) -> None:
    mail_waits.clear()
    with suppress(ZeroDivisionError), transaction() as connection:
        enqueue_mail(connection, outbox.organization_id, invitation_mail())
        raise ZeroDivisionError
    assert outbox.all() == {}
    assert not mail_waits.is_set()
    with transaction() as connection:
        enqueue_mail(connection, outbox.organization_id, invitation_mail())
        assert not mail_waits.is_set(), "nobody would see it yet"
    assert mail_waits.is_set()


def test_work_after_a_commit_is_done_at_once_outside_of_a_transaction(app: Flask) -> None:
    done: list[int] = []
    after_commit(lambda: done.append(1))
    assert done == [1]


def test_pauses_grow_and_differ() -> None:
    assert pause_after(1, 0.5) == FIRST_PAUSE
    assert pause_after(4, 0.5) == 8 * FIRST_PAUSE
    assert pause_after(MAX_ATTEMPTS, 0.5) == MAX_PAUSE
    assert pause_after(1, 0) == FIRST_PAUSE * (1 - JITTER)
    assert pause_after(1, 1) == FIRST_PAUSE * (1 + JITTER)
    whole = sum((pause_after(attempts, 0.5) for attempts in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(hours=8) < whole < timedelta(hours=24)


def test_a_mail_that_always_fails_is_parked_and_stops_no_other(outbox: Outbox) -> None:
    with mail_server() as server, time_machine.travel(NOON, tick=False) as clock:
        server.recipient_fault = lambda address: "550 no such user" if address.startswith("bad") else None
        outbox.send_to(server.port)
        bad = outbox.write("bad@acme.example")
        good = [outbox.write(f"user{number}@acme.example") for number in range(3)]
        assert deliver_due() == (3, 1)
        assert all(outbox.all()[message_id].state == "SENT" for message_id in good)
        waiting = outbox.all()[bad]
        assert (waiting.state, waiting.attempts) == ("WAITING", 1)
        assert "550" in str(waiting.last_error)
        assert deliver_due() == (0, 0), "not before its time"
        for attempt in range(2, MAX_ATTEMPTS + 1):
            clock.shift(MAX_PAUSE * 2)
            assert deliver_due() == (0, 1), attempt
        dead = outbox.all()[bad]
        assert (dead.state, dead.attempts) == ("DEAD", MAX_ATTEMPTS)
        clock.shift(MAX_PAUSE * 100)
        assert deliver_due() == (0, 0)
        assert len(server.received) == 3
        # Somebody mends the address' mailbox and asks for another try.
        server.recipient_fault = lambda _: None
        assert retry_message(outbox.organization_id, OPERATOR, bad).state == "WAITING"
        assert deliver_due() == (1, 0)


def test_a_mail_that_nobody_can_open_stops_no_other(outbox: Outbox) -> None:
    bad, good = outbox.write(), outbox.write()
    with transaction() as connection:
        connection.execute(update(OutboxMessage).where(OutboxMessage.id == bad).values(payload="gAAAA"))
    assert deliver_due() == (1, 1)
    assert outbox.all()[good].state == "SENT"
    assert "secret_key_fallbacks" in str(outbox.all()[bad].last_error)


def test_a_second_try_has_the_same_message_id(outbox: Outbox) -> None:
    """The answer to the first was lost, so the mail arrives twice and the recipient's server sees that."""
    faults = iter([DROP, None])
    with mail_server() as server, time_machine.travel(NOON, tick=False) as clock:
        server.data_fault = lambda _: next(faults)
        outbox.send_to(server.port)
        message_id = outbox.write()
        assert deliver_due() == (0, 1)
        clock.shift(MAX_PAUSE)
        assert deliver_due() == (1, 0)
        assert [message["Message-ID"] for message in server.received] == [f"<{message_id}@idp.example.com>"] * 2


def test_a_mail_server_that_is_away_is_not_asked_for_every_mail(outbox: Outbox) -> None:
    with mail_server() as server:
        closed = server.port
    outbox.send_to(closed)
    for _ in range(10):
        outbox.write()
    assert deliver_due() == (0, 3)
    assert sum(message.attempts for message in outbox.all().values()) == 3


def test_delivery_stops_between_two_mails(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.write()
    go_on = iter([True, True, False])
    assert deliver_due(lambda: next(go_on)) == (2, 0)


def test_a_process_that_dies_with_a_mail_has_made_an_attempt(outbox: Outbox) -> None:
    message_id = outbox.write()
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        assert delivery._claim().id == message_id
        assert outbox.all()[message_id].attempts == 1
        assert deliver_due() == (0, 0), "another process leaves it alone"
        clock.shift(delivery.CLAIM)
        assert deliver_due() == (1, 0)


def test_what_was_sent_is_forgotten_later(outbox: Outbox) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        outbox.write()
        deliver_due()
        waiting = outbox.write()
        clock.shift(KEEP_SENT)
        forget_sent()
        assert len(outbox.all()) == 2
        clock.shift(1)
        forget_sent()
        assert set(outbox.all()) == {waiting}


def test_retrying_what_cannot_be_retried(outbox: Outbox) -> None:
    message_id = outbox.write()
    assert retry_message(outbox.organization_id, OPERATOR, message_id).attempts == 0
    deliver_due()
    with pytest.raises(Conflict):
        retry_message(outbox.organization_id, OPERATOR, message_id)
    with pytest.raises(NotFound):
        retry_message(outbox.organization_id, OPERATOR, "nothing")
