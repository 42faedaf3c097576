"""The documentation says what the program does: examples run, links resolve, reference pages agree, names exist."""

import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from docs.generate import LIMITS, pages
from scim_server.protocol import limits
from scim_server.settings import OTHER_VARIABLES, PREFIX, Settings
from tests.support import commands
from tests.support.commands import ROOT
from tests.support.installation import Installation

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
RUNNABLE = re.compile(r"^```sh runnable\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
WORDS_OF_A_PICTURE, MAX_PICTURES_BYTES = 8, 1_200_000
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(page.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def test_each_picture_is_named_and_small() -> None:
    """`make pictures` takes them; whoever cannot see one is told what it shows."""
    named = {
        (page.parent / path).resolve(): words
        for page in PAGES
        for words, path in PICTURE.findall(page.read_text(encoding="utf-8"))
    }
    there = set((ROOT / "docs" / "pictures").iterdir())

    assert set(named) == there
    assert all(len(words.split()) >= WORDS_OF_A_PICTURE for words in named.values())
    assert sum(path.stat().st_size for path in there) < MAX_PICTURES_BYTES
    # Width and height stand behind the first 16 bytes of a PNG.
    assert {int.from_bytes(path.read_bytes()[16:20], "big") for path in there} == {1200}


@pytest.mark.parametrize("page", [page for page in PAGES if RUNNABLE.search(page.read_text("utf-8"))], ids=name_of)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    """All runnable blocks of a page, in order, in one shell, beside a server on an installation of its own."""
    home, folder, tools = (tmp_path / name for name in ("home", "folder", "tools"))
    for made in (home, folder, tools):
        made.mkdir()
    installation = Installation(home)
    installation.good("quickstart")
    commands.install(tools)
    script = "set -eu\n" + "\n".join(RUNNABLE.findall(page.read_text(encoding="utf-8")))
    with installation.serving() as server:
        environment = installation.environment(
            PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", SCIM_SERVER_PORT=str(server.port)
        )
        done = subprocess.run(
            ["/bin/sh"], input=script, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_some_examples_run() -> None:
    assert sum(len(RUNNABLE.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 5


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_reference_agrees_with_the_program(page: Path) -> None:
    """Run `python docs/generate.py` where this fails."""
    assert page.read_text(encoding="utf-8") == pages()[page]


def test_every_limit_is_explained() -> None:
    assert set(LIMITS) == {name for name in vars(limits) if name.isupper()}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    known |= {f"{PREFIX}NAME", f"{PREFIX}HOME"}
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_named_exist(page: Path) -> None:
    from scim_server.cli.main import COMMANDS

    for line in re.findall(r"scim-server ([a-z-]+(?: [a-z-]+)?)", page.read_text(encoding="utf-8")):
        first, _, second = line.partition(" ")
        command = COMMANDS[first].load() if first in COMMANDS else None
        if command is None:  # prose about the server
            assert f"`scim-server {first}" not in page.read_text(encoding="utf-8"), line
        elif isinstance(command, click.Group) and second:
            assert second in command.list_commands(click.Context(command)), line
