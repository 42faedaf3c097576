"""Lists of people as they are pasted or saved by a spreadsheet: an address on each line, and perhaps a role."""

import csv
from collections.abc import Iterator

from scim_server.roles.catalogue import catalogue

_HEADINGS = {"email", "e-mail", "e-mail address", "mail", "username"}


def read_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield address and role, empty where none is named, of each line.

    Columns are parted by commas, semicolons, tabs or spaces; headings and empty lines are left out. A role may be named
    as on the wire, as its title, or by its last words.
    """
    for line in text.replace("\ufeff", "").splitlines():
        parts = next(csv.reader([_parted(line.strip())]), [])
        words = [part.strip().strip("<>") for part in parts if part.strip()]
        if words and words[0].lower() not in _HEADINGS:
            yield words[0], _role(" ".join(words[1:]))


def _parted(line: str) -> str:
    for separator in ("\t", ";"):
        line = line.replace(separator, ",")
    return line if "," in line else ",".join(line.split(maxsplit=1))


def _role(text: str) -> str:
    """Return the name of a role; of one that there is not, the text itself, so that the answer can name it."""
    wanted = text.strip().upper().replace(" ", "_")
    for role in catalogue().organization.roles:
        if wanted and wanted in {role.name, role.name.partition("_")[2], role.title.upper().replace(" ", "_")}:
            return role.name
    return text.strip()
