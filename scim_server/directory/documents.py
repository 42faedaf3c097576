"""The stored form of a resource: the document as it goes over the wire, and the folded copy that filters search."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from scim_server.directory.mapping import StorageMapping
from scim_server.protocol.attributes import Attribute, ResourceType
from scim_server.protocol.values import comparable


class Stored(NamedTuple):
    """A row as the hot statements select it; `derived` is a JSON array as text, or None where there is nothing."""

    id: str
    version: int
    created_at: str
    modified_at: str
    document: str
    derived: str | None


def dump_document(resource_type: ResourceType, resource_id: str, attributes: Mapping[str, Any]) -> str:
    """Return the document column: schemas and id, then the attributes; without meta and without what is derived."""
    present = [extension.id for extension in resource_type.extensions if extension.id in attributes]
    head = {"schemas": [resource_type.schema.id, *present], "id": resource_id}
    return orjson.dumps(head | dict(attributes)).decode()


def load_attributes(document: str) -> dict[str, Any]:
    """Return the attributes of a document column, without schemas and id."""
    attributes: dict[str, Any] = orjson.loads(document)
    del attributes["schemas"], attributes["id"]
    return attributes


def dump_search(resource_type: ResourceType, mapping: StorageMapping, attributes: Mapping[str, Any]) -> str:
    """Return the search column: comparable forms of everything that has no column or row of its own."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        extension = resource_type.extension(name)
        if extension is not None:
            found[name] = {key: _comparable(extension.attribute(key), item) for key, item in value.items()}
        elif not mapping.is_indexed_apart(name):
            found[name] = _comparable(resource_type.attribute(name), value)
    return orjson.dumps(found).decode()


def _comparable(attribute: Attribute | None, value: Any) -> Any:
    if attribute is None:
        return None
    if attribute.multi_valued:
        return [_comparable_one(attribute, element) for element in value]
    return _comparable_one(attribute, value)


def _comparable_one(attribute: Attribute, value: Any) -> Any:
    if attribute.is_complex:
        pairs = ((attribute.sub_attribute(key), key, item) for key, item in value.items())
        return {key: _comparable_one(sub, item) for sub, key, item in pairs if sub is not None}
    plain = comparable(attribute, value)
    # Booleans are compared as text, as SQLite gives them back as numbers.
    return plain if not isinstance(plain, bool) else "true" if plain else "false"


def location(base: str, resource_type: ResourceType, resource_id: str) -> str:
    """Return the address of a resource under the Organization's base URL."""
    return f"{base}{resource_type.endpoint}/{resource_id}"


def render(resource_type: ResourceType, mapping: StorageMapping, stored: Stored, base: str) -> str:
    """Return the resource as JSON text: the document with what is derived spliced in, never parsed."""
    derived = f',"{mapping.derived_name}":{stored.derived}' if stored.derived else ""
    return (
        f'{stored.document[:-1]}{derived},"meta":{{"resourceType":"{resource_type.name}",'
        f'"created":"{stored.created_at}","lastModified":"{stored.modified_at}",'
        f'"location":"{base}{resource_type.endpoint}/{stored.id}","version":"W/\\"{stored.version}\\""}}}}'
    )
