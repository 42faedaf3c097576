"""Authentication > Automatic Membership: whether people join just in time, and as what.

What will change, and for how many, is said before it is saved.
"""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.connections import administration
from scim_server.protocol.errors import ScimError
from scim_server.roles.catalogue import Role, catalogue
from scim_server.sso.configuration import CHANGE
from scim_server.users.listing import UserFilters, list_users
from scim_server.users.policy import Status
from scim_server.web.console.asking import refuse
from scim_server.web.console.blueprint import console, go, show, tell
from scim_server.web.console.titles import role_title
from scim_server.web.console.visit import requester

# How the form calls what the service calls None.
DISABLED = "DISABLED"
_RULE = "/authentication/connections/<connection_id>/membership"


@dataclass(frozen=True, slots=True)
class People:
    """How many there are whom a change concerns, or leaves alone."""

    members: int
    waiting: int


@console.screen(_RULE, permission=CHANGE)
def membership(connection_id: str) -> Response:
    """Ask for the role, and say what the one that is chosen would change."""
    return _page(connection_id, request.args.get("role"))


@console.screen(_RULE, "POST", permission=CHANGE)
def change_membership(connection_id: str) -> Response:
    """Set it, and let in who waits where that was chosen."""
    chosen, admits = request.form.get("role", DISABLED), request.form.get("waiting") == "admit"
    role = None if chosen == DISABLED else chosen
    try:
        _changed, admitted = administration.change_connection(
            requester(), connection_id, {"automatic_membership": role}, admit_waiting=admits
        )
    except ScimError as error:
        return _page(connection_id, chosen, error)
    tell(_told(role, admitted))
    return go("authentication")


def consequences(before: str | None, after: str | None, people: People) -> list[str]:
    """Return what a change of the role does, in sentences; None is Disabled."""
    if before == after:
        return [_("Nothing changes: this is how it is now.")]
    kept = ngettext("%(num)d member stays a member.", "All %(num)d members stay members.", people.members)
    if after is None:
        return [
            _(
                "From now on nobody joins by themselves: whoever the identity provider pushes waits for an invitation, "
                "and whoever signs in by it for the first time is refused."
            ),
            kept,
        ]
    title = role_title(after)
    if before is not None:
        roles = ngettext("%(num)d member keeps their role.", "All %(num)d members keep their roles.", people.members)
        return [_("Whoever joins from now on becomes %(role)s.", role=title), roles]
    joins = _(
        "From now on people whom the identity provider pushes, or who sign in by it for the first time with an address "
        "of a verified domain, join as %(role)s without an invitation.",
        role=title,
    )
    waiting = ngettext(
        "%(num)d person waits for an invitation now.", "%(num)d people wait for an invitation now.", people.waiting
    )
    return [joins, kept, waiting] if people.waiting else [joins, kept, _("Nobody waits for an invitation now.")]


def joinable_roles() -> list[Role]:
    """Return the roles that people may get without anybody's doing."""
    return [role for role in catalogue().organization.roles if role.name != catalogue().owner]


def membership_options() -> list[tuple[str, str]]:
    """Return what Automatic Membership can be set to, to choose from."""
    return [(role.name, role.title) for role in reversed(joinable_roles())] + [(DISABLED, _("Disabled"))]


def _page(connection_id: str, chosen: str | None, error: ScimError | None = None) -> Response:
    asks = requester()
    found = administration.find_connection(asks, connection_id)
    options = membership_options()
    present = found.automatic_membership or DISABLED
    wanted = chosen if chosen in dict(options) else present
    _users, members = list_users(asks, UserFilters(status=Status.ACTIVE.value), limit=1)
    before, after = found.automatic_membership, None if wanted == DISABLED else wanted
    values: dict[str, Any] = {
        "connection": found,
        "options": options,
        "wanted": wanted,
        "differs": wanted != present,
        "waiting": found.waiting_users if before is None and after is not None else 0,
        "sentences": consequences(before, after, People(members, found.waiting_users)),
    }
    if error is not None:
        return refuse("console/membership.html", error, **values)
    return show("console/membership.html", **values)


def _told(role: str | None, admitted: int) -> str:
    if role is None:
        told: str = _("Automatic membership is disabled.")
        return told
    told = _("Whoever joins now becomes %(role)s.", role=role_title(role))
    if admitted:
        told += " " + ngettext("%(num)d person has joined.", "%(num)d people have joined.", admitted)
    return told
