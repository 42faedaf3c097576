"""Provisioning: another Connection beside the first, and one that is given up."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.connections import administration, deletion
from scim_server.connections.administration import MAX_NAME_LENGTH, ConnectionRecord
from scim_server.connections.deletion import Deletion
from scim_server.connections.service import SKIP, ProvisioningState
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.roles.catalogue import catalogue
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.membership import DISABLED, membership_options
from scim_server.web.console.visit import requester
from scim_server.web.pages import said

CREATE, DELETE = "organization.connections.create", "organization.connections.delete"


@console.screen("/provisioning/new", permission=CREATE)
def ask_for_connection() -> Response:
    """Ask for its name, and how people join by it."""
    return _form("", catalogue().default)


@console.screen("/provisioning/new", "POST", permission=CREATE)
def create_connection() -> Response:
    """Make it, and go on to its set-up guide."""
    name, role = request.form.get("name", "").strip(), request.form.get("role", DISABLED)
    settings = {
        "name": name,
        "automatic_membership": None if role == DISABLED else role,
        "unknown_members": SKIP,
        "provisioning": ProvisioningState.ON.value,
    }
    try:
        _check(name)
        made = administration.create_connection(requester(), settings)
    except ScimError as error:
        return _form(name, role, error)
    tell(_("The Connection %(name)s is made. Now set up its identity provider.", name=made.name))
    return go("set_up", connection_id=made.id)


@console.screen("/provisioning/<connection_id>/delete", permission=DELETE)
def ask_to_delete_connection(connection_id: str) -> Response:
    """Say what ends with it, and what stays."""
    return _deletion(administration.find_connection(requester(), connection_id))


@console.screen("/provisioning/<connection_id>/delete", "POST", permission=DELETE)
def delete_connection(connection_id: str) -> Response:
    """Delete it, where its name was typed."""
    found = administration.find_connection(requester(), connection_id)
    try:
        if request.form.get("typed", "").strip() != found.name:
            raise InvalidValue(_("Type %(word)s, to be sure.", word=found.name), field="typed")
        deletion.delete_connection(requester(), connection_id)
    except ScimError as error:
        return _deletion(found, error)
    tell(_("The Connection %(name)s is deleted.", name=found.name))
    return go("provisioning")


def _check(name: str) -> None:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A Connection's name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")


def _form(name: str, role: str, error: ScimError | None = None) -> Response:
    values: dict[str, Any] = {
        "name": name,
        "role": role,
        "options": membership_options(),
        "max_name": MAX_NAME_LENGTH,
    }
    page = "console/new_connection.html"
    return show(page, **values) if error is None else show_again(page, error, **values)


def _deletion(found: ConnectionRecord, error: ScimError | None = None) -> Response:
    asked = deletion.deletion_of(requester(), found.id)
    values = {"section": "provisioning", "typed": found.name, "back": to("connection_health", connection_id=found.id)}
    if error is None:
        # What stands against it is said before anybody types.
        values["alert"] = said(asked.hindrance or "")
    title = _("Delete the Connection %(name)s?", name=found.name)
    return ask(title, _consequences(asked), _("Delete Connection"), error=error, **values)


def _consequences(asked: Deletion) -> list[str]:
    facts = [
        _("The people and Teams that came by it stay as they are; its identity provider changes nothing any more."),
        _("Its request journal and its health go with it. This cannot be undone."),
    ]
    if asked.signs_in:
        facts.insert(1, _("Nobody signs in by it any more; whoever has a password signs in with that."))
    if asked.domains:
        facts.insert(
            1,
            ngettext("%(num)d domain no longer leads to it.", "%(num)d domains no longer lead to it.", asked.domains),
        )
    if asked.successor is not None and asked.other_tokens:
        facts.append(
            ngettext(
                "%(num)d API token that does not provision passes to %(name)s.",
                "%(num)d API tokens that do not provision pass to %(name)s.",
                asked.other_tokens,
                name=asked.successor,
            )
        )
    return facts
