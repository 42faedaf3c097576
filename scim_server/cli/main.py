"""The command group, and the one place where errors become a line on stderr and an exit code."""

import sys
from typing import Any

import click

from scim_server import __version__
from scim_server.cli.lazy import Lazily, LazyGroup

# The exit code of what SIGINT ended.
INTERRUPTED = 130
COMMANDS = {
    "quickstart": Lazily(
        "scim_server.cli.quickstart:quickstart",
        "Make the database, a first Organization with an Owner, and its tokens.",
    ),
    "serve": Lazily("scim_server.cli.serve:serve", "Serve SCIM until stopped."),
    "worker": Lazily("scim_server.cli.worker:worker", "Deliver mail and do the other jobs until stopped."),
    "login": Lazily(
        "scim_server.cli.client.logging_in:login", "Log in to a server, so that commands act there as you."
    ),
    "logout": Lazily("scim_server.cli.client.logging_in:logout", "Forget the login to the server in use."),
    "context": Lazily(
        "scim_server.cli.client.context_commands:context", "Choose between servers that you have logged in to."
    ),
    "organization": Lazily(
        "scim_server.cli.organization_group:organization", "Manage an Organization: people, Teams, tokens, domains."
    ),
    "workspace": Lazily(
        "scim_server.cli.client.place_commands:workspace", "Make Workspaces, and say who may do what in them."
    ),
    "deployment": Lazily(
        "scim_server.cli.client.place_commands:deployment", "Make Deployments, and say who may do what in them."
    ),
    "account": Lazily("scim_server.cli.account:account", "Let people sign in, or not."),
    "token": Lazily("scim_server.cli.token:token", "Create, list and revoke tokens."),
    "connection": Lazily("scim_server.cli.connection:connection", "Show and change how people join an Organization."),
    "extension": Lazily(
        "scim_server.cli.extension:extension",
        "Register schema extensions, so that custom attributes are stored, filtered and changed.",
    ),
    "audit": Lazily("scim_server.cli.audit:audit", "Check the audit log, and say how long it is kept."),
    "outbox": Lazily("scim_server.cli.outbox:outbox", "List mails, and try again those that were given up."),
    "db": Lazily("scim_server.cli.database:db", "Migrate and check the database, back it up and restore it."),
    "doctor": Lazily(
        "scim_server.cli.doctor:doctor",
        "Check this installation and say what to mend; exit 1 where something needs it.",
    ),
    "simulate": Lazily(
        "scim_server.cli.simulate:simulate",
        "Play an identity provider: people come, change, pause, return and go, and groups are pushed.",
    ),
    "completion": Lazily(
        "scim_server.cli.completion:completion", "Print the script that completes commands in a shell."
    ),
}
ALIASES = {"org": "organization"}


class Program(LazyGroup):
    """The group of all commands, which Ctrl-C ends with one line and 128 + SIGINT, as shells expect."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort) as error:
            # A prompt turns both Ctrl-C and the end of the input into Abort.
            if isinstance(error, click.Abort) and not isinstance(error.__context__, KeyboardInterrupt):
                raise
            click.echo("\nInterrupted.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(
    cls=Program,
    lazy=COMMANDS,
    aliases=ALIASES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="scim-server")
def cli() -> None:
    """Provision people and groups from identity providers over SCIM 2.0.

    \b
    First steps:
      scim-server quickstart      make a database, an Organization, and tokens
      scim-server serve           serve SCIM on http://127.0.0.1:8000
      scim-server login           act on a server from anywhere, through its API
    """


def main() -> None:
    """Run the command line; expected errors end with one line on stderr and exit code 1, usage errors with 2."""
    # A pipe that closes early (`| head`) is no error.
    try:
        cli.main(prog_name="scim-server")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
