"""Which attributes an answer shows: `attributes`, `excludedAttributes` (RFC 7644 §3.9) and `returned` (RFC 7643 §7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType, Returned
from scim_server.protocol.errors import InvalidValue

# Names that one request may list; more than all attributes there are.
MAX_NAMES = 1_000

# JSON keys that were named, each with the keys named below it; None where it was named as a whole.
Names: TypeAlias = dict[str, "Names | None"]


@dataclass(frozen=True)
class Projection:
    """A choice of attributes: those in `names` alone, or all that are returned by default but those."""

    resource_type: ResourceType
    names: Names
    includes: bool = False

    @classmethod
    def from_parameters(
        cls,
        attributes: str | Sequence[str] | None,
        excluded: str | Sequence[str] | None,
        resource_type: ResourceType,
    ) -> "Projection":
        """Return what the two parameters choose, each a comma-separated text or a list of names.

        Names that the resource type lacks are ignored (idp-wire R13). Raises InvalidValue where both are given, as
        they contradict each other (R11).
        """
        included, left_out = _split(attributes), _split(excluded)
        if included and left_out:
            raise InvalidValue("'attributes' and 'excludedAttributes' exclude each other; send one of them.")
        return cls(resource_type, _tree(included or left_out, resource_type), includes=bool(included))

    @property
    def is_default(self) -> bool:
        """Tell whether a resource is shown as it is."""
        return not self.includes and not self.names and not _guarded(self.resource_type)

    def returns(self, name: str) -> bool:
        """Tell whether the top-level attribute can be part of an answer, so that it has to be read at all."""
        return self._shows(self.resource_type.attribute(name), name, self.names, includes=self.includes)

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chosen part of a resource as it goes over the wire, with its URNs, id and meta."""
        result: dict[str, Any] = {}
        for key, value in resource.items():
            extension = self.resource_type.extension(key)
            attribute = None if extension else self.resource_type.attribute(key)
            parts = extension.attributes if extension else attribute.sub_attributes if attribute else ()
            below, shown = self.names.get(key) or {}, value
            if self._shows(attribute, key, self.names, includes=self.includes):
                if below or key in _guarded(self.resource_type):
                    shown = self._below(value, parts, below, includes=self.includes and bool(below))
            elif extension:
                # What is returned always is so in an extension that nobody asked for, too.
                shown = self._below(value, parts, {}, includes=True)
            else:
                continue
            if shown not in (None, {}, []):
                result[key] = shown
        return result

    def _below(self, value: Any, definitions: tuple[Attribute, ...], names: Names, *, includes: bool) -> Any:
        """Return the chosen part of what stands below a key."""
        if isinstance(value, list):
            elements = [self._below(element, definitions, names, includes=includes) for element in value]
            return [element for element in elements if element != {}]
        if not isinstance(value, Mapping):
            return value
        known = {definition.name: definition for definition in definitions}
        result = {}
        for key, item in value.items():
            attribute = known.get(key)
            if self._shows(attribute, key, names, includes=includes):
                parts, below = attribute.sub_attributes if attribute else (), names.get(key) or {}
                result[key] = self._below(item, parts, below, includes=includes and bool(below))
        return {key: item for key, item in result.items() if item not in ({}, [])}

    @staticmethod
    def _shows(attribute: Attribute | None, key: str, names: Names, *, includes: bool) -> bool:
        """Tell whether one key is shown: `always` beats exclusion, `never` beats inclusion (idp-wire R10)."""
        returned = attribute.returned if attribute else Returned.DEFAULT
        if returned in (Returned.ALWAYS, Returned.NEVER):
            return returned is Returned.ALWAYS
        if includes:
            return key in names
        return returned is Returned.DEFAULT and (key not in names or names[key] is not None)


@lru_cache(maxsize=256)
def _guarded(resource_type: ResourceType) -> frozenset[str]:
    """Return the top-level keys that hold something which is not returned unless named.

    What is never returned is never kept either, so it need not be looked for.
    """
    return frozenset(
        path.keys[0] for path in resource_type.walk() if path.leaf and path.leaf.returned is Returned.REQUEST
    )


def _split(names: str | Sequence[str] | None) -> list[str]:
    texts = [names] if isinstance(names, str) else names or []
    found = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if len(found) > MAX_NAMES:
        raise InvalidValue(f"'attributes' and 'excludedAttributes' may name {MAX_NAMES} attributes.")
    return found


def _tree(names: Iterable[str], resource_type: ResourceType) -> Names:
    tree: Names = {}
    for name in names:
        path = resource_type.resolve(name)
        if path is not None:
            _insert(tree, path)
        elif name.lower() == resource_type.schema.id.lower():
            tree.update((attribute.name, None) for attribute in resource_type.schema.attributes)
    return tree


def _insert(tree: Names, path: AttributePath) -> None:
    *above, last = path.keys
    for key in above:
        below = tree.setdefault(key, {})
        if below is None:
            return
        tree = below
    tree[last] = None
