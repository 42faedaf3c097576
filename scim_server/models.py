"""All models, so that the metadata is complete wherever it is needed."""

from scim_server.accounts.models import (
    Account,
    BypassKey,
    DeviceLogin,
    Identity,
    LoginAttempts,
    OneTimeSecret,
    RecoveryCode,
    RefreshToken,
    SecondFactor,
    Session,
)
from scim_server.audit.models import AuditEvent, AuditSeal
from scim_server.connections.models import (
    Connection,
    ConnectionAlert,
    ConnectionObservation,
    ConnectionTraffic,
    JournalEntry,
    JournalSettings,
)
from scim_server.directory.totals import ResourceTotal
from scim_server.directory.walks import WalkStop
from scim_server.domains.models import Domain
from scim_server.idempotency.models import RememberedAnswer
from scim_server.invitations.models import Invitation
from scim_server.jobs.models import Lease
from scim_server.organizations.models import Organization, OrganizationExtension
from scim_server.outbox.models import OutboxMessage
from scim_server.roles.models import CustomRole, RoleBinding
from scim_server.sso.models import SsoLogin, SsoSettings
from scim_server.statistics.models import DailyCount
from scim_server.teams.models import Team, TeamMember
from scim_server.tokens.models import Token
from scim_server.users.models import RemovedUser, User, UserEmail
from scim_server.workspaces.models import Deployment, Workspace

__all__ = [
    "Account",
    "AuditEvent",
    "AuditSeal",
    "BypassKey",
    "Connection",
    "ConnectionAlert",
    "ConnectionObservation",
    "ConnectionTraffic",
    "CustomRole",
    "DailyCount",
    "Deployment",
    "DeviceLogin",
    "Domain",
    "Identity",
    "Invitation",
    "JournalEntry",
    "JournalSettings",
    "Lease",
    "LoginAttempts",
    "OneTimeSecret",
    "Organization",
    "OrganizationExtension",
    "OutboxMessage",
    "RecoveryCode",
    "RefreshToken",
    "RememberedAnswer",
    "RemovedUser",
    "ResourceTotal",
    "RoleBinding",
    "SecondFactor",
    "Session",
    "SsoLogin",
    "SsoSettings",
    "Team",
    "TeamMember",
    "Token",
    "User",
    "UserEmail",
    "WalkStop",
    "Workspace",
]
