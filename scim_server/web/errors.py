"""The one switch from exceptions to answers: SCIM Errors under /scim/, the management API's body under /v1/.

Elsewhere it is a page for people, and problem JSON (RFC 9457) for programs.
"""

import logging

import orjson
from flask import Flask, Response, current_app, g, request
from flask_babel import lazy_gettext
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from scim_server.database.transactions import is_unavailable
from scim_server.protocol import errors
from scim_server.protocol.errors import ScimError
from scim_server.roles.catalogue import UnknownRole
from scim_server.web.console.blueprint import show
from scim_server.web.management.errors import management_body
from scim_server.web.pages import PagesBlueprint, detail_of, page
from scim_server.web.requests import request_id

SCIM_MEDIA_TYPE = "application/scim+json"
PROBLEM_MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_BY_STATUS: dict[int, type[ScimError]] = {
    400: errors.InvalidSyntax,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    413: errors.PayloadTooLarge,
    415: errors.UnsupportedMediaType,
    501: errors.NotImplementedByServer,
    503: errors.Unavailable,
}
_SERVER_ERRORS = 500
# What a page says of each status.
_FOR_PEOPLE = {
    400: (
        lazy_gettext("That did not work"),
        lazy_gettext("The server could not make sense of this. Go back, load the page again and try anew."),
    ),
    401: (lazy_gettext("Sign in first"), lazy_gettext("This page is for people who are signed in.")),
    403: (
        lazy_gettext("Not for you"),
        lazy_gettext("You may not do this, or the page was open for too long. Load it again and try anew."),
    ),
    404: (
        lazy_gettext("There is no such page"),
        lazy_gettext("The address may be mistyped, or what it showed is gone."),
    ),
    409: (
        lazy_gettext("That does not fit any more"),
        lazy_gettext("Something changed meanwhile. Load the page again and try anew."),
    ),
    413: (lazy_gettext("That is too much"), lazy_gettext("The form holds more than this server takes.")),
    429: (lazy_gettext("Too many attempts"), lazy_gettext("Wait a moment and try again.")),
    500: (
        lazy_gettext("Something went wrong here"),
        lazy_gettext("Nothing was changed. Tell whoever runs this server the number below."),
    ),
    503: (
        lazy_gettext("Back in a moment"),
        lazy_gettext("The server is busy or starting again; nothing was changed. Try again in a few seconds."),
    ),
}


def set_up_errors(app: Flask) -> None:
    """Answer every exception in the format of the path that it came from."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """Return the answer for an exception; unknown ones are logged and answered without any detail."""
    known = g.refusal = known_error(error)
    response = _body(known)
    response.headers["X-Request-Id"] = request_id()
    retry_after: int | None = getattr(known, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if isinstance(known, errors.Unauthorized):
        # Whoever sent nothing did nothing wrong yet (RFC 6750 §3.1).
        wrong = ', error="invalid_token"' if request.headers.get("Authorization") else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="scim"{wrong}'
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def known_error(error: Exception) -> ScimError:
    """Return what an exception is answered as; one that nobody knows is logged and becomes an InternalError."""
    if isinstance(error, ScimError):
        return error
    if isinstance(error, UnknownRole):
        return errors.InvalidValue(str(error), field="role")
    if isinstance(error, SecurityError):
        return errors.InvalidSyntax("The Host header names none of this server's hosts; use the public URL.")
    if isinstance(error, HTTPException) and error.code in _BY_STATUS:
        return _BY_STATUS[error.code]()
    if is_unavailable(error):
        _log.warning("database unavailable", exc_info=error, extra={"request_id": request_id()})
        return errors.Unavailable()
    _log.error("unexpected error", exc_info=error, extra={"request_id": request_id()})
    return errors.InternalError(f"The server failed; nothing was changed. Request id: {request_id()}")


def _body(error: ScimError) -> Response:
    if request.path.startswith("/scim/"):
        return _scim_answer(error)
    if request.path.startswith("/v1/"):
        return Response(orjson.dumps(management_body(error, request_id())), error.status, mimetype="application/json")
    return _page(error) if _is_for_people() else _problem_answer(error)


def _is_for_people() -> bool:
    """Tell whether a page was asked for, or something that a browser would show as one."""
    accepted = request.accept_mimetypes
    if request.is_json or accepted["application/json"] > accepted["text/html"]:
        return False
    if isinstance(current_app.blueprints.get(request.blueprint or ""), PagesBlueprint):
        return True
    return accepted["text/html"] > accepted["application/json"]


def _page(error: ScimError) -> Response:
    """Say what people can do, and nothing of what went on inside."""
    title, text = _FOR_PEOPLE.get(error.status, _FOR_PEOPLE[500 if error.status >= _SERVER_ERRORS else 400])
    if isinstance(error, errors.PayloadTooLarge):
        # Before anybody is known; the limit is no secret.
        text = detail_of(error)
    if "visit" not in g:
        return page("pages/error.html", error.status, title=title, text=text, request_id=request_id())
    # Members are told what the services say, which names the way out.
    detail = detail_of(error) if error.status < _SERVER_ERRORS else ""
    return show("console/error.html", error.status, title=title, text=text, detail=detail, request_id=request_id())


def _scim_answer(error: ScimError) -> Response:
    return Response(orjson.dumps(error.body()), error.status, mimetype=SCIM_MEDIA_TYPE)


def _problem_answer(error: ScimError) -> Response:
    body = {"type": "about:blank", "title": type(error).__name__, "status": error.status, "detail": error.detail}
    return Response(orjson.dumps({**body, "requestId": request_id()}), error.status, mimetype=PROBLEM_MEDIA_TYPE)
