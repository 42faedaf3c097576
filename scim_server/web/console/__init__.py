"""The console: access management in the browser, over the same services as the management API."""

from flask import Flask

from scim_server.web.console import (  # noqa: F401 - they register their screens
    general,
    home,
    inviting,
    places,
    removing,
    roles,
    teams,
    tokens,
    user,
    users,
)
from scim_server.web.console.blueprint import console
from scim_server.web.console.preferences import preferences


def set_up_console(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(console)
    app.register_blueprint(preferences)
