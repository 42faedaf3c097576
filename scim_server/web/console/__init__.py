"""The console: access management in the browser, over the same services as the management API."""

from flask import Flask

from scim_server.web.console import (  # noqa: F401 - they register their screens
    audit_log,
    authentication,
    bypass,
    connections,
    dashboard,
    domains,
    general,
    home,
    inviting,
    journal,
    membership,
    places,
    removing,
    roles,
    sso,
    teams,
    tokens,
    user,
    user_sessions,
    users,
)
from scim_server.web.console.blueprint import console
from scim_server.web.console.live import set_up_live
from scim_server.web.console.preferences import preferences


def set_up_console(app: Flask, *, threads: int) -> None:
    """Register the screens; `threads` is how many serve in each process."""
    set_up_live(app, threads)
    app.register_blueprint(console)
    app.register_blueprint(preferences)
