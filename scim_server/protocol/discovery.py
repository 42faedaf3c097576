"""The discovery documents: /ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7643 §5 to §7, RFC 9865 §4).

`base_url` is the SCIM base of one Organization. No document holds a null (idp-wire E99).
"""

from collections.abc import Iterable
from typing import Any

from scim_server.protocol.attributes import Attribute, ResourceType, Schema
from scim_server.protocol.limits import (
    CURSOR_TIMEOUT,
    DEFAULT_PAGE_SIZE,
    MAX_BULK_BODY_BYTES,
    MAX_BULK_OPERATIONS,
    MAX_PAGE_SIZE,
)

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
SCHEMA_SCHEMA = _CORE + "Schema"
RESOURCE_TYPE_SCHEMA = _CORE + "ResourceType"
SERVICE_PROVIDER_CONFIG_SCHEMA = _CORE + "ServiceProviderConfig"


def service_provider_config(base_url: str, *, documentation_uri: str | None = None) -> dict[str, Any]:
    """Return the ServiceProviderConfig (RFC 7643 §5), with the limits of `limits.py`."""
    document: dict[str, Any] = {"schemas": [SERVICE_PROVIDER_CONFIG_SCHEMA]}
    if documentation_uri:
        document["documentationUri"] = documentation_uri
    return document | {
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": MAX_BULK_OPERATIONS,
            "maxPayloadSize": MAX_BULK_BODY_BYTES,
        },
        "filter": {"supported": True, "maxResults": MAX_PAGE_SIZE},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        # Index stays the default: old clients send neither a cursor nor startIndex (idp-wire S7).
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_PAGE_SIZE,
            "maxPageSize": MAX_PAGE_SIZE,
            "cursorTimeout": CURSOR_TIMEOUT,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A token of the Organization in the Authorization header, scheme Bearer.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base_url.rstrip('/')}/ServiceProviderConfig",
        },
    }


def resource_type_document(resource_type: ResourceType, base_url: str) -> dict[str, Any]:
    """Return the ResourceType (RFC 7643 §6); its id is its name."""
    return {
        "schemas": [RESOURCE_TYPE_SCHEMA],
        "id": resource_type.name,
        "name": resource_type.name,
        "description": resource_type.description,
        "endpoint": resource_type.endpoint,
        "schema": resource_type.schema.id,
        "schemaExtensions": [{"schema": each.id, "required": False} for each in resource_type.extensions],
        "meta": {
            "resourceType": "ResourceType",
            "location": f"{base_url.rstrip('/')}/ResourceTypes/{resource_type.name}",
        },
    }


def schema_document(schema: Schema, base_url: str) -> dict[str, Any]:
    """Return the Schema (RFC 7643 §7), in the form that `extensions.load_schema` reads."""
    return {
        "schemas": [SCHEMA_SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_attribute(attribute) for attribute in schema.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base_url.rstrip('/')}/Schemas/{schema.id}"},
    }


def schemas_of(resource_types: Iterable[ResourceType]) -> tuple[Schema, ...]:
    """Return the schemas that /Schemas lists: each core schema with its extensions, none twice."""
    schemas = {each.id: each for kind in resource_types for each in (kind.schema, *kind.extensions)}
    return tuple(schemas.values())


def _attribute(attribute: Attribute) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type.value,
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability.value,
        "returned": attribute.returned.value,
        "uniqueness": attribute.uniqueness.value,
    }
    if attribute.canonical_values:
        document["canonicalValues"] = list(attribute.canonical_values)
    if attribute.reference_types:
        document["referenceTypes"] = list(attribute.reference_types)
    if attribute.sub_attributes:
        document["subAttributes"] = [_attribute(each) for each in attribute.sub_attributes]
    return document
