"""General: what the Organization is called, and the id that an identity provider asks for.

The shortest complete screen: CONTRIBUTING.md tells by it how a screen is made.
"""

from flask import Response, request
from flask_babel import gettext as _

from scim_server.organizations.details import change_details, read_details
from scim_server.protocol.errors import ScimError
from scim_server.web.console.blueprint import console, go, show, show_again, tell
from scim_server.web.console.visit import requester

UPDATE = "organization.update"


@console.screen("/general", permission="organization.get")
def general() -> Response:
    """Show the Organization."""
    details = read_details(requester().organization_id)
    return show("console/general.html", details=details, name=details.name)


@console.screen("/general", "POST", permission=UPDATE)
def update_general() -> Response:
    """Rename it."""
    asks, name = requester(), request.form.get("name", "")
    try:
        change_details(asks.organization_id, asks.origin, {"name": name})
    except ScimError as error:
        return show_again("console/general.html", error, details=read_details(asks.organization_id), name=name)
    tell(_("The Organization is updated."))
    return go("general")
