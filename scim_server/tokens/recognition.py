"""Recognise the token of a request, by the one look-up that a request begins with, or from memory.

A token that was recognised is remembered with all that its row, its Organization's and its Connection's said. A request
that only reads may begin by that memory, and has the statement that it reads by tell whether all of it still stands
(docs/decisions/0069). So a revocation holds on the next request in every worker, whichever way it begins.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import add
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Select, bindparam, cast, func, literal, select, table, type_coerce, update
from sqlalchemy import column as column_of
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import Boolean, Integer, Text

from scim_server.database import Prepared, reading, transaction
from scim_server.directory.witness import Witness
from scim_server.identifiers import moment, now
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.models import Token
from scim_server.tokens.secrets import TokenParts, parse_token, secret_matches

SCIM_SCOPE = "scim"
MANAGEMENT_SCOPE = "management"
# `last_used_at` is written at most this often, in seconds: a write on each request would cost more than the request.
LAST_USED_PRECISION = 60
# Tokens that a worker remembers.
MAX_REMEMBERED = 1_000

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
# All that is believed of a token until it changes.
_BELIEVED: tuple[ColumnElement[Any], ...] = (
    Token.organization_id.expression,
    Token.connection_id.expression,
    Token.name.expression,
    Token.secret_digest.expression,
    Token.previous_secret_digest.expression,
    Token.previous_expires_at.expression,
    Token.role.expression,
    type_coerce(Token.scopes, Text()).label("scopes"),
    Token.expires_at.expression,
    Token.revoked_at.expression,
    _organizations.c.slug,
    _organizations.c.schema_revision,
    _organizations.c.unique_team_names,
    _organizations.c.has_nested_teams,
    _connections.c.provisioning,
    _connections.c.automatic_membership,
)
# The same in one text, which differs as soon as anything of it does.
_STAMP: ColumnElement[str] = reduce(
    add, [func.coalesce(cast(column, Text()), literal("-", Text())) + literal("\n", Text()) for column in _BELIEVED]
)


def _of_token(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return the look-up of a token with its Organization and its Connection, which binds `token`."""
    return (
        select(*columns)
        .join(_organizations, _organizations.c.id == Token.organization_id)
        .join(
            _connections,
            (_connections.c.organization_id == Token.organization_id) & (_connections.c.id == Token.connection_id),
        )
        .where(Token.id == bindparam("token"))
    )


_RECOGNISE = Prepared(_of_token(*_BELIEVED, Token.last_used_at.expression, _STAMP.label("stamp")))
_STANDS = _of_token(bindparam("token_stamp", type_=Text()) == _STAMP).scalar_subquery()
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
    slug: str
    schema_revision: int
    unique_team_names: bool
    has_nested_teams: bool
    provisioning: str
    automatic_membership: str | None
    last_used_at: str | None
    stamp: str


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


# What this worker remembers, by the ids of tokens.
_remembered: dict[str, tuple[_Found, Principal]] = {}


def recognise(text: str) -> Principal | None:
    """Return whom a token stands for; None where it is unknown, wrong, expired or revoked. Asks the database."""
    parts = parse_token(text)
    if parts is None:
        return None
    with reading() as connection:
        row = _RECOGNISE.first(connection, {"token": parts.id})
    # A token that is over would be read by once more with each request that recalls it.
    _remembered.pop(parts.id, None)
    if row is None:
        # As much work as for a known id, so that time does not tell one from the other.
        secret_matches(parts.secret, "")
        return None
    found, moment_ = _Found._make(row), now()
    if not _is_good(parts, found, moment_):
        return None
    if _is_to_be_noted(found, moment_):
        _note_use(parts.id, moment_)
        found = found._replace(last_used_at=moment_)
    principal = _principal(parts.id, found)
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[parts.id] = found, principal
    return principal


def recall(text: str) -> tuple[Principal, Witness] | None:
    """Return whom a token stood for when it was last recognised, and how a read tells whether it still does.

    None where this worker does not remember it as good, or where its use is to be noted again.
    """
    parts = parse_token(text)
    remembered = _remembered.get(parts.id) if parts is not None else None
    if parts is None or remembered is None:
        return None
    (found, principal), moment_ = remembered, now()
    if not _is_good(parts, found, moment_) or _is_to_be_noted(found, moment_):
        return None
    return principal, Witness(_STANDS, {"token": parts.id, "token_stamp": found.stamp})


def _is_good(parts: TokenParts, found: _Found, moment_: str) -> bool:
    """Tell whether the secret is the token's, or the one before it for a while, and the token neither ended nor due."""
    if not secret_matches(parts.secret, found.secret_digest) and not _is_previous(parts.secret, found, moment_):
        return False
    return found.revoked_at is None and (found.expires_at is None or found.expires_at > moment_)


def _is_to_be_noted(found: _Found, moment_: str) -> bool:
    return found.last_used_at is None or _stale_from(found.last_used_at) < moment_


def _principal(token_id: str, found: _Found) -> Principal:
    return Principal(
        token_id=token_id,
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
