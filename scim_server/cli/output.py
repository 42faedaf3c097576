"""Print data: a table for people, JSON for programs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import click
import orjson

# Columns where no terminal says how wide it is: a row is one line, so that `grep` and `cut` find it whole.
_UNBOUNDED = 10_000

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def print_json(data: Any) -> None:
    """Print data as indented JSON on stdout."""
    plain = [_plain(item) for item in data] if isinstance(data, list) else _plain(data)
    click.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())


def print_table(
    columns: Mapping[str, str],
    rows: Sequence[Any],
    *,
    empty: str,
    title: str | None = None,
    highlighted: str | None = None,
    err: bool = False,
) -> None:
    """Print rows as a table; `columns` maps field names to headings, `empty` says what to do when there is nothing.

    Rows whose field `highlighted` is true stand out; `err` prints on stderr.
    """
    if not rows:
        click.echo(empty, err=err)
        return
    from rich.console import Console  # noqa: PLC0415 - most commands print no table
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(title=title, box=None, header_style="bold", pad_edge=False)
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in map(_plain, rows):
        style = "green" if highlighted is not None and row.get(highlighted) else None
        table.add_row(*(Text(_cell(row.get(name))) for name in columns), style=style)
    stream = sys.stderr if err else sys.stdout
    Console(file=stream, width=None if stream.isatty() else _UNBOUNDED).print(table)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print the fields of one thing, a line each."""
    width = max(len(name) for name in fields) + 2
    for name, value in fields.items():
        click.echo(f"{name + ':':<{width}}{_cell(value)}")


def printable(text: str) -> str:
    """Return a text without what steers a terminal: some texts come from clients and servers."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _plain(item: Any) -> Any:
    return asdict(item) if is_dataclass(item) and not isinstance(item, type) else item


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "-"
    return printable(str(value))
