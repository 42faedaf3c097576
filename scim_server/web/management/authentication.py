"""Who calls the management API: an API token of the Organization in the path."""

from flask import current_app, g, request

from scim_server.audit.service import ActorType
from scim_server.protocol.errors import NotFound, TooManyRequests, Unauthorized
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.effective import held_by_token
from scim_server.tokens.recognition import MANAGEMENT_SCOPE, Principal, recognise
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import bearer_credentials, origin


def authenticate(organization_id: str | None) -> Requester:
    """Return who asks, and keep it for the request.

    Raises Unauthorized, TooManyRequests, NotFound for another Organization than the token's, Forbidden for a token
    that serves SCIM alone.
    """
    principal = recognise(bearer_credentials())
    if principal is None:
        raise Unauthorized
    _limit(principal)
    if organization_id is not None and organization_id not in {principal.organization_id, principal.slug}:
        raise NotFound("This token belongs to another Organization than the one in the path.")
    g.principal = principal
    if MANAGEMENT_SCOPE not in principal.scopes:
        raise Unauthorized("This token serves SCIM alone; create an API token for the management API.")
    requester = Requester(
        principal.organization_id,
        Authority(principal.role, held_by_token(principal.organization_id, principal.token_id)),
        origin(ActorType.TOKEN, principal.token_id, principal.name),
    )
    g.requester = requester
    return requester


def current_requester() -> Requester:
    """Return who asks."""
    requester: Requester = g.requester
    return requester


def _limit(principal: Principal) -> None:
    limiters: dict[str, RateLimiter] = current_app.extensions["management_rate_limiters"]
    limiter = limiters.get(request.method)
    seconds = limiter.wait(principal.token_id) if limiter is not None else 0
    if seconds:
        raise TooManyRequests(retry_after=seconds)
