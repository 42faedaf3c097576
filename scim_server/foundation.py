"""What every process of this installation stands on, whether it answers requests or runs one command and ends.

Operator commands need the services and none of the routes, which take most of the time of a start.
"""

from flask import Flask

import scim_server.models  # noqa: F401 - every table has to be known before the first statement
from scim_server.accounts.command_line import set_up_command_line
from scim_server.accounts.passwords import set_up_passwords
from scim_server.accounts.sessions import set_up_sessions
from scim_server.audit.digests import AuditKeys
from scim_server.database.engines import set_up_engines
from scim_server.domains.verification import Resolvers
from scim_server.outbound.client import set_up_outbound
from scim_server.outbox.transports import set_up_mail
from scim_server.sealing import set_up_sealing
from scim_server.setting_values import resolver_address
from scim_server.settings import Settings
from scim_server.sso.logins import set_up_sso


def create_foundation(settings: Settings) -> Flask:
    """Return an application without routes, in whose context all services work. Opens no connection yet."""
    app = Flask("scim_server", static_folder=None)
    lay_foundation(app, settings)
    return app


def lay_foundation(app: Flask, settings: Settings) -> None:
    """Hand what the services read to an application: its configuration, engines, keys and clients."""
    app.config["PUBLIC_URL"] = settings.public_url
    app.config["SECRET_KEY"], *app.config["SECRET_KEY_FALLBACKS"] = settings.signing_keys
    app.extensions["audit_keys"] = AuditKeys(settings.signing_keys)
    app.extensions["dns_resolvers"] = Resolvers(map(resolver_address, settings.dns_resolvers))
    set_up_engines(app, settings)
    set_up_sealing(app, settings.signing_keys)
    set_up_mail(app, settings)
    set_up_outbound(app, settings)
    set_up_sso(app)
    set_up_passwords(app, settings)
    set_up_sessions(app, settings)
    set_up_command_line(app, settings)
