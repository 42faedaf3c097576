"""Access Management > Users: everybody of the Organization, whatever brought them here."""

from typing import Any

from flask import Response, request

from scim_server.roles.catalogue import catalogue
from scim_server.teams.listing import team_names
from scim_server.users import listing
from scim_server.users.listing import UserFilters
from scim_server.users.policy import Source, Status
from scim_server.web.console.blueprint import console, show
from scim_server.web.console.paging import asked
from scim_server.web.console.visit import current_visit, requester

# In a list to choose from; who has more Teams searches.
MAX_TEAMS = 200
MAX_SEARCH_LENGTH = 200
GET = "organization.users.get"


@console.screen("/users", permission=GET)
def users() -> Response:
    """List them."""
    page, filters = asked(listing.SORTS, "username"), _filters()
    found = listing.browse_users(requester(), UserFilters(**filters), page.order, **page.place)
    return show(
        "console/users.html",
        users=found.users,
        waiting=listing.count_users(requester(), UserFilters(status=Status.AWAITING_INVITATION)),
        teams=team_names(requester(), MAX_TEAMS) if current_visit().permits("organization.teams.get") else [],
        filters=filters,
        pages=page.pages(found.total, is_more=found.is_more),
        roles=catalogue().organization.roles,
    )


def _filters() -> dict[str, Any]:
    """Return the filters of the address; values that nothing has narrow nothing."""
    allowed: dict[str, Any] = {
        "status": tuple(Status),
        "source": tuple(Source),
        "organization_role": catalogue().organization.names,
    }
    found = {name: request.args.get(name, "") for name in (*allowed, "search", "team_id")}
    found["search"] = found["search"].strip()[:MAX_SEARCH_LENGTH]
    return {name: value for name, value in found.items() if value and (name not in allowed or value in allowed[name])}
