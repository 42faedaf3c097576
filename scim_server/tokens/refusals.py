"""Whose token was refused: asked after an answer of 401 only, so that `recognise` stays one look-up."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from scim_server.database import reading
from scim_server.identifiers import now
from scim_server.tokens.models import Token
from scim_server.tokens.secrets import parse_token, secret_matches

_FIND = select(
    Token.id,
    Token.organization_id,
    Token.connection_id,
    Token.name,
    Token.secret_digest,
    Token.previous_secret_digest,
    Token.expires_at,
    Token.revoked_at,
).where(Token.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class RefusedToken:
    """A token that was once good, and why it is not any more."""

    id: str
    organization_id: str
    connection_id: str
    name: str
    reason: str


def refused_token(text: str) -> RefusedToken | None:
    """Return the token that this was until it was revoked, rotated or expired; None for a text that never was one."""
    parts = parse_token(text)
    if parts is None:
        return None
    with reading() as connection:
        row = connection.execute(_FIND, {"id": parts.id}).first()
    if row is None:
        return None
    is_present = secret_matches(parts.secret, row.secret_digest)
    if not is_present and not secret_matches(parts.secret, row.previous_secret_digest or ""):
        return None
    if row.revoked_at is not None:
        reason = f"The token was revoked at {row.revoked_at}."
    elif row.expires_at is not None and row.expires_at <= now():
        reason = f"The token expired at {row.expires_at}."
    elif not is_present:
        reason = "The token was rotated; this is its earlier value."
    else:
        return None
    return RefusedToken(row.id, row.organization_id, row.connection_id, row.name, reason)
