"""Jobs that tell Owners what will stop working: a domain whose proof is gone, a token that expires soon.

Each mail is written in the transaction that marks what it tells of, so it is told once and never lost.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from scim_server.connections.alerts import MASS_REMOVAL, SILENT, TEAM_EMPTIED, RaisedAlert, watch_connections
from scim_server.domains.policy import MISSES_BEFORE_SUSPENSION
from scim_server.domains.service import DomainRecord, recheck_due
from scim_server.domains.verification import Resolvers
from scim_server.organizations.models import Organization
from scim_server.outbox.mail import compose
from scim_server.outbox.service import enqueue_mail
from scim_server.tokens import expiry
from scim_server.tokens.expiry import ExpiringToken
from scim_server.users.emails import owner_emails

# By kind of alert: the templates and the subject.
_CONNECTION_MAILS = {
    SILENT: ("connection_silent", "{name} has sent nothing for longer than usual"),
    MASS_REMOVAL: ("mass_removal", "{name} took access from {removedUsers} people within an hour"),
    TEAM_EMPTIED: ("team_emptied", "{name} removed most members of a Team at once"),
}
_ORGANIZATION_NAME = select(Organization.name).where(Organization.id == bindparam("organization"))


def recheck_domains(go_on: Callable[[], bool] = lambda: True) -> int:
    """Look again for the proofs of domains, and return how many were looked for."""
    resolvers: Resolvers = current_app.extensions["dns_resolvers"]
    return recheck_due(resolvers, _tell_of_suspension, go_on)


def warn_of_expiring_tokens(go_on: Callable[[], bool] = lambda: True) -> int:
    """Tell the Owners of tokens that expire soon, and return of how many."""
    return expiry.warn_expiring(_tell_of_expiry, go_on)


def watch_provisioning(go_on: Callable[[], bool] = lambda: True) -> int:
    """Tell the Owners of Connections that fell silent or took access from very many, and return of how many."""
    return watch_connections(_tell_of_connection, go_on)


def _tell_of_suspension(connection: Connection, domain: DomainRecord) -> None:
    _mail_owners(
        connection,
        domain.organization_id,
        "domain_suspended",
        f"The domain {domain.name} is suspended",
        domain_name=domain.name,
        unicode_name=domain.unicode_name if domain.unicode_name != domain.name else "",
        record_name=domain.dns_record["name"],
        record_value=domain.dns_record["value"],
        misses=MISSES_BEFORE_SUSPENSION,
    )


def _tell_of_expiry(connection: Connection, token: ExpiringToken) -> None:
    _mail_owners(
        connection,
        token.organization_id,
        "token_expiring",
        f"The token {token.name} expires within {token.days} days",
        token_name=token.name,
        token_id=token.id,
        days=token.days,
        expires_at=_day_and_time(token.expires_at),
        last_used_at=_day_and_time(token.last_used_at) if token.last_used_at else "",
    )


def _tell_of_connection(connection: Connection, alert: RaisedAlert) -> None:
    told = {name: _day_and_time(value) if name.endswith("At") else value for name, value in alert.facts.items()}
    kind, subject = _CONNECTION_MAILS[alert.kind]
    subject = subject.format(name=alert.connection_name, **told)
    _mail_owners(connection, alert.organization_id, kind, subject, connection_name=alert.connection_name, **told)


def _mail_owners(connection: Connection, organization_id: str, kind: str, subject: str, **values: Any) -> None:
    name = connection.execute(_ORGANIZATION_NAME, {"organization": organization_id}).scalar_one()
    for address in owner_emails(organization_id):
        mail = compose(kind, address, f"{name}: {subject}", organization_name=name, **values)
        enqueue_mail(connection, organization_id, mail)


def _day_and_time(moment: str) -> str:
    value = datetime.fromisoformat(moment).astimezone(UTC)
    return f"{value.day} {value:%B %Y, %H:%M} UTC"
