"""Make, list and revoke tokens, for the operator and for whoever made sure of the caller's rights."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, table, type_coerce, update
from sqlalchemy import column as column_of
from sqlalchemy.types import Text

from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.database.types import JsonDocument
from scim_server.identifiers import moment, now
from scim_server.protocol.errors import InvalidValue
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.models import Token
from scim_server.tokens.recognition import MANAGEMENT_SCOPE, SCIM_SCOPE
from scim_server.tokens.secrets import digest, new_token

__all__ = [
    "MANAGEMENT_SCOPE",
    "SCIM_SCOPE",
    "NoSuchToken",
    "TokenRecord",
    "create_token",
    "list_tokens",
    "revoke_token",
]

MAX_NAME_LENGTH = 256

_connections = table("connections", column_of("organization_id", Text()), column_of("id", Text()))
# Shared, so that the Connection of a new token is not deleted before the token is there.
_FIRST_CONNECTION = (
    select(_connections.c.id)
    .where(_connections.c.organization_id == bindparam("organization"))
    .order_by(_connections.c.id)
    .limit(1)
    .with_for_update(read=True)
)
_CONNECTION = (
    select(_connections.c.id)
    .where(_connections.c.organization_id == bindparam("organization"), _connections.c.id == bindparam("connection"))
    .with_for_update(read=True)
)


class NoSuchToken(LookupError):
    """There is no token of this id in the Organization."""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as lists show it, without its secret."""

    id: str
    name: str
    role: str | None
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to make; without `connection_id` it belongs to the Organization's first Connection."""

    name: str
    role: str | None = None
    scopes: tuple[str, ...] = ()
    expires_in_days: int | None = None
    connection_id: str | None = None
    description: str | None = None


def create_token(
    organization_id: str,
    origin: Origin,
    *,
    name: str,
    role: str | None = None,
    scopes: tuple[str, ...] = (),
    expires_in_days: int | None = None,
    connection_id: str | None = None,
) -> tuple[TokenRecord, str]:
    """Make a token; return its record and its text, which is shown this once. Raises what insert_token does."""
    new = NewToken(name, role, scopes, expires_in_days, connection_id)
    with transaction() as connection:
        return insert_token(connection, organization_id, origin, new)


def insert_token(
    connection: Connection, organization_id: str, origin: Origin, new: NewToken
) -> tuple[TokenRecord, str]:
    """Write a token in the caller's transaction; return its record and its text, which is shown this once.

    Raises UnknownRole, and InvalidValue for a name or Connection that cannot be.
    """
    if not new.name.strip() or len(new.name) > MAX_NAME_LENGTH or not new.name.isprintable():
        raise InvalidValue(f"A token's name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    if new.role is not None:
        catalogue().organization.role(new.role)
    parts, text = new_token()
    days, present = new.expires_in_days, datetime.now(UTC)
    moment_ = moment(present)
    expires_at = moment(present + timedelta(days=days)) if days else None
    made = TokenRecord(parts.id, new.name, new.role, list(new.scopes), moment_, expires_at, None, None)
    row: dict[str, Any] = {
        "id": made.id,
        "organization_id": organization_id,
        "connection_id": _connection_of(connection, organization_id, new.connection_id),
        "name": new.name,
        "description": new.description,
        "secret_digest": digest(parts.secret),
        "role": new.role,
        "role_granted_at": moment_ if new.role else None,
        "role_granted_by_type": origin.actor_type.value if new.role else None,
        "role_granted_by_id": origin.actor_id if new.role else None,
        "scopes": made.scopes,
        "created_at": moment_,
        "created_by_type": origin.actor_type.value,
        "created_by_id": origin.actor_id,
        "modified_at": moment_,
        "expiry_period_days": days,
        "expires_at": expires_at,
    }
    connection.execute(insert(Token), row)
    changes = {"name": [None, new.name], "role": [None, new.role], "scopes": [None, made.scopes]}
    record(connection, organization_id, origin, [Event("owner:token:created", "Token", made.id, changes)])
    return made, text


def _connection_of(connection: Connection, organization_id: str, connection_id: str | None) -> str:
    statement = _FIRST_CONNECTION if connection_id is None else _CONNECTION
    bound = {"organization": organization_id, "connection": connection_id}
    found: str | None = connection.execute(statement, bound).scalar()
    if found is None:
        raise InvalidValue("There is no such Connection in this Organization.", field="connectionId")
    return found


def list_tokens(organization_id: str) -> list[TokenRecord]:
    """Return the Organization's tokens, the oldest first, revoked ones included."""
    statement = (
        select(
            Token.id,
            Token.name,
            Token.role,
            type_coerce(Token.scopes, JsonDocument()).label("scopes"),
            Token.created_at,
            Token.expires_at,
            Token.revoked_at,
            Token.last_used_at,
        )
        .where(Token.organization_id == organization_id)
        .order_by(Token.created_at, Token.id)
    )
    with reading() as connection:
        return [TokenRecord(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - its public name


def revoke_token(organization_id: str, token_id: str, origin: Origin) -> None:
    """Revoke a token: its next request is refused in every worker. Raises NoSuchToken."""
    of_token = (Token.organization_id == organization_id, Token.id == token_id)
    with transaction() as connection:
        found = connection.execute(select(Token.revoked_at).where(*of_token)).first()
        if found is None:
            raise NoSuchToken(f"There is no token {token_id!r} in this Organization.")
        if found.revoked_at is None:
            moment_ = now()
            connection.execute(update(Token).where(*of_token).values(revoked_at=moment_))
            event = Event("owner:token:revoked", "Token", token_id, {"revokedAt": [None, moment_]})
            record(connection, organization_id, origin, [event])
