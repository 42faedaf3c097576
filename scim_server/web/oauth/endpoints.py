"""Begin, grant, refresh and end logins of command lines; forms in, JSON out (docs/reference/device-login.md)."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request

from scim_server.accounts import command_line, devices
from scim_server.accounts.command_line import ACCESS_LIFETIME, LoginEnded, Tokens
from scim_server.accounts.device_policy import INTERVAL, LIFETIME
from scim_server.accounts.devices import NotGranted
from scim_server.audit.service import ActorType, Origin
from scim_server.database.transactions import at_most_twice
from scim_server.protocol.errors import InvalidValue
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import origin

CLIENT_ID = "scim-server-cli"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT = "refresh_token"
# Logins that one address may begin, a second and at once.
REQUESTS_PER_SECOND, REQUESTS_AT_ONCE = 0.5, 30
MAX_FORM_BYTES = 16_384
LIMITER = "device_login_limiter"
_WORDS = {
    "authorization_pending": "Nobody has approved this login yet.",
    "slow_down": "Ask less often.",
    "access_denied": "The login was declined.",
    "expired_token": "Nobody approved this login in time. Begin again.",
    "invalid_grant": "This code or token is unknown, was used, or its login has ended. Log in anew.",
}

oauth = Blueprint("oauth", __name__)


class OAuthError(Exception):
    """An answer of RFC 6749 §5.2."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.text, self.status = error, text, status


@oauth.before_request
def bound_form() -> None:
    """Read no more than a form of these endpoints can hold."""
    request.max_content_length = MAX_FORM_BYTES


@oauth.get("/.well-known/oauth-authorization-server")
def metadata() -> Response:
    """Say where everything is (RFC 8414)."""
    base = current_app.config["PUBLIC_URL"]
    none = ["none"]
    return _json(
        {
            "issuer": base,
            "device_authorization_endpoint": f"{base}/oauth/device_authorization",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "response_types_supported": [],
            "grant_types_supported": [DEVICE_GRANT, REFRESH_GRANT],
            "token_endpoint_auth_methods_supported": none,
            "revocation_endpoint_auth_methods_supported": none,
            "service_documentation": f"{base}/v1/docs",
        }
    )


@oauth.post("/oauth/device_authorization")
def begin_device_login() -> Response:
    """Begin the login of a device."""
    _require_client()
    limiter: RateLimiter = current_app.extensions[LIMITER]
    seconds = limiter.wait(request.remote_addr or "")
    if seconds:
        refusal = _error(OAuthError("slow_down", "Too many logins were begun from this address.", 429))
        refusal.headers["Retry-After"] = str(seconds)
        return refusal
    try:
        begun = at_most_twice(lambda: devices.begin(_field("device_name"), _here()))
    except InvalidValue as error:
        raise OAuthError("invalid_request", error.detail) from None
    address = f"{current_app.config['PUBLIC_URL']}/device"
    return _json(
        {
            "device_code": begun.device_code,
            "user_code": begun.user_code,
            "verification_uri": address,
            "verification_uri_complete": f"{address}/{begun.user_code}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": INTERVAL,
        }
    )


@oauth.post("/oauth/token")
def issue_tokens() -> Response:
    """Give tokens for what the grant needs."""
    grant = _GRANTS.get(_field("grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", f"grant_type is one of: {', '.join(_GRANTS)}.")
    _require_client()
    try:
        tokens = at_most_twice(grant)
    except NotGranted as error:
        raise OAuthError(error.error, _WORDS[error.error]) from None
    except LoginEnded:
        raise OAuthError("invalid_grant", _WORDS["invalid_grant"]) from None
    return _json(
        {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "refresh_token": tokens.refresh_token,
            "organization_id": tokens.organization_id,
        }
    )


@oauth.post("/oauth/revoke")
def revoke_token() -> Response:
    """End the login of a token; an unknown one has ended already (RFC 7009 §2.2)."""
    _require_client()
    token = _field("token")
    at_most_twice(lambda: command_line.revoke(token, _here()))
    return _json({})


@oauth.errorhandler(OAuthError)
def _error(error: OAuthError) -> Response:
    answer = _json({"error": error.error, "error_description": error.text})
    answer.status_code = error.status
    return answer


_GRANTS: dict[str, Callable[[], Tokens]] = {
    DEVICE_GRANT: lambda: devices.redeem(_field("device_code"), _here()),
    REFRESH_GRANT: lambda: command_line.refresh(_field("refresh_token"), _here()),
}


def _field(name: str) -> str:
    """Return a field of the form, which stands there once; raises OAuthError."""
    values = request.form.getlist(name)
    if len(values) != 1 or not values[0]:
        raise OAuthError("invalid_request", f"Send {name} once, in a form.")
    return values[0]


def _require_client() -> None:
    if _field("client_id") != CLIENT_ID:
        raise OAuthError("invalid_client", f"The one client is {CLIENT_ID}.", 401)


def _here() -> Origin:
    return origin(ActorType.USER, "")


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), mimetype="application/json")
