"""Make, recognise and revoke tokens."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, func, insert, select, table, type_coerce, update
from sqlalchemy import column as column_of
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import Boolean, Integer, Text

from scim_server.audit.service import Event, Origin, record
from scim_server.database import Prepared, reading, transaction
from scim_server.database.types import JsonDocument
from scim_server.identifiers import moment, now
from scim_server.protocol.errors import InvalidValue
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.models import Token
from scim_server.tokens.secrets import digest, new_token, parse_token, secret_matches

SCIM_SCOPE = "scim"
MANAGEMENT_SCOPE = "management"
# `last_used_at` is written at most this often, in seconds: a write on each request would cost more than the request.
LAST_USED_PRECISION = 60
MAX_NAME_LENGTH = 100

_log = logging.getLogger(__name__)

_organizations = table(
    "organizations",
    column_of("id", Text()),
    column_of("slug", Text()),
    column_of("schema_revision", Integer()),
    column_of("unique_team_names", Boolean()),
    column_of("has_nested_teams", Boolean()),
)
_connections = table(
    "connections",
    column_of("organization_id", Text()),
    column_of("id", Text()),
    column_of("provisioning", Text()),
    column_of("automatic_membership", Text()),
)
_FIRST_CONNECTION = select(func.min(_connections.c.id)).where(
    _connections.c.organization_id == bindparam("organization")
)
_RECOGNISE = Prepared(
    select(
        Token.organization_id,
        Token.connection_id,
        Token.name,
        Token.secret_digest,
        Token.previous_secret_digest,
        Token.previous_expires_at,
        Token.role,
        type_coerce(Token.scopes, Text()).label("scopes"),
        Token.expires_at,
        Token.revoked_at,
        Token.last_used_at,
        _organizations.c.slug,
        _organizations.c.schema_revision,
        _organizations.c.unique_team_names,
        _organizations.c.has_nested_teams,
        _connections.c.provisioning,
        _connections.c.automatic_membership,
    )
    .join(_organizations, _organizations.c.id == Token.organization_id)
    .join(
        _connections,
        (_connections.c.organization_id == Token.organization_id) & (_connections.c.id == Token.connection_id),
    )
    .where(Token.id == bindparam("id"))
)
_TOUCH = update(Token).where(Token.id == bindparam("token")).values(last_used_at=bindparam("moment"))


class _Found(NamedTuple):
    """The columns of `_RECOGNISE` in their order."""

    organization_id: str
    connection_id: str
    name: str
    secret_digest: str
    previous_secret_digest: str | None
    previous_expires_at: str | None
    role: str | None
    scopes: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    slug: str
    schema_revision: int
    unique_team_names: bool
    has_nested_teams: bool
    provisioning: str
    automatic_membership: str | None


class NoSuchToken(LookupError):
    """There is no token of this id in the Organization."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a request acts for: a token of one Organization, and what its Organization is set to."""

    token_id: str
    name: str
    organization_id: str
    connection_id: str
    slug: str
    role: str | None
    scopes: frozenset[str]
    schema_revision: int
    unique_team_names: bool
    has_nested_teams: bool
    # Whether the Connection's identity provider may push: ON, OFF or PAUSED.
    provisioning: str
    automatic_membership: str | None

    @property
    def serves_scim(self) -> bool:
        """Tell whether the token may provision: it has the scope, or is an Owner's (product.md §1)."""
        return SCIM_SCOPE in self.scopes or self.role == catalogue().owner


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


def recognise(text: str) -> Principal | None:
    """Return whom a token stands for; None where it is unknown, wrong, expired or revoked.

    Asks the database each time, so a revocation holds on the next request in every worker.
    """
    parts = parse_token(text)
    if parts is None:
        return None
    with reading() as connection:
        row = _RECOGNISE.first(connection, {"id": parts.id})
    if row is None:
        # As much work as for a known id, so that time does not tell one from the other.
        secret_matches(parts.secret, "")
        return None
    found = _Found._make(row)
    moment_ = now()
    if not secret_matches(parts.secret, found.secret_digest) and not _is_previous(parts.secret, found, moment_):
        return None
    if found.revoked_at is not None or (found.expires_at is not None and found.expires_at <= moment_):
        return None
    if _is_stale(found.last_used_at):
        _note_use(parts.id, moment_)
    return Principal(
        token_id=parts.id,
        name=found.name,
        connection_id=found.connection_id,
        organization_id=found.organization_id,
        slug=found.slug,
        role=found.role,
        scopes=_scopes(found.scopes),
        schema_revision=found.schema_revision,
        unique_team_names=found.unique_team_names,
        has_nested_teams=found.has_nested_teams,
        provisioning=found.provisioning,
        automatic_membership=found.automatic_membership,
    )


def _is_previous(secret: str, row: _Found, moment_: str) -> bool:
    """Tell whether the secret is the one before a rotation whose overlap has not ended."""
    previous, until = row.previous_secret_digest, row.previous_expires_at
    return previous is not None and until is not None and moment_ < until and secret_matches(secret, previous)


@lru_cache
def _scopes(document: str) -> frozenset[str]:
    return frozenset(orjson.loads(document))


def _note_use(token_id: str, moment_: str) -> None:
    """Write when the token was used, unless the database takes no writes: then whoever only reads is still served."""
    try:
        with transaction() as connection:
            connection.execute(_TOUCH, {"token": token_id, "moment": moment_})
    except OperationalError as error:
        _log.warning("the use of a token was not noted", exc_info=error)


def _is_stale(last_used_at: str | None) -> bool:
    return last_used_at is None or last_used_at < moment(datetime.now(UTC) - timedelta(seconds=LAST_USED_PRECISION))


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
    """Make a token; return its record and its text, which is shown this once. Raises UnknownRole, InvalidValue."""
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A token's name has 1 to {MAX_NAME_LENGTH} printable characters.")
    if role is not None:
        catalogue().organization.role(role)
    parts, text = new_token()
    expires_at = moment(datetime.now(UTC) + timedelta(days=expires_in_days)) if expires_in_days else None
    made = TokenRecord(parts.id, name, role, list(scopes), now(), expires_at, None, None)
    with transaction() as connection:
        first = connection.execute(_FIRST_CONNECTION, {"organization": organization_id}).scalar_one()
        row: dict[str, Any] = {
            "id": made.id,
            "connection_id": connection_id or first,
            "modified_at": made.created_at,
            "created_by_type": origin.actor_type.value,
            "created_by_id": origin.actor_id,
            "expiry_period_days": expires_in_days,
            "organization_id": organization_id,
            "name": name,
            "secret_digest": digest(parts.secret),
            "role": role,
            "scopes": made.scopes,
            "created_at": made.created_at,
            "expires_at": expires_at,
        }
        connection.execute(insert(Token), row)
        changes = {"name": [None, name], "role": [None, role], "scopes": [None, made.scopes]}
        record(connection, organization_id, origin, [Event("owner:token:created", "Token", made.id, changes)])
    return made, text


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
