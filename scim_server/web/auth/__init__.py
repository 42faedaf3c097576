"""Pages of signing in, of recovery by mail, and of one's own account."""

from flask import Flask

from scim_server.web.auth import device, factors, personal, recovery, signing_in  # noqa: F401 - they register their views
from scim_server.web.auth.blueprint import auth
from scim_server.web.auth.sign_on import provider_calls, sign_on
from scim_server.web.pages.cookies import signed_in


def set_up_auth(app: Flask) -> None:
    """Register the pages."""
    app.jinja_env.globals["signed_in"] = signed_in
    app.register_blueprint(auth)
    app.register_blueprint(sign_on)
    app.register_blueprint(provider_calls)
