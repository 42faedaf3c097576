"""The application factory: an ordered list of set-up steps; the order is the documentation."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from scim_server.directory.cursors import CursorSeal
from scim_server.directory.walks import WalksOfDatabase, WalksOfProcess
from scim_server.foundation import lay_foundation
from scim_server.protocol.limits import MAX_BULK_BODY_BYTES
from scim_server.settings import Settings
from scim_server.web.auth import set_up_auth
from scim_server.web.console import set_up_console
from scim_server.web.errors import set_up_errors
from scim_server.web.invitations import set_up_invitations
from scim_server.web.management import set_up_management
from scim_server.web.oauth import set_up_oauth
from scim_server.web.operations import operations
from scim_server.web.pages import set_up_pages
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.recording import set_up_recording
from scim_server.web.refusals import set_up_refusals
from scim_server.web.request_log import set_up_request_log
from scim_server.web.routing import Routes, ScimFirst, scim_routes
from scim_server.web.scim import scim
from scim_server.web.security import set_up_security


class Application(Flask):
    """Flask for views that are plain functions, and for routes that are the same on every host."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: Flask would look into each view and hook of each request for a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Match the path alone: Flask would take the host apart, which `web.security` judges by itself."""
        if request is None:
            return None
        return ScimFirst(self.url_map, self.scim_routes, request.path, request.method)

    @cached_property
    def scim_routes(self) -> Routes:
        """Return the routes that are looked up; asked for by the first request, after which none are added."""
        return scim_routes(self.url_map)


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application for these settings. Opens no connection yet."""
    app = Application("scim_server", static_folder=None)
    lay_foundation(app, settings)
    set_up_requests(app)
    set_up_proxies(app, settings)
    set_up_security(app, settings.allowed_hosts)
    set_up_errors(app)
    set_up_request_log(app)
    # Before what notes refusals, so that it looks at an answer after it.
    set_up_recording(app)
    set_up_refusals(app)
    set_up_scim(app, settings)
    set_up_management(app, settings)
    set_up_pages(app)
    set_up_auth(app)
    set_up_oauth(app)
    set_up_invitations(app)
    set_up_console(app, threads=settings.threads)
    app.register_blueprint(operations)
    return app


def set_up_requests(app: Flask) -> None:
    """Bound what is read of a request, and take paths as they are."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BULK_BODY_BYTES
    app.url_map.merge_slashes = False


def set_up_proxies(app: Flask, settings: Settings) -> None:
    """Believe X-Forwarded-* headers of as many proxies as the operator has named, and of no others."""
    count = settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def set_up_scim(app: Flask, settings: Settings) -> None:
    """Register the SCIM endpoints with what they share in a worker."""
    app.extensions["scim_rate_limiter"] = RateLimiter(settings.rate_limit_per_second, settings.rate_limit_burst)
    app.extensions["scim_walks"] = WalksOfProcess() if settings.is_sqlite else WalksOfDatabase()
    app.extensions["scim_cursors"] = CursorSeal(settings.signing_keys)
    app.register_blueprint(scim)
