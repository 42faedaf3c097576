"""Print lists: a table with the headings people know, or JSON with the name of the list around it."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

import click

from scim_server.cli.client.errors import one_line
from scim_server.cli.output import print_json, print_table

Parameters = ParamSpec("Parameters")


def output_options(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Add `--json` and `--output`, which say the same, and hand the command `as_json`."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        kwargs["as_json"] = kwargs.pop("output") == "json" or kwargs["as_json"]
        command(*args, **kwargs)

    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option(
            "--output", "-o", type=click.Choice(["table", "json"]), default="table", help="Print a table, or JSON."
        ),
    ):
        run = option(run)
    return run


def say(text: str, *, err: bool = False) -> None:
    """Print a line; names in it come from clients, and none of them may steer the terminal."""
    click.echo(one_line(text), err=err)


def show(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    as_json: bool,
    empty: str,
) -> None:
    """Print rows as `{name: rows}`, or as a table whose row of `isCurrent` stands out; `empty` is a notice."""
    if as_json:
        print_json({name: list(rows)})
    elif not rows:
        click.echo(empty, err=True)
    else:
        print_table(columns, rows, empty=empty, highlighted="isCurrent")
