"""Sign out at the identity provider too (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from scim_server.accounts.models import Account, Session
from scim_server.database import reading
from scim_server.protocol.errors import NotFound
from scim_server.sealing import Unsealable, unseal
from scim_server.sso.configuration import find_configuration
from scim_server.sso.errors import Disbelieved, ProviderUnavailable
from scim_server.sso.logins import provider_of

_FIND = (
    select(Session.connection_id, Session.issuer, Session.id_token, Account.email)
    .join(Account, Account.id == Session.account_id)
    .where(Session.id == bindparam("session"))
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The login at an identity provider that a session came from; `id_token` is sealed."""

    connection_id: str
    issuer: str
    id_token: str | None = field(repr=False)
    email: str


def login_elsewhere(session_id: str) -> Elsewhere | None:
    """Return the login that a session came from, None where it came from a password: ask before the session ends."""
    with reading() as connection:
        row = connection.execute(_FIND, {"session": session_id}).first()
    if row is None or row.connection_id is None or row.issuer is None:
        return None
    return Elsewhere(row.connection_id, row.issuer, row.id_token, row.email)


def logout_url(login: Elsewhere, return_to: str) -> str | None:
    """Return where the browser signs out at the identity provider; None where there is no such place, or no answer.

    Being signed out here does not depend on it, so whatever is wrong with the provider is no error of the logout.
    """
    try:
        configuration = find_configuration(login.connection_id)
        if configuration.issuer != login.issuer:
            return None
        id_token = unseal(login.id_token) if login.id_token is not None else None
        return provider_of(configuration).logout_url(id_token, return_to, login_hint=login.email)
    except (NotFound, ProviderUnavailable, Disbelieved, Unsealable):
        return None
