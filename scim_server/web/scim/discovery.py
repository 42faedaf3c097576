"""Discovery (RFC 7644 §4): what this server is and which resources and schemas it has for the Organization."""

from typing import Any

import orjson
from flask import Response, request

from scim_server.protocol import discovery
from scim_server.protocol.attributes import Schema
from scim_server.protocol.errors import Forbidden, NotFound
from scim_server.protocol.messages import list_message
from scim_server.web.scim.answers import json_answer
from scim_server.web.scim.authentication import current_principal
from scim_server.web.scim.blueprint import route
from scim_server.web.scim.context import organization_base, organization_types

# Clients of this library up to canaille 0.3.6 refuse a configuration that holds more than RFC 7643 names, and then
# provision nothing at all. Without `pagination` a client pages by index, so nobody loses anything by this.
_STRICT_CLIENTS = ("python-httpx/",)


def _refuse_filter() -> None:
    if "filter" in request.args:
        raise Forbidden("Discovery endpoints take no filter (RFC 7644 §4).")


def _list(documents: list[dict[str, Any]]) -> Response:
    return json_answer(orjson.dumps(list_message(documents)))


@route("/ServiceProviderConfig", "GET")
def read_service_provider_config() -> Response:
    """Tell what the server supports and within which limits."""
    _refuse_filter()
    document = discovery.service_provider_config(organization_base(current_principal()))
    if request.headers.get("User-Agent", "").startswith(_STRICT_CLIENTS):
        del document["pagination"]
    return json_answer(orjson.dumps(document))


@route("/ResourceTypes", "GET")
def list_resource_types() -> Response:
    """List the resource types."""
    _refuse_filter()
    base = organization_base(current_principal())
    types = organization_types(current_principal())
    return _list([discovery.resource_type_document(resource_type, base) for resource_type in types])


@route("/ResourceTypes/<name>", "GET")
def read_resource_type(name: str) -> Response:
    """Read one resource type by its name."""
    _refuse_filter()
    base = organization_base(current_principal())
    for resource_type in organization_types(current_principal()):
        if resource_type.name == name:
            return json_answer(orjson.dumps(discovery.resource_type_document(resource_type, base)))
    raise NotFound(f"There is no resource type '{name}'.")


@route("/Schemas", "GET")
def list_schemas() -> Response:
    """List the schemas."""
    _refuse_filter()
    base = organization_base(current_principal())
    return _list([discovery.schema_document(schema, base) for schema in _schemas()])


@route("/Schemas/<urn>", "GET")
def read_schema(urn: str) -> Response:
    """Read one schema by its URN, without regard to letter case."""
    _refuse_filter()
    base = organization_base(current_principal())
    for schema in _schemas():
        if schema.id.lower() == urn.lower():
            return json_answer(orjson.dumps(discovery.schema_document(schema, base)))
    raise NotFound(f"There is no schema '{urn}'.")


def _schemas() -> tuple[Schema, ...]:
    return discovery.schemas_of(organization_types(current_principal()))
