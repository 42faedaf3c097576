"""The attribute table: the single source that discovery, marshmallow, filter, PATCH and projection read.

An `Attribute` carries the characteristics of RFC 7643 §2.2; a `Schema` is a list of them under a URN; a
`ResourceType` is a core schema with its extensions, and resolves the names that clients write to an `AttributePath`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """Data types of RFC 7643 §2.3."""

    STRING = "string"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    BINARY = "binary"
    REFERENCE = "reference"
    COMPLEX = "complex"


class Mutability(StrEnum):
    """Who may change an attribute, and when (RFC 7643 §7)."""

    READ_ONLY = "readOnly"
    READ_WRITE = "readWrite"
    IMMUTABLE = "immutable"
    WRITE_ONLY = "writeOnly"


class Returned(StrEnum):
    """When an attribute is part of an answer (RFC 7643 §7)."""

    ALWAYS = "always"
    NEVER = "never"
    DEFAULT = "default"
    REQUEST = "request"


class Uniqueness(StrEnum):
    """Over which set of resources a value is unique (RFC 7643 §7)."""

    NONE = "none"
    SERVER = "server"
    GLOBAL = "global"


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute with its characteristics (RFC 7643 §2.2); compared by identity."""

    name: str
    type: Type = Type.STRING
    description: str = ""
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    returned: Returned = Returned.DEFAULT
    uniqueness: Uniqueness = Uniqueness.NONE
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple["Attribute", ...] = ()

    @cached_property
    def _by_folded_name(self) -> dict[str, "Attribute"]:
        return {sub.name.lower(): sub for sub in self.sub_attributes}

    def sub_attribute(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of this name, without regard to letter case (RFC 7643 §2.1)."""
        return self._by_folded_name.get(name.lower())

    @cached_property
    def is_complex(self) -> bool:
        """Tell whether the attribute holds sub-attributes."""
        return self.type is Type.COMPLEX

    @cached_property
    def is_textual(self) -> bool:
        """Tell whether values are text that `case_exact` speaks of."""
        return self.type in {Type.STRING, Type.REFERENCE}

    @cached_property
    def is_read_only(self) -> bool:
        """Tell whether clients' values for it are ignored."""
        return self.mutability is Mutability.READ_ONLY


@dataclass(frozen=True, eq=False)
class Schema:
    """A list of attributes under a URN (RFC 7643 §7)."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def _by_folded_name(self) -> dict[str, Attribute]:
        return {attribute.name.lower(): attribute for attribute in self.attributes}

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of this name, without regard to letter case."""
        return self._by_folded_name.get(name.lower())


@dataclass(frozen=True)
class AttributePath:
    """Where an attribute stands in a resource.

    `extension` is the URN of the extension that it belongs to, None for core and common attributes.
    `attribute` is None where a path names an extension as a whole. `sub_attribute` is set for `name.givenName`.
    """

    extension: str | None
    attribute: Attribute | None
    sub_attribute: Attribute | None = None

    @property
    def leaf(self) -> Attribute | None:
        """Return the innermost attribute that the path names."""
        return self.sub_attribute or self.attribute

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the JSON keys from the resource down to the value."""
        names = [self.extension, self.attribute and self.attribute.name, self.sub_attribute and self.sub_attribute.name]
        return tuple(name for name in names if name)

    def __str__(self) -> str:
        name = self.attribute.name if self.attribute else ""
        if self.sub_attribute:
            name = f"{name}.{self.sub_attribute.name}"
        return ":".join(filter(None, (self.extension, name))) if self.extension else name


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A kind of resource: its endpoint, core schema and extensions (RFC 7643 §6); compared by identity.

    `common` are the attributes that every resource has beside its schema (RFC 7643 §3.1).
    """

    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()
    common: tuple[Attribute, ...] = field(default=(), repr=False)

    @cached_property
    def _top_level(self) -> dict[str, Attribute]:
        return {attribute.name.lower(): attribute for attribute in (*self.common, *self.schema.attributes)}

    @cached_property
    def _extensions_by_folded_urn(self) -> dict[str, Schema]:
        return {extension.id.lower(): extension for extension in self.extensions}

    @cached_property
    def urns(self) -> tuple[tuple[str, Schema], ...]:
        """Return folded URNs with their schemas, the longest first, as one URN may begin with another."""
        schemas = (self.schema, *self.extensions)
        return tuple(sorted(((s.id.lower(), s) for s in schemas), key=lambda pair: -len(pair[0])))

    def extension(self, urn: str) -> Schema | None:
        """Return the extension of this URN, without regard to letter case."""
        return self._extensions_by_folded_urn.get(urn.lower())

    def attribute(self, name: str) -> Attribute | None:
        """Return the common or core attribute of this name, without regard to letter case."""
        return self._top_level.get(name.lower())

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """Return the common and core attributes in the order of the wire."""
        return (*self.common, *self.schema.attributes)

    def walk(self) -> Iterator[AttributePath]:
        """Yield the path of every attribute and sub-attribute, core first, then each extension."""
        owners: list[tuple[str | None, tuple[Attribute, ...]]] = [(None, self.attributes)]
        owners += [(extension.id, extension.attributes) for extension in self.extensions]
        for urn, attributes in owners:
            for attribute in attributes:
                yield AttributePath(urn, attribute)
                for sub_attribute in attribute.sub_attributes:
                    yield AttributePath(urn, attribute, sub_attribute)

    def resolve(self, text: str) -> AttributePath | None:
        """Return the path that `text` names, or None where the schemas have no such attribute.

        Understands plain, dotted and URN-qualified names and a bare extension URN, without regard to letter case
        (RFC 7644 §3.10). The longest known URN is matched first, as URNs themselves hold dots (idp-wire E45). A plain
        name that is no core attribute is looked for in the extensions, as Entra writes `manager` (idp-wire E49, E79).
        """
        folded = text.lower()
        for urn, schema in self.urns if ":" in text else ():
            if folded == urn:
                return None if schema is self.schema else AttributePath(schema.id, None)
            # A dot after an extension's URN is not the grammar's, but unambiguous and seen.
            if folded.startswith(urn) and folded[len(urn)] in ":.":
                name, _, sub_name = text[len(urn) + 1 :].partition(".")
                if schema is self.schema:
                    return self._path(None, self.attribute(name), sub_name)
                return self._path(schema.id, schema.attribute(name), sub_name)
        name, _, sub_name = text.partition(".")
        attribute = self.attribute(name)
        for extension in self.extensions if attribute is None else ():
            if found := extension.attribute(name):
                return self._path(extension.id, found, sub_name)
        return self._path(None, attribute, sub_name)

    @staticmethod
    def _path(urn: str | None, attribute: Attribute | None, sub_name: str) -> AttributePath | None:
        if attribute is None:
            return None
        if not sub_name:
            return AttributePath(urn, attribute)
        sub_attribute = attribute.sub_attribute(sub_name)
        return AttributePath(urn, attribute, sub_attribute) if sub_attribute else None
