"""Extensions that an Organization registers (RFC 7643 §7)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.attributes import Mutability, Returned, Type
from scim_server.protocol.discovery import schema_document
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.protocol.extensions import load_schema
from scim_server.protocol.limits import MAX_EXTENSION_ATTRIBUTES, MAX_SUB_ATTRIBUTES
from scim_server.protocol.quirks import Quirks
from scim_server.protocol.resources import load_resource
from scim_server.protocol.schemas import USER, with_extensions
from tests.protocol.examples import CORE, CUSTOM, CUSTOM_SCHEMA, ENTERPRISE, json_values, user

ACME = "urn:ietf:params:scim:schemas:extension:AcmeCorp:2.0:User"


def document(*attributes: Any, **parts: Any) -> dict[str, Any]:
    return {"id": ACME, "attributes": list(attributes or [{"name": "tag"}]), **parts}


def test_a_minimal_document_takes_the_defaults_of_the_rfc() -> None:
    """idp-wire E66."""
    schema = load_schema(document({"name": "tag"}))
    assert (schema.id, schema.name, schema.description) == (ACME, "User", "")
    (tag,) = schema.attributes
    assert (tag.name, tag.type, tag.multi_valued, tag.required) == ("tag", Type.STRING, False, False)
    assert (tag.mutability, tag.returned, tag.case_exact) == (Mutability.READ_WRITE, Returned.DEFAULT, False)


@pytest.mark.parametrize("schema", [CUSTOM_SCHEMA, USER.extensions[0]], ids=lambda schema: schema.name)
def test_the_servers_own_document_comes_back_as_it_was(schema: Any) -> None:
    written = schema_document(schema, "https://x.test") | {"id": ACME}
    loaded = load_schema(written)
    assert schema_document(loaded, "https://x.test")["attributes"] == written["attributes"]


def test_a_registered_extension_takes_values() -> None:
    resource_type = with_extensions(USER, (load_schema(document({"name": "Level", "type": "integer"})),))
    loaded = load_resource(resource_type, user(**{ACME.lower(): {"level": 3}}), Quirks())
    assert loaded == {"userName": "ada", ACME: {"Level": 3}}


@pytest.mark.parametrize(
    "attribute",
    [
        {"name": "a", "required": True},
        {"name": "a-b_9", "multiValued": True, "caseExact": True},
        {"NAME": "a", "Type": "dateTime", "canonicalvalues": None},
        {"name": "a", "mutability": "writeOnly", "returned": "never"},
        {"name": "a", "mutability": "readOnly", "returned": "request", "uniqueness": "none"},
        {"name": "a", "canonicalValues": ["x", "y"], "type": "string"},
        {"name": "a", "type": "complex", "subAttributes": [{"name": "value"}, {"name": "$ref", "type": "reference"}]},
    ],
)
def test_attributes_that_can_be_kept(attribute: dict[str, Any]) -> None:
    assert len(load_schema(document(attribute)).attributes) == 1


COMPLEX = {"name": "a", "type": "complex"}


@pytest.mark.parametrize(
    ("attribute", "detail"),
    [
        ({}, "'attributes[0].name' is required."),
        ({"name": 5}, "'attributes[0].name' must be a string."),
        ({"name": ""}, "'attributes[0].name' must be letters"),
        ({"name": "9a"}, "'attributes[0].name' must be letters"),
        ({"name": "a.b"}, "'attributes[0].name' must be letters"),
        ({"name": "a:b"}, "'attributes[0].name' must be letters"),
        ({"name": "a b"}, "'attributes[0].name' must be letters"),
        ({"name": "a\n"}, "'attributes[0].name' must be letters"),
        ({"name": "\u00e4"}, "'attributes[0].name' must be letters"),
        ({"name": "$ref"}, "'attributes[0].name' must be letters"),
        ({"name": "a" * 65}, "'attributes[0].name' must not be longer than 64"),
        ({"name": "Schemas"}, "'attributes[0].name' must not be 'Schemas'"),
        ({"name": "groups"}, "'attributes[0].name' must not be 'groups'"),
        ({"name": "password"}, "'attributes[0].name' must not be 'password'"),
        ({"name": "NOT"}, "'attributes[0].name' must not be 'NOT'"),
        ({"name": "pr"}, "'attributes[0].name' must not be 'pr'"),
        ({"name": "null"}, "'attributes[0].name' must not be 'null'"),
        ({"name": "a", "type": "text"}, "'attributes[0].type' must be one of string, boolean,"),
        ({"name": "a", "type": ["string"]}, "'attributes[0].type' must be one of"),
        ({"name": "a", "mutability": "readwrite"}, "'attributes[0].mutability' must be one of readOnly,"),
        ({"name": "a", "returned": True}, "'attributes[0].returned' must be one of always,"),
        ({"name": "a", "uniqueness": "server"}, "'attributes[0].uniqueness' must be 'none'"),
        ({"name": "a", "mutability": "writeOnly"}, "'attributes[0].returned' must be 'never'"),
        ({"name": "a", "multiValued": "true"}, "'attributes[0].multiValued' must be true or false, not a string."),
        ({"name": "a", "required": 1}, "'attributes[0].required' must be true or false, not a number."),
        ({"name": "a", "canonicalValues": "x"}, "'attributes[0].canonicalValues' must be an array."),
        ({"name": "a", "canonicalValues": [5]}, "'attributes[0].canonicalValues[0]' must be a string."),
        ({"name": "a", "canonicalValues": ["x"] * 201}, "must not hold more than 200 values"),
        ({"name": "a", "mutible": "readOnly"}, "'attributes[0].mutible' is not known here."),
        ({"name": "a", "description": "x" * 2001}, "'attributes[0].description' must not be longer than 2000"),
        (COMPLEX, "'attributes[0].subAttributes' are what a 'complex' attribute has"),
        ({"name": "a", "subAttributes": [{"name": "b"}]}, "'attributes[0].subAttributes' are what a 'complex'"),
        (COMPLEX | {"subAttributes": [COMPLEX]}, "'attributes[0].subAttributes[0].type' must not be 'complex'"),
        (
            COMPLEX | {"subAttributes": [COMPLEX | {"subAttributes": [{"name": "b"}]}]},
            "'attributes[0].subAttributes[0].subAttributes' is not known here.",
        ),
        (
            COMPLEX | {"subAttributes": [{"name": "b", "multiValued": True}]},
            "'attributes[0].subAttributes[0].multiValued' must be false",
        ),
        (
            COMPLEX | {"subAttributes": [{"name": "b"}, {"name": "B"}]},
            "'attributes[0].subAttributes' must not name 'B' twice.",
        ),
        (
            COMPLEX | {"subAttributes": [{"name": f"a{number}"} for number in range(MAX_SUB_ATTRIBUTES + 1)]},
            "'attributes[0].subAttributes' must not hold more than 50 attributes.",
        ),
    ],
)
def test_attributes_that_cannot_be_kept(attribute: dict[str, Any], detail: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        load_schema(document(attribute))
    assert detail in caught.value.detail


def test_names_are_distinct_without_regard_to_case() -> None:
    with pytest.raises(InvalidValue, match="must not name 'TAG' twice"):
        load_schema(document({"name": "tag"}, {"name": "TAG"}))


def test_the_number_of_attributes_is_limited() -> None:
    attributes = [{"name": f"a{number}"} for number in range(MAX_EXTENSION_ATTRIBUTES + 1)]
    assert len(load_schema(document(*attributes[:-1])).attributes) == MAX_EXTENSION_ATTRIBUTES
    with pytest.raises(InvalidValue, match="'attributes' must hold 1 to 100 attributes"):
        load_schema(document(*attributes))


@pytest.mark.parametrize(
    ("urn", "detail"),
    [
        (None, "'id' is required."),
        ("", "'id' must be a URN"),
        ("acme", "'id' must be a URN"),
        ("http://acme.test/schema", "'id' must be a URN"),
        ("urn:acme", "'id' must be a URN"),
        ("urn:acme:", "'id' must be a URN"),
        ("urn:acme:a::b", "'id' must be a URN"),
        ("urn:acme:a b", "'id' must be a URN"),
        ("urn:acme:a]", "'id' must be a URN"),
        ("urn:acme:\u00e4", "'id' must be a URN"),
        ("urn:acme:a\n", "'id' must be a URN"),
        ("urn:acme:" + "a" * 200, "'id' must not be longer than 200"),
        (CORE, "belong to the RFCs"),
        ("URN:ietf:params:scim:schemas:core:2.0:Device", "belong to the RFCs"),
        ("urn:ietf:params:scim:api:messages:2.0:PatchOp", "belong to the RFCs"),
        (ENTERPRISE, "exists already"),
        (ENTERPRISE.upper(), "exists already"),
        (ENTERPRISE + ":manager", "must not begin another schema's URN, or with one"),
        (ENTERPRISE.rpartition(":")[0], "must not begin another schema's URN, or with one"),
        (CUSTOM.lower(), "exists already"),
        (CUSTOM + ".1", "must not begin another schema's URN, or with one"),
    ],
)
def test_urns_that_paths_could_not_tell_apart(urn: Any, detail: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        load_schema(document(id=urn), taken=[CUSTOM])
    assert detail in caught.value.detail


@pytest.mark.parametrize("urn", ["urn:acme:x", "urn:example:a.b_c-d:2.0", CUSTOM + "s", "URN:ACME:X"])
def test_other_urns_are_taken(urn: str) -> None:
    assert load_schema(document(id=urn), taken=[CUSTOM]).id == urn


@pytest.mark.parametrize("body", [None, [], "x", {"id": ACME}, document(extra=1), document() | {"attributes": [5]}])
def test_a_document_of_another_shape_is_refused(body: Any) -> None:
    with pytest.raises(ScimError) as caught:
        load_schema(body)
    assert caught.value.status == 400


KEYS = st.sampled_from(
    ["id", "name", "attributes", "subAttributes", "type", "multiValued", "mutability", "canonicalValues", "uniqueness"]
)


@given(st.dictionaries(KEYS, json_values(KEYS)), st.lists(st.dictionaries(KEYS, json_values(KEYS)), max_size=2))
def test_any_json_is_a_schema_or_a_scim_error(body: dict[str, Any], attributes: list[dict[str, Any]]) -> None:
    named = [{**attribute, "name": f"a{number}"} for number, attribute in enumerate(attributes)]
    for candidate in (body, {**body, "id": ACME, "name": "x", "attributes": named}):
        try:
            schema = load_schema(candidate)
        except ScimError as error:
            assert error.status == 400
            continue
        assert load_schema(schema_document(schema, "")).name == schema.name
