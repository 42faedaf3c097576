"""Who calls the management API: an API token of the Organization in the path, or a member by a command line."""

from flask import current_app, g, request

from scim_server.accounts import command_line
from scim_server.accounts.sessions import SignedIn
from scim_server.audit.service import ActorType
from scim_server.database import reading
from scim_server.protocol.errors import NotFound, TooManyRequests, Unauthorized
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.effective import effective_organization_role, held_by_token, held_by_user
from scim_server.tokens.recognition import MANAGEMENT_SCOPE, recognise
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import bearer_credentials, origin


def authenticate(organization_id: str | None) -> Requester:
    """Return who asks, and keep it for the request.

    Raises Unauthorized, TooManyRequests, NotFound for another Organization than the token's or the person's, Forbidden
    for a token that serves SCIM alone.
    """
    credentials = bearer_credentials()
    if credentials.startswith(command_line.ACCESS_PREFIX):
        g.requester = _member(credentials, organization_id)
        return current_requester()
    principal = recognise(credentials)
    if principal is None:
        raise Unauthorized
    _limit(principal.token_id)
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


def current_person() -> SignedIn | None:
    """Return which person asks, None where it is a token of the Organization."""
    found: SignedIn | None = g.get("person")
    return found


def _member(credentials: str, organization_id: str | None) -> Requester:
    """Return the person behind an access token, with the rights that they have in the Organization now."""
    found = command_line.recognise(credentials, organization_id)
    if found is None:
        raise Unauthorized
    _limit(found.session_id)
    if found.member is None:
        raise NotFound("You are not a member of such an Organization.")
    g.person, member = found, found.member
    with reading() as connection:
        role = effective_organization_role(connection, member.organization_id, member.user_id)
    return Requester(
        member.organization_id,
        Authority(role, held_by_user(member.organization_id, member.user_id)),
        origin(ActorType.USER, member.user_id, found.name),
    )


def _limit(caller: str) -> None:
    limiters: dict[str, RateLimiter] = current_app.extensions["management_rate_limiters"]
    limiter = limiters.get(request.method)
    seconds = limiter.wait(caller) if limiter is not None else 0
    if seconds:
        raise TooManyRequests(retry_after=seconds)
