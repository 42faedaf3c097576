"""All models, so that the metadata is complete wherever it is needed."""

from scim_server.audit.models import AuditEvent
from scim_server.connections.models import Connection, ConnectionObservation
from scim_server.directory.totals import ResourceTotal
from scim_server.directory.walks import WalkStop
from scim_server.organizations.models import Organization, OrganizationExtension
from scim_server.teams.models import Team, TeamMember
from scim_server.tokens.models import Token
from scim_server.users.models import User, UserEmail

__all__ = [
    "AuditEvent",
    "Connection",
    "ConnectionObservation",
    "Organization",
    "OrganizationExtension",
    "ResourceTotal",
    "Team",
    "TeamMember",
    "Token",
    "User",
    "UserEmail",
    "WalkStop",
]
