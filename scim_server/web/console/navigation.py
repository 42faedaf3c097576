"""What the console's side holds: each screen by its place, its title, and the permission that it needs."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import LazyString, lazy_gettext

from scim_server.web.console.visit import Visit


@dataclass(frozen=True, slots=True)
class Item:
    """A place to go to; `screen` is the name of a view, `tabs` stand on one page together."""

    screen: str
    title: LazyString
    permission: str | None = None
    tabs: tuple["Item", ...] = ()


ACCESS_MANAGEMENT = Item(
    "users",
    lazy_gettext("Access Management"),
    "organization.users.get",
    (
        Item("users", lazy_gettext("Users"), "organization.users.get"),
        Item("teams", lazy_gettext("Teams"), "organization.teams.get"),
        Item("tokens", lazy_gettext("API Tokens"), "organization.tokens.get"),
        Item("roles", lazy_gettext("Roles"), "organization.roles.get"),
    ),
)
DASHBOARD = Item("dashboard", lazy_gettext("Dashboard"), "organization.connections.get")
SETTINGS = (
    Item("general", lazy_gettext("General")),
    ACCESS_MANAGEMENT,
    Item("authentication", lazy_gettext("Authentication"), "organization.connections.get"),
    Item("provisioning", lazy_gettext("Provisioning"), "organization.connections.get"),
    Item("audit_log", lazy_gettext("Audit log"), "organization.auditLogs.get"),
)


def permitted(items: tuple[Item, ...], visit: Visit) -> list[Item]:
    """Return those that there are and that the person may open."""
    views = current_app.view_functions
    return [each for each in items if f"console.{each.screen}" in views and visit.permits(each.permission)]
