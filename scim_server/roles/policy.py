"""Who holds what where, and who may grant what: pure decisions, no database (product.md §2, Roles)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scim_server.roles.catalogue import UnknownRole, catalogue
from scim_server.roles.places import Place, PlaceScope

# The two scopes that others lie in, and whose accessor role comes along with a role there.
_ABOVE = (PlaceScope.WORKSPACE, PlaceScope.DEPLOYMENT)


class Held(NamedTuple):
    """A role that somebody holds on a place, and all that it permits there."""

    place: Place
    role: str
    permissions: frozenset[str]


class Granted(NamedTuple):
    """A role that stands, or should stand, on a place; `is_automatic` marks the accessor of a role below."""

    place: Place
    role: str
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class BindingChange:
    """What happens to one place of a subject: None stands for no role there."""

    place: Place
    before: Granted | None
    after: Granted | None

    @property
    def is_derived(self) -> bool:
        """Tell whether it is an accessor that comes or goes with a role below, which nobody has to be asked for."""
        return all(side is None or side.is_automatic for side in (self.before, self.after))


def permissions_of(scope: PlaceScope, role: str, custom: Collection[str] | None = None) -> frozenset[str]:
    """Return what a role permits; `custom` are the permissions of the custom role of this name, if there is one."""
    try:
        return catalogue().scopes[scope.catalogue_name].role(role).permissions
    except UnknownRole:
        return frozenset(custom or ())


def privilege(permissions: frozenset[str], role: str) -> tuple[int, bool, str]:
    """Return what sorts roles of one scope, the most privileged first: who permits all that another does precedes it.

    Of custom roles that permit as much, though different things, a default role and then the name goes first: what a
    person may do is the union of their roles anyway.
    """
    return (-len(permissions), role not in catalogue().default_names, role)


def most_privileged(held: Iterable[Held]) -> Held | None:
    """Return the most privileged of the roles that somebody holds on one place, None where there is none."""
    return min(held, key=lambda each: privilege(each.permissions, each.role), default=None)


def most_privileged_organization_role(roles: Iterable[str]) -> str | None:
    """Return the most privileged of Organization roles, None where there is none; raises UnknownRole."""
    organization = catalogue().organization
    return min(roles, key=lambda role: organization.role(role).rank, default=None)


def permissions_at(place: Place, organization_role: str | None, held: Iterable[Held]) -> frozenset[str]:
    """Return all that somebody may do on a place: by roles on it, on what it lies in, and as an Organization Owner."""
    covering = {place, *place.above}
    permitted = frozenset[str]().union(*(each.permissions for each in held if each.place in covering))
    if organization_role == catalogue().owner:
        permitted |= catalogue().workspace_owner_permissions
    return permitted


def may_grant(granted: frozenset[str], own: frozenset[str]) -> bool:
    """Tell whether a role that permits `granted` on a place stands not above what the granter may do there."""
    return granted <= own


def beside(
    current: Iterable[Granted], given: Mapping[PlaceScope, Iterable[Granted]], taken: Collection[Place]
) -> dict[PlaceScope, tuple[Granted, ...]]:
    """Return the lists of the scopes that a change touches: what was given by somebody stays beside what is given now.

    A role that is given on a place stands in the stead of another one there.
    """
    placed = {granted.place: granted for granted in current if not granted.is_automatic and granted.place not in taken}
    placed |= {granted.place: granted for grants in given.values() for granted in grants}
    touched = {*given, *(place.scope for place in taken)}
    return {scope: tuple(each for place, each in placed.items() if place.scope is scope) for scope in touched}


def planned(current: Iterable[Granted], supplied: Mapping[PlaceScope, Iterable[Granted]]) -> dict[Place, Granted]:
    """Return the roles of a subject after the lists of some scopes were replaced; the other scopes stay as they are.

    Each role brings along the accessor role of what its place lies in, where the subject has none there; an accessor
    that nothing needs any more goes. An accessor role that a list repeats stays automatic while it is needed, so that
    sending back what was read changes nothing.
    """
    before = {granted.place: granted for granted in current}
    explicit = {
        granted.place: granted
        for granted in before.values()
        if granted.place.scope not in supplied and not granted.is_automatic
    }
    for grants in supplied.values():
        explicit |= {granted.place: granted for granted in grants}
    needed = {above for place in explicit for above in place.above}
    accessors = {scope: catalogue().scopes[scope.catalogue_name].accessor for scope in _ABOVE}
    after = dict(explicit)
    for place in needed:
        accessor = accessors[place.scope]
        if accessor is None:
            continue
        automatic = Granted(place, accessor, is_automatic=True)
        if place not in explicit or (explicit[place].role == accessor and before.get(place) == automatic):
            after[place] = automatic
    return after


def binding_changes(current: Iterable[Granted], after: Mapping[Place, Granted]) -> list[BindingChange]:
    """Return what differs between the roles that stand and those that should, sorted by place."""
    before = {granted.place: granted for granted in current}
    changes = (
        BindingChange(place, before.get(place), after.get(place))
        for place in sorted({*before, *after}, key=lambda place: place.text)
    )
    return [change for change in changes if change.before != change.after]
