"""The messages of RFC 7644 that clients send, PatchOp, SearchRequest and BulkRequest, and two that they are sent.

Keys are read in any letter case and unknown ones are ignored (idp-wire R25). The Error message is
`errors.ScimError.body`; a ListResponse of stored documents is `paging.list_response`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate, validates

from scim_server.protocol.bodies import REQUIRED, check_schemas, detail, kind, quoted, twins
from scim_server.protocol.errors import InvalidSyntax, InvalidValue, PayloadTooLarge
from scim_server.protocol.limits import MAX_BULK_OPERATIONS, MAX_PATCH_OPERATIONS

_MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
PATCH_OP = _MESSAGES + "PatchOp"
SEARCH_REQUEST = _MESSAGES + "SearchRequest"
BULK_REQUEST = _MESSAGES + "BulkRequest"
BULK_RESPONSE = _MESSAGES + "BulkResponse"
LIST_RESPONSE = _MESSAGES + "ListResponse"

_PATCH_OPS = ("add", "remove", "replace")
_PATCH_KEYS = {"schemas", "Operations"}
_OPERATION_KEYS = {"op", "path", "value"}
_BULK_METHODS = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a query asks for, in the URL or in a body (RFC 7644 §3.4.2, §3.4.3); None is not asked.

    `cursor` is "" for the first page by cursors (RFC 9865 §2).
    """

    attributes: tuple[str, ...] = ()
    excluded_attributes: tuple[str, ...] = ()
    filter: str | None = None
    sort_by: str | None = None
    sort_order: str | None = None
    start_index: int | None = None
    count: int | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a BulkRequest; `path` begins with a slash, `data` is as sent."""

    method: str
    path: str
    bulk_id: str | None = None
    version: str | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """Operations in their order; after `fail_on_errors` errors the rest is not tried (RFC 7644 §3.7)."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None = None


def errors(invalid: str) -> dict[str, Any]:
    """Return marshmallow's messages for a field, as predicates."""
    return {"invalid": invalid, "required": REQUIRED, "null": REQUIRED}


def _text(**options: Any) -> fields.String:
    return fields.String(error_messages=errors("must be a string"), **options)


def _integer(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, error_messages=errors("must be an integer"), **options)


class MessageSchema(Schema):
    """Fold the keys; drop nulls, but where null is a value, and unknown keys, unless `strict` refuses them."""

    class Meta:
        unknown = EXCLUDE

    nullable: ClassVar[frozenset[str]] = frozenset()
    strict: ClassVar[bool] = False

    @cached_property
    def keys(self) -> dict[str, str]:
        """Return the canonical keys by folded key."""
        return {key.lower(): key for name, field in self.fields.items() for key in (field.data_key or name,)}

    @pre_load
    def fold_keys(self, data: Any, **_: Any) -> dict[str, Any]:
        """Return the known keys of an object in their canonical letter case."""
        if not isinstance(data, Mapping):
            raise InvalidSyntax(f"The message must hold an object here, not {kind(data)}.")
        sent: dict[str, str] = {}
        result = {}
        for key, value in data.items():
            name = self.keys.get(key.lower())
            if name is None:
                if self.strict:
                    raise ValidationError({key: ["is not known here"]})
                continue
            if name in sent:
                raise twins(sent[name], key)
            sent[name] = key
            if value is not None or name in self.nullable:
                result[name] = value
        return result


class _PatchOperation(MessageSchema):
    nullable = frozenset({"value"})
    op = _text(required=True)
    path = _text(load_default=None)
    value = fields.Raw(allow_none=True)

    @validates("op")
    def is_known(self, op: str, **_: Any) -> None:
        if op.lower() not in _PATCH_OPS:
            raise ValidationError("must be 'add', 'remove' or 'replace'")


class _PatchOp(MessageSchema):
    operations = fields.List(
        fields.Nested(_PatchOperation),
        data_key="Operations",
        required=True,
        validate=validate.Length(min=1, error="must hold at least one operation"),
        error_messages=errors("must be an array of operations"),
    )


class _Names(fields.Field[tuple[str, ...]]):
    """Attribute names: an array, or as in a URL one text with commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            return split_names(value)
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(name for each in value if (name := each.strip()))
        raise ValidationError("must be an array of strings")


class _Search(MessageSchema):
    attributes = _Names()
    excluded_attributes = _Names(data_key="excludedAttributes")
    filter = _text()
    sort_by = _text(data_key="sortBy")
    sort_order = _text(data_key="sortOrder")
    start_index = _integer(data_key="startIndex")
    count = _integer()
    cursor = _text()


class _BulkOperation(MessageSchema):
    method = _text(required=True)
    path = _text(required=True)
    bulk_id = _text(data_key="bulkId", validate=validate.Length(min=1, error="must not be empty"))
    version = _text()
    data = fields.Dict(error_messages=errors("must be an object"))

    @post_load
    def finish(self, data: dict[str, Any], **_: Any) -> BulkOperation:
        data["method"] = data["method"].upper()
        data["path"] = "/" + data["path"].lstrip("/")
        operation = BulkOperation(**data)
        if operation.method not in _BULK_METHODS:
            raise ValidationError({"method": ["must be POST, PUT, PATCH or DELETE"]})
        if operation.path.partition("?")[0].strip("/").lower() == "bulk":
            raise ValidationError({"path": ["must not be /Bulk: Bulk requests do not nest"]})
        if operation.method == "POST" and operation.bulk_id is None:
            raise ValidationError({"bulkId": ["is required for POST"]})
        if operation.method != "DELETE" and operation.data is None:
            raise ValidationError({"data": [f"is required for {operation.method}"]})
        return operation


class _Bulk(MessageSchema):
    operations = fields.List(
        fields.Nested(_BulkOperation),
        data_key="Operations",
        required=True,
        validate=validate.Length(min=1, error="must hold at least one operation"),
        error_messages=errors("must be an array of operations"),
    )
    fail_on_errors = _integer(data_key="failOnErrors")


_PATCH_OP, _SEARCH, _BULK = _PatchOp(), _Search(), _Bulk()


def load_patch(body: Any) -> list[dict[str, Any]]:
    """Return the operations of a PatchOp (RFC 7644 §3.5.2).

    Shape: [{"op": "add", "path": "members", "value": [...]}]: `op` in any letter case, `path` None where there is none,
    `value` only where one was sent, be it null. Raises InvalidSyntax, and PayloadTooLarge over MAX_PATCH_OPERATIONS.
    """
    plain = _plain_operations(body)
    operations: list[dict[str, Any]] = plain or _load(_PATCH_OP, body, PATCH_OP, MAX_PATCH_OPERATIONS)["operations"]
    return operations


def _plain_operations(body: Any) -> list[dict[str, Any]] | None:
    """Return the operations of a PatchOp in the RFC's own letters; None where marshmallow has to repair or to refuse.

    Most are such, and marshmallow takes as long for them as for half of the rest of a PATCH.
    """
    if not isinstance(body, dict) or body.keys() != _PATCH_KEYS or body["schemas"] != [PATCH_OP]:
        return None
    sent = body["Operations"]
    if not isinstance(sent, list) or len(sent) > MAX_PATCH_OPERATIONS:
        return None
    operations = []
    for each in sent:
        if not isinstance(each, dict) or not each.keys() <= _OPERATION_KEYS or each.get("op") not in _PATCH_OPS:
            return None
        path = each.get("path")
        if path is not None and not isinstance(path, str):
            return None
        operations.append({**each, "path": path})
    return operations


def load_search(body: Any) -> SearchRequest:
    """Return a SearchRequest (RFC 7644 §3.4.3). Raises InvalidSyntax, InvalidValue for an unknown sortOrder."""
    search = _load(_SEARCH, body, SEARCH_REQUEST)
    if "sort_order" in search:
        search["sort_order"] = read_sort_order(search["sort_order"])
    return SearchRequest(**search)


def load_bulk(body: Any) -> BulkRequest:
    """Return a BulkRequest whose operations are well-formed; their `data` is not looked at (RFC 7644 §3.7).

    Raises InvalidSyntax, InvalidValue for a bulkId used twice or failOnErrors below 1, and PayloadTooLarge naming
    MAX_BULK_OPERATIONS.
    """
    bulk = BulkRequest(**_load(_BULK, body, BULK_REQUEST, MAX_BULK_OPERATIONS))
    if bulk.fail_on_errors is not None and bulk.fail_on_errors < 1:
        raise InvalidValue("'failOnErrors' must be 1 or more; leave it out to try all operations.")
    seen: set[str] = set()
    for bulk_id in (operation.bulk_id for operation in bulk.operations if operation.bulk_id is not None):
        if bulk_id in seen:
            raise InvalidValue(f"The bulkId {quoted(bulk_id)} is used twice; each operation needs its own.")
        seen.add(bulk_id)
    return BulkRequest(tuple(bulk.operations), bulk.fail_on_errors)


def _load(schema: MessageSchema, body: Any, urn: str, most_operations: int = 0) -> dict[str, Any]:
    """Return the fields of a message; raises InvalidSyntax."""
    if not isinstance(body, Mapping):
        raise InvalidSyntax(f"The body must be a {urn.rpartition(':')[2]} object, not {kind(body)}.")
    check_schemas(_get(body, "schemas"), urn)
    operations = _get(body, "operations")
    if most_operations and isinstance(operations, list) and len(operations) > most_operations:
        raise PayloadTooLarge(
            f"The request holds {len(operations)} operations; at most {most_operations} are accepted."
        )
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise InvalidSyntax(detail(error)) from None
    return loaded


def _get(body: Mapping[str, Any], folded: str) -> Any:
    return next((value for key, value in body.items() if key.lower() == folded), None)


def split_names(text: str) -> tuple[str, ...]:
    """Return the attribute names of a list with commas (RFC 7644 §3.9, idp-wire R13)."""
    return tuple(name for part in text.split(",") if (name := part.strip())) if text else ()


def read_sort_order(text: str) -> str | None:
    """Return "ascending", "descending" or, for "", None (RFC 7644 §3.4.2.3). Raises InvalidValue."""
    folded = text.strip().lower()
    if folded not in ("", "ascending", "descending"):
        raise InvalidValue("'sortOrder' must be 'ascending' or 'descending'.")
    return folded or None


def list_message(resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a ListResponse that holds all there is, as the discovery endpoints answer (RFC 7644 §4)."""
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def bulk_message(operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a BulkResponse of operations that are already rendered (RFC 7644 §3.7.3)."""
    return {"schemas": [BULK_RESPONSE], "Operations": list(operations)}
