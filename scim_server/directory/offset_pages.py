"""Pages of an Owner's lists: any order, an offset and a limit (astro.md §7.1)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, bindparam, literal_column, select


def offset_page(
    columns: Sequence[Any],
    id_: ColumnElement[str],
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[tuple[ColumnElement[Any], bool]],
    limit: int,
    *,
    is_narrow: bool,
    is_reversed: bool = False,
) -> Select[Any]:
    """Return the statement of a page, which binds `organization` and `offset` and whatever the conditions bind.

    `order` names each key and whether it descends; rows that are equal there stand by their id. Ids are found and
    sorted in the narrow columns first, then the documents of the page alone are read. The number of rows is part of
    the text, as in the pages of SCIM. `is_narrow` says that an index finds few rows by the conditions: then none is
    walked in the order of the list, which SQLite, without statistics, would prefer. `is_reversed` counts the offset
    from the end of the list, which is nearer for its last pages; the rows stand as ever. All keys are text.
    """
    table = id_.table
    of_organization = table.c.organization_id == bindparam("organization", type_=Text())
    directions = [*(descending for _, descending in order), False]
    keys = [_apart(key, is_narrow=is_narrow).label(f"key_{position}") for position, (key, _) in enumerate(order)]
    found = (
        select(id_.label("id"), *keys)
        .where(of_organization, *conditions)
        .order_by(*_directed([*keys, _apart(id_, is_narrow=is_narrow)], directions, is_reversed=is_reversed))
        .limit(literal_column(str(limit), Integer()))
        .offset(bindparam("offset", type_=Integer()))
        .subquery("page")
    )
    again = _directed([*(found.c[key.name] for key in keys), found.c.id], directions)
    return select(*columns).join(found, found.c.id == id_).where(of_organization).order_by(*again)


def like_pattern(folded: str) -> str:
    """Return the LIKE pattern of texts that contain this one; its escape character is a backslash."""
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _apart(key: ColumnElement[str], *, is_narrow: bool) -> ColumnElement[str]:
    """Return the key as an expression that no index has, where none is to be walked."""
    return key + literal_column("''", Text()) if is_narrow else key


def _directed(
    keys: Sequence[Any], directions: Sequence[bool], *, is_reversed: bool = False
) -> list[ColumnElement[Any]]:
    return [
        key.desc() if descending is not is_reversed else key.asc()
        for key, descending in zip(keys, directions, strict=True)
    ]
