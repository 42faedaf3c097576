"""The OpenAPI document of the management API, and the list of its blueprints."""

from typing import Any

from flask import Flask
from flask_smorest import Api

from scim_server import __version__
from scim_server.settings import Settings
from scim_server.web.management.audit import audit
from scim_server.web.management.connections import connections
from scim_server.web.management.docs import set_up_documentation
from scim_server.web.management.domains import domains
from scim_server.web.management.invites import invites
from scim_server.web.management.messages import messages
from scim_server.web.management.organizations import organizations
from scim_server.web.management.provisioning import provisioning
from scim_server.web.management.roles import roles
from scim_server.web.management.schemas import ErrorSchema
from scim_server.web.management.sign_on import sign_on
from scim_server.web.management.subject_roles import subject_roles
from scim_server.web.management.teams import teams
from scim_server.web.management.tokens import tokens
from scim_server.web.management.user_sessions import user_sessions
from scim_server.web.management.users import myself, users
from scim_server.web.management.workspaces import deployments, workspaces
from scim_server.web.rate_limit import RateLimiter

BLUEPRINTS = (
    *(organizations, users, user_sessions, myself, invites, teams, roles, subject_roles, workspaces, deployments),
    *(connections, provisioning, sign_on, domains, tokens, messages, audit),
)


class ManagementApi(Api):
    """flask-smorest's Api; errors are answered where all of this server's are (web/errors.py)."""

    ERROR_SCHEMA = ErrorSchema
    # Each operation names the statuses that it answers.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to web/errors.py."""

    def _register_doc_blueprint(self) -> None:
        """Leave the document to docs.py, which makes it once."""


def set_up_management(app: Flask, settings: Settings) -> None:
    """Register the management endpoints and their documentation at /v1/openapi.json and /v1/docs."""
    app.config.update(
        API_TITLE="scim-server management API",
        API_VERSION=f"v1 ({__version__})",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS=_options(app.config["PUBLIC_URL"]),
    )
    limits = {
        "GET": settings.management_gets_per_second,
        "POST": settings.management_posts_per_second,
        "PATCH": settings.management_posts_per_second,
        "DELETE": settings.management_deletes_per_second,
    }
    limiters = {method: RateLimiter(rate, max(1, int(2 * rate))) for method, rate in limits.items()}
    # HEAD costs what GET does.
    app.extensions["management_rate_limiters"] = {**limiters, "HEAD": limiters["GET"]}
    api = ManagementApi(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    set_up_documentation(app, api.spec)


def _options(public_url: str) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer", "description": "An API token of the Organization."}
    return {"servers": [{"url": public_url}], "components": {"securitySchemes": {"bearer": bearer}}}
