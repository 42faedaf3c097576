"""Where the console begins: the person's Organization, a choice of several, or what to do without any."""

from flask import Response

from scim_server.accounts.members import organizations_of
from scim_server.accounts.service import has_accounts
from scim_server.database import reading
from scim_server.web.auth.blueprint import go as go_to
from scim_server.web.auth.blueprint import person
from scim_server.web.console import navigation
from scim_server.web.console.blueprint import PREFIX, console, go
from scim_server.web.console.visit import current_visit
from scim_server.web.pages import page
from scim_server.web.pages.cookies import signed_in


@console.get("/")
def root() -> Response:
    """Lead on: to what the operator does first, to signing in, to the Organization."""
    if signed_in() is None:
        with reading():
            return go_to("/login?next=/") if has_accounts() else page("console/first_run.html")
    return _begin()


@console.get("/organizations")
def organizations() -> Response:
    """Let people choose among their Organizations."""
    return _choice()


@console.screen("", permission=None)
def landing() -> Response:
    """Go to the first screen that there is for this person."""
    visit = current_visit()
    items = navigation.permitted((navigation.DASHBOARD, navigation.ACCESS_MANAGEMENT, *navigation.SETTINGS), visit)
    return go(items[0].screen)


def _begin() -> Response:
    who = person()
    belongings = organizations_of(who.account_id, who.organization_id)
    if len(belongings) == 1:
        return go_to(PREFIX.replace("<slug>", belongings[0].slug))
    return _choice()


def _choice() -> Response:
    who = person()
    belongings = organizations_of(who.account_id, who.organization_id)
    return page("console/organizations.html", person=who, belongings=belongings)
