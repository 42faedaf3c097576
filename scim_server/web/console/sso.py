"""Authentication > SSO Configuration: the form of a Connection's identity provider, its test, and switching it on."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from scim_server.connections import administration
from scim_server.protocol.errors import ScimError
from scim_server.sso import configuration
from scim_server.sso.configuration import CHANGE
from scim_server.web.auth.sign_on import addresses
from scim_server.web.console.asking import ask, refuse
from scim_server.web.console.authentication import READ, find_sso, form_values
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.visit import requester

_RULE = "/authentication/connections/<connection_id>"
_FIELDS = ("issuer", "clientId", "scopes", "emailClaim", "nameClaim", "groupsClaim", "groupsToTeams")


@console.screen(f"{_RULE}/sso", permission=READ)
def sso_form(connection_id: str) -> Response:
    """Show the form."""
    return show("console/sso.html", **_shown(connection_id, form_values(find_sso(connection_id))))


@console.screen(f"{_RULE}/sso", "POST", permission=CHANGE)
def configure_sso(connection_id: str) -> Response:
    """Set up or change how people sign in."""
    form = request.form.to_dict()
    try:
        found = configuration.configure(requester(), connection_id, _changes(form))
    except ScimError as error:
        kept = {name: form.get(name, "") for name in _FIELDS}
        return show_again("console/sso.html", error, **_shown(connection_id, kept))
    if found.tested_at is None:
        tell(_("The settings are saved. Activate them by a test: nobody signs in by them before."))
    else:
        tell(_("The settings are saved."))
    return go("authentication")


@console.screen(f"{_RULE}/activate", permission=CHANGE)
def ask_to_activate(connection_id: str) -> Response:
    """Say what the test does, and lead to it."""
    return show("console/activate.html", **_shown(connection_id, {}))


@console.screen(f"{_RULE}/activate", "POST", permission=CHANGE)
def activate_sso(connection_id: str) -> Response:
    """Let people sign in by it from now on."""
    try:
        configuration.configure(requester(), connection_id, {"is_active": True})
    except ScimError as error:
        return refuse("console/activate.html", error, **_shown(connection_id, {}))
    tell(_("Single sign-on is active."))
    return go("authentication")


@console.screen(f"{_RULE}/deactivate", permission=CHANGE)
def ask_to_deactivate_sso(connection_id: str) -> Response:
    """Say who cannot sign in then."""
    return _deactivation(connection_id)


@console.screen(f"{_RULE}/deactivate", "POST", permission=CHANGE)
def deactivate_sso(connection_id: str) -> Response:
    """Let nobody sign in by it, and keep its settings."""
    try:
        configuration.configure(requester(), connection_id, {"is_active": False})
    except ScimError as error:
        return _deactivation(connection_id, error)
    tell(_("Single sign-on is off; its settings are kept."))
    return go("authentication")


@console.screen(f"{_RULE}/sso/delete", permission=CHANGE)
def ask_to_delete_sso(connection_id: str) -> Response:
    """Say what is forgotten."""
    return _deletion(connection_id)


@console.screen(f"{_RULE}/sso/delete", "POST", permission=CHANGE)
def delete_sso(connection_id: str) -> Response:
    """Forget the settings."""
    try:
        configuration.remove_configuration(requester(), connection_id)
    except ScimError as error:
        return _deletion(connection_id, error)
    tell(_("The SSO configuration is deleted."))
    return go("authentication")


def _changes(form: dict[str, str]) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "issuer": form.get("issuer", "").strip(),
        "client_id": form.get("clientId", "").strip(),
        "scopes": form.get("scopes", "").split(),
        "email_claim": form.get("emailClaim", "").strip(),
        "name_claim": form.get("nameClaim", "").strip(),
        "groups_claim": form.get("groupsClaim", "").strip() or None,
        "groups_to_teams": bool(form.get("groupsToTeams")),
    }
    # It is never shown, so an empty field leaves it as it is.
    if form.get("forgetSecret"):
        changes["client_secret"] = None
    elif form.get("clientSecret"):
        changes["client_secret"] = form["clientSecret"].strip()
    return changes


def _shown(connection_id: str, values: dict[str, Any]) -> dict[str, Any]:
    found = administration.find_connection(requester(), connection_id)
    sso = find_sso(connection_id)
    return {"connection": found, "sso": sso, "values": values, "addresses": addresses(connection_id)}


def _deactivation(connection_id: str, error: ScimError | None = None) -> Response:
    found = administration.find_connection(requester(), connection_id)
    facts = [
        _("From the next sign-in on nobody gets in by it. Whoever has a password signs in with that."),
        _("Its settings are kept, and who is signed in stays so."),
    ]
    title = _("Deactivate single sign-on by %(name)s?", name=found.name)
    return ask(title, facts, _("Deactivate SSO"), error=error, section="authentication", back=to("authentication"))


def _deletion(connection_id: str, error: ScimError | None = None) -> Response:
    found = administration.find_connection(requester(), connection_id)
    facts = [
        _("Nobody signs in by it any more, and the client id and its secret are forgotten. This cannot be undone."),
        _("Members stay members. Whoever has no password cannot sign in until they set one by mail."),
    ]
    title = _("Delete the SSO configuration of %(name)s?", name=found.name)
    return ask(
        title, facts, _("Delete SSO Configuration"), error=error, section="authentication", back=to("authentication")
    )
