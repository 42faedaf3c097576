"""The guide that goes once around the management API, pasted as a newcomer does, with a real DNS and mails as files."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from tests.support import commands
from tests.support.commands import ROOT
from tests.support.dns import DnsServer
from tests.support.installation import Installation

GUIDE = ROOT / "docs" / "guides" / "organization.md"
BLOCK = re.compile(r"^```sh newcomer\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Seconds for all of it, on a machine that is busy with other tests.
TIMEOUT = 240


class PublishedByFile(DnsServer):
    """A DNS server whose TXT records stand in a file, a name and a value on each line."""

    def __init__(self, records: Path) -> None:
        super().__init__()
        self._records = records

    def answer(self, wire: bytes, protocol: str) -> bytes | None:
        """Read the records anew and answer by them."""
        lines = self._records.read_text().splitlines() if self._records.exists() else []
        self.texts = {f"{name}.": [value] for name, value in (line.split(maxsplit=1) for line in lines)}
        return super().answer(wire, protocol)


def tool(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def test_the_guide_works_as_it_is_printed(backend: str, fresh_database_url: str, tmp_path: Path) -> None:
    home, tools, folder = (tmp_path / name for name in ("home", "tools", "folder"))
    for made in (home, tools, folder):
        made.mkdir()
    records = tmp_path / "records"
    commands.install(tools)
    tool(tools / "publish-txt", f'echo "$1 $2" >> {shlex.quote(str(records))}')
    dns = PublishedByFile(records)
    dns.start()
    installation = Installation(home, fresh_database_url)
    resolvers = "{}:{}".format(*dns.address)
    try:
        installation.good("quickstart")
        with installation.serving(SCIM_SERVER_DNS_RESOLVERS=resolvers) as server:
            done = subprocess.run(
                ["/bin/sh"],
                input="set -eu\n" + "\n".join(BLOCK.findall(GUIDE.read_text(encoding="utf-8"))),
                env=installation.environment(
                    PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", SCIM_SERVER_PORT=str(server.port)
                ),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
    finally:
        dns.stop()

    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "audit.csv").read_text().count("\n") > 15


def test_every_command_of_the_guide_is_run() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == len(re.findall(r"^```sh", text, re.MULTILINE)) > 10
