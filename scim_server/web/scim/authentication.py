"""Bearer authentication (RFC 6750), the rate limit, and the scope check; all before the body is read."""

from typing import Any

from flask import current_app, g

from scim_server.protocol.errors import Forbidden, InvalidSyntax, NotFound, TooManyRequests, Unauthorized
from scim_server.tokens.service import Principal, recognise
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import current_request


def authenticate() -> None:
    """Set `g.principal`; raises Unauthorized, TooManyRequests, NotFound for another Organization, Forbidden."""
    request = current_request()
    principal = recognise(_credentials(request.headers.get("Authorization", "")))
    if principal is None:
        raise Unauthorized
    limiter: RateLimiter = current_app.extensions["scim_rate_limiter"]
    seconds = limiter.wait(principal.token_id)
    if seconds:
        raise TooManyRequests(retry_after=seconds)
    arguments: dict[str, Any] = request.view_args or {}
    if arguments.get("organization") not in {principal.organization_id, principal.slug}:
        raise NotFound("This token belongs to another Organization than the one in the path.")
    if not principal.serves_scim:
        raise Forbidden("This token does not serve SCIM; create one with the scope 'scim', or an Owner's.")
    g.principal = principal


def current_principal() -> Principal:
    """Return whom this request acts for."""
    principal: Principal = g.principal
    return principal


def _credentials(header: str) -> str:
    if "," in header:
        raise InvalidSyntax("Send one Authorization header.")
    scheme, _, credentials = header.strip().partition(" ")
    if not credentials:
        # Some IdPs let their administrator type the whole header and send the bare token (idp-wire O4).
        return scheme
    return credentials.strip() if scheme.lower() == "bearer" else ""
