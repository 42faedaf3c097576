"""The order of a list, and positions in it: rows stand by their sort key, then by id, which never changes.

A position is the key and id of a row; the rows after it are found by the index however deep the page is, and a row
that others delete or insert before it moves nothing (RFC 9865 §1; peers.md §3 item 18).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select

from scim_server.directory.json_sql import json_elements, json_value
from scim_server.directory.mapping import ORGANIZATION, StorageMapping
from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType, Returned
from scim_server.protocol.errors import InvalidValue


class Position(NamedTuple):
    """Where a page stopped: the sort key of its last row (None where missing, or nothing is sorted by) and its id."""

    key: Any
    id: str


@dataclass(frozen=True, slots=True)
class Sort:
    """What a list is sorted by (RFC 7644 §3.4.2.3)."""

    path: AttributePath
    descending: bool


def parse_sort(text: str | None, *, descending: bool, resource_type: ResourceType) -> Sort | None:
    """Return what `sortBy` names; raises InvalidValue where the schema has no such attribute, or no order for it."""
    if not text:
        return None
    path = resource_type.resolve(text)
    if path is None or path.attribute is None or path.attribute.returned is Returned.NEVER:
        raise InvalidValue(f"sortBy names '{text}', which {resource_type.name} does not have.")
    if path.sub_attribute is None and path.attribute.is_complex:
        value = path.attribute.sub_attribute("value")
        if value is None:
            raise InvalidValue(f"sortBy names '{text}', which has parts; name one of them, such as '{text}.formatted'.")
        path = AttributePath(path.extension, path.attribute, value)
    assert path.attribute is not None
    if path.attribute.name in {"schemas", "groups", "members"}:
        raise InvalidValue(f"sortBy names '{text}', which has no order.")
    return Sort(path, descending)


def sort_key(sort: Sort, mapping: StorageMapping, dialect: str) -> ColumnElement[Any]:
    """Return the expression that rows are sorted by; of a multi-valued attribute its primary or first element."""
    path = sort.path
    attribute, leaf = path.attribute, path.leaf
    assert attribute is not None
    assert leaf is not None
    if not attribute.multi_valued:
        column = mapping.column(path)
        return column if column is not None else json_value(dialect, mapping.table.c.search, path.keys, leaf)
    elements = mapping.elements_of(path)
    if elements is not None:
        return (
            select(elements.columns[leaf.name])
            .select_from(elements.source)
            .where(elements.organization == ORGANIZATION, elements.owner == mapping.id)
            .order_by(*elements.order)
            .limit(1)
            .scalar_subquery()
        )
    return _first_element(path, attribute, leaf, mapping, dialect)


def _first_element(
    path: AttributePath, attribute: Attribute, leaf: Attribute, mapping: StorageMapping, dialect: str
) -> ColumnElement[Any]:
    keys = path.keys[:-1] if path.sub_attribute else path.keys
    rows, element, position = json_elements(dialect, mapping.table.c.search, keys)
    if not attribute.is_complex:
        value = json_value(dialect, element, (), leaf)
        return select(value).select_from(rows).order_by(position).limit(1).scalar_subquery()
    primary = attribute.sub_attribute("primary")
    order = [json_value(dialect, element, ("primary",), primary).desc().nulls_last()] if primary else []
    value = json_value(dialect, element, (leaf.name,), leaf)
    return select(value).select_from(rows).order_by(*order, position).limit(1).scalar_subquery()


def order_by(
    sort: Sort | None, key: ColumnElement[Any] | None, resource_id: ColumnElement[str]
) -> tuple[ColumnElement[Any], ...]:
    """Return the ORDER BY terms; missing keys stand last, or first where descending (RFC 7644 §3.4.2.3)."""
    if sort is None or key is None:
        return (resource_id,)
    if sort.descending:
        return (key.is_(None).desc(), key.desc(), resource_id)
    return (key.is_(None), key, resource_id)


def after(
    sort: Sort | None, key: ColumnElement[Any] | None, resource_id: ColumnElement[str], *, key_is_missing: bool
) -> ColumnElement[bool]:
    """Return the condition for rows after the position bound to `after_key` and `after_id`."""
    later_id = resource_id > bindparam("after_id")
    if sort is None or key is None:
        return later_id
    if key_is_missing:
        same = and_(key.is_(None), later_id)
        return or_(same, key.is_not(None)) if sort.descending else same
    bound: ColumnElement[Any] = bindparam("after_key", type_=key.type)
    beyond = key < bound if sort.descending else key > bound
    return or_(beyond, and_(key == bound, later_id), false() if sort.descending else key.is_(None))
