"""The messages of RFC 7644 §3.12 that clients send, read with marshmallow: PatchOp, SearchRequest, BulkRequest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from scim_server.protocol.errors import InvalidSyntax, InvalidValue, PayloadTooLarge
from scim_server.protocol.limits import MAX_BULK_OPERATIONS, MAX_PATCH_OPERATIONS

_MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
PATCH_SCHEMA = f"{_MESSAGES}PatchOp"
SEARCH_SCHEMA = f"{_MESSAGES}SearchRequest"
BULK_REQUEST_SCHEMA = f"{_MESSAGES}BulkRequest"
BULK_RESPONSE_SCHEMA = f"{_MESSAGES}BulkResponse"
LIST_SCHEMA = f"{_MESSAGES}ListResponse"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a list asks for, from query parameters or from a SearchRequest body (RFC 7644 §3.4.3).

    Numbers are as the client wrote them, text or integer; `paging.page_request` makes sense of them.
    """

    attributes: str | list[str] | None = None
    excluded_attributes: str | list[str] | None = None
    filter: str | None = None
    sort_by: str | None = None
    sort_order: str | None = None
    start_index: str | int | None = None
    count: str | int | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a Bulk request (RFC 7644 §3.7); `method` is in capitals."""

    method: str
    path: str
    bulk_id: str | None
    version: str | None
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A Bulk request; `fail_on_errors` is None where all operations are to be tried."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None


class _Message(Schema):
    """A message whose keys are read without regard to letter case (RFC 7643 §2.1)."""

    class Meta:
        """Unknown keys are ignored."""

        unknown = EXCLUDE

    @pre_load
    def fold_keys(self, data: Any, **_: Any) -> Any:
        """Give every key the letter case of its field; two that fold together are refused."""
        if not isinstance(data, Mapping):
            return data
        names = {(field.data_key or name).lower(): field.data_key or name for name, field in self.fields.items()}
        folded: dict[str, Any] = {}
        for key, value in data.items():
            name = names.get(key.lower(), key)
            if name in folded:
                raise ValidationError("is given twice, in different letter case.", name)
            folded[name] = value
        return folded


class _PatchOperation(_Message):
    op = fields.String(required=True)
    path = fields.String(allow_none=True)
    value = fields.Raw(allow_none=True)


class _Patch(_Message):
    schemas = fields.List(fields.String(), required=True)
    Operations = fields.List(fields.Nested(_PatchOperation), required=True, validate=validate.Length(min=1))


class _Search(_Message):
    schemas = fields.List(fields.String(), required=True)
    attributes = fields.List(fields.String(), allow_none=True)
    excluded_attributes = fields.List(fields.String(), data_key="excludedAttributes", allow_none=True)
    filter = fields.String(allow_none=True)
    sort_by = fields.String(data_key="sortBy", allow_none=True)
    sort_order = fields.String(data_key="sortOrder", allow_none=True)
    start_index = fields.Raw(data_key="startIndex", allow_none=True)
    count = fields.Raw(allow_none=True)
    cursor = fields.String(allow_none=True)


class _BulkOperation(_Message):
    method = fields.String(required=True)
    path = fields.String(required=True)
    bulk_id = fields.String(data_key="bulkId", allow_none=True)
    version = fields.String(allow_none=True)
    data = fields.Dict(allow_none=True)


class _Bulk(_Message):
    schemas = fields.List(fields.String(), required=True)
    fail_on_errors = fields.Integer(
        data_key="failOnErrors", strict=True, allow_none=True, validate=validate.Range(min=1)
    )
    Operations = fields.List(fields.Nested(_BulkOperation), required=True, validate=validate.Length(min=1))


_PATCH, _SEARCH, _BULK = _Patch(), _Search(), _Bulk()
_METHODS = ("POST", "PUT", "PATCH", "DELETE")


def load_patch(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of a PatchOp as dicts with `op`, and `path` and `value` where they were given.

    Raises InvalidSyntax, and PayloadTooLarge for more operations than the server takes.
    """
    _refuse_too_many(body, MAX_PATCH_OPERATIONS)
    operations: list[dict[str, Any]] = _load(_PATCH, body, PATCH_SCHEMA)["Operations"]
    return operations


def load_search(body: Mapping[str, Any]) -> SearchRequest:
    """Return a SearchRequest; raises InvalidSyntax."""
    loaded = _load(_SEARCH, body, SEARCH_SCHEMA)
    del loaded["schemas"]
    for name in ("start_index", "count"):
        if isinstance(loaded.get(name), bool) or not isinstance(loaded.get(name), int | str | None):
            raise InvalidValue(f"{name}: must be a whole number.")
    return SearchRequest(**loaded)


def load_bulk(body: Mapping[str, Any]) -> BulkRequest:
    """Return a Bulk request; raises InvalidSyntax, and PayloadTooLarge for more operations than published."""
    _refuse_too_many(body, MAX_BULK_OPERATIONS)
    loaded = _load(_BULK, body, BULK_REQUEST_SCHEMA)
    operations = tuple(_bulk_operation(item, position) for position, item in enumerate(loaded["Operations"]))
    promised = [operation.bulk_id for operation in operations if operation.method == "POST"]
    if len(set(promised)) != len(promised):
        raise InvalidSyntax("Operations: each POST needs a bulkId of its own.")
    return BulkRequest(operations, loaded.get("fail_on_errors"))


def _bulk_operation(item: Mapping[str, Any], position: int) -> BulkOperation:
    method = item["method"].upper()
    if method not in _METHODS:
        raise InvalidSyntax(f"Operations[{position}].method must be one of {', '.join(_METHODS)}.")
    if method == "POST" and not item.get("bulk_id"):
        raise InvalidSyntax(f"Operations[{position}].bulkId is required for a POST.")
    if method != "DELETE" and item.get("data") is None:
        raise InvalidSyntax(f"Operations[{position}].data is required for a {method}.")
    return BulkOperation(method, item["path"], item.get("bulk_id"), item.get("version"), item.get("data"))


def _refuse_too_many(body: Mapping[str, Any], limit: int) -> None:
    """Count before loading, as loading is what costs."""
    for key, value in body.items():
        if key.lower() == "operations" and isinstance(value, list) and len(value) > limit:
            raise PayloadTooLarge(f"Operations: {len(value)} are more than the {limit} that one request may have.")


def _load(schema: Schema, body: Mapping[str, Any], urn: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise InvalidSyntax(describe(error)) from None
    if urn.lower() not in {named.lower() for named in loaded["schemas"]}:
        raise InvalidSyntax(f"schemas must name '{urn}'.")
    return loaded


def describe(error: ValidationError) -> str:
    """Return the first message of a marshmallow error with the path to where it belongs, such as Operations[1].op."""
    path, found = "", error.messages
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        path += f"[{key}]" if isinstance(key, int) else f".{key}" if key != "_schema" else ""
    message = found[0] if isinstance(found, list) and found else found
    return f"{path.lstrip('.')}: {message}" if path else str(message)
