"""Authentication > Managed Domains: claimed, proved by a TXT record, mapped to a Connection, given up."""

from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _

from scim_server.domains import service
from scim_server.domains.policy import State
from scim_server.domains.service import DomainRecord, DomainTaken
from scim_server.domains.verification import Resolvers
from scim_server.protocol.errors import Conflict, ScimError, Unavailable
from scim_server.web.console.asking import ask, refuse
from scim_server.web.console.authentication import ONLY_SSO, all_links, connection_options, domain_row
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.visit import requester

GET, CREATE = "organization.domains.get", "organization.domains.create"
UPDATE, DELETE = "organization.domains.update", "organization.domains.delete"
_RULE = "/authentication/domains/<domain_id>"


@console.screen("/authentication/domains/new", permission=CREATE)
def ask_for_domain() -> Response:
    """Ask which."""
    return show("console/new_domain.html", **_new())


@console.screen("/authentication/domains/new", "POST", permission=CREATE)
def claim_domain() -> Response:
    """Claim it, and go on to the record that proves it."""
    form = request.form
    try:
        made = service.claim_domain(requester(), form.get("name", ""), None, form.get("connectionId") or None)
    except ScimError as error:
        return show_again("console/new_domain.html", error, **_new(form.get("name", "")))
    return go("domain", domain_id=made.id)


@console.screen(_RULE, permission=GET)
def domain(domain_id: str) -> Response:
    """Show it with the record that proves it."""
    return show("console/domain.html", **_shown(service.find_domain(requester(), domain_id)))


@console.screen(_RULE, "POST", permission=UPDATE)
def map_domain(domain_id: str) -> Response:
    """Say by which Connection its people sign in."""
    found = service.find_domain(requester(), domain_id)
    try:
        service.change_domain(requester(), domain_id, {"connection_id": request.form.get("connectionId") or None})
    except ScimError as error:
        return refuse("console/domain.html", error, **_shown(found))
    tell(_("Saved."))
    return go("domain", domain_id=domain_id)


@console.screen(f"{_RULE}/verify", "POST", permission=UPDATE)
def verify_domain(domain_id: str) -> Response:
    """Look for the record now, and say what came of it."""
    resolvers: Resolvers = current_app.extensions["dns_resolvers"]
    try:
        found = service.verify_domain(requester(), domain_id, resolvers)
    except (Conflict, DomainTaken, Unavailable) as error:
        present = service.find_domain(requester(), domain_id)
        return show("console/domain.html", error.status, failure=_failure(error), **_shown(present))
    tell(_("%(name)s is verified.", name=found.unicode_name))
    return go("authentication")


@console.screen(f"{_RULE}/only-sso", permission=UPDATE)
def ask_for_only_sso(domain_id: str) -> Response:
    """Say what single sign-on alone takes away."""
    return _only_sso(service.find_domain(requester(), domain_id))


@console.screen(f"{_RULE}/only-sso", "POST", permission=UPDATE)
def allow_only_sso(domain_id: str) -> Response:
    """Let a domain's people sign in by single sign-on alone."""
    found = service.find_domain(requester(), domain_id)
    try:
        service.change_domain(requester(), domain_id, {"enforced_logins": ONLY_SSO})
    except ScimError as error:
        return _only_sso(found, error)
    tell(_("People of %(name)s sign in by single sign-on alone now.", name=found.unicode_name))
    return go("authentication")


@console.screen(f"{_RULE}/allow-passwords", "POST", permission=UPDATE)
def allow_passwords(domain_id: str) -> Response:
    """Let them sign in with a password again."""
    found = service.change_domain(requester(), domain_id, {"enforced_logins": []})
    tell(_("People of %(name)s can sign in with a password again.", name=found.unicode_name))
    return go("authentication")


@console.screen(f"{_RULE}/delete", permission=DELETE)
def ask_to_delete_domain(domain_id: str) -> Response:
    """Say what ends."""
    found = service.find_domain(requester(), domain_id)
    facts = [_("This cannot be undone; claimed again, it needs another TXT record.")]
    if found.state is State.VERIFIED:
        facts.insert(
            0,
            _(
                "Its people no longer join by themselves, and are no longer led to your identity provider when they "
                "type their address. Members stay members. Another Organization can prove the domain."
            ),
        )
    title = _("Delete the domain %(name)s?", name=found.unicode_name)
    return ask(title, facts, _("Delete domain"), section="authentication", back=to("domain", domain_id=domain_id))


@console.screen(f"{_RULE}/delete", "POST", permission=DELETE)
def delete_domain(domain_id: str) -> Response:
    """Give it up."""
    found = service.find_domain(requester(), domain_id)
    service.delete_domain(requester(), domain_id)
    tell(_("The domain %(name)s is deleted.", name=found.unicode_name))
    return go("authentication")


def _new(name: str = "") -> dict[str, Any]:
    return {"name": name, "connections": connection_options(all_links())}


def _shown(found: DomainRecord) -> dict[str, Any]:
    links = all_links()
    nowhere = [("", _("None: they sign in with a password"))]
    return {"row": domain_row(found, links), "connections": nowhere + connection_options(links)}


def _failure(error: ScimError) -> dict[str, str]:
    """Return why a domain is not verified: what was found, and what to do."""
    if isinstance(error, Unavailable):
        title = _("No DNS resolver answered")
        text = _("Nothing was changed. Try again in half a minute; if it stays so, ask whoever runs this server.")
    elif isinstance(error, DomainTaken):
        title = _("Another Organization has proved this domain")
        text = _("A domain belongs to one Organization of a server. It has to be deleted there first.")
    else:
        title = _("The record is not there yet")
        text = _(
            "Compare name and value with what stands below, all of it. Changes of the DNS take minutes, and with some "
            "providers hours; then press Verify again."
        )
    return {"title": title, "text": text}


def _only_sso(found: DomainRecord, error: ScimError | None = None) -> Response:
    facts = [
        _(
            "People with an address of this domain no longer sign in with a password. Whoever did is signed out now, "
            "except you."
        ),
        _("Keep an SSO Bypass Link for the day when the identity provider is broken."),
    ]
    title = _("Allow only Single Sign-On (SSO) for %(name)s?", name=found.unicode_name)
    button = _("Allow only Single Sign-On (SSO)")
    return ask(title, facts, button, error=error, section="authentication", back=to("authentication"))
