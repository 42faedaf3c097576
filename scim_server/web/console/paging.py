"""Pages of lists: what the address asks for, and the addresses of the pages beside."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

LIMIT = 50
# Beyond it nobody pages; who looks for somebody there searches.
MAX_OFFSET = 1_000_000


@dataclass(frozen=True, slots=True)
class Pages:
    """A page of a list of `total`, or of more where `is_more`; `sort` is the field that it is sorted by."""

    offset: int
    limit: int
    total: int
    sort: str
    descending: bool
    is_more: bool = False

    @property
    def first(self) -> int:
        """Return the number of the first row."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """Return the number of the last row."""
        return min(self.offset + self.limit, self.total)

    @property
    def previous(self) -> str | None:
        """Return the address of the page before."""
        return _address(offset=max(0, self.offset - self.limit)) if self.offset else None

    @property
    def next(self) -> str | None:
        """Return the address of the page after."""
        is_last = self.offset + self.limit >= self.total and not self.is_more
        return None if is_last else _address(offset=self.offset + self.limit)

    def sorted(self, field: str) -> str:
        """Return the address of the list sorted by a field, the other way round where it is already."""
        turned = field == self.sort and not self.descending
        return _address(sort=f"-{field}" if turned else field, offset=0)

    def sorts_by(self, field: str) -> str:
        """Return how the list is sorted by a field, as ARIA says it; empty where it is not."""
        if field != self.sort:
            return ""
        return "descending" if self.descending else "ascending"


@dataclass(frozen=True, slots=True)
class Asked:
    """The page and the order that the address asks for; anything odd is the first page in the usual order."""

    offset: int
    sort: str
    descending: bool

    @property
    def place(self) -> dict[str, int]:
        """Return what services take."""
        return {"offset": self.offset, "limit": LIMIT}

    @property
    def order(self) -> list[tuple[str, bool]]:
        """Return the order that services take."""
        return [(self.sort, self.descending)]

    def pages(self, total: int, *, is_more: bool = False) -> Pages:
        """Return the page of a list of so many, or of more."""
        return Pages(self.offset, LIMIT, total, self.sort, self.descending, is_more)


def asked(sorts: tuple[str, ...], default: str, *, descending: bool = False) -> Asked:
    """Read the address."""
    offset = request.args.get("offset", 0, type=int)
    sort = request.args.get("sort", "")
    field = sort.removeprefix("-")
    if field not in sorts:
        field, sort = default, f"-{default}" if descending else default
    return Asked(offset if 0 <= offset <= MAX_OFFSET else 0, field, sort.startswith("-"))


def _address(**changed: Any) -> str:
    values = {**request.args, **changed}
    return f"{request.path}?{urlencode({name: value for name, value in values.items() if value not in {'', 0}})}"
