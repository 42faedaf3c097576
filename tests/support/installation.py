"""An installation of its own: a home, a database, and the commands as an operator runs them, each in a process."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.commands import ROOT, program

PATIENCE = 60


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Installation:
    """Runs commands against one home and database; SQLite in the home where no database is named."""

    home: Path
    database_url: str | None = None

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the environment of a command: this one's without our settings, and those of the installation."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCIM_SERVER_")}
        # Logins of client commands are those of the installation too, and never those of who runs the tests.
        named = {"SCIM_SERVER_HOME": str(self.home), "SCIM_SERVER_CONFIG_HOME": str(self.home / "logins")}
        if self.database_url is not None:
            named["SCIM_SERVER_DATABASE_URL"] = self.database_url
        return {**inherited, "PYTHONPATH": str(ROOT), **named, **settings}

    def run(self, *arguments: str | bytes, answer: str = "", **settings: str) -> Outcome:
        """Run a command to its end; `answer` is what is typed, nothing by default."""
        command = [*program(), *(os.fsdecode(argument) for argument in arguments)]
        done = subprocess.run(
            command,
            env=self.environment(**settings),
            cwd=self.home,
            input=answer,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def good(self, *arguments: str | bytes, **settings: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        outcome = self.run(*arguments, **settings)
        assert outcome.code == 0, outcome
        return outcome.out

    def json(self, *arguments: str, **settings: str) -> Any:
        """Run a command with --json and return the value that it printed."""
        return json.loads(self.good(*arguments, "--json", **settings))

    def refused(self, *arguments: str | bytes, **settings: str) -> str:
        """Run a command that must fail by one line on stderr and exit code 1, and return that line."""
        outcome = self.run(*arguments, **settings)
        assert outcome.code == 1, outcome
        assert outcome.out == "", outcome
        assert outcome.err.startswith("Error: "), outcome
        assert outcome.err.count("\n") == 1, outcome
        return outcome.err.strip()

    @contextmanager
    def serving(self, *, by: Sequence[str] = (), **settings: str) -> Iterator["Server"]:
        """Serve on a free port until the block ends; `by` are other words for `scim-server`."""
        port = free_port()
        process = subprocess.Popen(
            [*(by or program()), "serve", "--port", str(port)],
            env=self.environment(SCIM_SERVER_RATE_LIMIT_PER_SECOND="0", **settings),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server = Server(process, port)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.communicate()[0]
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).status_code == requests.codes.ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("The server did not become ready.")

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> Outcome:
        """End it by a signal and return what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            out, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        except ValueError:  # its output was read by an earlier stop
            out = ""
        return Outcome(self.process.returncode, out, "")


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
