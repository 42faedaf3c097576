"""The role catalogue: which scopes and roles there are, read once from `config/roles.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# The wheel carries the file inside the package; a checkout has it under config/.
_CANDIDATES = (Path(__file__).with_name("roles.toml"), Path(__file__).parents[2] / "config" / "roles.toml")


class UnknownRole(ValueError):
    """A role name that the catalogue does not have in this scope; the message lists those it has."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role of one scope; a lower `rank` is more privileged."""

    name: str
    title: str
    rank: int


@dataclass(frozen=True, slots=True)
class Scope:
    """A kind of thing that roles are held on, with its roles, the most privileged first."""

    name: str
    description: str
    roles: tuple[Role, ...]

    def role(self, name: str) -> Role:
        """Return the role of this name; raises UnknownRole."""
        for role in self.roles:
            if role.name == name:
                return role
        raise UnknownRole(
            f"{name!r} is no role of the {self.name}; choose one of {', '.join(r.name for r in self.roles)}."
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All scopes, and the two Organization roles that the server itself knows the meaning of."""

    scopes: Mapping[str, Scope]
    owner: str
    default: str

    @property
    def organization(self) -> Scope:
        """Return the scope that every User has exactly one role of."""
        return self.scopes["organization"]


def read_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """Build the catalogue from a parsed roles.toml; raises UnknownRole where owner or default name no role."""
    scopes = {
        name: Scope(
            name,
            table["description"],
            tuple(Role(role["name"], role["title"], rank) for rank, role in enumerate(table["roles"])),
        )
        for name, table in document.items()
    }
    organization = document["organization"]
    for key in ("owner", "default"):
        scopes["organization"].role(organization[key])
    return Catalogue(scopes, organization["owner"], organization["default"])


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of this installation."""
    path = next(path for path in _CANDIDATES if path.exists())
    return read_catalogue(tomllib.loads(path.read_text(encoding="utf-8")))
