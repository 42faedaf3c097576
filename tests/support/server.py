"""The real server as its own processes: founded by `quickstart`, served by `serve`, ended by any signal."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.client import GROUP, PATCH, SCIM, USER
from tests.support.commands import ROOT, address, program
from tests.support.forked import Forked

# Seconds in which a server has to answer after its start, on a machine that is busy with other tests.
START_TIMEOUT = 60


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """An answer of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


@dataclass
class RealClient:
    """Sends requests over one connection that is kept alive; one thread at a time may use it.

    A broken connection raises OSError or HTTPException: the client cannot know whether the server did it.
    """

    port: int
    base: str
    token: str
    timeout: float = 60.0
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request to a path below the Organization's base, or to an absolute one that begins with `//`."""
        target = path[1:] if path.startswith("//") else self.base + path
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        data = None
        if body is not None:
            sent["Content-Type"] = SCIM
            data = json.dumps(body).encode()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self._connection.request(method, target, data, sent)
            answer = self._connection.getresponse()
            return Answer(answer.status, {k.title(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path: str, **parameters: Any) -> Answer:
        """GET with query parameters."""
        return self.request("GET", f"{path}?{urlencode(parameters, quote_via=quote)}" if parameters else path)

    def create_user(self, user_name: str, **attributes: Any) -> Answer:
        """POST a User."""
        return self.request("POST", "/Users", {"schemas": [USER], "userName": user_name, **attributes})

    def create_group(self, display_name: str, *member_ids: str) -> Answer:
        """POST a Group."""
        members = [{"value": member_id} for member_id in member_ids]
        return self.request("POST", "/Groups", {"schemas": [GROUP], "displayName": display_name, "members": members})

    def patch(self, path: str, *operations: dict[str, Any]) -> Answer:
        """PATCH with these operations."""
        return self.request("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class RealServer:
    """One installation: a home folder, a database, a port. Started and ended as often as a test likes."""

    home: Path
    database_url: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    founded: dict[str, Any] = field(default_factory=dict, init=False)
    _process: Forked | None = field(default=None, init=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that the commands run in; nothing of the tests' own settings shines through."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCIM_SERVER_")}
        return {
            **inherited,
            "SCIM_SERVER_HOME": str(self.home),
            "SCIM_SERVER_DATABASE_URL": self.database_url,
            "SCIM_SERVER_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SCIM_SERVER_RATE_LIMIT_PER_SECOND": "0",
            **{f"SCIM_SERVER_{name.upper()}": value for name, value in self.settings.items()},
        }

    @property
    def log(self) -> str:
        """Return what the servers of this installation have written."""
        file = self.home / "server.log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def pid(self) -> int:
        """Return the process id of the running server's main process."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def run(self, *arguments: str) -> str:
        """Run an operator command to its end and return what it printed; fails where it fails."""
        command = [*program(), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def quickstart(self) -> None:
        """Make the tables, an Organization and its tokens."""
        self.founded = json.loads(self.run("quickstart", "--json"))

    def start(self, *arguments: str) -> None:
        """Serve, and wait until the server is ready."""
        if not self.founded:
            self.quickstart()
        words = ["serve", "--port", str(self.port), *arguments]
        with (self.home / "server.log").open("ab") as log, Path(os.devnull).open() as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            self._process = Forked(address(), words, self.environment, str(ROOT), streams, alone=True)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until /readyz says 200; fails after a minute, or when the server has ended."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, f"the server ended: {self.log[-2000:]}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ready().status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"not ready after {START_TIMEOUT} s: {self.log[-2000:]}")

    def ready(self) -> Answer:
        """Ask /readyz on a new connection."""
        with self.client() as client:
            return client.request("GET", "//readyz")

    @contextlib.contextmanager
    def client(self) -> Iterator[RealClient]:
        """Give a client of the founded Organization, which only one thread may use."""
        base = f"/scim/v2/{self.founded['organization_id']}"
        client = RealClient(self.port, base, self.founded["scim_token"])
        try:
            yield client
        finally:
            client.close()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the main process alone, as a service manager does."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End all processes at once, without any notice."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """End the server as a service manager does and return its exit code."""
        assert self._process is not None
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self.kill()

    def wait(self, timeout: float = 60) -> int:
        """Wait for the end of the main process and return its exit code."""
        assert self._process is not None
        return self._process.wait(timeout)
