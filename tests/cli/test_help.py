"""Help: every command says what it does, and shows an example that the command line accepts."""

import re
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from scim_server.cli.lazy import commands_of
from scim_server.cli.main import COMMANDS as LAZY
from scim_server.cli.main import cli
from tests.support.installation import Installation

COMMANDS = dict(commands_of(cli))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_usage_and_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"], prog_name="scim-server")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: scim-server {' '.join(path)} ")
    examples = re.findall(r"^ +(?:Examples?: )?(scim-server .*)$", result.output, re.MULTILINE)
    assert examples
    for example in examples:
        words = shlex.split(example)
        assert tuple(words[1 : 1 + len(path)]) == path
        named = {
            option for parameter in COMMANDS[path].params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        assert {word for word in words if word.startswith("-") and word != "-"} <= named


def test_every_option_is_explained() -> None:
    for path, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("name", LAZY)
def test_the_summary_is_what_the_command_says(name: str) -> None:
    assert LAZY[name].summary == LAZY[name].load().get_short_help_str(limit=1_000)


def test_help_imports_no_command() -> None:
    """Nor the web, nor the database: it is the first thing that people see."""
    program = (
        "import sys; from scim_server.cli.main import cli; cli(['-h'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"flask", "sqlalchemy", "rich", "pydantic"}.intersection(done.stdout.split())


def test_the_real_command(fresh: Installation) -> None:
    """Not forked from a process that knows the program already, as all others are."""
    command = [sys.executable, "-m", "scim_server", "--help"]
    done = subprocess.run(command, env=fresh.environment(), cwd=fresh.home, capture_output=True, text=True, check=True)
    assert done.stdout == fresh.good("--help")
    assert done.stdout.startswith("Usage: scim-server ")
    assert fresh.good("-h") == fresh.good("--help")
    assert re.fullmatch(r"scim-server, version \d+\.\d+\.\d+\n", fresh.good("--version"))
    assert not list(fresh.home.iterdir())


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["token"], ["token", "create"], ["serve", "--port", "0"], ["quickstart", "--nosuch"]]
)
def test_wrong_usage_exits_with_2(fresh: Installation, arguments: list[str]) -> None:
    outcome = fresh.run(*arguments)
    assert outcome.code == 2
    assert "Usage: scim-server" in outcome.err
    assert "Traceback" not in outcome.err
