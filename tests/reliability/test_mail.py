"""R18: a mail server that refuses, hangs and drops; every mail arrives, and twice only where the answer was lost."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine

from scim_server.outbox.delivery import MAX_PAUSE, deliver_due
from tests.support.outbox import Outbox, certificate, outbox  # noqa: F401 - fixtures
from tests.support.smtp import DROP, mail_server

pytestmark = pytest.mark.reliability

MAILS = 100
FAULTY = 0.3


def test_R18_no_mail_is_lost(outbox: Outbox, amount: Callable[[int, int], int]) -> None:  # noqa: F811
    mails = amount(MAILS, 1_000)
    draw = random.Random(18)
    dropped: Counter[str] = Counter()

    def refuse(_: str) -> str | None:
        return "451 busy" if draw.random() < FAULTY / 3 else None

    def fail(content: bytes) -> str | None:
        if draw.random() < FAULTY / 3:
            return "452 full"
        if draw.random() < FAULTY / 3:
            dropped[_message_id(content)] += 1
            return DROP
        return None

    with mail_server() as server, time_machine.travel(datetime(2026, 11, 25, tzinfo=UTC), tick=False) as clock:
        server.recipient_fault, server.data_fault = refuse, fail
        outbox.send_to(server.port)
        ids = {f"<{outbox.write(f'user{number}@acme.example')}@idp.example.com>" for number in range(mails)}
        rounds = 0
        while any(message.state != "SENT" for message in outbox.all().values()):
            deliver_due()
            clock.shift(2 * MAX_PAUSE)
            rounds += 1
            assert rounds < 12, "given up"
    arrived = Counter(str(message["Message-ID"]) for message in server.received)
    assert set(arrived) == ids
    assert dropped, "some answers were lost"
    assert {each: number - 1 for each, number in arrived.items() if number > 1} == dict(dropped)


def _message_id(content: bytes) -> str:
    (line,) = [line for line in content.splitlines() if line.lower().startswith(b"message-id:")]
    return line.partition(b":")[2].strip().decode()
