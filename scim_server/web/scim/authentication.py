"""Bearer authentication (RFC 6750), the rate limit, and the scope check; all before the body is read."""

from typing import Any, NoReturn

from flask import current_app, g

from scim_server.connections.service import ProvisioningState
from scim_server.protocol.errors import Forbidden, NotFound, TooManyRequests, Unauthorized, Unavailable
from scim_server.tokens.recognition import Principal, recognise
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import bearer_credentials, current_request

# Seconds after which an identity provider may ask a paused Connection again.
PAUSED_RETRY_AFTER = 300


def authenticate() -> None:
    """Set `g.principal`; raises Unauthorized, TooManyRequests, NotFound for another Organization, Forbidden."""
    principal = recognise(bearer_credentials())
    if principal is None:
        raise Unauthorized
    g.principal = principal
    limiter: RateLimiter = current_app.extensions["scim_rate_limiter"]
    seconds = limiter.wait(principal.token_id)
    if seconds:
        raise TooManyRequests(retry_after=seconds)
    arguments: dict[str, Any] = current_request().view_args or {}
    if arguments.get("organization") not in {principal.organization_id, principal.slug}:
        raise NotFound("This token belongs to another Organization than the one in the path.")
    if not principal.serves_scim:
        raise Forbidden("This token does not serve SCIM; create one with the scope 'scim', or an Owner's.")
    if principal.provisioning != ProvisioningState.ON:
        _refuse_provisioning(principal.provisioning)


def _refuse_provisioning(state: str) -> NoReturn:
    if state == ProvisioningState.PAUSED:
        raise Unavailable(
            "Provisioning is paused by an Organization Owner; all data is kept, try again later.",
            retry_after=PAUSED_RETRY_AFTER,
        )
    raise Forbidden("Provisioning is switched off for this Connection; an Organization Owner can switch it on.")


def current_principal() -> Principal:
    """Return whom this request acts for."""
    principal: Principal = g.principal
    return principal
