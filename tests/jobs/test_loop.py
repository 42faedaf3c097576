"""The job loop: what is due, in order, by one process; failures stop nothing, and an end loses nothing."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import delete

from scim_server.database import transaction
from scim_server.jobs import loop as loop_module
from scim_server.jobs.loop import JOBS, Job, JobLoop, start_in_thread
from scim_server.jobs.models import Lease
from scim_server.outbox.delivery import deliver_due
from scim_server.outbox.service import mail_waits
from tests.support.outbox import Outbox

PATIENCE = 60


@pytest.fixture(autouse=True)
def nobody_holds_it(app: Flask) -> Iterator[None]:
    yield
    with transaction() as connection:
        connection.execute(delete(Lease))


def named(name: str, done: list[str], *, fails: bool = False) -> Job:
    def run(go_on: Callable[[], bool]) -> None:
        assert go_on()
        done.append(name)
        if fails:
            raise RuntimeError(name)

    return Job(name, 3_600, run)


def test_jobs_are_done_in_order_and_a_failure_stops_none(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    jobs = [named("first", done), named("bad", done, fails=True), named("last", done)]
    assert JobLoop(app, jobs).run_once()
    assert done == ["first", "bad", "last"]
    assert [record.job for record in caplog.records if record.message == "a job failed"] == ["bad"]


def test_a_job_is_done_again_when_its_time_has_come(app: Flask) -> None:
    done: list[str] = []
    jobs = [named("rare", done), Job("often", 0, lambda go_on: done.append("often"))]
    loop = JobLoop(app, jobs)
    loop.run_due()
    loop.run_due()
    assert done == ["rare", "often", "often"]


def test_another_process_does_them_already(app: Flask) -> None:
    done: list[str] = []
    first, second = JobLoop(app, [named("job", done)]), JobLoop(app, [named("job", done)])
    assert first.run_due()
    assert not second.run_once()
    first._give_back()
    assert second.run_once()
    assert done == ["job", "job"]


def test_long_work_is_told_to_end(app: Flask) -> None:
    asked: list[bool] = []

    def long(go_on: Callable[[], bool]) -> None:
        asked.append(go_on())
        loop.stop()
        asked.append(go_on())

    loop = JobLoop(app, [Job("long", 1, long)])
    loop.run()
    assert asked == [True, False]


def test_the_thread_delivers_at_once_and_ends_clean(
    app: Flask,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pause is an hour here, so only being woken explains a mail that goes out."""
    monkeypatch.setattr(loop_module, "PERIOD", 3_600)
    mail_waits.clear()
    end = start_in_thread(app)
    try:
        outbox.write()
        arrived = threading.Event()
        deadline = threading.Timer(PATIENCE, arrived.set)
        deadline.start()
        while not outbox.folder.exists() or not list(outbox.folder.glob("*.eml")):
            assert not arrived.wait(0.02), "nothing arrived within a minute"
        deadline.cancel()
    finally:
        end(PATIENCE)
    assert "jobs" not in {thread.name for thread in threading.enumerate()}
    assert JobLoop(app, []).run_once(), "the lease was given back"


def test_a_database_that_is_away_is_logged_and_asked_again(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scim_server.jobs.lease import Holder

    def away(_: Holder) -> bool:
        raise OSError

    monkeypatch.setattr(Holder, "hold", away)
    assert not JobLoop(app, []).run_due()
    assert "the lease of the jobs cannot be taken" in caplog.text


def test_the_list_of_jobs_has_names_of_their_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert JOBS[0].run is deliver_due
