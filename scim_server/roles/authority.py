"""What whoever asks may do: permissions of their Organization role, and which roles they may grant."""

from dataclasses import dataclass

from scim_server.audit.service import Origin
from scim_server.protocol.errors import Forbidden
from scim_server.roles.catalogue import catalogue


@dataclass(frozen=True, slots=True)
class Authority:
    """The rights of one caller in one Organization; `role` is its Organization role, None where it has none there."""

    role: str | None

    def permits(self, permission: str) -> bool:
        """Tell whether the Organization role permits something."""
        return self.role is not None and permission in catalogue().organization.role(self.role).permissions

    def may_grant(self, role: str) -> bool:
        """Tell whether an Organization role is the caller's own or stands below it; raises UnknownRole."""
        organization = catalogue().organization
        granted = organization.role(role)
        return self.role is not None and granted.rank >= organization.role(self.role).rank


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

    def require_grantable(self, role: str) -> None:
        """Raise Forbidden for an Organization role above the caller's own; UnknownRole for one that is none."""
        if not self.authority.may_grant(role):
            raise Forbidden(f"Nobody grants a role above their own: {role} stands above {self._role}.", field="role")

    @property
    def _role(self) -> str:
        return self.authority.role or "a caller without an Organization role"
