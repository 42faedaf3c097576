"""What a request says of itself, and nothing that it could forge: request id, address, origin of changes."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Request, g
from flask.ctx import RequestContext
from flask.globals import request_ctx

from scim_server.audit.service import ActorType, Origin
from scim_server.identifiers import new_id
from scim_server.protocol.errors import InvalidSyntax

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
MAX_USER_AGENT_LENGTH = 256
# Where the request's id is kept; `flask.g` is looked up anew for each of its attributes.
_KEPT = "scim_server.request_id"
# Where SCIM keeps when a route began, by the clock of `perf_counter`, and the body that it read.
STARTED, BODY = "scim_server.started", "scim_server.body"


# What these two stand for, for those who ask much: they look it up anew for each of its attributes.
_context: Callable[[], RequestContext] = request_ctx._get_current_object  # type: ignore[attr-defined] # noqa: SLF001
notes: Callable[[], Any] = g._get_current_object  # noqa: SLF001


def current_request() -> Request:
    """Return the request itself, which is `flask.request`."""
    return _context().request


def query_parameters() -> dict[str, list[str]]:
    """Return the parameters of the address with their values, as `request.args` does with twice the work."""
    found: dict[str, list[str]] = {}
    text = current_request().query_string.decode()
    for name, value in parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote") if text else ():
        found.setdefault(name, []).append(value)
    return found


def request_id() -> str:
    """Return the id of this request: the client's X-Request-Id where it is a harmless word, else a new one."""
    environ = current_request().environ
    found: str | None = environ.get(_KEPT)
    if found is None:
        sent = environ.get("HTTP_X_REQUEST_ID")
        found = environ[_KEPT] = sent if sent and _REQUEST_ID.fullmatch(sent) else new_id()
    return found


def bearer_credentials() -> str:
    """Return the token of the request, empty where there is none; raises InvalidSyntax for several headers."""
    header: str = current_request().environ.get("HTTP_AUTHORIZATION", "")
    if "," in header:
        raise InvalidSyntax("Send one Authorization header.")
    scheme, _, credentials = header.strip().partition(" ")
    if not credentials:
        # Some IdPs let their administrator type the whole header and send the bare token (idp-wire O4).
        return scheme
    return credentials.strip() if scheme.lower() == "bearer" else ""


def origin(actor_type: ActorType, actor_id: str, actor_name: str | None = None) -> Origin:
    """Return who changes something with this request, for its audit events."""
    request = current_request()
    agent = user_agent(request.environ)
    return Origin(actor_type, actor_id, actor_name, request_id(), request.remote_addr, agent or None)


def user_agent(environ: Mapping[str, Any]) -> str:
    """Return what the client calls itself, as one line; empty where it does not say."""
    sent: str = environ.get("HTTP_USER_AGENT", "")[:MAX_USER_AGENT_LENGTH]
    return sent if sent.isprintable() else "".join(each if each.isprintable() else "?" for each in sent)
