"""Ping: `username Eq`, and memberships that are overwritten or merged."""

from scim_server.cli.simulation.dialects.base import IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import Group


class Ping(IdentityProvider):
    """PingOne with its templates as they come: remove by disabling first, then DELETE."""

    title = "Ping"
    user_filter = 'username Eq "{}"'
    group_filter = 'displayName Eq "{}"'

    def set_members(self, group: Group) -> Steps[None]:
        value = [{"value": member} for member in group.members]
        operation = {"op": "replace", "path": "members", "value": value}
        yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, operation)
