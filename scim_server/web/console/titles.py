"""What people are told for the names that stand in the database: statuses, sources, roles, and what happened."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from flask_babel import LazyString, lazy_gettext

from scim_server.roles.catalogue import Role, catalogue

STATUSES: dict[str, LazyString] = {
    "ACTIVE": lazy_gettext("Active"),
    "PENDING": lazy_gettext("Invited"),
    "AWAITING_INVITATION": lazy_gettext("Awaiting invitation"),
    "INACTIVE": lazy_gettext("Inactive"),
}
SOURCES: dict[str, LazyString] = {
    "scim": lazy_gettext("Identity provider"),
    "jit": lazy_gettext("First sign-in"),
    "invite": lazy_gettext("Invitation"),
    "bootstrap": lazy_gettext("Set-up"),
}
SCOPES: dict[str, LazyString] = {
    "organization": lazy_gettext("Organization"),
    "workspace": lazy_gettext("Workspace"),
    "deployment": lazy_gettext("Deployment"),
    "dag": lazy_gettext("Dag"),
}
# By the whole name of an event, or by what follows its source.
_HAPPENED: dict[str, LazyString] = {
    "user:created": lazy_gettext("Was added"),
    "user:invited": lazy_gettext("Was invited"),
    "user:joined": lazy_gettext("Joined"),
    "user:updated": lazy_gettext("Was changed"),
    "user:activated": lazy_gettext("Got access"),
    "user:adopted": lazy_gettext("Is managed by the identity provider now"),
    "user:admitted": lazy_gettext("Was let in"),
    "user:deactivated": lazy_gettext("Was deactivated"),
    "user:reactivated": lazy_gettext("Was reactivated"),
    "user:removed": lazy_gettext("Was removed"),
    "user:restored": lazy_gettext("Was brought back"),
    "user:deleted": lazy_gettext("Was removed by the identity provider"),
    "user:refused": lazy_gettext("A change was refused"),
    "user:roles-changed": lazy_gettext("Roles were changed"),
    "user:role-gained": lazy_gettext("Got a role by a Team"),
    "user:role-lost": lazy_gettext("Lost a role of a Team"),
    "user:login-offered": lazy_gettext("Was given a link to sign in"),
    "identity:linked": lazy_gettext("Was linked to a login of the identity provider"),
    "password:changed": lazy_gettext("Changed the password"),
    "factor:added": lazy_gettext("Added a second factor"),
    "factor:removed": lazy_gettext("Removed a second factor"),
    "email:changed": lazy_gettext("Changed the sign-in address"),
    "session:started": lazy_gettext("Signed in"),
    "session:ended": lazy_gettext("Signed out"),
    "owner:session:ended": lazy_gettext("Sessions were ended by an Owner"),
    "login:refused": lazy_gettext("A sign-in was refused"),
    "account:sso:bypassed": lazy_gettext("Signed in by the SSO Bypass Link"),
    "team:created": lazy_gettext("Team was created"),
    "team:updated": lazy_gettext("Team was changed"),
    "team:deleted": lazy_gettext("Team was deleted"),
    "team:mass-removal": lazy_gettext("Very many members were removed at once"),
    "team:roles-changed": lazy_gettext("Roles of the Team were changed"),
    "token:created": lazy_gettext("API token was created"),
    "token:updated": lazy_gettext("API token was changed"),
    "token:rotated": lazy_gettext("API token was rotated"),
    "token:revoked": lazy_gettext("API token was revoked"),
    "token:deleted": lazy_gettext("API token was deleted"),
    "token:roles-changed": lazy_gettext("Roles of the API token were changed"),
    "role:created": lazy_gettext("Custom role was created"),
    "role:updated": lazy_gettext("Custom role was changed"),
    "role:deleted": lazy_gettext("Custom role was deleted"),
    "invitation:created": lazy_gettext("Invitation was sent"),
    "invitation:resent": lazy_gettext("Invitation was sent again"),
    "invitation:revoked": lazy_gettext("Invitation was taken back"),
    "connection:created": lazy_gettext("Connection was created"),
    "connection:updated": lazy_gettext("Connection was changed"),
    "connection:deleted": lazy_gettext("Connection was deleted"),
    "sso:created": lazy_gettext("SSO was configured"),
    "sso:updated": lazy_gettext("SSO configuration was changed"),
    "sso:removed": lazy_gettext("SSO configuration was deleted"),
    "sso-bypass-key:created": lazy_gettext("SSO Bypass Link was created"),
    "sso-bypass-key:regenerated": lazy_gettext("SSO Bypass Link was regenerated"),
    "sso-bypass-key:deleted": lazy_gettext("SSO Bypass Link was deleted"),
    "domain:claimed": lazy_gettext("Domain was added"),
    "domain:updated": lazy_gettext("Domain was changed"),
    "domain:verified": lazy_gettext("Domain was verified"),
    "domain:suspended": lazy_gettext("Domain was suspended"),
    "domain:deleted": lazy_gettext("Domain was deleted"),
    "organization:created": lazy_gettext("Organization was created"),
    "organization:updated": lazy_gettext("Organization was changed"),
    "workspace:created": lazy_gettext("Workspace was created"),
    "workspace:updated": lazy_gettext("Workspace was changed"),
    "workspace:deleted": lazy_gettext("Workspace was deleted"),
    "deployment:created": lazy_gettext("Deployment was created"),
    "deployment:updated": lazy_gettext("Deployment was changed"),
    "deployment:deleted": lazy_gettext("Deployment was deleted"),
    "auditLog:trimmed": lazy_gettext("Old audit events were deleted"),
    "message:retried": lazy_gettext("Mail was sent again"),
}
# How a session began.
SIGNED_IN_BY: dict[str, LazyString] = {
    "password": lazy_gettext("Password"),
    "password+totp": lazy_gettext("Password and authenticator app"),
    "password+passkey": lazy_gettext("Password and passkey"),
    "password+recovery-code": lazy_gettext("Password and recovery code"),
    "oidc": lazy_gettext("Single sign-on"),
}
# Kinds of things that events are about.
TARGETS: dict[str, LazyString] = {
    "User": lazy_gettext("User"),
    "Team": lazy_gettext("Team"),
    "Token": lazy_gettext("API Token"),
    "Connection": lazy_gettext("Connection"),
    "Domain": lazy_gettext("Domain"),
    "Invitation": lazy_gettext("Invitation"),
    "Role": lazy_gettext("Role"),
    "Organization": lazy_gettext("Organization"),
    "Workspace": lazy_gettext("Workspace"),
    "Deployment": lazy_gettext("Deployment"),
}
ACTORS: dict[str, LazyString] = {
    "user": lazy_gettext("Person"),
    "token": lazy_gettext("API Token"),
    "operator": lazy_gettext("Operator"),
    "system": lazy_gettext("The server"),
}


def role_title(name: str | None) -> str:
    """Return a role's title; of a custom one its name, a dash where there is none."""
    return _role_titles().get(name or "", name or "\N{EN DASH}")


def role_options(roles: Iterable[Role]) -> list[tuple[str, str]]:
    """Return roles as a list to choose from."""
    return [(role.name, role.title) for role in roles]


def options_of(records: Iterable[Any]) -> list[tuple[str, str]]:
    """Return records that have an id and a name as a list to choose from."""
    return [(each.id, each.name) for each in records]


def translated(titles: Mapping[str, LazyString]) -> dict[str, str]:
    """Return titles in the reader's language, for lists that say each of them often."""
    return {name: str(title) for name, title in titles.items()}


def happened(action: str) -> str:
    """Return in words what an audit event tells; of one that nothing is known of, its own name."""
    subject = action.partition(":")[2]
    return str(_HAPPENED.get(action) or _HAPPENED.get(subject) or action)


@cache
def _role_titles() -> dict[str, str]:
    return {role.name: role.title for scope in catalogue().scopes.values() for role in scope.roles}
