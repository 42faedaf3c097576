"""The job loop: what is to be done, in order and how often, by whichever process holds the lease."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask

from scim_server.accounts import devices, one_time, sessions, throttling
from scim_server.audit.chain import seal_all
from scim_server.audit.retention import apply_retention
from scim_server.connections.journal import forget_old_requests
from scim_server.idempotency.service import forget_old_answers
from scim_server.jobs.lease import Holder
from scim_server.jobs.owner_mail import recheck_domains, warn_of_expiring_tokens, watch_provisioning
from scim_server.outbox.delivery import deliver_due, forget_sent
from scim_server.outbox.service import mail_waits
from scim_server.statistics.service import count_members, count_moves
from scim_server.users.undoing import forget_removed

LEASE_NAME = "jobs"
# Seconds between two looks at the lease and at what is due, where nothing wakes the loop earlier.
PERIOD = 5.0
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done every so many seconds.

    It is handed a function that says whether to go on; long work asks it between its steps, which also renews the
    lease. Another process may do the same job soon after, so what was done is written down in the database.
    """

    name: str
    seconds: float
    run: Callable[[Callable[[], bool]], object]


JOBS: tuple[Job, ...] = (
    Job("deliver mail", PERIOD, deliver_due),
    Job("check domains again", MINUTE, recheck_domains),
    Job("warn of expiring tokens", HOUR, warn_of_expiring_tokens),
    Job("forget sent mail", DAY, lambda go_on: forget_sent()),
    Job("forget ended sessions", HOUR, lambda go_on: sessions.forget_ended()),
    Job("forget links that are too old", HOUR, lambda go_on: one_time.forget_old()),
    Job("forget logins of devices that nobody finished", HOUR, lambda go_on: devices.forget_old()),
    Job("forget what was tried long ago", HOUR, lambda go_on: throttling.forget_old()),
    Job("link audit events", PERIOD, seal_all),
    Job("delete old audit events", DAY, apply_retention),
    Job("forget removed users", MINUTE, lambda go_on: forget_removed()),
    Job("forget old answers", HOUR, lambda go_on: forget_old_answers()),
    Job("forget old requests", HOUR, forget_old_requests),
    Job("watch provisioning", 5 * MINUTE, watch_provisioning),
    Job("count members", 10 * MINUTE, count_members),
    Job("count who joined and left", 10 * MINUTE, count_moves),
)


class JobLoop:
    """Does the jobs of an application until it is stopped; safe to run in any number of processes."""

    def __init__(self, app: Flask, jobs: Sequence[Job] = JOBS) -> None:
        self._app = app
        self._jobs = jobs
        self._due_at = dict.fromkeys((job.name for job in jobs), 0.0)
        self._holder = Holder(LEASE_NAME)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Do the jobs until `stop`, then give the lease back; what a job has begun it ends."""
        while not self._stopped.is_set():
            self.run_due()
            if not self._stopped.is_set():
                mail_waits.wait(PERIOD)
        self._give_back()

    def run_once(self) -> bool:
        """Do every job once and give the lease back; return False where another process holds it."""
        done = self.run_due()
        self._give_back()
        return done

    def stop(self) -> None:
        """Ask the loop to end after what it is doing."""
        self._stopped.set()
        mail_waits.set()

    def run_due(self) -> bool:
        """Do what is due, if this process holds the lease; a job that fails does not stop the others."""
        # What is waited for may come while the jobs run, and is then seen by the next look.
        mail_woke = mail_waits.is_set()
        mail_waits.clear()
        with self._app.app_context():
            if not self._hold():
                return False
            for job in self._jobs:
                if self._due_at[job.name] <= time.monotonic() or (mail_woke and job.run is deliver_due):
                    self._do(job)
        return True

    def _do(self, job: Job) -> None:
        try:
            job.run(self._go_on)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs are done all the same
            _log.error("a job failed", exc_info=error, extra={"job": job.name})
        self._due_at[job.name] = time.monotonic() + job.seconds

    def _go_on(self) -> bool:
        return not self._stopped.is_set() and self._hold()

    def _hold(self) -> bool:
        try:
            return self._holder.hold()
        except Exception as error:  # noqa: BLE001 - the database is away; the next look may find it
            _log.warning("the lease of the jobs cannot be taken", extra={"error": type(error).__name__})
            return False

    def _give_back(self) -> None:
        try:
            with self._app.app_context():
                self._holder.give_back()
        except Exception as error:  # noqa: BLE001 - it runs out by itself
            _log.warning("the lease of the jobs cannot be given back", extra={"error": type(error).__name__})


def start_in_thread(app: Flask) -> Callable[[float], None]:
    """Run the loop beside the requests of this process, and return what ends it within so many seconds."""
    loop = JobLoop(app)
    thread = threading.Thread(target=loop.run, name="jobs", daemon=True)
    thread.start()

    def end(seconds: float) -> None:
        loop.stop()
        thread.join(seconds)

    return end
