"""The role catalogue: which scopes and roles there are and what they permit, read once from `config/roles.toml`."""

import operator
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

# The wheel carries the file inside the package; a checkout has it under config/.
_CANDIDATES = (Path(__file__).with_name("roles.toml"), Path(__file__).parents[2] / "config" / "roles.toml")


class UnknownRole(ValueError):
    """A role name that the catalogue does not have in this scope; the message lists those it has."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role of one scope; a lower `rank` is more privileged. `permissions` are all it permits, also by inheritance."""

    name: str
    title: str
    rank: int
    permissions: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """What a custom role may begin with."""

    name: str
    description: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """A kind of thing that roles are held on, with its roles, the most privileged first."""

    name: str
    description: str
    roles: tuple[Role, ...]
    # The role that a role on a lower scope brings along, where there is one.
    accessor: str | None = None
    # What a custom role of this scope may permit; empty where the scope has no custom roles.
    custom_permissions: frozenset[str] = frozenset()
    templates: tuple[Template, ...] = ()

    def role(self, name: str) -> Role:
        """Return the role of this name; raises UnknownRole."""
        for role in self.roles:
            if role.name == name:
                return role
        raise UnknownRole(
            f"{name!r} is no role of the {self.name}; choose one of {', '.join(r.name for r in self.roles)}."
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the roles, the most privileged first."""
        return tuple(role.name for role in self.roles)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All scopes, and the roles that the server itself knows the meaning of."""

    scopes: Mapping[str, Scope]
    owner: str
    default: str
    workspace_owner: str

    @property
    def organization(self) -> Scope:
        """Return the scope that every User has exactly one role of."""
        return self.scopes["organization"]

    @property
    def workspace_owner_permissions(self) -> frozenset[str]:
        """Return what Organization Owners may do in every Workspace and in all that is in it."""
        return self.scopes["workspace"].role(self.workspace_owner).permissions

    @property
    def default_names(self) -> frozenset[str]:
        """Return the names of the roles of all scopes, which no custom role can have."""
        return frozenset(name for scope in self.scopes.values() for name in scope.names)


def read_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """Build the catalogue from a parsed roles.toml; raises UnknownRole where a role that is referred to is missing."""
    scopes: dict[str, Scope] = {}
    for name, table in document.items():
        scopes[name] = _scope(name, table, {role.name: role for scope in scopes.values() for role in scope.roles})
    organization, workspace = document["organization"], document["workspace"]
    for key in ("owner", "default"):
        scopes["organization"].role(organization[key])
    scopes["workspace"].role(workspace["owner"])
    return Catalogue(scopes, organization["owner"], organization["default"], workspace["owner"])


def _scope(name: str, table: Mapping[str, Any], above: Mapping[str, Role]) -> Scope:
    """Build a scope; `above` are the roles of the scopes before it, which its own may be like."""

    def listed(entry: Mapping[str, Any]) -> frozenset[str]:
        like = entry.get("like")
        if like is not None and like not in above:
            raise UnknownRole(f"{entry['name']} is like {like!r}, which no scope before {name} has.")
        taken = (p for p in above[like].permissions if p.startswith(f"{name}.")) if like is not None else ()
        return frozenset((*entry.get("permissions", ()), *taken))

    # From the least privileged upwards each role has what is below it.
    permitted = list(accumulate((listed(role) for role in reversed(table["roles"])), operator.or_))[::-1]
    scope = Scope(
        name=name,
        description=table["description"],
        roles=tuple(
            Role(role["name"], role["title"], rank, permissions, role.get("description", ""))
            for rank, (role, permissions) in enumerate(zip(table["roles"], permitted, strict=True))
        ),
        accessor=table.get("accessor"),
        custom_permissions=frozenset(table.get("custom_permissions", ())),
        templates=tuple(
            Template(each["name"], each["description"], listed(each)) for each in table.get("templates", ())
        ),
    )
    if scope.accessor is not None:
        scope.role(scope.accessor)
    return scope


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of this installation."""
    path = next(path for path in _CANDIDATES if path.exists())
    return read_catalogue(tomllib.loads(path.read_text(encoding="utf-8")))
