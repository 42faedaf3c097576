"""Load resources and single values that clients send: marshmallow schemas generated from the attribute table.

What comes out is canonical: names in the schema's letter case and order, typed values, nothing unassigned, readOnly or
unknown, extensions under the URN as registered. Loading it again changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, pre_load
from marshmallow.experimental.context import Context

from scim_server.protocol import attributes
from scim_server.protocol.attributes import Attribute, ResourceType
from scim_server.protocol.bodies import REQUIRED, check_schemas, detail, kind, quoted, twins
from scim_server.protocol.errors import InvalidSyntax, InvalidValue
from scim_server.protocol.fields import AttributeField, Loading, MultiValuedField, field_for, make_field
from scim_server.protocol.folding import fold_keys, is_sent_unassigned, is_unassigned, table_of
from scim_server.protocol.quirks import Quirks


class AttributesSchema(Schema):
    """The attributes of one resource type, or of one extension, beside each other.

    `read` does what `load` does with the same fields, without marshmallow's care for the errors of many: it costs a
    third. What it refuses is for `load` to tell.
    """

    class Meta:
        unknown = EXCLUDE

    table: Mapping[str, Attribute]
    prefix: str
    required_names: tuple[str, ...]
    by_name: Mapping[str, AttributeField]

    def read(self, data: Mapping[str, Any], current: Loading) -> dict[str, Any]:
        """Return the loaded attributes; raises ValidationError for the first that does not fit."""
        given = fold_keys(data.items(), self.table, self.prefix, current.quirks)
        loaded = {name: field.load(given[name], current) for name, field in self.by_name.items() if name in given}
        return self._finished(loaded, current)

    @pre_load
    def fold(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Give the keys their canonical names; drop what is unknown, readOnly or unassigned."""
        return fold_keys(data.items(), self.table, self.prefix, Context[Loading].get().quirks)

    @post_load
    def finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Drop what turned out to be empty, and miss what is required."""
        return self._finished(data, Context[Loading].get())

    def _finished(self, data: dict[str, Any], current: Loading) -> dict[str, Any]:
        result = {name: value for name, value in data.items() if value or not is_unassigned(value)}
        # An extension without a value is not there, so nothing of it is missed.
        if current.complete and (result or not self.prefix):
            missing = {name: [REQUIRED] for name in self.required_names if name not in result}
            if missing:
                raise ValidationError(missing)
        return result


def load_resource(resource_type: ResourceType, body: Mapping[str, Any], quirks: Quirks) -> dict[str, Any]:
    """Return the canonical resource of a POST or PUT body; `schemas` is checked and left out (RFC 7644 §3.3, §3.5.1).

    Shape: {"userName": "ada", "emails": [{"value": "..."}], "urn:...:User": {"department": "..."}}. Raises
    InvalidSyntax for a body that is no such resource, InvalidValue naming each attribute that does not fit.
    """
    if not isinstance(body, Mapping):
        raise InvalidSyntax(f"The body must be a {resource_type.name} object, not {kind(body)}.")
    core, extensions = _split(resource_type, body)
    sent_schemas = next((value for key, value in core.items() if key.lower() == "schemas"), None)
    check_schemas(sent_schemas, resource_type.schema.id)
    current = Loading(quirks, complete=True)
    result = _load(resource_type.attributes, "", core, current)
    for extension in resource_type.extensions:
        if extension.id in extensions:
            part = _load(extension.attributes, extension.id + ":", extensions[extension.id], current)
            if part:
                result[extension.id] = part
    return result


def load_extension(resource_type: ResourceType, urn: str, value: Any, quirks: Quirks) -> dict[str, Any]:
    """Return the canonical attributes of one extension, {} for null; required ones may be missing, as in a PATCH.

    A `schemas` key in it is passed over (outside-judges.md, trap 2). Raises InvalidValue.
    """
    extension = resource_type.extension(urn)
    if extension is None:
        raise InvalidValue(f"{resource_type.name} has no extension {quoted(urn)}.")
    current = Loading(quirks, complete=False)
    return _load(extension.attributes, extension.id + ":", _object(extension.id, value), current)


def load_value(attribute: Attribute, value: Any, quirks: Quirks, *, name: str | None = None) -> Any:
    """Return the canonical value of one attribute: always a list for a multi-valued one, None or [] for unassigned.

    `name` is what details call the attribute, its own name by default. Required sub-attributes may be missing. Raises
    InvalidValue naming the path of what does not fit.
    """
    if is_sent_unassigned(attribute, value):
        return [] if attribute.multi_valued else None
    loaded = _read(field_for(attribute).load, value, name or attribute.name, quirks)
    return None if is_unassigned(loaded) and not attribute.multi_valued else loaded


def load_element(attribute: Attribute, value: Any, quirks: Quirks, *, name: str | None = None) -> Any:
    """Return the canonical form of one element of a multi-valued attribute, None for an empty one; see `load_value`."""
    field = field_for(attribute)
    if is_sent_unassigned(attribute, value):
        return None
    read = field.element.read if isinstance(field, MultiValuedField) else field.load
    loaded = _read(read, value, name or attribute.name, quirks)
    return None if is_unassigned(loaded) else loaded


def _read(read: Callable[[Any, Loading], Any], value: Any, name: str, quirks: Quirks) -> Any:
    try:
        return read(value, Loading(quirks, complete=False))
    except ValidationError as error:
        raise InvalidValue(detail(error, name)) from None


def _load(definitions: tuple[Attribute, ...], prefix: str, data: Mapping[str, Any], current: Loading) -> dict[str, Any]:
    schema = _schema_of(definitions, prefix)
    try:
        return schema.read(data, current)
    except ValidationError:
        return _load_and_tell(schema, data, current)


def _load_and_tell(schema: AttributesSchema, data: Mapping[str, Any], current: Loading) -> dict[str, Any]:
    """Load by marshmallow, which names all that does not fit; the quirks have been counted already."""
    with Context(replace(current, quirks=Quirks())):
        try:
            # `finish` knows what is required; without `partial` marshmallow would ask each absent field.
            loaded: dict[str, Any] = schema.load(data, partial=True)
        except ValidationError as error:
            raise InvalidValue(detail(error, schema.prefix)) from None
    return loaded


@lru_cache(maxsize=1024)
def _schema_of(definitions: tuple[Attribute, ...], prefix: str) -> AttributesSchema:
    """Return the marshmallow schema of these attributes; bounded, as Organizations register extensions."""
    # The names of the Python attributes are ours: one called `load` or `Meta` would break the class.
    fields = {f"_{number}": make_field(each, prefix + each.name) for number, each in enumerate(definitions)}
    schema: AttributesSchema = AttributesSchema.from_dict(fields)()  # type: ignore[assignment, arg-type]
    schema.by_name = {field.definition.name: field for field in fields.values()}
    schema.table = table_of(definitions)
    schema.prefix = prefix
    schema.required_names = tuple(each.name for each in definitions if each.required and not each.is_read_only)
    return schema


def _split(resource_type: ResourceType, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the core attributes and those of each extension, whose names may stand under or behind a URN."""
    core = {key: value for key, value in body.items() if ":" not in key}
    extensions: dict[str, dict[str, Any]] = {}
    whole: dict[str, str] = {}
    for key in [key for key in body if ":" in key]:
        value = body[key]
        schema, name = _owner(resource_type, key)
        if schema is None:
            _put(core, key, value, key)
            continue
        part = core if schema is resource_type.schema else extensions.setdefault(schema.id, {})
        if name:
            _put(part, name, value, key)
            continue
        if schema.id in whole:
            raise twins(whole[schema.id], key)
        whole[schema.id] = key
        for inner_name, inner in _object(schema.id, value).items():
            _put(part, inner_name, inner, key)
    return core, extensions


def _owner(resource_type: ResourceType, key: str) -> tuple[attributes.Schema | None, str]:
    """Return the schema whose URN the key is, or begins with, and the rest of the key."""
    folded = key.lower()
    for urn, schema in resource_type.urns:
        if folded == urn:
            return schema, ""
        if folded.startswith(urn + ":"):
            return schema, key[len(urn) + 1 :]
    return None, key


def _put(part: dict[str, Any], name: str, value: Any, key: str) -> None:
    if name in part:
        raise twins(name, key)
    part[name] = value


def _object(urn: str, value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if is_unassigned(value):
        return {}
    raise InvalidValue(f"{urn!a} must be an object with the attributes of the schema, not {kind(value)}.")
