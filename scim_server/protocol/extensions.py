"""Extensions that an Organization registers as a schema document (RFC 7643 §7), read strictly.

Stricter than the RFC where the server could not keep what the document says: no uniqueness, no multi-valued
sub-attributes, no names that filters and paths cannot hold. `required` is enforced where the extension is sent at all.
Writing a schema back is `discovery.schema_document`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from scim_server.protocol.attributes import Attribute, Mutability, Returned, Schema, Type, Uniqueness
from scim_server.protocol.bodies import REQUIRED, detail, kind, quoted
from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.limits import MAX_EXTENSION_ATTRIBUTES, MAX_SUB_ATTRIBUTES
from scim_server.protocol.messages import MessageSchema, errors
from scim_server.protocol.schemas import GROUP, USER

_LONGEST_URN = 200
_LONGEST_NAME = 64
_LONGEST_DESCRIPTION = 2_000
_MOST_CANONICAL_VALUES = 200
# The URNs that the lexers of filters and paths can read; RFC 8141 allows more.
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}(:[a-z0-9._-]+)+", re.IGNORECASE | re.ASCII)
# RFC 7643 §2.1.
_NAME = re.compile(r"[a-z][a-z0-9_-]*", re.IGNORECASE | re.ASCII)
_RESERVED_NAMES = frozenset(
    {"schemas", "id", "externalid", "meta", "groups", "password"}
    # Words of the filter language.
    | {"and", "or", "not", "pr", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "true", "false", "null"}
)
_RESERVED_URNS = ("urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:")
_BUILT_IN = tuple(schema.id for kind in (USER, GROUP) for schema in (kind.schema, *kind.extensions))


class _Flag(fields.Field[bool]):
    """true or false, and nothing that resembles them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"must be true or false, not {kind(value)}")
        return value


def _text(longest: int, **options: Any) -> fields.String:
    length = validate.Length(max=longest, error=f"must not be longer than {longest} characters")
    return fields.String(validate=length, error_messages=errors("must be a string"), **options)


def _texts(**options: Any) -> fields.List[str]:
    most = validate.Length(max=_MOST_CANONICAL_VALUES, error=f"must not hold more than {_MOST_CANONICAL_VALUES} values")
    return fields.List(_text(_LONGEST_URN), validate=most, error_messages=errors("must be an array"), **options)


def _one_of(choices: type[Type] | type[Mutability] | type[Returned] | type[Uniqueness], **options: Any) -> Any:
    messages = errors("must be a string") | {"unknown": "must be one of {choices}"}
    return fields.Enum(choices, by_value=True, error_messages=messages, **options)


class _SubAttribute(MessageSchema):
    strict = True
    name = _text(_LONGEST_NAME, required=True)
    type = _one_of(Type)
    description = _text(_LONGEST_DESCRIPTION)
    multi_valued = _Flag(data_key="multiValued")
    required = _Flag()
    case_exact = _Flag(data_key="caseExact")
    mutability = _one_of(Mutability)
    returned = _one_of(Returned)
    uniqueness = _one_of(Uniqueness)
    canonical_values = _texts(data_key="canonicalValues")
    reference_types = _texts(data_key="referenceTypes")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Attribute:
        """Return the attribute, checked for what one characteristic demands of another."""
        for name in ("canonical_values", "reference_types", "sub_attributes"):
            data[name] = tuple(data.get(name, ()))
        attribute = Attribute(**data)
        self.check(attribute)
        return attribute

    def check(self, attribute: Attribute) -> None:
        """Raise ValidationError for an attribute that this server cannot keep."""
        if not self.is_name(attribute.name):
            raise ValidationError({"name": ["must be letters, digits, '-' and '_', and begin with a letter"]})
        if attribute.name.lower() in _RESERVED_NAMES:
            raise ValidationError({"name": [f"must not be {attribute.name!r}: the name has a meaning of its own"]})
        if attribute.uniqueness is not Uniqueness.NONE:
            raise ValidationError({"uniqueness": ["must be 'none': it is not enforced for extensions"]})
        if attribute.mutability is Mutability.WRITE_ONLY and attribute.returned is not Returned.NEVER:
            raise ValidationError({"returned": ["must be 'never' where mutability is 'writeOnly'"]})
        self.check_shape(attribute)

    def is_name(self, name: str) -> bool:
        """Tell whether the name can stand in filters and paths."""
        return name == "$ref" or _NAME.fullmatch(name) is not None

    def check_shape(self, attribute: Attribute) -> None:
        """Refuse complex and multi-valued sub-attributes (RFC 7643 §2.3.8)."""
        if attribute.is_complex:
            raise ValidationError({"type": ["must not be 'complex': complex attributes do not nest"]})
        if attribute.multi_valued:
            raise ValidationError({"multiValued": ["must be false for a sub-attribute"]})


class _Attribute(_SubAttribute):
    sub_attributes = fields.List(
        fields.Nested(_SubAttribute),
        data_key="subAttributes",
        validate=validate.Length(
            max=MAX_SUB_ATTRIBUTES, error=f"must not hold more than {MAX_SUB_ATTRIBUTES} attributes"
        ),
        error_messages=errors("must be an array of attributes"),
    )

    def is_name(self, name: str) -> bool:
        return _NAME.fullmatch(name) is not None

    def check_shape(self, attribute: Attribute) -> None:
        if attribute.is_complex != bool(attribute.sub_attributes):
            raise ValidationError({"subAttributes": ["are what a 'complex' attribute has, and no other"]})
        _check_distinct(attribute.sub_attributes, "subAttributes")


class _SchemaDocument(MessageSchema):
    strict = True
    schemas = fields.Raw()
    meta = fields.Raw()
    id = _text(_LONGEST_URN, required=True)
    name = _text(_LONGEST_NAME)
    description = _text(_LONGEST_DESCRIPTION, load_default="")
    attributes = fields.List(
        fields.Nested(_Attribute),
        required=True,
        validate=validate.Length(
            min=1,
            max=MAX_EXTENSION_ATTRIBUTES,
            error=f"must hold 1 to {MAX_EXTENSION_ATTRIBUTES} attributes",
        ),
        error_messages=errors("must be an array of attributes") | {"required": REQUIRED},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Schema:
        """Return the schema; its name is the end of the URN where the document gives none."""
        _check_distinct(data["attributes"], "attributes")
        name = data.get("name") or data["id"].rpartition(":")[2]
        return Schema(data["id"], name, data["description"], tuple(data["attributes"]))


_DOCUMENT = _SchemaDocument()


def load_schema(document: Any, *, taken: Iterable[str] = ()) -> Schema:
    """Return the schema of an extension; `taken` are the URNs that the Organization has registered already.

    Raises InvalidValue naming what does not fit, InvalidSyntax where the document or an attribute is no object.
    """
    try:
        schema: Schema = _DOCUMENT.load(document)
    except ValidationError as error:
        raise InvalidValue(detail(error)) from None
    _check_urn(schema.id, (*_BUILT_IN, *taken))
    return schema


def _check_distinct(attributes: Iterable[Attribute], where: str) -> None:
    seen: set[str] = set()
    for attribute in attributes:
        if attribute.name.lower() in seen:
            raise ValidationError({where: [f"must not name {attribute.name!r} twice"]})
        seen.add(attribute.name.lower())


def _check_urn(urn: str, taken: Iterable[str]) -> None:
    """Refuse a URN that paths could not tell from another one."""
    folded = urn.lower()
    if not _URN.fullmatch(urn):
        raise InvalidValue(
            f"'id' must be a URN of letters, digits, '.', '_', '-' and ':', such as "
            f"urn:ietf:params:scim:schemas:extension:example:2.0:User, not {quoted(urn)}."
        )
    for reserved in _RESERVED_URNS:
        if folded.startswith(reserved):
            raise InvalidValue(f"'id' must not begin with {reserved!r}: those URNs belong to the RFCs.")
    for other in (each.lower() for each in taken):
        if folded == other:
            raise InvalidValue(f"'id' names a schema that exists already: {urn!r}.")
        if folded.startswith((other + ":", other + ".")) or other.startswith((folded + ":", folded + ".")):
            raise InvalidValue(f"'id' must not begin another schema's URN, or with one: {other!r}.")
