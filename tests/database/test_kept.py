"""Connections that are kept between requests: used again, replaced when they died, and never more than the pool has."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from scim_server.database import reading, transaction
from scim_server.database.engines import dispose_engines
from scim_server.database.kept import KeptConnections

ONE = text("SELECT 1")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an engine with one connection at most."""
    engine = create_engine(f"sqlite:///{tmp_path}/kept.db", pool_size=1, max_overflow=0, pool_timeout=0.2)
    yield engine
    engine.dispose()


def used(kept: KeptConnections) -> Connection:
    with kept.lend() as connection:
        assert connection.execute(ONE).scalar() == 1
    return connection


def lose(kept: KeptConnections) -> None:
    with kept.lend() as lost:
        lost.invalidate()
        raise LookupError


def test_a_connection_is_used_again(engine: Engine) -> None:
    kept = KeptConnections(engine)
    first = used(kept)

    assert used(kept) is first
    assert not first.in_transaction()
    kept.close()
    assert first.closed
    with kept.lend() as lent:
        kept.close()
        assert not lent.closed
    assert lent.closed


def test_an_error_gives_it_back_to_the_pool(engine: Engine) -> None:
    kept = KeptConnections(engine)
    with pytest.raises(LookupError), kept.lend() as failed:
        raise LookupError

    assert failed.closed
    assert used(kept) is not failed


def test_one_that_died_takes_the_others_along(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/kept.db")
    kept = KeptConnections(engine)
    with kept.lend() as first, kept.lend() as second:
        pass
    with pytest.raises(LookupError):
        lose(kept)
    assert first.closed
    assert second.closed

    with kept.lend() as lost:
        lost.invalidate()
    assert lost.closed
    kept.close()
    engine.dispose()


def test_whoever_waits_for_the_pool_gets_what_is_given_back(engine: Engine) -> None:
    kept = KeptConnections(engine)
    answers: list[Connection] = []
    waiting = threading.Thread(target=lambda: answers.append(used(kept)))
    with kept.lend():
        with pytest.raises(PoolTimeoutError):
            used(kept)
        waiting.start()
        waiting.join(0.05)
        assert not answers
    waiting.join()

    assert len(answers) == 1


def test_reads_keep_one_and_sqlite_writes_by_another(app: Flask, backend: str) -> None:
    with reading() as first, transaction() as writer:
        assert (writer is first) == (backend == "postgresql")
        with reading() as inside:
            assert inside is writer
    with reading() as again:
        assert again is first
    dispose_engines(app)
    assert first.closed
    assert writer.closed
