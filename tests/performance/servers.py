"""Servers under test as processes of their own, with the processor time and memory that they use."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
_START_TIMEOUT = 60
_STOP_TIMEOUT = 30


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A server process on loopback; `database_pid` is PostgreSQL's, whose work counts as the server's."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], database_pid: int | None) -> None:
        self.port = free_port()
        self._database = psutil.Process(database_pid) if database_pid else None
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment, "SCIM_SERVER_PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
        )
        self._tree = psutil.Process(self._process.pid)
        self._wait()

    def cpu(self) -> float:
        """Return the processor time in seconds that the server and its database have used."""
        trees = [self._tree, *([self._database] if self._database else [])]
        return sum(_cpu(process) for tree in trees for process in (tree, *tree.children(recursive=True)))

    def memory(self) -> int:
        """Return the proportional set size in bytes of the largest process: the worker."""
        return self._worker.memory_full_info().pss

    def mapped_memory(self) -> int:
        """Return how many bytes of that are pages of files, which the system can take back."""
        rollup = Path(f"/proc/{self._worker.pid}/smaps_rollup").read_text(encoding="ascii")
        kilobytes = next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss_File:"))
        return int(kilobytes) * 1024

    @property
    def _worker(self) -> psutil.Process:
        processes = (self._tree, *self._tree.children(recursive=True))
        return max(processes, key=lambda process: process.memory_info().rss)

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            for process in self._tree.children(recursive=True):
                process.kill()
            self._process.kill()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with exit code {self._process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise TimeoutError("the server does not listen")


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
