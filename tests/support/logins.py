"""Logins at an identity provider, as far as the Organization is concerned: proved domains, and who arrives."""

from typing import Any

from sqlalchemy import func, insert, select, update

from scim_server.accounts.models import Account, Identity, Session
from scim_server.audit.models import AuditEvent
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.service import read_connection
from scim_server.database import reading, transaction
from scim_server.domains.models import Domain
from scim_server.identifiers import new_id, now
from scim_server.roles.authority import Authority, Requester
from scim_server.sso.configuration import configure
from scim_server.sso.entering import Entered, Refused, login_by_identity
from scim_server.sso.models import SsoSettings
from scim_server.sso.person import Person
from scim_server.users.models import User
from tests.support.accounts import browser
from tests.support.provider import CLIENT_ID, CLIENT_SECRET

OPERATOR = Origin(ActorType.OPERATOR, "tests")
ISSUER = "https://idp.acme.example"


def prove(
    organization_id: str,
    name: str,
    state: str = "VERIFIED",
    *,
    connection_id: str | None = None,
    enforced_logins: list[str] | None = None,
) -> None:
    """Make a domain the Organization's, and have its people sign in by a Connection."""
    moment = now()
    row = {
        "organization_id": organization_id,
        "id": new_id(),
        "name": name,
        "state": state,
        "proof": new_id(),
        "enforced_logins": enforced_logins or [],
        "connection_id": connection_id,
        "missed_checks": 0,
        "created_at": moment,
        "modified_at": moment,
    }
    with transaction() as connection:
        connection.execute(insert(Domain), row)


def somebody(email: str | None, subject: str | None = None, **changes: Any) -> Person:
    """Return who an identity provider says has signed in; the same address is the same subject, unless named."""
    subject = subject or f"subject of {email}"
    values = {"issuer": ISSUER, "email_verified": None, "name": None, "groups": (), "provider_session": None}
    return Person(subject=subject, email=email, **{**values, **changes})


def arrive(organization_id: str, person: Person) -> Entered | Refused:
    """Log a person in by the Organization's Connection."""
    return login_by_identity(organization_id, read_connection(organization_id).id, person, browser())


def entered(organization_id: str, person: Person) -> Entered:
    """Log a person in who must enter."""
    found = arrive(organization_id, person)
    assert isinstance(found, Entered), found
    return found


def refused(organization_id: str, person: Person) -> str:
    """Log a person in who must be refused, and return why."""
    found = arrive(organization_id, person)
    assert isinstance(found, Refused), found
    return found.reason.value


def holdings(organization_id: str) -> dict[str, int]:
    """Return how many of each there are that a login could make; Accounts of all Organizations."""
    counted = {
        "users": select(func.count()).select_from(User).where(User.organization_id == organization_id),
        "accounts": select(func.count()).select_from(Account),
        "identities": select(func.count()).select_from(Identity),
        "sessions": select(func.count()).select_from(Session),
    }
    with reading() as connection:
        return {name: connection.execute(statement).scalar_one() for name, statement in counted.items()}


def actions(organization_id: str, since: str = "") -> list[str]:
    """Return the actions of the audit log, the oldest first."""
    statement = (
        select(AuditEvent.action)
        .where(AuditEvent.organization_id == organization_id, AuditEvent.occurred_at >= since)
        .order_by(AuditEvent.id)
    )
    with reading() as connection:
        return list(connection.execute(statement).scalars())


def changes_of(organization_id: str, action: str) -> dict[str, Any]:
    """Return the changes of the only event of this action."""
    statement = select(AuditEvent.changes).where(
        AuditEvent.organization_id == organization_id, AuditEvent.action == action
    )
    with reading() as connection:
        return dict(connection.execute(statement).scalar_one())


def expire_invitations(organization_id: str) -> None:
    """Make the Organization's invitations too old."""
    from scim_server.invitations.models import Invitation

    with transaction() as connection:
        connection.execute(
            update(Invitation).where(Invitation.organization_id == organization_id).values(expires_at=now())
        )


def user_of(organization_id: str, user_id: str) -> Any:
    """Return a User's row."""
    statement = select(User.__table__).where(User.organization_id == organization_id, User.id == user_id)
    with reading() as connection:
        return connection.execute(statement).one()


def set_up_sso(organization_id: str, *, is_active: bool = True, **changes: Any) -> str:
    """Configure how people sign in by the Organization's Connection, as if it had been tested; return its id."""
    connection_id = read_connection(organization_id).id
    owner = Requester(organization_id, Authority("ORGANIZATION_OWNER"), OPERATOR)
    configure(owner, connection_id, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **changes})
    if is_active:
        with transaction() as connection:
            tested = update(SsoSettings).where(SsoSettings.connection_id == connection_id)
            connection.execute(tested.values(tested_at=now(), is_active=True))
    return connection_id
