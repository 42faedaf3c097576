"""The command group, and the one place where errors become a line on stderr and an exit code."""

import sys

import click

from scim_server import __version__
from scim_server.cli.account import account
from scim_server.cli.audit import audit
from scim_server.cli.connection import connection
from scim_server.cli.database import db
from scim_server.cli.doctor import doctor
from scim_server.cli.extension import extension
from scim_server.cli.organization import organization
from scim_server.cli.outbox import outbox
from scim_server.cli.quickstart import quickstart
from scim_server.cli.serve import serve
from scim_server.cli.simulate import simulate
from scim_server.cli.token import token
from scim_server.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="scim-server")
def cli() -> None:
    """Provision people and groups from identity providers over SCIM 2.0.

    \b
    First steps:
      scim-server quickstart      make a database, an Organization, and tokens
      scim-server serve           serve SCIM on http://127.0.0.1:8000
    """


for command in (
    quickstart,
    serve,
    worker,
    organization,
    account,
    token,
    connection,
    extension,
    audit,
    outbox,
    db,
    doctor,
    simulate,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; expected errors end with one line on stderr and exit code 1, usage errors with 2."""
    # A pipe that closes early (`| head`) is no error.
    try:
        cli.main(prog_name="scim-server")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
