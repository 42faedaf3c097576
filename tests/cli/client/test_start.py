"""What client commands import: neither the server nor its database, nor what this command does not need."""

import subprocess
import sys

import pytest

from scim_server.cli.organization_group import COMMANDS as OF_ORGANIZATION
from tests.support.commands import ROOT
from tests.support.terminal import Terminal

SERVER = {"flask", "sqlalchemy", "alembic", "marshmallow", "pydantic", "granian", "scim_server.app", "scim_server.web"}
LATER = {"requests", "rich", "filelock"}
_PROGRAM = """
import sys
from scim_server.cli.main import cli
try:
    cli(sys.argv[1:], prog_name="scim-server", standalone_mode=False)
except BaseException as error:
    print(type(error).__name__, file=sys.stderr)
print(*sys.modules, file=sys.stderr)
"""


def imported(terminal: Terminal, *arguments: str) -> set[str]:
    """Return the modules that a command imported, run in a process that nothing was imported into before."""
    environment = terminal.installation.environment(**terminal.settings)
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_a_command_imports_nothing_of_the_server(ci: Terminal) -> None:
    modules = imported(ci, "organization", "list")
    assert not modules & SERVER
    assert {"requests", "rich.table"} <= modules


@pytest.mark.parametrize(
    "arguments", [("organization", "--help"), ("organization", "invite", "--help"), ("login", "-h")]
)
def test_help_imports_no_more_than_it_shows(ci: Terminal, arguments: tuple[str, ...]) -> None:
    assert not imported(ci, *arguments) & (SERVER | LATER)


@pytest.mark.parametrize("name", OF_ORGANIZATION)
def test_the_summary_is_what_the_command_says(name: str) -> None:
    assert OF_ORGANIZATION[name].summary == OF_ORGANIZATION[name].load().get_short_help_str(limit=1_000)


def test_the_contract_names_every_module_of_the_server() -> None:
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("Client commands speak HTTP alone")[2]
    present = {path.stem for path in (ROOT / "scim_server").iterdir() if not path.name.startswith("_")} - {"cli"}
    missing = {name for name in present if f'"scim_server.{name}"' not in contract}
    assert not missing, "name it in pyproject.toml, where the client's contract forbids to import it"
