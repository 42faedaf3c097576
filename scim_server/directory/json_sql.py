"""Look into the `search` document, in the words of each database.

Keys come from the attribute table and from registered schemas, never from a request.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal_column, null, select, type_coerce
from sqlalchemy.types import JSON, Numeric, TypeDecorator

from scim_server.protocol.attributes import Attribute, Type

SQLITE = "sqlite"


class BooleanText(TypeDecorator[bool]):
    """A boolean inside the search document, where it is kept as the text "true" or "false"."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: object) -> str | None:
        """Bind the text."""
        return None if value is None else ("true" if value else "false")


def value_type(attribute: Attribute) -> Text | BooleanText | Numeric[float]:
    """Return the SQL type that values of the attribute have inside the search document."""
    if attribute.type is Type.BOOLEAN:
        return BooleanText()
    if attribute.type in {Type.INTEGER, Type.DECIMAL}:
        return Numeric(asdecimal=False)
    return Text()


def json_value(
    dialect: str, document: ColumnElement[Any], keys: Sequence[str | int], attribute: Attribute
) -> ColumnElement[Any]:
    """Return the value under `keys` as SQL text, or number where the attribute is one; NULL where it is missing.

    Where an extension's attribute became a number later, what was stored before may be none and is missing too.
    """
    kind = value_type(attribute)
    if dialect == SQLITE:
        # An element of json_each is a value already, no JSON to look into.
        found = type_coerce(func.json_extract(document, _sqlite_path(keys)) if keys else document, kind)
        if not isinstance(kind, Numeric):
            return found
        return case((func.typeof(found).in_([constant("integer"), constant("real")]), found))
    value = _postgresql_value(document, keys)
    text = value.op("#>>")(literal_column("'{}'", Text()))
    if not isinstance(kind, Numeric):
        return type_coerce(text, kind)
    return case((func.jsonb_typeof(value) == "number", cast(text, kind)))


def json_has(dialect: str, document: ColumnElement[Any], keys: Sequence[str | int]) -> ColumnElement[bool]:
    """Return whether there is anything under `keys`; documents hold no nulls and no empty values."""
    if dialect == SQLITE:
        return type_coerce(func.json_type(document, _sqlite_path(keys)), Text()).is_not(null())
    found = func.jsonb_extract_path(document, *(_postgresql_key(key) for key in keys))
    return type_coerce(found, Text()).is_not(null())


def json_elements(
    dialect: str, document: ColumnElement[Any], keys: Sequence[str | int]
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any]]:
    """Return the elements of the list under `keys` as rows: the FROM clause, the element, and its position."""
    if dialect == SQLITE:
        rows = func.json_each(document, _sqlite_path(keys)).table_valued("value", "key", joins_implicitly=True)
        return rows, rows.c.value, rows.c.key
    found = func.jsonb_extract_path(document, *(_postgresql_key(key) for key in keys))
    rows = (
        func.jsonb_array_elements(found)
        .table_valued("value", with_ordinality="position", name="element", joins_implicitly=True)
        .render_derived()
    )
    return rows, rows.c.value, rows.c.position


def constant(text: str) -> ColumnElement[str]:
    """Return text that stands in the statement itself; a bound one would be sent with each execution."""
    return literal_column("'" + text.replace("'", "''") + "'", Text())


def text_as_json(dialect: str, value: ColumnElement[str]) -> ColumnElement[str]:
    """Return text as a JSON string with its quotes."""
    if dialect == SQLITE:
        return func.json_quote(value, type_=Text())
    return cast(func.to_json(value), Text())


def text_aggregate(dialect: str, value: ColumnElement[str]) -> ColumnElement[str]:
    """Return the texts of a group joined by commas, NULL where there are none."""
    function = func.group_concat if dialect == SQLITE else func.string_agg
    return function(value, constant(","), type_=Text())


def json_aggregate(dialect: str, value: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the values of a group as the text of a JSON array, in the order that `text_aggregate` beside it has."""
    if dialect == SQLITE:
        return func.json_group_array(value, type_=Text())
    return cast(func.json_agg(value), Text())


def id_array(ids: Iterable[str]) -> str:
    """Return ids as the one bound value that `id_list` takes."""
    return orjson.dumps(list(ids)).decode()


def id_list(dialect: str, ids: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a sub-query of the ids in one JSON array parameter: any number of them is one bound value.

    PostgreSQL gets one too, as the driver takes several times as long to write an array of its own. The server makes an
    array of it, of which it expects few elements: of the elements of JSON it expects so many that it would read a whole
    table for them.
    """
    if dialect == SQLITE:
        return func.json_each(ids).table_valued("value").c.value
    elements = func.json_array_elements_text(cast(type_coerce(ids, Text()), JSON())).column_valued()
    return func.unnest(func.array(select(elements).scalar_subquery())).column_valued()


def _postgresql_value(document: ColumnElement[Any], keys: Sequence[str | int]) -> ColumnElement[Any]:
    return func.jsonb_extract_path(document, *(_postgresql_key(key) for key in keys)) if keys else document


def _sqlite_path(keys: Sequence[str | int]) -> ColumnElement[str]:
    return constant("$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{key}"' for key in keys))


def _postgresql_key(key: str | int) -> ColumnElement[str]:
    return constant(str(key))
