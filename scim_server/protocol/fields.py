"""marshmallow fields for the data types of RFC 7643 §2.3, made from attributes.

Messages are predicates ("must be a string, not a number"), so that `resources.py` can put the path before them.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from marshmallow import ValidationError, fields
from marshmallow.experimental.context import Context

from scim_server.protocol.attributes import Attribute, Type, Uniqueness
from scim_server.protocol.bodies import REQUIRED, kind
from scim_server.protocol.folding import fold_keys, is_sent_unassigned, is_unassigned, table_of
from scim_server.protocol.limits import (
    MAX_INDEXED_STRING_LENGTH,
    MAX_MEMBER_VALUES,
    MAX_MULTI_VALUES,
    MAX_STRING_LENGTH,
)
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.schemas import GROUP, USER
from scim_server.protocol.values import fold, sortable_date_time

_INDEXED_PATHS = {"externalId", "userName", "displayName", "emails.value", "members.value", "manager.value"}
_INDEXED = {
    path.leaf
    for resource_type in (USER, GROUP)
    for path in resource_type.walk()
    if ".".join(path.keys[bool(path.extension) :]) in _INDEXED_PATHS
}
_MEMBERS = GROUP.attribute("members")
# Control characters, and those that make a name read other than it is (security JT14).
_DECEPTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z", re.IGNORECASE | re.ASCII)
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True, slots=True)
class Loading:
    """What one load takes along: where quirks go, and whether required attributes must be there."""

    quirks: Quirks
    complete: bool


class AttributeField(fields.Field[Any]):
    """A singular value of one attribute; subclasses say how it is read.

    `load` is what marshmallow comes to in the end; called by itself it costs a fifth of `deserialize`.
    """

    expected: ClassVar[str]

    def __init__(self, definition: Attribute, path: str) -> None:
        super().__init__(data_key=definition.name, attribute=definition.name)
        self.definition = definition
        self.path = path

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        current: Loading = Context[Loading].get()
        return self.load(value, current)

    def load(self, value: Any, current: Loading) -> Any:
        """Return the stored form of what was sent for the attribute; raises ValidationError."""
        if isinstance(value, list) and len(value) == 1:
            # One IdP wraps the manager so (idp-wire E49).
            current.quirks.record(Quirk.ARRAY_FOR_SINGULAR, self.path)
            value = value[0]
            if is_sent_unassigned(self.definition, value):
                return None
        return self.read(value, current)

    def read(self, value: Any, current: Loading) -> Any:
        """Return the stored form of one value; raises ValidationError."""
        raise NotImplementedError

    def refused(self, value: Any) -> ValidationError:
        """Return the error for a value of another type."""
        return ValidationError(f"must be {self.expected}, not {kind(value)}")


class TextField(AttributeField):
    """string, reference and binary: stored as sent, without a check of format (idp-wire V5, 7.15)."""

    expected = "a string"

    def __init__(self, definition: Attribute, path: str) -> None:
        super().__init__(definition, path)
        self.is_indexed = definition in _INDEXED
        self.is_identifier = definition.uniqueness is not Uniqueness.NONE
        self.is_required = definition.required
        self.longest = MAX_INDEXED_STRING_LENGTH if self.is_indexed or self.is_identifier else MAX_STRING_LENGTH
        self.has_rules = self.is_indexed or self.is_identifier or self.is_required

    def load(self, value: Any, current: Loading) -> Any:
        # Nearly every value of a body is such a text.
        if not self.has_rules and isinstance(value, str) and len(value) <= self.longest:
            return value
        return super().load(value, current)

    def read(self, value: Any, current: Loading) -> str:
        if not isinstance(value, str):
            raise self.refused(value)
        if len(value) > self.longest or (self.is_indexed and not value.isascii() and self._grows_too_long(value)):
            raise ValidationError(f"must not be longer than {self.longest} characters")
        if self.is_required and not value.strip():
            raise ValidationError("must not be blank")
        if self.is_identifier and _DECEPTIVE.search(value):
            raise ValidationError("must not hold control characters or overrides of the writing direction")
        return value

    def _grows_too_long(self, value: str) -> bool:
        # An index holds the folded text, which can take more bytes than the text itself.
        return len(fold(value).encode("utf-8", "surrogatepass")) > 4 * self.longest


class BooleanField(AttributeField):
    """boolean, also as the text that Entra sends (idp-wire 0.2)."""

    expected = "true or false"

    def read(self, value: Any, current: Loading) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in _BOOLEANS:
            current.quirks.record(Quirk.TEXT_BOOLEAN, self.path)
            return _BOOLEANS[value]
        raise self.refused(value)


class IntegerField(AttributeField):
    """integer: a JSON number without fraction."""

    expected = "an integer"

    def read(self, value: Any, current: Loading) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, float):
            raise ValidationError("must be an integer, without fraction or exponent")
        raise self.refused(value)


class DecimalField(AttributeField):
    """decimal: any finite JSON number."""

    expected = "a number"

    def read(self, value: Any, current: Loading) -> int | float:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return value
        raise self.refused(value)


class DateTimeField(AttributeField):
    """dateTime: xsd:dateTime with a zone, stored as sent."""

    expected = "a dateTime with a zone, such as 2024-05-17T09:30:00Z"

    def read(self, value: Any, current: Loading) -> str:
        if not isinstance(value, str):
            raise self.refused(value)
        try:
            sortable_date_time(value)
        except ValueError as error:
            raise ValidationError(f"must be {self.expected}: {error}") from None
        if not _ZONE.search(value):
            raise ValidationError(f"must be {self.expected}")
        return value


class ComplexField(AttributeField):
    """A complex value: an object of sub-attributes, or the bare text of its `value` (idp-wire E48)."""

    expected = "an object"

    def __init__(self, definition: Attribute, path: str) -> None:
        super().__init__(definition, path)
        self.table = table_of(definition.sub_attributes)
        self.prefix = path + "."
        self.sub_fields = {sub.name: make_field(sub, f"{path}.{sub.name}") for sub in definition.sub_attributes}
        self.required_names = [sub.name for sub in definition.sub_attributes if sub.required and not sub.is_read_only]

    def read(self, value: Any, current: Loading) -> dict[str, Any]:
        if isinstance(value, str) and "value" in self.sub_fields:
            current.quirks.record(Quirk.TEXT_FOR_COMPLEX, self.path)
            value = {"value": value}
        if not isinstance(value, Mapping):
            raise self.refused(value)
        given = fold_keys(value.items(), self.table, self.prefix, current.quirks)
        result = {}
        for name, field in self.sub_fields.items():
            if name in given:
                try:
                    loaded = field.load(given[name], current)
                except ValidationError as error:
                    raise ValidationError({name: error.messages}) from None
                if loaded or not is_unassigned(loaded):
                    result[name] = loaded
        if result and current.complete:
            for name in self.required_names:
                if name not in result:
                    raise ValidationError({name: [REQUIRED]})
        return result


class MultiValuedField(AttributeField):
    """A multi-valued attribute: an array, or one object or simple value alone (RFC 7644 §3.5.2.1)."""

    expected = "an array"

    def __init__(self, definition: Attribute, path: str) -> None:
        super().__init__(definition, path)
        self.element = _FIELDS[definition.type](definition, path)
        self.most = MAX_MEMBER_VALUES if definition is _MEMBERS else MAX_MULTI_VALUES

    def load(self, value: Any, current: Loading) -> list[Any]:
        if not isinstance(value, list):
            if isinstance(value, Mapping) != self.definition.is_complex:
                raise self.refused(value)
            value = [value]
        if len(value) > self.most:
            raise ValidationError(f"must not hold more than {self.most} values")
        result = []
        for index, sent in enumerate(value):
            if sent or not is_sent_unassigned(self.definition, sent):
                try:
                    loaded = self.element.read(sent, current)
                except ValidationError as error:
                    raise ValidationError({index: error.messages}) from None
                if loaded or not is_unassigned(loaded):
                    result.append(loaded)
        if self.definition.is_complex and sum(element.get("primary") is True for element in result) > 1:
            raise ValidationError("must not hold more than one value with primary true")
        return result


_FIELDS: dict[Type, type[AttributeField]] = {
    Type.STRING: TextField,
    Type.REFERENCE: TextField,
    Type.BINARY: TextField,
    Type.BOOLEAN: BooleanField,
    Type.INTEGER: IntegerField,
    Type.DECIMAL: DecimalField,
    Type.DATE_TIME: DateTimeField,
    Type.COMPLEX: ComplexField,
}


def make_field(definition: Attribute, path: str) -> AttributeField:
    """Return a new field for an attribute; `path` is what quirks call it."""
    return (MultiValuedField if definition.multi_valued else _FIELDS[definition.type])(definition, path)


@lru_cache(maxsize=4096)
def field_for(definition: Attribute) -> AttributeField:
    """Return the field of an attribute that is loaded by itself; bounded, as Organizations register attributes."""
    return make_field(definition, definition.name)
