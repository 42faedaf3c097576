"""What a change of a Team does to the roles of its members, told in the transaction of the change.

Roles by Team are never copied to Users, so nothing has to be undone when a Team changes; but whoever gains or loses a
role thereby gets an audit event. Teams without privileges cost no statement.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from scim_server.audit.service import Origin
from scim_server.roles.catalogue import catalogue


class PrivilegedTeam(NamedTuple):
    """What decides whether a Team gives its members more than every User has: taken from its locked row."""

    id: str
    display_name: str
    role: str
    binding_count: int

    @property
    def is_privileged(self) -> bool:
        """Tell whether being a member gives any role."""
        return self.binding_count > 0 or self.role != catalogue().default


def members_changed(
    connection: Connection,
    organization_id: str,
    origin: Origin,
    team: PrivilegedTeam,
    *,
    added: Iterable[str] = (),
    removed: Iterable[str] = (),
    source: str = "scim",
) -> None:
    """Record what Users gain and lose whose membership rows came and went: call it after that, before the commit.

    `added` and `removed` are member ids; nested Teams among them are passed over, as roles reach direct members only.
    `source` begins the actions: `scim` or `owner`.
    """


def team_is_deleted(
    connection: Connection, organization_id: str, origin: Origin, team: PrivilegedTeam, *, source: str = "scim"
) -> None:
    """Record what the members lose with the Team: call it before its rows are deleted."""
