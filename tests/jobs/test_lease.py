"""The lease: one holder at a time, whoever asks, and another one when it ends or falls silent."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from scim_server.database import db
from scim_server.jobs.lease import DURATION, Holder


@pytest.fixture
def name(app: Flask) -> str:
    return f"test {uuid.uuid4().hex}"


def test_one_holds_until_it_gives_back(name: str) -> None:
    first, second = Holder(name), Holder(name)
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    second.give_back()
    assert not second.hold(), "nobody gives back what another holds"
    first.give_back()
    assert second.hold()
    assert not first.hold()


def test_a_silent_holder_loses_it(name: str) -> None:
    first, second = Holder(name), Holder(name)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        assert first.hold()
        clock.shift(DURATION / 2)
        assert not second.hold()
        assert first.hold(), "renewed"
        clock.shift(DURATION * 0.9)
        assert not second.hold()
        clock.shift(DURATION)
        assert second.hold()
        assert not first.hold()


def test_who_holds_it_writes_only_to_renew_it(name: str) -> None:
    writes: list[str] = []

    def listener(*arguments: object) -> None:
        if not str(arguments[2]).startswith(("SELECT", "BEGIN")):
            writes.append(str(arguments[2]))

    for engine in db.engines.values():
        event.listen(engine, "before_cursor_execute", listener)
    try:
        with time_machine.travel(datetime.now(UTC), tick=False) as clock:
            holder = Holder(name)
            holder.hold()
            before = len(writes)
            holder.hold()
            assert len(writes) == before
            clock.shift(DURATION / 2)
            holder.hold()
            assert len(writes) > before
    finally:
        for engine in db.engines.values():
            event.remove(engine, "before_cursor_execute", listener)


def test_of_many_at_once_one_gets_it(app: Flask, name: str) -> None:
    def ask(_: int) -> bool:
        with app.app_context():
            return Holder(name).hold()

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 1
