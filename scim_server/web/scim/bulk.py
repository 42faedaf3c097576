"""POST /Bulk (RFC 7644 §3.7): each operation all or nothing, one commit for all that succeeded."""

from typing import Any

import orjson
from flask import Response

from scim_server.database import transaction
from scim_server.identifiers import new_id
from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.bulk import execution_order, promised_ids, resolve
from scim_server.protocol.errors import InvalidSyntax, NotFound, ScimError
from scim_server.protocol.etag import entity_tag
from scim_server.protocol.limits import MAX_BULK_BODY_BYTES
from scim_server.protocol.messages import BulkOperation, BulkRequest, bulk_message, load_bulk
from scim_server.web.scim import operations
from scim_server.web.scim.answers import json_answer
from scim_server.web.scim.blueprint import route
from scim_server.web.scim.bodies import body
from scim_server.web.scim.context import provisioning, quirks

_ENDPOINTS = {"users": "Users", "groups": "Groups"}
_STATUS = {"POST": "201", "PUT": "200", "PATCH": "200", "DELETE": "204"}


@route("/Bulk", "POST")
def bulk() -> Response:
    """Run up to the published number of operations; answers 200 with a result for each that ran."""
    asked = load_bulk(body(MAX_BULK_BODY_BYTES))
    context = provisioning()
    with transaction():
        results = _run_all(asked, context)
    return json_answer(orjson.dumps(bulk_message(results)))


def _run_all(asked: BulkRequest, context: Provisioning) -> list[dict[str, Any]]:
    """Run the operations until `failOnErrors` is reached, and return the results in the order of the request."""
    ids = promised_ids(asked.operations, new_id)
    results: dict[int, dict[str, Any]] = {}
    failures = 0
    for position in execution_order(asked.operations):
        operation = asked.operations[position]
        try:
            results[position] = _run(operation, ids, context)
        except ScimError as error:
            failures += 1
            results[position] = _describe(operation, str(error.status), _target(operation, context), error)
            if operation.method == "POST" and operation.bulk_id is not None:
                ids.pop(operation.bulk_id, None)
            if asked.fail_on_errors is not None and failures >= asked.fail_on_errors:
                break
    return [results[position] for position in sorted(results)]


def _run(operation: BulkOperation, ids: dict[str, str], context: Provisioning) -> dict[str, Any]:
    path: str = resolve(operation.path, ids)
    endpoint, resource_id = _split(path, operation.method)
    found = quirks()
    data = resolve(operation.data, ids) if operation.data is not None else {}
    match operation.method:
        case "POST":
            promised = ids.get(operation.bulk_id or "")
            result = operations.create(context, endpoint, data, found, promised)
        case "PUT":
            result = operations.replace(context, endpoint, resource_id, data, found, operation.version)
        case "PATCH":
            result = operations.patch(context, endpoint, resource_id, data, found, operation.version)
        case _:
            operations.delete(context, endpoint, resource_id, operation.version)
            return _describe(operation, _STATUS["DELETE"], f"{context.base}/{endpoint}/{resource_id}")
    answer = _describe(operation, _STATUS[operation.method], f"{context.base}/{endpoint}/{result.id}")
    return {**answer, "version": entity_tag(result.version)}


def _split(path: str, method: str) -> tuple[str, str]:
    """Return endpoint and id of a path such as /Users or /Groups/{id}."""
    name, _, resource_id = path.strip("/").partition("/")
    endpoint = _ENDPOINTS.get(name.lower())
    if endpoint is None or "/" in resource_id:
        raise NotFound(f"path: there is no '{path}' here; use /Users or /Groups.")
    if (method == "POST") is bool(resource_id):
        wanted = "without an id" if method == "POST" else "with the id of a resource"
        raise InvalidSyntax(f"path: {method} needs a path {wanted}, not '{path}'.")
    return endpoint, resource_id


def _target(operation: BulkOperation, context: Provisioning) -> str | None:
    """Return where a failed operation pointed, which a failed creation does not have."""
    return None if operation.method == "POST" else f"{context.base}/{operation.path.strip('/')}"


def _describe(
    operation: BulkOperation, status: str, location: str | None, error: ScimError | None = None
) -> dict[str, Any]:
    described: dict[str, Any] = {"method": operation.method, "status": status}
    if operation.bulk_id is not None:
        described["bulkId"] = operation.bulk_id
    if location is not None:
        described["location"] = location
    if error is not None:
        described["response"] = error.body()
    return described
