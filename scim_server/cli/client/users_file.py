"""Files of people to invite: lines of e-mail address and role, as the documentation's script reads them, or CSV."""

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

# What is longer would have the server refuse the whole request, with all lines of it.
MAX_EMAIL_LENGTH, MAX_ROLE_LENGTH = 512, 100
# Of a spreadsheet; anything else separates by white space.
_SEPARATORS = (",", ";")
_EMAIL, _ROLE = "email", "role"
# What a spreadsheet calls the column of addresses.
_EMAIL_HEADINGS = frozenset({_EMAIL, "e-mail", "mail", "username"})


class Line(NamedTuple):
    """A person to invite; `number` is where the line stands in the file, `problem` why it can be no person."""

    number: int
    email: str
    role: str
    problem: str | None = None


def read_lines(path: Path, default_role: str) -> list[Line]:
    """Return the people of a file, - for standard input; raises ClickException where there is nothing to read."""
    try:
        # With the mark that editors of Windows put before UTF-8, or without; any line end ends a line.
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise click.ClickException(f"{path}: line {number} is not text in UTF-8.") from None
    lines = list(_lines(text, default_role))
    if not lines:
        raise click.ClickException(f"{path} names nobody.")
    return lines


def _lines(text: str, default_role: str) -> Iterator[Line]:
    columns: tuple[int, int | None] | None = None
    first = True
    for number, line in enumerate(text.splitlines(), 1):
        cells = _cells(line)
        if not any(cells):
            continue
        if first:
            first, columns = False, _columns(cells)
            if columns is not None:
                continue
        yield _line(number, cells, columns, default_role)


def _cells(line: str) -> list[str]:
    if line.lstrip().startswith("#"):
        return []
    line = line.partition(" #")[0].strip()
    separator = next((each for each in _SEPARATORS if each in line), None)
    found = next(csv.reader([line], delimiter=separator)) if separator else line.split()
    return [cell.strip() for cell in found]


def _columns(cells: Sequence[str]) -> tuple[int, int | None] | None:
    """Return where address and role stand, where this line is a heading."""
    names = [cell.casefold() for cell in cells]
    email = next((index for index, name in enumerate(names) if name in _EMAIL_HEADINGS), None)
    return None if email is None else (email, names.index(_ROLE) if _ROLE in names else None)


def _line(number: int, cells: Sequence[str], columns: tuple[int, int | None] | None, default_role: str) -> Line:
    if columns is None:
        extra = [cell for cell in cells[2:] if cell]
        if extra:
            return Line(number, cells[0], cells[1], "A line is an e-mail address and a role, and this one holds more.")
        columns = (0, 1)
    email, role = (cells[at] if at is not None and at < len(cells) else "" for at in columns)
    problem = None
    if "@" not in email or len(email) > MAX_EMAIL_LENGTH:
        problem = "This is no e-mail address."
    elif len(role) > MAX_ROLE_LENGTH:
        problem = "This is no role."
    return Line(number, email, role or default_role, problem)
