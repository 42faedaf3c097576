"""Recognise the token of a request: the one look-up that every request begins with."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import orjson
from sqlalchemy import bindparam, select, table, type_coerce, update
from sqlalchemy import column as column_of
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import Boolean, Integer, Text

from scim_server.database import Prepared, reading, transaction
from scim_server.identifiers import moment, now
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.models import Token
from scim_server.tokens.secrets import parse_token, secret_matches

SCIM_SCOPE = "scim"
MANAGEMENT_SCOPE = "management"
# `last_used_at` is written at most this often, in seconds: a write on each request would cost more than the request.
LAST_USED_PRECISION = 60

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
    if found.last_used_at is None or _stale_from(found.last_used_at) < moment_:
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


@lru_cache
def _stale_from(last_used_at: str) -> str:
    """Return from when on a use is noted again."""
    return moment(datetime.fromisoformat(last_used_at) + timedelta(seconds=LAST_USED_PRECISION))
