"""Write refused requests into the audit log of the token's Organization, a few a minute (docs/decisions/0034)."""

import logging
from typing import NamedTuple

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from scim_server.audit.refusals import RefusalLimit
from scim_server.audit.service import ActorType, Event, record
from scim_server.connections.redaction import REMOVED, names_secret
from scim_server.database import transaction
from scim_server.protocol.errors import InvalidSyntax, ScimError
from scim_server.tokens.refusals import refused_token
from scim_server.tokens.secrets import parse_token
from scim_server.users.ownership import LastOwner
from scim_server.web.requests import bearer_credentials, origin

# What identity providers meet every day while they look around, wait or race.
_EVERYDAY = frozenset({404, 412, 429})
# What a script mistypes is no event of the management API; what it may not do is.
_MANAGEMENT = frozenset({401, 403})
_MAX_LENGTH = 300

_log = logging.getLogger(__name__)


class _Refused(NamedTuple):
    """Whose request was refused, and why."""

    organization_id: str
    token_id: str
    token_name: str
    reason: str


def set_up_refusals(app: Flask) -> None:
    """Look at each answer that refuses; never let that spoil it."""
    app.extensions["refusals"] = RefusalLimit()

    @app.after_request
    def note(response: Response) -> Response:
        if 400 <= response.status_code < 500:  # noqa: PLR2004 - HTTP statuses
            try:
                _note(response.status_code)
            except SQLAlchemyError as error:
                _log.warning("a refused request was not noted", exc_info=error)
        return response


def _note(status: int) -> None:
    is_scim = request.path.startswith("/scim/")
    if status in _EVERYDAY or not (is_scim or (request.path.startswith("/v1/") and status in _MANAGEMENT)):
        return
    error: ScimError | None = g.get("refusal")
    if isinstance(error, LastOwner):
        return  # the service wrote whom it was about
    refused = _refused(error)
    if refused is None:
        return
    limit: RefusalLimit = current_app.extensions["refusals"]
    scim_type = error.scim_type if error is not None else None
    unwritten = limit.count(refused.token_id, (request.endpoint, request.method, status, scim_type))
    if unwritten is None:
        return
    changes = {
        "#method": [None, request.method],
        "#path": [None, _plain(request.path)],
        "#status": [None, status],
        "#reason": [None, REMOVED if names_secret(request.query_string.decode("latin-1")) else _plain(refused.reason)],
    }
    if unwritten:
        changes["#earlierRefusals"] = [None, unwritten]
    event = Event(f"{'scim' if is_scim else 'api'}:request:refused", "Token", refused.token_id, changes)
    with transaction() as connection:
        by = origin(ActorType.TOKEN, refused.token_id, refused.token_name)
        record(connection, refused.organization_id, by, [event])


def _refused(error: ScimError | None) -> _Refused | None:
    """Return whose request this was: the token's that was recognised, or of one that was good once."""
    try:
        credentials = bearer_credentials()
    except InvalidSyntax:
        return None
    parts, principal = parse_token(credentials), g.get("principal")
    if parts is None:
        return None
    if principal is not None and principal.token_id == parts.id:
        reason = error.detail if error is not None else ""
        return _Refused(principal.organization_id, principal.token_id, principal.name, reason)
    if error is None or error.status != 401:  # noqa: PLR2004 - an HTTP status
        return None
    token = g.refused_token = refused_token(credentials)
    return None if token is None else _Refused(token.organization_id, token.id, token.name, token.reason)


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:_MAX_LENGTH])
