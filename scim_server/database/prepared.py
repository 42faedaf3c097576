"""Statements that are compiled once for each database and then run on the driver's cursor.

What SQLAlchemy does anew for each execution costs five times the look-up itself (54 us against 9 us for a row of
SQLite), so the statements of every request go this way. Text, types, events and errors stay SQLAlchemy's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, methodcaller
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

Processor: TypeAlias = Callable[[Any], Any]
Bound: TypeAlias = Mapping[str, Any]
Row: TypeAlias = tuple[Any, ...]

_fetch_one, _fetch_all, _row_count = methodcaller("fetchone"), methodcaller("fetchall"), attrgetter("rowcount")


@dataclass(slots=True)
class _Plan:
    """A statement in the words of one database.

    `names` are the parameters in their order where the driver takes them by position; `constants` are values that the
    statement brings along. `results` are unknown until the first rows come, as they depend on the driver's types.
    """

    text: str
    names: tuple[str, ...] | None
    constants: dict[str, Any]
    binders: tuple[tuple[str, Processor], ...]
    results: tuple[tuple[int, Processor], ...] | None = None

    def parameters(self, bound: Bound) -> Any:
        """Return what the driver is given for the values of one execution."""
        if self.constants or self.binders:
            values = {**self.constants, **bound}
            for name, process in self.binders:
                values[name] = process(values[name])
            bound = values
        return bound if self.names is None else tuple([bound[name] for name in self.names])

    def converted(self, row: Row) -> Row:
        """Return a row as the types of its columns want it."""
        if not self.results:
            return row
        values = list(row)
        for place, process in self.results:
            values[place] = process(values[place])
        return tuple(values)


@dataclass(frozen=True, eq=False)
class Prepared:
    """One statement, whose text must not depend on values as that of `column.in_([...])` does.

    Every parameter that it names has to be given, and those of INSERT are all columns of the table.
    """

    statement: Executable
    _plans: dict[str, _Plan] = field(default_factory=dict, init=False, repr=False)

    def first(self, connection: Connection, bound: Bound) -> Row | None:
        """Return the first row, None where there is none."""
        plan = self._plan(connection.dialect)
        row: Row | None = self._execute(connection, plan, plan.parameters(bound), _fetch_one)
        return None if row is None else plan.converted(row)

    def scalar(self, connection: Connection, bound: Bound) -> Any:
        """Return the first column of the first row, None where there is none."""
        row = self.first(connection, bound)
        return None if row is None else row[0]

    def all(self, connection: Connection, bound: Bound) -> list[Row]:
        """Return all rows."""
        plan = self._plan(connection.dialect)
        rows: list[Row] = self._execute(connection, plan, plan.parameters(bound), _fetch_all)
        return [plan.converted(row) for row in rows] if plan.results else rows

    def run(self, connection: Connection, bound: Bound) -> int:
        """Return how many rows were written."""
        plan = self._plan(connection.dialect)
        written: int = self._execute(connection, plan, plan.parameters(bound), _row_count)
        return written

    def run_many(self, connection: Connection, rows: Sequence[Bound]) -> None:
        """Run the statement for each of the rows."""
        plan = self._plan(connection.dialect)
        if len(rows) == 1:
            self._execute(connection, plan, plan.parameters(rows[0]), _row_count)
        elif rows:
            self._execute(connection, plan, [plan.parameters(row) for row in rows], _row_count, many=True)

    def _plan(self, dialect: Dialect) -> _Plan:
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _compile(self.statement, dialect)
        return plan

    def _execute(
        self, connection: Connection, plan: _Plan, parameters: Any, result: Callable[[Any], Any], *, many: bool = False
    ) -> Any:
        text = plan.text
        cursor = connection.connection.cursor()
        for listen in connection.engine.dispatch.before_cursor_execute:
            text, parameters = listen(connection, cursor, text, parameters, None, many)
        try:
            (cursor.executemany if many else cursor.execute)(text, parameters)
            if plan.results is None:
                plan.results = _processors(self.statement, connection.dialect, cursor.description)
            found = result(cursor)
        except connection.dialect.loaded_dbapi.Error as error:
            # What SQLAlchemy's own execution does: wrap the error, and give up the pool's connections if this one died.
            connection._handle_dbapi_exception(error, text, parameters, cursor, None)  # noqa: SLF001
        cursor.close()
        return found


def _compile(statement: Executable, dialect: Dialect) -> _Plan:
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    assert not compiled.post_compile_params, "the text depends on values"
    binders = (
        (name, bound.type.dialect_impl(dialect).bind_processor(dialect)) for name, bound in compiled.binds.items()
    )
    return _Plan(
        compiled.string,
        tuple(compiled.positiontup) if compiled.positiontup is not None else None,
        {name: bound.effective_value for name, bound in compiled.binds.items() if not bound.required},
        tuple((name, process) for name, process in binders if process is not None),
    )


def _processors(
    statement: Executable, dialect: Dialect, description: Sequence[Sequence[Any]] | None
) -> tuple[tuple[int, Processor], ...]:
    if description is None:
        return ()
    columns: Sequence[Any] = list(statement.exported_columns)  # type: ignore[attr-defined]
    assert len(columns) == len(description)
    found = (
        column.type.dialect_impl(dialect).result_processor(dialect, described[1])
        for column, described in zip(columns, description, strict=True)
    )
    return tuple((place, process) for place, process in enumerate(found) if process is not None)
