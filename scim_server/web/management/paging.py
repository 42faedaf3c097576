"""Pages of lists: offset and limit, sorts, and the envelope {items, limit, offset, totalCount} (astro.md §7.1)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from marshmallow import Schema, fields, validate

from scim_server.protocol.errors import InvalidValue

DEFAULT_LIMIT = 20
MAX_LIMIT = 1_000
MAX_OFFSET = 1_000_000_000


class PageSchema(Schema):
    """The query parameters of every list."""

    offset = fields.Integer(strict=False, load_default=0, validate=validate.Range(0, MAX_OFFSET))
    limit = fields.Integer(strict=False, load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))


class SortKey(NamedTuple):
    """One key of an order."""

    field: str
    descending: bool


def sorts_field(*names: str) -> fields.List[str]:
    """Return the repeatable parameter `sorts=field:asc|desc` over these fields."""
    allowed = [f"{name}:{direction}" for name in names for direction in ("asc", "desc")]
    return fields.List(
        fields.String(validate=validate.OneOf(allowed)),
        load_default=list,
        validate=validate.Length(max=len(names)),
        metadata={"many": True, "description": "The order, such as `createdAt:desc`; may stand several times."},
    )


def sort_keys(sorts: Sequence[str]) -> tuple[SortKey, ...]:
    """Return the keys of a `sorts` parameter; raises InvalidValue for a field that stands twice."""
    keys = tuple(SortKey(text.partition(":")[0], text.endswith(":desc")) for text in sorts)
    if len({key.field for key in keys}) < len(keys):
        raise InvalidValue("A field stands twice; name each once.", field="sorts")
    return keys


def page(name: str, items: Sequence[Any], total: int, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the envelope of a page."""
    return {name: items, "limit": query["limit"], "offset": query["offset"], "totalCount": total}


class EnvelopeSchema(Schema):
    """What every list answers beside its items."""

    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True)
    totalCount = fields.Integer(required=True)  # noqa: N815 - the name on the wire
