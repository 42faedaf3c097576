"""Ask people, where there are any: a menu, a line, a confirmation. Who tells a command all is not asked."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from scim_server.cli.client.errors import one_line
from scim_server.cli.output import print_table

force_option = click.option("--force", "-f", is_flag=True, help="Do not ask.")


def is_interactive() -> bool:
    """Tell whether somebody could answer."""
    return sys.stdin.isatty()


def choose(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, missing: str, invalid: str
) -> Mapping[str, Any]:
    """Let a person pick a row of a numbered table.

    Raises ClickException: `missing` where nobody could answer, `invalid` where the answer is no number of the table.
    """
    if not is_interactive():
        raise click.ClickException(missing)
    if not rows:
        raise click.ClickException(invalid)
    numbered = [{"#": number, **row} for number, row in enumerate(rows, 1)]
    print_table({"#": "#", **columns}, numbered, empty="", err=True)
    answer = click.prompt(">", prompt_suffix=" ", err=True, default="", show_default=False)
    if not answer.isdecimal() or not 0 < int(answer) <= len(rows):
        raise click.ClickException(invalid)
    return rows[int(answer) - 1]


def ask(text: str, *, missing: str) -> str:
    """Let a person type a line; raises ClickException where nobody could answer, or the line is empty."""
    answer = click.prompt(text, prompt_suffix="", err=True, default="", show_default=False) if is_interactive() else ""
    if not answer.strip():
        raise click.ClickException(missing)
    return str(answer).strip()


def confirm(question: str, *, force: bool, declined: str = "") -> None:
    """Go on where `force` is set or a person answers `y`; any other answer ends the command, which is no failure.

    Raises ClickException where nobody could answer.
    """
    if force:
        return
    if not is_interactive():
        raise click.ClickException("Nobody is here to confirm this; --force does it without asking.")
    if click.prompt(f"{one_line(question)} (y/n)", err=True, default="", show_default=False).strip() != "y":
        if declined:
            click.echo(declined, err=True)
        raise click.exceptions.Exit(0)
