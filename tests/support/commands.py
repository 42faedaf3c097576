"""`scim-server` as the tests start it: forked from a process of this test run that has imported all commands."""

import atexit
import gc
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.support import forked

ROOT = Path(__file__).parents[2]


def program() -> list[str]:
    """Return the words that stand for `scim-server` at the head of a command."""
    return [sys.executable, "-IS", forked.__file__, address()]


def install(folder: Path) -> None:
    """Make `scim-server` a program of this folder, for a shell that has it in its PATH."""
    path = folder / "scim-server"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(program())} "$@"\n')
    path.chmod(0o755)


@cache
def address() -> str:
    """Return the socket of the process that commands are forked from; starts it."""
    folder = tempfile.TemporaryDirectory(prefix="scim-")
    path = f"{folder.name}/forks"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.commands", str(listener.fileno())],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return path


def _be_commands(listener: socket.socket) -> None:
    """Import all commands, then be each that is asked for, in a process of its own."""
    from scim_server.cli.main import COMMANDS, main

    for lazily in COMMANDS.values():
        lazily.load()
    # No collection of garbage looks at, and so copies, the memory that the processes share.
    gc.collect()
    gc.freeze()
    words = forked.serve_forks(listener)
    # What the streams of a process that Python starts are.
    sys.stdin, sys.stdout = (open(number, mode, closefd=False) for number, mode in enumerate("rw"))  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.argv = ["scim-server", *words]
    _end(_code_of(main))


def _code_of(main: Callable[[], object]) -> int:
    """Run the program and return its exit code, having said what Python says of other exceptions."""
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - the interpreter catches all
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> None:
    """End as Python does, without freeing all memory before, which takes a second where it is shared."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _be_commands(socket.socket(fileno=int(sys.argv[1])))
