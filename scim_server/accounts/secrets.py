"""Random secrets of which only a digest is stored: cookies, links of mails, steps of signing in, recovery codes."""

import hashlib
import secrets

SECRET_BYTES = 32
# Longer than any secret of ours: what exceeds it is not even hashed.
MAX_SECRET_LENGTH = 128


def new_secret() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what is stored of a secret: it is random and long, so one round of SHA-256 keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_plausible(secret: str) -> bool:
    """Tell whether a text may be a secret of ours, so that it is worth looking up."""
    return 0 < len(secret) <= MAX_SECRET_LENGTH and secret.isascii() and secret.isprintable()
