"""Which way the people of an e-mail domain sign in: at their Organization's identity provider, with a password, either.

The domain decides alone, never whether there is an Account. Domains and Connections stand above Accounts in the order
of imports, so their tables are named here by what is needed of them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, column, select, table, text
from sqlalchemy.types import Text

from scim_server.accounts import bypass
from scim_server.accounts.policy import ways_of
from scim_server.accounts.service import folded_email
from scim_server.database import reading
from scim_server.database.types import JsonDocument
from scim_server.protocol.errors import Forbidden

_domains = table(
    "domains",
    *(column(name, Text()) for name in ("organization_id", "name", "state", "connection_id")),
    column("enforced_logins", JsonDocument()),
)
_settings = table(
    "connection_sso",
    column("organization_id", Text()),
    column("connection_id", Text()),
    column("is_active", Boolean()),
)
_organizations = table("organizations", column("id", Text()), column("name", Text()))
_FIND = (
    select(_domains.c.organization_id, _organizations.c.name, _domains.c.connection_id, _domains.c.enforced_logins)
    .join(
        _settings,
        (_settings.c.organization_id == _domains.c.organization_id)
        & (_settings.c.connection_id == _domains.c.connection_id),
    )
    .join(_organizations, _organizations.c.id == _domains.c.organization_id)
    .where(
        _domains.c.name == bindparam("domain"),
        _domains.c.state == "VERIFIED",
        # In the words of the unique index, which SQLite uses for nothing else.
        text("domains.state <> 'PENDING'"),
        _settings.c.is_active,
    )
)
# Whoever changes the domain waits for the sign-in, and the sign-in for them.
_KEEP = _FIND.with_for_update(read=True, of=_domains)


@dataclass(frozen=True, slots=True)
class SignOn:
    """The Organization and Connection by which a domain's people sign in; `is_required`: with no password."""

    organization_id: str
    organization_name: str
    connection_id: str
    is_required: bool


class SignOnRequired(Forbidden):
    """A password of somebody who has to sign in at their Organization's identity provider."""

    def __init__(self, sign_on: SignOn) -> None:
        super().__init__(
            f"{sign_on.organization_name} has its people sign in at its identity provider, without a password here."
        )
        self.sign_on = sign_on


def sign_on_of(email: str) -> SignOn | None:
    """Return where people of the address's domain sign in; None where that is with a password alone.

    Only a proved domain, mapped to a Connection by which people sign in at present, leads anywhere: a Connection that
    is switched off leaves nobody without a way.
    """
    with reading() as connection:
        return _found(connection, _FIND, email)


def check_password_allowed(email: str, *, key_digest: str | None = None) -> None:
    """Raise SignOnRequired as `require_password` will, before anything is done that tells one address from another."""
    with reading() as connection:
        _allowed(connection, _FIND, email, key_digest)


def require_password(connection: Connection, email: str, *, key_digest: str | None = None) -> str | None:
    """Raise SignOnRequired where the address signs in without a password, unless a bypass key is good for it.

    Returns the Organization whose key it was, for which alone the password is good then; None where none was needed.
    The domain stays as it is until the caller's transaction ends.
    """
    return _allowed(connection, _KEEP, email, key_digest)


def _allowed(connection: Connection, statement: Any, email: str, key_digest: str | None) -> str | None:
    found = _found(connection, statement, email)
    if found is None or not found.is_required:
        return None
    if key_digest is not None and bypass.opens(connection, key_digest, found.organization_id):
        return found.organization_id
    raise SignOnRequired(found)


def _found(connection: Connection, statement: Any, email: str) -> SignOn | None:
    domain = folded_email(email).rpartition("@")[2]
    row = connection.execute(statement, {"domain": domain}).first()
    if row is None:
        return None
    ways = ways_of(row.enforced_logins)
    if not ways.sign_on:
        return None
    return SignOn(row.organization_id, row.name, row.connection_id, is_required=not ways.password)
