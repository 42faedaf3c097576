"""Authentication > SSO Bypass Link: made, shown once, made anew, deleted."""

from flask import Response
from flask_babel import gettext as _

from scim_server.accounts import bypass
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, tell, to
from scim_server.web.console.visit import requester

CREATE, DELETE = "organization.ssoBypassKey.create", "organization.ssoBypassKey.delete"


@console.screen("/authentication/bypass", "POST", permission=CREATE)
def make_bypass_link() -> Response:
    """Make the link, which voids the one before it, and show it this once."""
    _record, url = bypass.make_key(requester())
    return show("console/bypass_shown.html", url=url)


@console.screen("/authentication/bypass/regenerate", permission=CREATE)
def ask_to_regenerate_bypass_link() -> Response:
    """Say what happens to the present one."""
    return show("console/bypass_regenerate.html")


@console.screen("/authentication/bypass/delete", permission=DELETE)
def ask_to_delete_bypass_link() -> Response:
    """Say what is lost."""
    facts = [
        _(
            "The link leads nowhere any more. If the identity provider fails, people for whom single sign-on is the "
            "only way cannot sign in."
        )
    ]
    title = _("Delete the SSO Bypass Link?")
    return ask(title, facts, _("Delete"), section="authentication", back=to("authentication"))


@console.screen("/authentication/bypass/delete", "POST", permission=DELETE)
def delete_bypass_link() -> Response:
    """Void it."""
    bypass.delete_key(requester())
    tell(_("The SSO Bypass Link is deleted."))
    return go("authentication")
