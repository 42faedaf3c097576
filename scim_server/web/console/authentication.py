"""Authentication: by which Connections people sign in and join, the domains that are proved, and the way around."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from scim_server.accounts import bypass
from scim_server.accounts.bypass import BypassKeyRecord
from scim_server.accounts.policy import ways_of
from scim_server.connections import administration
from scim_server.connections.administration import MAX_CONNECTIONS, ConnectionRecord
from scim_server.database import reading
from scim_server.domains import service as domains
from scim_server.domains.service import MAX_DOMAINS, DomainRecord
from scim_server.domains.sign_on import what_is_missing
from scim_server.protocol.errors import NotFound
from scim_server.sso import configuration
from scim_server.sso.configuration import Configuration
from scim_server.web.console.blueprint import console, show
from scim_server.web.console.visit import current_visit, requester

READ = configuration.READ
ONLY_SSO = ["SSO"]


@dataclass(frozen=True, slots=True)
class Link:
    """A Connection with how people sign in by it, None where nobody has set that up."""

    connection: ConnectionRecord
    sso: Configuration | None


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A domain with the Connection that it is mapped to; `missing` is what single sign-on alone still needs."""

    domain: DomainRecord
    connection: ConnectionRecord | None
    missing: str | None

    @property
    def takes_passwords(self) -> bool:
        """Tell whether its people may sign in with a password."""
        return ways_of(self.domain.enforced_logins).password


@console.screen("/authentication", permission=READ)
def authentication() -> Response:
    """Show all of it."""
    links = all_links()
    return show("console/authentication.html", links=links, domains=_domains(links), key=_key())


def all_links() -> list[Link]:
    """Return the Connections, the oldest first."""
    found, _total = administration.list_connections(requester(), limit=MAX_CONNECTIONS, offset=0)
    return [Link(each, find_sso(each.id)) for each in found]


def find_sso(connection_id: str) -> Configuration | None:
    """Return how people sign in by a Connection, None where nobody has set that up."""
    try:
        return configuration.read_configuration(requester(), connection_id)
    except NotFound:
        return None


def connection_options(links: list[Link]) -> list[tuple[str, str]]:
    """Return the Connections to choose from."""
    return [(each.connection.id, each.connection.name) for each in links]


def domain_row(domain: DomainRecord, links: list[Link]) -> DomainRow:
    """Return a domain as it is shown."""
    by_id = {each.connection.id: each.connection for each in links}
    with reading() as connection:
        missing = what_is_missing(connection, requester(), domain.state, domain.connection_id)
    return DomainRow(domain, by_id.get(domain.connection_id or ""), missing)


def _domains(links: list[Link]) -> list[DomainRow]:
    if not current_visit().permits("organization.domains.get"):
        return []
    found, _total = domains.list_domains(requester(), limit=MAX_DOMAINS, offset=0)
    return [domain_row(each, links) for each in found]


def _key() -> BypassKeyRecord | None:
    try:
        return bypass.read_key(requester()) if current_visit().permits("organization.ssoBypassKey.get") else None
    except NotFound:
        return None


def form_values(found: Configuration | None) -> dict[str, Any]:
    """Return what the form of a Connection begins with."""
    if found is None:
        defaults = configuration.DEFAULTS
        return {
            "issuer": "",
            "clientId": "",
            "scopes": " ".join(defaults["scopes"]),
            "emailClaim": defaults["email_claim"],
            "nameClaim": defaults["name_claim"],
            "groupsClaim": "",
            "groupsToTeams": "",
        }
    return {
        "issuer": found.issuer,
        "clientId": found.client_id,
        "scopes": " ".join(found.scopes),
        "emailClaim": found.email_claim,
        "nameClaim": found.name_claim,
        "groupsClaim": found.groups_claim or "",
        "groupsToTeams": "on" if found.groups_to_teams else "",
    }
