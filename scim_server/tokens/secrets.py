"""The form of a token, `prefix_id_secret`, and the digest that is stored of it."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

# Tells people and secret scanners what they are looking at.
PREFIX = "scim"
SECRET_BYTES = 32
ID_BYTES = 10
# Longer than any token of ours: what exceeds it is not even hashed.
MAX_TOKEN_LENGTH = 256


class TokenParts(NamedTuple):
    """A token taken apart."""

    id: str
    secret: str


def new_token(token_id: str | None = None) -> tuple[TokenParts, str]:
    """Return a new random token, or a new secret for this one: its parts, and the text that is shown once."""
    parts = TokenParts(token_id or secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES))
    return parts, f"{PREFIX}_{parts.id}_{parts.secret}"


def parse_token(text: str) -> TokenParts | None:
    """Return the parts of a token, or None for text that is none of ours."""
    if len(text) > MAX_TOKEN_LENGTH or not text.isascii() or not text.isprintable():
        return None
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != PREFIX or len(token_id) != 2 * ID_BYTES or not token_id.isalnum() or not secret:
        return None
    return TokenParts(token_id, secret)


def digest(secret: str) -> str:
    """Return what is stored of a secret: it is random and long, so one round of SHA-256 keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_matches(secret: str, stored_digest: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(digest(secret), stored_digest)
