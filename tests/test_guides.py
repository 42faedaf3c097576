"""Run the curl commands of the guides against a real server, and compare its answers with those on the page.

A guide's ```sh block is followed by an ```http block: the status line, and the body where there is one. All blocks of
a page run in one shell, with BASE and TOKEN set, as a reader pastes them.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.server import RealServer

GUIDES = Path(__file__).parents[1] / "docs" / "guides"
PAGES = ("entra-cycle.md", "okta-cycle.md")
# Seconds for all requests of a page, on a machine that is busy with other tests.
TIMEOUT = 120
_STEP = re.compile(r"^```sh\n(?P<commands>.*?)^```\n\n```http\n(?P<answer>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "#### end of step"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHANGING = {"MOMENT": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "HOST": r"http://127\.0\.0\.1:\d+"}


class Step(NamedTuple):
    """What a reader pastes, and the answer that the page shows."""

    commands: str
    answer: str


class Answer(NamedTuple):
    """Status and body of an answer, without what is another each time."""

    status: int
    body: Any


def read_steps(page: str) -> list[Step]:
    """Return the steps of a page in order."""
    return [Step(found["commands"], found["answer"]) for found in _STEP.finditer(page)]


def run_steps(steps: list[Step], server: RealServer, folder: Path) -> list[str]:
    """Run the commands of all steps in one shell and return what each printed."""
    script = "\n".join(["set -eu", *(f"{step.commands}\necho '{_MARK}'" for step in steps)])
    environment = {
        "PATH": os.environ["PATH"],
        "BASE": server.founded["scim_base_url"],
        "TOKEN": server.founded["scim_token"],
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        ["sh"], input=script, env=environment, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(_MARK + "\n")[: len(steps)]


def read_answers(texts: list[str]) -> list[Answer]:
    """Return the answers with every id numbered by its first appearance, and times and hosts made alike."""
    numbers: dict[str, str] = {}
    answers = []
    for text in texts:
        head, _, body = text.strip().replace("\r\n", "\n").partition("\n\n")
        body = json.dumps(json.loads(body), sort_keys=True) if body else "null"
        for name, pattern in _CHANGING.items():
            body = re.sub(pattern, name, body)
        body = _UUID.sub(lambda found: numbers.setdefault(found[0], f"id-{len(numbers)}"), body)
        answers.append(Answer(int(head.split()[1]), json.loads(body)))
    return answers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Give a running server, founded by quickstart; each page leaves it as it was."""
    if shutil.which("curl") is None and not os.environ.get("CI"):
        pytest.skip("curl is not installed, so the commands of the guides cannot be run")
    home = tmp_path_factory.mktemp("home")
    running = RealServer(home, f"sqlite:///{home}/scim.db")
    running.start()
    try:
        yield running
    finally:
        running.kill()


@pytest.mark.parametrize("page", PAGES)
def test_commands_give_the_answers_on_the_page(page: str, server: RealServer, tmp_path: Path) -> None:
    steps = read_steps((GUIDES / page).read_text(encoding="utf-8"))
    shown = read_answers([step.answer for step in steps])
    given = read_answers(run_steps(steps, server, tmp_path))
    for step, expected, answer in zip(steps, shown, given, strict=True):
        assert answer == expected, step.commands


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_followed_by_its_answer(page: str) -> None:
    text = (GUIDES / page).read_text(encoding="utf-8")
    steps = read_steps(text)
    assert len(steps) == text.count("```sh\n") >= 14
    assert all(step.commands.count("curl -sSi ") == 1 for step in steps)
