"""Which attributes an answer shows: `attributes` and `excludedAttributes` (RFC 7644 §3.9, RFC 7643 §7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType, Returned
from scim_server.protocol.errors import InvalidValue

# Names that one request may list; more than all attributes there are.
MAX_NAMES = 200


@dataclass(frozen=True)
class Projection:
    """A choice of attributes; `included` is None where all that are returned by default are wanted.

    Both map a top-level key (an attribute's name or an extension's URN) to the names below it, None for all of it.
    """

    resource_type: ResourceType
    included: Mapping[str, "Names"] | None = None
    excluded: Mapping[str, "Names"] = field(default_factory=dict)

    @classmethod
    def from_parameters(
        cls,
        attributes: str | Sequence[str] | None,
        excluded: str | Sequence[str] | None,
        resource_type: ResourceType,
    ) -> "Projection":
        """Return what two parameters choose; unknown names are ignored. Raises InvalidValue where both are given."""
        if attributes and excluded:
            raise InvalidValue("Send either attributes or excludedAttributes, not both.")
        if attributes:
            return cls(resource_type, included=_tree(_names(attributes), resource_type))
        if excluded:
            return cls(resource_type, excluded=_tree(_names(excluded), resource_type))
        return cls(resource_type)

    @property
    def is_default(self) -> bool:
        """Tell whether the whole resource is wanted as it is."""
        return self.included is None and not self.excluded

    def returns(self, name: str) -> bool:
        """Tell whether a top-level attribute can be part of the answer, so that it has to be read at all."""
        if self.included is not None:
            return name in self.included
        return self.excluded.get(name, ()) is not None

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chosen part of a whole resource as it goes over the wire."""
        result: dict[str, Any] = {}
        for key, value in resource.items():
            attribute = self.resource_type.attribute(key)
            if attribute is not None and attribute.returned is Returned.ALWAYS:
                result[key] = value
                continue
            extension = self.resource_type.extension(key)
            definitions = extension.attributes if extension else attribute.sub_attributes if attribute else ()
            chosen = self._choose(key, value, definitions)
            if chosen not in (None, {}, []):
                result[key] = chosen
        return result

    def _choose(self, key: str, value: Any, definitions: tuple[Attribute, ...]) -> Any:
        if self.included is not None:
            return _keep(value, self.included[key], definitions) if key in self.included else None
        if key not in self.excluded:
            return value
        return _drop(value, self.excluded[key])


# Names below a key, each with those below it; None stands for everything.
Names = Mapping[str, Any] | None


def _names(text: str | Sequence[str]) -> list[str]:
    parts = text.split(",") if isinstance(text, str) else list(text)
    names = [name.strip() for name in parts]
    if len(names) > MAX_NAMES:
        raise InvalidValue(f"attributes and excludedAttributes may name {MAX_NAMES} attributes.")
    return [name for name in names if name]


def _tree(names: Iterable[str], resource_type: ResourceType) -> dict[str, Names]:
    tree: dict[str, Any] = {}
    for name in names:
        path = resource_type.resolve(name)
        if path is not None:
            _insert(tree, path)
    return tree


def _insert(tree: dict[str, Any], path: AttributePath) -> None:
    *above, last = path.keys
    for key in above:
        below = tree.setdefault(key, {})
        if below is None:
            return
        tree = below
    tree[last] = None


def _keep(value: Any, names: Names, definitions: tuple[Attribute, ...]) -> Any:
    if names is None:
        return value
    if isinstance(value, list):
        kept = [_keep(element, names, definitions) for element in value]
        return [element for element in kept if element]
    if not isinstance(value, dict):
        return value
    below = {definition.name: definition.sub_attributes for definition in definitions}
    chosen = {key: _keep(item, names[key], below.get(key, ())) for key, item in value.items() if key in names}
    return {key: item for key, item in chosen.items() if item not in ({}, [])}


def _drop(value: Any, names: Names) -> Any:
    if names is None:
        return None
    if isinstance(value, list):
        return [_drop(element, names) for element in value]
    if not isinstance(value, dict):
        return value
    rest = {key: _drop(item, names[key]) if key in names else item for key, item in value.items()}
    return {key: item for key, item in rest.items() if item is not None}
