"""The stored form of a resource: the document as it goes over the wire, and the folded copy that filters search."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from scim_server.directory.mapping import StorageMapping
from scim_server.protocol.attributes import Attribute, ResourceType
from scim_server.protocol.folding import table_of
from scim_server.protocol.values import comparable, fold


class Stored(NamedTuple):
    """A row as the hot statements select it; `derived` is a JSON array as text, or None where there is nothing."""

    id: str
    version: int
    created_at: str
    modified_at: str
    document: str
    derived: str | None
    # What a list was sorted by; of interest to the next page alone.
    sort_key: Any = None


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
        extension = resource_type.extension(name) if ":" in name else None
        if extension is not None:
            found[name] = {key: _folder(extension.attribute(key))(item) for key, item in value.items()}
        elif not mapping.is_indexed_apart(name):
            found[name] = _folder(resource_type.attribute(name))(value)
    return orjson.dumps(found).decode()


@lru_cache(maxsize=4096)
def _folder(attribute: Attribute | None) -> Callable[[Any], Any]:
    """Return the function that makes values of an attribute comparable; bounded, as Organizations register some."""
    if attribute is None:
        return lambda _: None
    if attribute.is_complex:
        one = _parts_folder(attribute)
    elif attribute.is_textual and not attribute.case_exact:
        one = fold
    else:
        one = partial(_plain, attribute)
    return (lambda values: [one(value) for value in values]) if attribute.multi_valued else one


def _parts_folder(attribute: Attribute) -> Callable[[Any], Any]:
    folders = {name: _folder(part) for name, part in table_of(attribute.sub_attributes).items()}
    return lambda value: {key: folders[key](item) for key, item in value.items() if key in folders}


def _plain(attribute: Attribute, value: Any) -> Any:
    # Booleans are compared as text, as SQLite gives them back as numbers.
    plain = comparable(attribute, value)
    return plain if not isinstance(plain, bool) else "true" if plain else "false"


def location(base: str, resource_type: ResourceType, resource_id: str) -> str:
    """Return the address of a resource under the Organization's base URL."""
    return f"{base}{resource_type.endpoint}/{resource_id}"


def render(resource_type: ResourceType, mapping: StorageMapping, rows: Iterable[Stored], base: str) -> list[str]:
    """Return resources as JSON text: each document with what is derived spliced in.

    One is parsed only where a part of it belongs to an extension that was removed.
    """
    key = f',"{mapping.derived_name}":'
    meta = f',"meta":{{"resourceType":"{resource_type.name}","created":"'
    address = f"{base}{resource_type.endpoint}/"
    texts: list[str] = []
    # The `schemas` of the document before: most have the same.
    known: str | None = None
    for resource_id, version, created_at, modified_at, document, derived, _ in rows:
        shown = document
        if known is None or not document.startswith(known):
            head = document[: document.index("]") + 1]
            if _is_known(resource_type, head):
                known = head
            else:
                shown = _without_removed(resource_type, document)
        texts.append(
            f'{shown[:-1]}{key if derived else ""}{derived or ""}{meta}{created_at}","lastModified":"{modified_at}",'
            f'"location":"{address}{resource_id}","version":"W/\\"{version}\\""}}}}'
        )
    return texts


@lru_cache(maxsize=4096)
def _is_known(resource_type: ResourceType, head: str) -> bool:
    """Tell whether the resource type has all URNs of a document's `schemas`, with which its head ends."""
    return all(_has_schema(resource_type, urn) for urn in orjson.loads(head[head.index("[") :]))


def _has_schema(resource_type: ResourceType, urn: str) -> bool:
    return urn == resource_type.schema.id or resource_type.extension(urn) is not None


def _without_removed(resource_type: ResourceType, document: str) -> str:
    resource: dict[str, Any] = orjson.loads(document)
    shown = {name: value for name, value in resource.items() if ":" not in name or _has_schema(resource_type, name)}
    shown["schemas"] = [urn for urn in resource["schemas"] if _has_schema(resource_type, urn)]
    return orjson.dumps(shown).decode()
