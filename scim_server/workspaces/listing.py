"""Pages of Workspaces and Deployments: searched by name, sorted, counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, select

from scim_server.database import reading
from scim_server.protocol.values import fold

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for: a part of the name, an order of (field, descending), and the page."""

    offset: int
    limit: int
    search: str | None = None
    sorts: Sequence[tuple[str, bool]] = ()


class Page(NamedTuple, Generic[Record]):
    """The records of a page, and how many there are in all."""

    records: list[Record]
    total: int


def read_page(
    columns: Sequence[Any],
    where: Sequence[ColumnElement[bool]],
    bound: Mapping[str, Any],
    query: Query,
    sorts: Mapping[str, ColumnElement[Any]],
    name_folded: ColumnElement[Any],
    record: Callable[..., Record],
) -> Page[Record]:
    """Return a page in two statements; by name where no order is asked for, and by id among equals."""
    conditions = list(where)
    if query.search:
        conditions.append(name_folded.contains(fold(query.search), autoescape=True))
    keys = [sorts[name].desc() if descending else sorts[name] for name, descending in query.sorts]
    order = [*(keys or [name_folded]), sorts["id"]]
    page = select(*columns).where(*conditions).order_by(*order).offset(query.offset).limit(query.limit)
    total = select(func.count(sorts["id"])).where(*conditions)
    with reading() as connection:
        found = [record(*row) for row in connection.execute(page, bound)]
        return Page(found, connection.execute(total, bound).scalar_one())
