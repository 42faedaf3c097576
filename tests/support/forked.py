"""Commands in processes of their own that need not import the program: forked from one that has.

Importing takes longer than most commands. What a process is given is what a shell gives (arguments, environment,
folder, standard streams), and it ends as Python ends. This file is also the program that stands in for `scim-server`
in shells: it hands all of that on, passes signals on, and exits as the command did. It imports little, as it is run
by the hundred; some tests start `python -m scim_server` itself.
"""

import json
import os
import signal
import socket
import sys
from typing import Any, NoReturn

_LENGTH = 8
_STREAMS = 3
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Forked:
    """A command that runs; `streams` are the descriptors of its standard input, output and error.

    With `alone` it leads a session of its own, so that os.killpg() ends it with its children.
    """

    def __init__(
        self,
        address: str,
        words: list[str],
        environment: dict[str, str],
        folder: str,
        streams: tuple[int, int, int],
        *,
        alone: bool = False,
    ) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(address)
        told = json.dumps([words, environment, folder, alone]).encode()
        socket.send_fds(self._connection, [len(told).to_bytes(_LENGTH, "big")], streams)
        self._connection.sendall(told)
        self.pid = self._number()
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code, negative for a signal; raises TimeoutError."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = self._number()
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, or None while the command runs."""
        try:
            return self.wait(0)
        except (TimeoutError, BlockingIOError):
            return None

    def _number(self) -> int:
        received = _receive(self._connection, _LENGTH)
        return int.from_bytes(received, "big", signed=True)


def _receive(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionError("the process that commands are forked from has ended")
        received += part
    return received


def _stand_in() -> NoReturn:
    """Be `scim-server`: run the command elsewhere, on the streams of this process."""
    address, *words = sys.argv[1:]
    # Those that come before the command is known wait for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    command = Forked(address, words, dict(os.environ), os.getcwd(), (0, 1, 2))  # noqa: PTH109 - pathlib is slow to import
    for number in _PASSED_ON:
        signal.signal(number, lambda number, _frame: os.kill(command.pid, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    code = command.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


def serve_forks(listener: socket.socket) -> Any:
    """Fork a process for each command that is asked for, until the standard input ends; in each, return its words.

    Whoever calls this then runs the command, and ends as it ends.
    """
    import contextlib
    import select

    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if listener not in ready:
            os._exit(0)
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            return _mind(connection)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None:
                pass


def _mind(connection: socket.socket) -> list[str]:
    """Fork the command, wait for it, and tell how it ended; return its words in the process of the command."""
    length, streams, _, _ = socket.recv_fds(connection, _LENGTH, _STREAMS)
    words, environment, folder, alone = json.loads(_receive(connection, int.from_bytes(length, "big")))
    pid = os.fork()
    if pid:
        for stream in streams:
            os.close(stream)
        connection.sendall(pid.to_bytes(_LENGTH, "big"))
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        connection.sendall(code.to_bytes(_LENGTH, "big", signed=True))
        os._exit(0)
    connection.close()
    if alone:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    return list(words)


if __name__ == "__main__":
    _stand_in()
