"""Lists and look-ups: one page of resources for a filter, an order and a place to start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from scim_server.database import reading
from scim_server.database.prepared import Row
from scim_server.directory.compiler import parameters
from scim_server.directory.documents import Stored
from scim_server.directory.lookups import finds_few
from scim_server.directory.mapping import Derived, StorageMapping
from scim_server.directory.ordering import Position, Sort
from scim_server.directory.statements import (
    PageShape,
    StatementCache,
    count_statement,
    get_statement,
    page_statement,
)
from scim_server.directory.totals import total_of
from scim_server.directory.witness import Witness
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.filters.tree import Filter

# From this number of resources on a page is one of many.
MANY = 20
_DERIVED, _WIDTH = Stored._fields.index("derived"), len(Stored._fields)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks for: `offset` rows are skipped after `start`; `derived` also reads `groups` or `members`.

    The statement of the page also asks `witness`.
    """

    filter: Filter | None = None
    sort: Sort | None = None
    start: Position | None = None
    offset: int = 0
    count: int = 0
    derived: bool = True
    witness: Witness | None = None

    @property
    def is_whole_list(self) -> bool:
        """Tell whether the list is all resources in their natural order."""
        return self.filter is None and self.sort is None


class Page(NamedTuple):
    """The rows of one page, and where it stopped if there are more."""

    rows: list[Stored]
    next: Position | None


class Directory:
    """Reads the resources of one type, as its storage mapping says."""

    def __init__(self, mapping: StorageMapping) -> None:
        self.mapping = mapping
        self._statements = StatementCache()

    def get(
        self,
        organization_id: str,
        resource_id: str,
        base: str,
        *,
        derived: bool = True,
        witness: Witness | None = None,
    ) -> Stored | None:
        """Return one resource of the Organization, or None."""
        condition = None if witness is None else witness.condition
        bound: dict[str, Any] = {"organization_id": organization_id, "id": resource_id, "base": base}
        if witness is not None:
            bound |= witness.bound
        how = self.mapping.derived if derived else None
        with reading() as connection:
            dialect = connection.dialect.name
            statement = self._statements.get(
                ("get", dialect, derived, condition),
                lambda: get_statement(self.mapping, dialect, how, condition),
            )
            row = statement.first(connection, bound)
            if row is None:
                return None
            _tell(witness, [row])
            (stored,) = _stored(connection, organization_id, base, how, [row])
        return stored

    def page(self, organization_id: str, resource_type: ResourceType, base: str, query: Query) -> Page:
        """Return a page of at most `query.count` rows, and the position of its last row where more follow."""
        if query.count == 0:
            return Page([], None)
        offset, from_end = query.offset, False
        if query.is_whole_list and query.start is None and offset > 0:
            total = self.total(organization_id, resource_type, None)
            if offset >= total:
                return Page([], None)
            if offset > total // 2:
                offset, from_end = total - 1 - offset, True
        bound: dict[str, Any] = {
            "organization_id": organization_id,
            "base": base,
            "offset": offset,
        }
        if query.filter is not None:
            bound |= parameters(query.filter)
        if query.start is not None:
            bound |= {"after_id": query.start.id, "after_key": query.start.key}
        witness, condition = query.witness, None
        if witness is not None:
            bound |= witness.bound
            condition = witness.condition
        derived = self._derived(query)
        with reading() as connection:
            shape = PageShape(
                connection.dialect.name,
                resource_type,
                query.filter.shape if query.filter else None,
                query.sort,
                None if query.start is None else query.start.key is None,
                from_end,
                derived,
                limit=query.count + 1,
                skips=offset > 0 or from_end,
                witness=condition,
            )
            statement = self._statements.get(shape, lambda: page_statement(self.mapping, shape))
            found = statement.all(connection, bound)
            _tell(witness, found)
            rows = _stored(connection, organization_id, base, derived, found)
        following = None
        if len(rows) > query.count:
            rows = rows[: query.count]
            following = Position(rows[-1].sort_key, rows[-1].id)
        return Page(rows, following)

    def _derived(self, query: Query) -> Derived | None:
        """Return how what is derived is read for a query, None where it is not."""
        mapping = self.mapping
        if not query.derived:
            return None
        if mapping.derived_of_many is None or query.count < MANY:
            return mapping.derived
        is_of_few = query.filter is not None and finds_few(query.filter.shape, mapping.lookups)
        return mapping.derived if is_of_few else mapping.derived_of_many

    def total(self, organization_id: str, resource_type: ResourceType, filter_: Filter | None) -> int:
        """Return how many resources there are: from the counter, or counted where a filter is given."""
        with reading() as connection:
            if filter_ is None:
                return total_of(connection, organization_id, resource_type.name)
            dialect = connection.dialect.name
            statement = self._statements.get(
                ("count", dialect, resource_type, filter_.shape),
                lambda: count_statement(self.mapping, dialect, resource_type, filter_.shape),
            )
            bound = {"organization_id": organization_id, "base": "", **parameters(filter_)}
            return statement.scalar(connection, bound) or 0


def _stored(
    connection: Connection, organization_id: str, base: str, derived: Derived | None, rows: Sequence[Row]
) -> list[Stored]:
    """Return rows with what is derived completed, without what stands behind."""
    if derived is None or derived.complete is None:
        return [Stored._make(row[:_WIDTH]) for row in rows]
    texts = derived.complete(connection, organization_id, base, [row[_DERIVED] for row in rows])
    return [
        Stored._make((*row[:_DERIVED], text, *row[_DERIVED + 1 : _WIDTH]))
        for row, text in zip(rows, texts, strict=True)
    ]


def _tell(witness: Witness | None, rows: Sequence[Row]) -> None:
    """Tell the witness what the statement says of it at the end of every row, in all of them the same."""
    if witness is not None and rows:
        witness.held = bool(rows[0][-1])
