"""Pages of signing in, of recovery by mail, and of one's own account."""

from flask import Flask

from scim_server.web.auth import device, factors, personal, recovery, signing_in  # noqa: F401 - they register their views
from scim_server.web.auth.blueprint import auth
from scim_server.web.auth.sign_on import provider_calls, sign_on


def set_up_auth(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(auth)
    app.register_blueprint(sign_on)
    app.register_blueprint(provider_calls)
