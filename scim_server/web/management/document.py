"""The OpenAPI document as it is served: what flask-smorest knows of the routes, and what is true of all of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scim_server.idempotency.service import HEADER, MAX_KEY_LENGTH
from scim_server.web.management.repetition import REPLAYED

_DESCRIPTION = """\
Every request bears an API token of the Organization: `Authorization: Bearer <token>`. The token's Organization role
permits what each operation asks for.

Lists take `limit` and `offset` and answer with `totalCount`. An error answers `message`, `requestId`, `statusCode` and,
where fields are wrong, `fieldErrors`. Unknown fields are refused. A token that sends too many requests is answered 429
with `Retry-After` in whole seconds. A POST with an `Idempotency-Key` can be repeated safely for 24 hours.
"""
_PARAMETERS = {"organizationId": "Id or slug of the Organization."}
_ANSWERS = {
    "400": "The request is not valid; `fieldErrors` names what is wrong.",
    "401": "No token, or one that is unknown, revoked, expired, or serves SCIM alone.",
    "403": "The token's role does not permit this.",
    "404": "There is nothing by this id in the token's Organization.",
    "409": "The present state forbids this, or the first request of an Idempotency-Key is still being done.",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8.",
    "422": "The Idempotency-Key was sent with another request.",
    "429": "Too many requests; try again after the seconds of Retry-After.",
    "503": "The database does not answer now; nothing was changed. Try again after the seconds of Retry-After.",
}
_REQUEST_ID = {"description": "The id of the request, as the audit log has it.", "schema": {"type": "string"}}
_SECONDS = {"description": "Whole seconds after which to try again.", "schema": {"type": "integer", "minimum": 1}}
_HEADERS = {
    "401": {"WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}}},
    "429": {"Retry-After": _SECONDS},
    "503": {"Retry-After": _SECONDS},
}
_REPLAYED = {
    "description": "`true` where this is the answer to an earlier request with the same Idempotency-Key.",
    "schema": {"type": "string", "enum": ["true"]},
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Makes repeating safe: a request with the same key and body is answered as the first was.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
}
_UNUSED_SCHEMAS = ("PaginationMetadata",)


def finish(document: dict[str, Any]) -> dict[str, Any]:
    """Complete a document in place, and return it."""
    document["info"]["description"] = _DESCRIPTION
    schemas = document["components"]["schemas"]
    for name in _UNUSED_SCHEMAS:
        schemas.pop(name, None)
    for schema in schemas.values():
        _tell_formats(schema)
    document["paths"] = {_camel_path(path): item for path, item in document["paths"].items()}
    for item in document["paths"].values():
        for parameter in item.get("parameters", ()):
            _finish_path_parameter(parameter)
        for method, operation in operations_of(item):
            _finish_operation(document, method, operation)
    document["components"].pop("responses", None)
    return document


def operations_of(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield method and operation of a path item."""
    for method in ("get", "post", "put", "patch", "delete"):
        if method in item:
            yield method, item[method]


def camel(name: str) -> str:
    """Return a Python name as the wire spells it."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _camel_path(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: f"{{{camel(match[1])}}}", path)


def _finish_path_parameter(parameter: dict[str, Any]) -> None:
    if parameter.get("in") == "path":
        name = parameter["name"] = camel(parameter["name"])
        parameter.setdefault("description", _PARAMETERS.get(name, f"Id of the {name.removesuffix('Id')}."))


def _finish_operation(document: dict[str, Any], method: str, operation: dict[str, Any]) -> None:
    permission = operation.get("x-permission")
    needed = f"Needs the permission `{permission}`." if permission else "What it shows depends on the token's role."
    operation["description"] = "\n\n".join(filter(None, (operation.get("description"), needed)))
    for parameter in operation.get("parameters", ()):
        _finish_path_parameter(parameter)
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY)
    answers = operation["responses"]
    answers.pop("default", None)
    for status, answer in sorted(answers.items()):
        finished = dict(answer)
        reference = finished.pop("$ref", None)
        if reference is not None:
            finished.update(document["components"]["responses"][reference.rpartition("/")[2]])
        if int(status) >= 400:  # noqa: PLR2004 - HTTP statuses
            finished["description"] = _ANSWERS.get(status, finished["description"])
            finished["headers"] = {"X-Request-Id": _REQUEST_ID, **_HEADERS.get(status, {})}
        elif method == "post":
            finished["headers"] = {**finished.get("headers", {}), REPLAYED: _REPLAYED}
        # Taken out and put back, so that they stand in order.
        answers.pop(status)
        answers[status] = finished


def _tell_formats(schema: dict[str, Any]) -> None:
    """Say which texts are moments: those whose names say when."""
    for name, field in schema.get("properties", {}).items():
        types = field.get("type", ())
        if (name.endswith("At") or name == "timestamp") and ("string" in types or types == "string"):
            field.setdefault("format", "date-time")
