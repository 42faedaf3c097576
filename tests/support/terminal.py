"""A person or a CI job at a terminal: client commands with a folder of logins of their own, against one server."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

from tests.support.commands import program
from tests.support.installation import Installation, Outcome

PATIENCE = 60
_VOLATILE = (
    (re.compile(r"scim_[0-9a-f]{20}_[\w-]{43}"), "<token>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{20}\b"), "<token id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), "<moment>"),
    (re.compile(r"(just now|\d+ \w+ ago)"), "<ago>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<server>"),
)
_BETWEEN_COLUMNS = re.compile(r" {2,}")


def stable(text: str) -> str:
    """Return an output without what differs from run to run; columns stand two blanks apart."""
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return "\n".join(_BETWEEN_COLUMNS.sub("  ", line).rstrip() for line in text.strip().splitlines())


@dataclass(frozen=True)
class Terminal:
    """Runs client commands; `settings` are variables of their environment."""

    installation: Installation
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, answer: str = "", **settings: str) -> Outcome:
        """Run a command to its end; `answer` is what its standard input holds."""
        return self.installation.run(*arguments, answer=answer, **{**self.settings, **settings})

    def good(self, *arguments: str, **settings: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        outcome = self.run(*arguments, **settings)
        assert outcome.code == 0, outcome
        return outcome.out

    def json(self, *arguments: str, **settings: str) -> Any:
        """Run a command with --json and return the value that it printed."""
        return json.loads(self.good(*arguments, "--json", **settings))

    def refused(self, *arguments: str, **settings: str) -> str:
        """Run a command that must fail by one line, after notices at most, with exit code 1; return that line."""
        outcome = self.run(*arguments, **settings)
        assert outcome.code == 1, outcome
        line = outcome.err.splitlines()[-1]
        assert line.startswith("Error: "), outcome
        return line

    def open(self, *arguments: str) -> "Session":
        """Run a command at a terminal of its own, where a person answers."""
        return Session([*program(), *arguments], self.installation.environment(**self.settings))


class Session:
    """A command at a pseudo-terminal."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._terminal, inside = pty.openpty()
        self._process = subprocess.Popen(
            command, env={**environment, "TERM": "xterm"}, stdin=inside, stdout=inside, stderr=inside
        )
        os.close(inside)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until the screen has shown a text."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            assert self._read(), self.seen

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, as people do: once it reads. In the moment before, Python's input() would not hear of it."""
        time.sleep(0.5)
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        while self._read():
            pass
        code = self._process.wait(PATIENCE)
        os.close(self._terminal)
        return code

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], PATIENCE)
        assert ready, self.seen
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode()
        return bool(data)
