"""Provisioning > Requests: the journal of a Connection, failed ones first, each as a command, and what is kept."""

from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _

from scim_server.connections import journal, journal_listing
from scim_server.connections.administration import find_connection
from scim_server.connections.curl import curl
from scim_server.connections.journal import MAX_DAYS, Keeps
from scim_server.connections.journal_listing import JournalFilter, Order, Place
from scim_server.directory.cursors import CursorSeal
from scim_server.directory.ordering import Position
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.web.console import provisioning_words as words
from scim_server.web.console.blueprint import console, go, show, tell, to
from scim_server.web.console.provisioning import GET, UPDATE, frame_of
from scim_server.web.console.visit import requester
from scim_server.web.pages import detail_of

LIMIT = 50
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MAX_SEARCH = 200


@console.screen("/provisioning/<connection_id>/requests", permission=GET)
def requests(connection_id: str) -> Response:
    """List requests."""
    return _list(connection_id)


@console.screen("/provisioning/<connection_id>/requests/<entry_id>", permission=GET)
def journal_request(connection_id: str, entry_id: str) -> Response:
    """Show one with its bodies."""
    found = journal_listing.find_request(requester(), connection_id, entry_id)
    address = f"{current_app.config['PUBLIC_URL']}{found.path}" + (f"?{found.query}" if found.query else "")
    command = curl(found.method, address, found.request_body)
    connection = find_connection(requester(), connection_id)
    return show("console/request.html", entry=found, command=command, words=words, **frame_of(connection))


@console.screen("/provisioning/<connection_id>/requests", "POST", permission=UPDATE)
def set_journal(connection_id: str) -> Response:
    """Set what is kept."""
    form = request.form
    try:
        changes = {
            "keeps": _keeps(form.get("keeps", "")),
            "keeps_bodies": "bodies" in form,
            "days": _days(form.get("days", ""), "days"),
            "days_failed": _days(form.get("days_failed", ""), "days_failed"),
        }
        journal.set_retention(requester(), connection_id, changes)
    except ScimError as error:
        return _list(connection_id, error)
    tell(_("The journal keeps what you chose."))
    return go("requests", connection_id=connection_id)


def _keeps(text: str) -> str:
    if text not in {each.value for each in Keeps}:
        raise InvalidValue(_("Choose what the journal keeps."), field="keeps")
    return text


def _days(text: str, field: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_DAYS:
        raise InvalidValue(_("Write 1 to %(most)d days.", most=MAX_DAYS), field=field)
    return int(text)


def _list(connection_id: str, error: ScimError | None = None) -> Response:
    connection = find_connection(requester(), connection_id)
    args = {name: value.strip() for name, value in request.args.items() if value.strip()}
    status, seal = args.get("status", ""), _seal()
    asked = JournalFilter(
        search=args.get("search", "").replace("\0", "")[:_MAX_SEARCH] or None,
        method=args["method"] if args.get("method") in METHODS else None,
        status=int(status) if status.isdecimal() and len(status) == 3 else None,  # noqa: PLR2004 - of HTTP
        failed={"failed": True, "answered": False}.get(args.get("outcome", "")),
    )
    order = Order.NEWEST if args.get("order") == Order.NEWEST else Order.FAILED_FIRST
    told = repr((requester().organization_id, connection_id, asked, order))
    position = seal.open(told, 0, args["after"]) if "after" in args else None
    after = None if position is None else Place(position.key, position.id)
    found = journal_listing.list_requests(requester(), connection_id, asked, LIMIT + 1, order=order, after=after)
    following = None
    if len(found) > LIMIT:
        shown = {name: value for name, value in args.items() if name != "after"}
        cursor = seal.seal(told, 0, Position(*found[LIMIT - 1].place))
        following = to("requests", connection_id=connection_id, **shown, after=cursor)
    values: dict[str, Any] = {"args": args, "entries": found[:LIMIT], "following": following, "methods": METHODS}
    if error is not None:
        detail = detail_of(error)
        named = {error.field: detail} if error.field else {}
        values |= {"errors": named, "alert": "" if named else detail}
    kept = journal.retention_of(requester(), connection_id)
    status_code = 200 if error is None else error.status
    return show("console/requests.html", status_code, words=words, kept=kept, **values, **frame_of(connection))


def _seal() -> CursorSeal:
    seal: CursorSeal = current_app.extensions["scim_cursors"]
    return seal
