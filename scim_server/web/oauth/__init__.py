"""The OAuth 2 endpoints: logins of command lines and other devices (RFC 8628), refresh, revocation, metadata."""

from flask import Flask

from scim_server.web.oauth.endpoints import LIMITER, REQUESTS_AT_ONCE, REQUESTS_PER_SECOND, oauth
from scim_server.web.rate_limit import RateLimiter


def set_up_oauth(app: Flask) -> None:
    """Register the endpoints, with a limit to the logins that one address begins."""
    app.extensions[LIMITER] = RateLimiter(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)
    app.register_blueprint(oauth)
