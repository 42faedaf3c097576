"""The SELECT statements of lists and look-ups, built once for each shape of a query and then only bound."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, null, select, type_coerce
from sqlalchemy.types import Integer, Text

from scim_server.database import Prepared
from scim_server.directory.compiler import Compiler
from scim_server.directory.mapping import Derived, StorageMapping
from scim_server.directory.ordering import Sort, after, order_by, sort_key
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.filters.tree import Shape

# Statements for as many different filter shapes and orders are kept ready.
MAX_STATEMENTS = 1_000


class StatementCache:
    """A bounded memory of built statements, safe for threads."""

    def __init__(self) -> None:
        self._statements: OrderedDict[Hashable, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, build: Callable[[], Select[Any]]) -> Prepared:
        """Return the statement for the key, building it where it is not remembered."""
        with self._lock:
            statement = self._statements.get(key)
            if statement is not None:
                self._statements.move_to_end(key)
                return statement
        statement = Prepared(build())
        with self._lock:
            self._statements[key] = statement
            if len(self._statements) > MAX_STATEMENTS:
                self._statements.popitem(last=False)
        return statement


class PageShape(NamedTuple):
    """What the statement of a page depends on; literals and the place in the list are bound.

    `start_key_is_missing` is None where the page starts at the beginning. The number of rows is part of the text: with
    a bound one PostgreSQL expects very many, and plans the statement anew each time because that looks cheaper.
    """

    dialect: str
    resource_type: ResourceType
    filter: Shape | None
    sort: Sort | None
    start_key_is_missing: bool | None
    from_end: bool
    derived: Derived | None
    limit: int
    skips: bool
    witness: ColumnElement[bool] | None = None


def get_statement(
    mapping: StorageMapping, dialect: str, derived: Derived | None, witness: ColumnElement[bool] | None = None
) -> Select[Any]:
    """Return the look-up of one resource by its id: the columns of a Stored row, then the witness if there is one."""
    columns = [*_columns(mapping, dialect, derived), null().label("sort_key"), *_witnessed(witness)]
    return select(*columns).where(mapping.of_organization, mapping.id == bindparam("id"))


def page_statement(mapping: StorageMapping, shape: PageShape) -> Select[Any]:
    """Return the page of a list: the columns of a Stored row, the last of them the sort key, then the witness.

    A page that skips rows finds their ids in the narrow index first and reads the documents of its own rows only.
    With `from_end` the id at `offset` is looked for from the end of the list, which `total` rows are before.
    """
    key = sort_key(shape.sort, mapping, shape.dialect) if shape.sort else None
    conditions = _conditions(mapping, shape.dialect, shape.resource_type, shape.filter)
    if shape.start_key_is_missing is not None:
        conditions.append(after(shape.sort, key, mapping.id, key_is_missing=shape.start_key_is_missing))
    columns = _columns(mapping, shape.dialect, shape.derived)
    sorted_by = (key if key is not None else null()).label("sort_key")
    statement = select(*columns, sorted_by, *_witnessed(shape.witness))
    if shape.skips and shape.filter is None and shape.sort is None and shape.start_key_is_missing is None:
        conditions.append(mapping.id >= _first_id(mapping, from_end=shape.from_end))
        return statement.where(*conditions).order_by(mapping.id).limit(_number(shape.limit))
    page = statement.where(*conditions).order_by(*order_by(shape.sort, key, mapping.id)).limit(_number(shape.limit))
    return page.offset(bindparam("offset", type_=Integer())) if shape.skips else page


def count_statement(
    mapping: StorageMapping, dialect: str, resource_type: ResourceType, filter_: Shape | None
) -> Select[Any]:
    """Return the count of all resources that the filter matches."""
    return select(func.count()).select_from(mapping.table).where(*_conditions(mapping, dialect, resource_type, filter_))


def _conditions(
    mapping: StorageMapping, dialect: str, resource_type: ResourceType, filter_: Shape | None
) -> list[ColumnElement[bool]]:
    conditions = [mapping.of_organization]
    if filter_ is not None:
        conditions.append(Compiler(mapping, resource_type, dialect).compile(filter_.tree))
    return conditions


def _first_id(mapping: StorageMapping, *, from_end: bool) -> ColumnElement[str]:
    """Return the id at an offset of the whole list: by the index alone, from whichever end is nearer."""
    same = mapping.table.alias()
    ids = select(same.c.id).where(same.c.organization_id == bindparam("organization_id", type_=Text()))
    order = same.c.id.desc() if from_end else same.c.id
    return ids.order_by(order).limit(_number(1)).offset(bindparam("offset", type_=Integer())).scalar_subquery()


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer())


def _witnessed(witness: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    return [] if witness is None else [witness.label("held")]


def _columns(mapping: StorageMapping, dialect: str, derived: Derived | None) -> list[ColumnElement[Any]]:
    columns = mapping.table.c
    last = derived.column(dialect) if derived else null()
    document = type_coerce(columns.document, Text())
    return [columns.id, columns.version, columns.created_at, columns.modified_at, document, last.label("derived")]
