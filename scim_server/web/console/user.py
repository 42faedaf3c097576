"""User Details: who somebody is, what they may do and why, and everything that happened to them."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from scim_server.accounts.supervision import SUPERVISE, list_sessions
from scim_server.audit.listing import Filter, list_events
from scim_server.database import reading
from scim_server.invitations.listing import list_invitations
from scim_server.protocol.errors import ScimError
from scim_server.roles.effective import effective_roles
from scim_server.roles.requests import RoleLists
from scim_server.users import listing
from scim_server.users.listing import UserRecord
from scim_server.users.policy import Status
from scim_server.users.roles import change_roles
from scim_server.web.console.blueprint import console, go, show, show_again, tell
from scim_server.web.console.inviting import grantable_roles
from scim_server.web.console.places import place_names
from scim_server.web.console.titles import role_title
from scim_server.web.console.visit import current_visit, requester

GET, UPDATE = "organization.users.get", "organization.users.update"
EVENTS = 25
# Open invitations are looked through for a User's own; as many as one request of invitations makes.
MAX_INVITATIONS = 1_000


@console.screen("/users/<user_id>", permission=GET)
def user(user_id: str) -> Response:
    """Show a User."""
    return _details(listing.read_user(requester(), user_id))


@console.screen("/users/<user_id>", "POST", permission=UPDATE)
def update_user(user_id: str) -> Response:
    """Give a User another Organization role, on their own page."""
    found = listing.read_user(requester(), user_id)
    try:
        change_roles(requester(), user_id, RoleLists(request.form.get("organizationRole", "")))
    except ScimError as error:
        return _details(found, error)
    _tell_role(found)
    return go("user", user_id=user_id)


@console.screen("/users/<user_id>/edit", permission=UPDATE)
def edit_user(user_id: str) -> Response:
    """Ask for another Organization role."""
    found = listing.read_user(requester(), user_id)
    return show("console/edit_user.html", user=found, roles=grantable_roles())


@console.screen("/users/<user_id>/edit", "POST", permission=UPDATE)
def update_edited_user(user_id: str) -> Response:
    """Give a User another Organization role, from the list."""
    found = listing.read_user(requester(), user_id)
    try:
        change_roles(requester(), user_id, RoleLists(request.form.get("organizationRole", "")))
    except ScimError as error:
        return show_again("console/edit_user.html", error, user=found, roles=grantable_roles())
    _tell_role(found)
    return go("users")


def _tell_role(found: UserRecord) -> None:
    role = role_title(request.form["organizationRole"])
    tell(_("%(name)s is %(role)s now.", name=found.full_name, role=role))


def _details(found: UserRecord, error: ScimError | None = None) -> Response:
    asks = requester()
    with reading():
        effective = effective_roles(asks.organization_id, found.id)
        places = [*effective.workspaces, *effective.deployments, *effective.dags]
        events = []
        if current_visit().permits("organization.auditLogs.get"):
            asked = Filter(target_id=found.id)
            events = list_events(asks.organization_id, asked, EVENTS + 1, request.args.get("before"))
        values: dict[str, Any] = {
            "user": found,
            "effective": effective,
            "names": place_names(asks) if places else {},
            "events": events[:EVENTS],
            "older": events[EVENTS - 1].id if len(events) > EVENTS else None,
            "invitation": _invitation(found),
            "roles": grantable_roles(),
            "sessions": list_sessions(asks, found.id) if current_visit().permits(SUPERVISE) else [],
        }
    return show("console/user.html", **values) if error is None else show_again("console/user.html", error, **values)


def _invitation(found: UserRecord) -> object:
    """Return the open invitation of somebody who was invited, to send it again or take it back."""
    if found.status != Status.PENDING or not current_visit().permits("organization.invites.get"):
        return None
    listed, _total = list_invitations(
        requester().organization_id, states=("OPEN", "EXPIRED"), order=(), limit=MAX_INVITATIONS, offset=0
    )
    return next((each for each in listed if each.user_id == found.id), None)
