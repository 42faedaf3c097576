"""Provisioning: connect an identity provider by its guide, see how it goes, and stop it where it goes wrong."""

from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _

from scim_server.connections import administration, health
from scim_server.connections.service import ProvisioningState
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.tokens.administration import create_token
from scim_server.tokens.policy import Kind, TokenRequest
from scim_server.web.console import provisioning_words as words
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, tell, to
from scim_server.web.console.guides import GUIDES, guide_of
from scim_server.web.console.visit import requester

GET, UPDATE = "organization.connections.get", "organization.connections.update"
CREATE_TOKEN = "organization.tokens.create"  # noqa: S105 - a permission
TOKEN_DAYS = 365


@console.screen("/provisioning", permission=GET)
def provisioning() -> Response:
    """Lead on to the first Connection: to its guide while nothing has come by it, else to its health."""
    found, _total = administration.list_connections(requester(), limit=1, offset=0)
    if not found:
        raise NotFound
    first = health.health_of(requester(), found[0].id)
    screen = "set_up" if first.first_steps.connected_at is None else "connection_health"
    return go(screen, connection_id=found[0].id)


@console.screen("/provisioning/<connection_id>", permission=GET)
def connection_health(connection_id: str) -> Response:
    """Show how a Connection is."""
    found = health.health_of(requester(), connection_id)
    return show("console/health.html", health=found, words=words, **frame_of(found.connection))


@console.screen("/provisioning/<connection_id>/set-up", permission=GET)
def set_up(connection_id: str) -> Response:
    """Show the guide of an identity provider, with the values of this Connection."""
    return _guide(connection_id)


@console.screen("/provisioning/<connection_id>/set-up", "POST", permission=CREATE_TOKEN)
def create_scim_token(connection_id: str) -> Response:
    """Make a token for SCIM alone and show it, this once, where the guide asks for it."""
    guide = guide_of(request.form.get("provider"))
    name = str(guide.name) if guide is not None else _("Identity provider")
    wanted = TokenRequest(name=name, kind=Kind.SCIM, connection_id=connection_id, expires_in_days=TOKEN_DAYS)
    _token, text = create_token(requester(), wanted)
    return _guide(connection_id, text)


@console.screen("/provisioning/<connection_id>/state", permission=UPDATE)
def ask_to_switch_off(connection_id: str) -> Response:
    """Say what nobody is told any more once it is off."""
    found = administration.find_connection(requester(), connection_id)
    facts = [
        _(
            "Every request of its identity provider is refused: nobody joins by it, and whoever leaves there keeps "
            "access here until somebody takes it here."
        ),
        _("All data is kept, and you can switch it on again."),
    ]
    title = _("Switch the provisioning by %(name)s off?", name=found.name)
    back = to("connection_health", connection_id=found.id)
    fields = [("state", ProvisioningState.OFF.value)]
    return ask(title, facts, _("Switch off"), section="provisioning", back=back, fields=fields)


@console.screen("/provisioning/<connection_id>/state", "POST", permission=UPDATE)
def set_provisioning(connection_id: str) -> Response:
    """Pause provisioning, switch it off, or on again."""
    state = request.form.get("state", "")
    if state in set(ProvisioningState):
        administration.change_connection(requester(), connection_id, {"provisioning": state})
        tell(str(words.SWITCHED[state]))
    return go("connection_health", connection_id=connection_id)


def frame_of(connection: administration.ConnectionRecord) -> dict[str, Any]:
    """Return what every screen of a Connection shows: itself and its siblings."""
    siblings, _total = administration.list_connections(requester(), limit=administration.MAX_CONNECTIONS, offset=0)
    return {"connection": connection, "siblings": siblings}


def _guide(connection_id: str, token: str | None = None) -> Response:
    found = health.health_of(requester(), connection_id)
    guide = guide_of(request.args.get("provider") or request.form.get("provider"))
    organization_id = requester().organization_id
    values = {
        "{base_url}": f"{current_app.config['PUBLIC_URL']}/scim/v2/{organization_id}",
        "{organization_id}": organization_id,
        # As it stands where nothing is filled in, so that nobody takes it for the text.
        "{token}": token or "<token>",
        "{today}": now()[:10],
    }

    def filled(text: str) -> str:
        for place, value in values.items():
            text = text.replace(place, value)
        return text

    return show(
        "console/set_up.html",
        **frame_of(found.connection),
        health=found,
        guides=GUIDES,
        guide=guide,
        filled=filled,
        base_url=values["{base_url}"],
        new_token=token,
        days=TOKEN_DAYS,
    )
