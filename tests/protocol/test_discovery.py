"""The discovery documents, read as clients read them (RFC 7643 §5 to §7; outside-judges.md, trap 1)."""

from collections.abc import Iterator
from typing import Any

import pytest
import scim2_models

from scim_server.protocol import limits
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.discovery import (
    resource_type_document,
    schema_document,
    schemas_of,
    service_provider_config,
)
from scim_server.protocol.schemas import GROUP, USER
from tests.protocol.examples import CORE, CUSTOM, CUSTOM_USER, ENTERPRISE

BASE = "https://scim.example.test/scim/v2/acme"
DOCUMENTS = [
    service_provider_config(BASE),
    *(resource_type_document(each, BASE) for each in (USER, GROUP)),
    *(schema_document(each, BASE) for each in schemas_of((CUSTOM_USER, GROUP))),
]


def values_of(document: Any) -> Iterator[Any]:
    """Yield the value and all values inside."""
    yield document
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for value in inner:
        yield from values_of(value)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["meta"]["location"])
def test_no_document_holds_null_or_text_without_content(document: dict[str, Any]) -> None:
    """idp-wire E99."""
    assert None not in list(values_of(document))
    assert document["meta"]["location"].startswith(BASE + "/")


def test_the_configuration_is_what_clients_parse() -> None:
    """idp-wire A1, A2, S6."""
    config = scim2_models.ServiceProviderConfig.model_validate(service_provider_config(BASE + "/"))
    assert config.patch and config.patch.supported
    assert config.sort and config.sort.supported
    assert config.etag and config.etag.supported
    assert config.change_password and config.change_password.supported is False
    assert config.bulk and config.bulk.supported
    assert config.bulk.max_operations == limits.MAX_BULK_OPERATIONS
    assert config.bulk.max_payload_size == limits.MAX_BULK_BODY_BYTES
    assert config.filter and config.filter.max_results == limits.MAX_PAGE_SIZE
    assert config.pagination and config.pagination.model_dump() == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": limits.DEFAULT_PAGE_SIZE,
        "maxPageSize": limits.MAX_PAGE_SIZE,
        "cursorTimeout": limits.CURSOR_TIMEOUT,
    }
    assert [scheme.type for scheme in config.authentication_schemes or ()] == ["oauthbearertoken"]
    assert config.meta and str(config.meta.location) == BASE + "/ServiceProviderConfig"
    assert config.documentation_uri is None


def test_the_configuration_names_documentation_where_there_is_some() -> None:
    document = service_provider_config(BASE, documentation_uri="https://docs.example.test")
    assert document["documentationUri"] == "https://docs.example.test"


@pytest.mark.parametrize(
    ("resource_type", "endpoint", "schema", "extensions"),
    [
        (USER, "/Users", CORE, [ENTERPRISE]),
        (CUSTOM_USER, "/Users", CORE, [ENTERPRISE, CUSTOM]),
        (GROUP, "/Groups", GROUP.schema.id, []),
    ],
)
def test_a_resource_type_is_what_clients_parse(
    resource_type: ResourceType, endpoint: str, schema: str, extensions: list[str]
) -> None:
    """idp-wire R64; outside-judges.md, trap 7: no extension is required."""
    parsed = scim2_models.ResourceType.model_validate(resource_type_document(resource_type, BASE))
    assert (parsed.id, parsed.name) == (resource_type.name, resource_type.name)
    assert (str(parsed.endpoint), str(parsed.schema_)) == (endpoint, schema)
    assert [str(each.schema_) for each in parsed.schema_extensions or ()] == extensions
    assert not any(each.required for each in parsed.schema_extensions or ())
    assert parsed.meta and str(parsed.meta.location) == f"{BASE}/ResourceTypes/{resource_type.name}"


def test_schemas_are_listed_once() -> None:
    ids = [schema.id for schema in schemas_of((CUSTOM_USER, USER, GROUP))]
    assert ids == [CORE, ENTERPRISE, CUSTOM, GROUP.schema.id]


@pytest.mark.parametrize("schema", schemas_of((CUSTOM_USER, GROUP)), ids=lambda schema: schema.name)
def test_a_schema_is_what_clients_parse(schema: Any) -> None:
    """idp-wire K1: clients build their models from it."""
    document = schema_document(schema, BASE)
    parsed = scim2_models.Schema.model_validate(document)
    assert parsed.id == schema.id
    assert parsed.meta and str(parsed.meta.location) == f"{BASE}/Schemas/{schema.id}"
    assert parsed.model_dump()["attributes"] == document["attributes"]


Characteristics = dict[str, dict[str, Any]]


def characteristics(attributes: list[dict[str, Any]], prefix: str = "") -> Characteristics:
    """Return the characteristics of each attribute and sub-attribute by path, without descriptions."""
    result: Characteristics = {}
    for attribute in attributes:
        path = prefix + attribute["name"]
        ignored = ("description", "subAttributes", "name")
        result[path] = {name: value for name, value in attribute.items() if name not in ignored}
        result |= characteristics(attribute.get("subAttributes", []), path + ".")
    return result


def differences(ours: Characteristics, theirs: Characteristics) -> Iterator[tuple[str, str]]:
    """Yield path and characteristic of what is not the same; characteristic "" for a whole attribute."""
    for path in ours.keys() ^ theirs.keys():
        yield path, ""
    for path in ours.keys() & theirs.keys():
        for name in ours[path].keys() | theirs[path].keys():
            if ours[path].get(name) != theirs[path].get(name):
                yield path, name


@pytest.mark.parametrize(
    ("schema", "model", "intended"),
    [
        (USER.schema, scim2_models.User, set()),
        # The member's own name: clients' values are ignored (outside-judges.md, trap 5).
        (GROUP.schema, scim2_models.Group, {("members.display", "mutability")}),
        # RFC 7643 §8.7.1 has them optional, and clearing a manager sends an empty value (idp-wire E50).
        (
            USER.extensions[0],
            scim2_models.EnterpriseUser,
            {("manager.value", "required"), ("manager.$ref", "required")},
        ),
    ],
    ids=["User", "Group", "EnterpriseUser"],
)
def test_the_built_in_schemas_are_the_rfcs(schema: Any, model: Any, intended: set[tuple[str, str]]) -> None:
    """The differences are intended: each has its reason here."""
    ours = characteristics(schema_document(schema, BASE)["attributes"])
    theirs = characteristics(model.to_schema().model_dump()["attributes"])
    assert set(differences(ours, theirs)) == intended
