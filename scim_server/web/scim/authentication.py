"""Bearer authentication (RFC 6750), the rate limit, and the scope check; all before the body is read."""

from typing import Any, NoReturn

from flask import current_app

from scim_server.connections.service import ProvisioningState
from scim_server.directory.witness import Witness
from scim_server.protocol.errors import Forbidden, NotFound, TooManyRequests, Unauthorized, Unavailable
from scim_server.tokens.recognition import Principal, recall, recognise
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import bearer_credentials, current_request, notes

# Seconds after which an identity provider may ask a paused Connection again.
PAUSED_RETRY_AFTER = 300


class TokenChanged(Exception):
    """What was remembered of the token does not hold any more, so that nothing read by it may be answered."""


def authenticate(*, may_recall: bool) -> None:
    """Set `g.principal`; raises Unauthorized, TooManyRequests, NotFound for another Organization, Forbidden.

    `may_recall` trusts what the worker remembers of the token, which `confirm` must be asked about afterwards.
    """
    noted = notes()
    noted.witness = None
    credentials = bearer_credentials()
    recalled = recall(credentials) if may_recall else None
    principal, noted.witness = recalled or (recognise(credentials), None)
    if principal is None:
        raise Unauthorized
    noted.principal = principal
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


def confirm() -> None:
    """Make sure that what the request was served by was true; raises TokenChanged.

    The statement that it read by has told; where that found nothing, or there was none, the token is looked up.
    """
    noted = notes()
    witness: Witness | None = noted.witness
    if witness is None or witness.held:
        return
    if witness.held is None and recognise(bearer_credentials()) == noted.principal:
        return
    del noted.principal
    raise TokenChanged


def current_witness() -> Witness | None:
    """Return what the statement that reads for this request is to ask beside."""
    witness: Witness | None = notes().witness
    return witness


def _refuse_provisioning(state: str) -> NoReturn:
    if state == ProvisioningState.PAUSED:
        raise Unavailable(
            "Provisioning is paused by an Organization Owner; all data is kept, try again later.",
            retry_after=PAUSED_RETRY_AFTER,
        )
    raise Forbidden("Provisioning is switched off for this Connection; an Organization Owner can switch it on.")


def current_principal() -> Principal:
    """Return whom this request acts for."""
    principal: Principal = notes().principal
    return principal
