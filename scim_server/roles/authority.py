"""What whoever asks may do: permissions of their roles, and which roles they may grant."""

from collections.abc import Callable
from dataclasses import dataclass

from scim_server.audit.service import Origin
from scim_server.protocol.errors import Forbidden
from scim_server.roles.catalogue import catalogue
from scim_server.roles.places import Place
from scim_server.roles.policy import Held, may_grant, permissions_at


def holds_nothing() -> tuple[Held, ...]:
    """Return the roles of a caller who has none below the Organization."""
    return ()


@dataclass(frozen=True, slots=True)
class Authority:
    """The rights of one caller in one Organization; `role` is its Organization role, None where it has none there.

    `held` reads its roles below the Organization. It is asked only where the Organization role does not decide, so
    that an Owner's request costs nothing more.
    """

    role: str | None
    held: Callable[[], tuple[Held, ...]] = holds_nothing

    def permits(self, permission: str) -> bool:
        """Tell whether the Organization role permits something."""
        return self.role is not None and permission in catalogue().organization.role(self.role).permissions

    def permits_at(self, permission: str, place: Place) -> bool:
        """Tell whether any role permits something on a place."""
        return permission in self.permissions_at(place)

    def permits_somewhere(self, permission: str) -> bool:
        """Tell whether any role permits something on any place at all."""
        return self.is_owner or any(permission in each.permissions for each in self.held())

    def permissions_at(self, place: Place) -> frozenset[str]:
        """Return all that the caller may do on a place."""
        return permissions_at(place, self.role, () if self.is_owner else self.held())

    def may_grant(self, role: str) -> bool:
        """Tell whether an Organization role is the caller's own or stands below it; raises UnknownRole."""
        organization = catalogue().organization
        granted = organization.role(role)
        return self.role is not None and granted.rank >= organization.role(self.role).rank

    @property
    def is_owner(self) -> bool:
        """Tell whether the caller is an Organization Owner, who may do everything on every place."""
        return self.role == catalogue().owner


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks a service for something: in which Organization, with what rights, from where (for audit events)."""

    organization_id: str
    authority: Authority
    origin: Origin

    def require(self, permission: str) -> None:
        """Raise Forbidden where the caller may not do this."""
        if not self.authority.permits(permission):
            raise Forbidden(f"This needs the permission {permission!r}, which {self._role} does not have.")

    def may_at(self, permission: str, place: Place, *, everywhere: str) -> bool:
        """Tell whether the caller may do this on a place, or by the other permission everywhere."""
        return self.authority.permits(everywhere) or self.authority.permits_at(permission, place)

    def require_at(self, permission: str, place: Place, *, everywhere: str) -> None:
        """Raise Forbidden where the caller may not do this on a place, nor by the other permission everywhere."""
        if not self.may_at(permission, place, everywhere=everywhere):
            raise Forbidden(f"This needs the permission {permission!r} on {place.text}, which {self._role} lacks.")

    def require_grantable(self, role: str, field: str = "role") -> None:
        """Raise Forbidden for an Organization role above the caller's own; UnknownRole for one that is none."""
        if not self.authority.may_grant(role):
            raise Forbidden(f"Nobody grants a role above their own: {role} stands above {self._role}.", field=field)

    def require_grantable_at(self, role: str, permissions: frozenset[str], place: Place) -> None:
        """Raise Forbidden for a role on a place that permits more there than the caller may do."""
        if not may_grant(permissions, self.authority.permissions_at(place)):
            raise Forbidden(
                f"Nobody grants or takes a role above their own: {role} on {place.text} permits what {self._role} "
                "may not do there."
            )

    def visible_workspaces(self, permission: str) -> frozenset[str] | None:
        """Return the ids of the Workspaces that the caller may see, None for all: they have the permission.

        Raises Forbidden where they hold no role at all.
        """
        authority = self.authority
        if authority.permits(permission):
            return None
        held = authority.held()
        if authority.role is None and not held:
            raise Forbidden(f"This needs the permission {permission!r}, or a role on a Workspace.")
        return frozenset(each.place.workspace_id for each in held if "workspace.get" in each.permissions)

    @property
    def _role(self) -> str:
        return self.authority.role or "a caller without an Organization role"
