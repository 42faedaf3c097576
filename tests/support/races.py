"""Two pieces of work at once, in an order that the test decides."""

import threading
from typing import Any

import pytest
from flask import Flask


class Pause:
    """Lets one piece of work wait at a place inside its transaction, while the test does something else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        """Have a function of a module wait before it runs."""
        self.reached, self.go_on = threading.Event(), threading.Event()
        real = getattr(module, name)

        def paused(*arguments: Any, **keywords: Any) -> Any:
            self.reached.set()
            assert self.go_on.wait(30)
            return real(*arguments, **keywords)

        monkeypatch.setattr(module, name, paused)


def in_thread(app: Flask, work: Any) -> Any:
    """Return work that a thread can do, with an application context of its own."""

    def run() -> Any:
        with app.app_context():
            return work()

    return run
