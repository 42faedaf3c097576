"""What people are told for the names that stand in the database: statuses, sources, roles, and what happened."""

from flask_babel import LazyString, lazy_gettext

from scim_server.roles.catalogue import catalogue

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


def role_title(name: str | None) -> str:
    """Return a role's title; of a custom one its name, a dash where there is none."""
    found = (role.title for scope in catalogue().scopes.values() for role in scope.roles if role.name == name)
    return next(found, name or "\N{EN DASH}")
