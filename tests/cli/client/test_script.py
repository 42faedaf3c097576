"""The bulk-invite script of the documentation as it is printed there, with only the program's name changed."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.installation import Outcome
from tests.support.terminal import Terminal

DOCUMENTATION = Path(__file__).parent / "documentation"


@dataclass(frozen=True)
class Script:
    """The script in a folder of its own, beside a file of people."""

    folder: Path
    ci: Terminal

    def run(self, *arguments: str) -> Outcome:
        """Run it by sh, as the documentation says."""
        given = self.ci.installation.environment(**self.ci.settings)
        environment = {**given, "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"}
        command = ["sh", "add-users.sh", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def invite(self, users: bytes) -> Outcome:
        """Run it for a file with this content."""
        (self.folder / "users.txt").write_bytes(users)
        return self.run("users.txt")


@pytest.fixture
def script(ci: Terminal, tmp_path: Path) -> Script:
    text = (DOCUMENTATION / "add-users.sh").read_text()
    assert text.count("astro organization") == 1
    (tmp_path / "add-users.sh").write_text(text.replace("astro organization", "scim-server organization"))
    commands.install(tmp_path)
    return Script(tmp_path, ci)


def test_as_it_is_printed(script: Script) -> None:
    outcome = script.invite((DOCUMENTATION / "users.txt").read_bytes())
    assert outcome.code == 0
    assert outcome.out == (
        "Inviting user1@astronomer.io as ORGANIZATION_MEMBER...\n"
        "invite for user1@astronomer.io with role ORGANIZATION_MEMBER created\n"
        "Inviting user2@astronomer.io as ORGANIZATION_OWNER...\n"
        "invite for user2@astronomer.io with role ORGANIZATION_OWNER created\n"
        "Inviting user3@astronomer.io as ORGANIZATION_BILLING_ADMIN...\n"
        "invite for user3@astronomer.io with role ORGANIZATION_BILLING_ADMIN created\n"
        "Inviting user4@astronomer.io as ORGANIZATION_OWNER...\n"
        "invite for user4@astronomer.io with role ORGANIZATION_OWNER created\n"
    )
    assert set(outcome.err.splitlines()) == {"Using the API token of SCIM_SERVER_API_TOKEN."}
    users = script.ci.json("organization", "user", "list")["users"]
    invited = {user["email"]: user["orgRole"] for user in users if user["status"] == "PENDING"}
    expected = (line.split() for line in (DOCUMENTATION / "users.txt").read_text().splitlines())
    assert invited == dict(expected)


@pytest.mark.parametrize("arguments", [(), ("one", "two")])
def test_a_wrong_number_of_arguments(script: Script, arguments: tuple[str, ...]) -> None:
    assert script.run(*arguments) == Outcome(1, "Usage: add-users.sh <file>\n", "")


def test_one_line_does_not_spoil_the_others(script: Script) -> None:
    """Line ends of Windows, an unknown role, a member; and a last line without an end, which `read` leaves out."""
    outcome = script.invite(
        b"windows@people.example ORGANIZATION_OWNER\r\n"
        b"wrong@people.example ORGANIZATION_KING\n"
        b"ann@acme.example ORGANIZATION_OWNER\n"
        b"after@people.example ORGANIZATION_MEMBER\n"
        b"last@people.example ORGANIZATION_MEMBER"
    )
    assert outcome.code == 0
    assert "invite for windows@people.example with role ORGANIZATION_OWNER created\n" in outcome.out
    assert "invite for after@people.example with role ORGANIZATION_MEMBER created\n" in outcome.out
    assert outcome.out.count("invite for") == 2
    assert "last@people.example" not in outcome.out
    assert [line for line in outcome.err.splitlines() if line.startswith("Error: ")] == [
        (
            "Error: requested role is invalid. Possible values are ORGANIZATION_OWNER, ORGANIZATION_BILLING_ADMIN, "
            "ORGANIZATION_OBSERVE_ADMIN, ORGANIZATION_OBSERVE_MEMBER and ORGANIZATION_MEMBER"
        ),
        "Error: User is already a member of this organization.",
    ]
