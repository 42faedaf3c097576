"""People who can sign in: an Account, and the Users that it is."""

from scim_server.accounts.members import link_user
from scim_server.accounts.service import insert_account
from scim_server.accounts.sessions import AuthenticatedBy, start
from scim_server.audit.service import ActorType, Origin
from scim_server.database import transaction

BROWSER = Origin(ActorType.USER, ip_address="192.0.2.7", user_agent="A browser")
PASSWORD = "correct horse battery staple"


def make_account(email: str, *, name: str = "Some Body", is_proved: bool = True) -> str:
    """Write an Account without a password and return its id."""
    with transaction() as connection:
        return insert_account(connection, email=email, name=name, is_proved=is_proved)


def link(organization_id: str, user_id: str, account_id: str) -> None:
    """Make an Account's person a User."""
    with transaction() as connection:
        link_user(connection, organization_id, user_id, account_id)


def sign_in(account_id: str, organization_id: str | None = None) -> str:
    """Start a session, as a login would: of all Organizations with a password, of one by its identity provider."""
    by = AuthenticatedBy.PASSWORD if organization_id is None else AuthenticatedBy.OIDC
    with transaction() as connection:
        return start(connection, account_id, BROWSER, authenticated_by=by, organization_id=organization_id)
