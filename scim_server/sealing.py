"""Small texts encrypted at rest, with keys derived from the settings' secret keys.

The newest key seals, the earlier ones still open: a changed secret key loses nothing (MultiFernet).
"""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app

_EXTENSION = "sealing"
_PURPOSE = b"scim-server sealed texts"


class Unsealable(ValueError):
    """A text that none of the present keys sealed: the secret key was changed without keeping it as a fallback."""


class Sealing:
    """Seals and opens texts; the first key seals, all of them open."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    def seal(self, text: str) -> str:
        """Return the text encrypted and authenticated, as ASCII."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def unseal(self, text: str) -> str:
        """Return what was sealed; raises Unsealable."""
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise Unsealable(
                "No present secret key opens this; put the earlier one into secret_key_fallbacks."
            ) from None


def set_up_sealing(app: Flask, keys: Sequence[str]) -> None:
    """Let services seal and open inside the context of this application."""
    app.extensions[_EXTENSION] = Sealing(keys)


def seal(text: str) -> str:
    """Return the text sealed with the application's newest key."""
    return _of_application().seal(text)


def unseal(text: str) -> str:
    """Return what was sealed with any of the application's keys; raises Unsealable."""
    return _of_application().unseal(text)


def _of_application() -> Sealing:
    sealing: Sealing = current_app.extensions[_EXTENSION]
    return sealing


def _derived(key: str) -> bytes:
    # A key for one purpose each: who learns one of them learns nothing of those that sign.
    derivation = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
