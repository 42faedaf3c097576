"""What people are told for the names that stand in the database: statuses, sources, roles, and what happened."""

from collections.abc import Iterable
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
    "login:refused": lazy_gettext("A sign-in was refused"),
}


def role_title(name: str | None) -> str:
    """Return a role's title; of a custom one its name, a dash where there is none."""
    found = (role.title for scope in catalogue().scopes.values() for role in scope.roles if role.name == name)
    return next(found, name or "\N{EN DASH}")


def role_options(roles: Iterable[Role]) -> list[tuple[str, str]]:
    """Return roles as a list to choose from."""
    return [(role.name, role.title) for role in roles]


def options_of(records: Iterable[Any]) -> list[tuple[str, str]]:
    """Return records that have an id and a name as a list to choose from."""
    return [(each.id, each.name) for each in records]


def happened(action: str) -> str:
    """Return in words what an audit event tells; of one that nothing is known of, its own name."""
    subject = action.partition(":")[2]
    return str(_HAPPENED.get(action) or _HAPPENED.get(subject) or action)
