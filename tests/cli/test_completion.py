"""Completion: the scripts of three shells, and what a real bash completes with its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.installation import Installation


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o nosort -F _scim_server_completion scim-server"),
        ("zsh", "#compdef scim-server"),
        ("fish", "complete --no-files --command scim-server"),
    ],
)
def test_each_shell_has_a_script(fresh: Installation, shell: str, line: str) -> None:
    script = fresh.good("completion", shell)
    assert line in script
    assert f"_SCIM_SERVER_COMPLETE={shell}_complete" in script


def test_other_shells_are_wrong_usage(fresh: Installation) -> None:
    assert fresh.run("completion", "powershell").code == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("d", {"db", "deployment", "doctor"}),
        ("db ba", {"backup"}),
        ("simulate --dialect en", {"entra", "entra-2020"}),
        ("organization create --o", {"--owner"}),
    ],
)
def test_a_real_bash_completes(fresh: Installation, tmp_path: Path, typed: str, completed: set[str]) -> None:
    commands.install(tmp_path)
    words = ["scim-server", *typed.split(" ")]
    asked = f"""
        {fresh.good("completion", "bash")}
        COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}
        _scim_server_completion scim-server
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = fresh.environment(PATH=f"{tmp_path}:{fresh.environment()['PATH']}")
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], env=environment, cwd=fresh.home, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == completed
