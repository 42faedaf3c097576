"""Where the attributes of a resource type are stored, said once per type and read by compiler, order and search."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select, Table, bindparam, cast, literal, select
from sqlalchemy.types import Text

from scim_server.protocol.attributes import AttributePath, ResourceType

# Bound in every statement: the tenant, and the base of `$ref` and `meta.location`.
ORGANIZATION = bindparam("organization_id", type_=Text())
BASE = bindparam("base", type_=Text())


@dataclass(frozen=True)
class Elements:
    """A multi-valued attribute whose elements are rows of a table.

    `owner` is the column with the id of the resource that the element belongs to; `columns` maps sub-attribute names
    to expressions in comparable form; `order` puts the primary element first.
    """

    source: FromClause
    organization: ColumnElement[str]
    owner: ColumnElement[str]
    columns: Mapping[str, ColumnElement[Any]]
    order: tuple[ColumnElement[Any], ...] = ()

    @cached_property
    def owners(self) -> Select[str]:
        """Return the query for the owners of elements; a condition on the elements is still to be added."""
        return select(self.owner).select_from(self.source).where(self.organization == ORGANIZATION)


@dataclass(frozen=True, eq=False)
class Derived:
    """How the one attribute is read that is not in the document: `groups` or `members`.

    `column` returns the expression for a database, whose texts are JSON arrays, or what `complete` makes them of for
    all the resources that were read, given the Organization's id and its base.
    """

    column: Callable[[str], ColumnElement[str]]
    complete: Callable[[Connection, str, str, Iterable[str | None]], list[str | None]] | None = None


@dataclass(frozen=True, eq=False)
class StorageMapping:
    """How one resource type is stored.

    `columns` maps the dotted names of singular attributes to columns in comparable form; `elements` the names of
    multi-valued ones to their rows; everything else is looked up in the `search` document. `derived_of_many` is for
    pages of many, where that differs; `lookups` are the attributes of which a value belongs to few, so that who asks by
    one is not shown many.
    """

    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    elements: Mapping[str, Elements]
    derived_name: str
    derived: Derived
    derived_of_many: Derived | None = None
    lookups: frozenset[str] = frozenset()

    def column(self, path: AttributePath) -> ColumnElement[Any] | None:
        """Return the column that holds a singular attribute, or None where it is in the search document."""
        return None if path.extension else self.columns.get(str(path))

    def elements_of(self, path: AttributePath) -> Elements | None:
        """Return the rows that hold a multi-valued attribute, or None where it is in the search document."""
        if path.extension or path.attribute is None:
            return None
        return self.elements.get(path.attribute.name)

    @property
    def id(self) -> Column[str]:
        """Return the column of the resource's id."""
        return self.table.c.id

    @property
    def of_organization(self) -> ColumnElement[bool]:
        """Return the condition that stands in every statement: rows of this Organization alone."""
        return self.table.c.organization_id == ORGANIZATION

    def is_indexed_apart(self, name: str) -> bool:
        """Tell whether a top-level attribute has columns or rows of its own, so needs no place in `search`."""
        return name in self.columns or name in self.elements


def common_columns(table: Table, resource_type: ResourceType) -> dict[str, ColumnElement[Any]]:
    """Return the columns of the attributes that every resource type has (RFC 7643 §3.1)."""
    columns = table.c
    return {
        "id": columns.id,
        "externalId": columns.external_id,
        "meta.created": columns.created_at,
        "meta.lastModified": columns.modified_at,
        "meta.resourceType": literal(resource_type.name, Text()),
        "meta.location": BASE + literal(f"{resource_type.endpoint}/") + columns.id,
        "meta.version": literal('W/"') + cast(columns.version, Text()) + literal('"'),
    }
