"""The public keys of an identity provider (RFC 7517): which of them may have signed, and when to ask for them again."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey

from scim_server.sso.errors import Disbelieved

# Algorithms that can be pinned, each with the type of key it takes; `none` and those with shared keys are not here.
KEY_TYPES = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_MAX_KEYS = 100
_MAX_KID_LENGTH = 256
_MIN_RSA_BITS = 2_048
# Keys are asked for again when an unknown one signs, but only so often; and after this time in any case.
REFRESH_FLOOR = 60.0
REFRESH_AFTER = 3_600.0

PublicKeys = Sequence[Key]


def read_keys(document: Mapping[str, Any]) -> PublicKeys:
    """Return the keys of a JWK Set that can check signatures, leaving out all others; raises Disbelieved for no set."""
    entries = document.get("keys")
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise Disbelieved(f"The provider's key set holds no list of at most {_MAX_KEYS} keys.")
    return [key for entry in entries if (key := _read_key(entry)) is not None]


def _read_key(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or entry.get("kty") not in set(KEY_TYPES.values()):
        return None
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        return None
    # A private key that is published is nobody's any more.
    if not isinstance(entry.get("kid", ""), str) or "d" in entry:
        return None
    try:
        key = JWKRegistry.import_key(entry)
        if isinstance(key, RSAKey) and key.public_key.key_size < _MIN_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key


def find_key(keys: PublicKeys, header: Mapping[str, Any]) -> Key | None:
    """Return the one key that a JWS header means, None where there is none, or more than one.

    Without `kid` it is the only key of the algorithm's type (OpenID Connect Core §10.1).
    """
    algorithm, kid = header["alg"], header.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= _MAX_KID_LENGTH):
        return None
    found = [key for key in keys if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)]
    return found[0] if len(found) == 1 else None


def _fits(key: Key, algorithm: str) -> bool:
    if key.key_type != KEY_TYPES[algorithm] or key.get("alg", algorithm) != algorithm:
        return False
    return not isinstance(key, ECKey) or key.curve_name == _CURVES[algorithm]


class KeyCache:
    """The keys of one provider, fetched when they are needed; safe for several threads.

    An unknown key makes it fetch again, at most once in a minute: who sends random kids does not make us ask.
    """

    def __init__(self, fetch: Callable[[], PublicKeys], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: PublicKeys = ()
        self._asked_at: float | None = None

    def key_for(self, header: Mapping[str, Any]) -> Key | None:
        """Return the key that a JWS header means, None where the provider has none; raises as `fetch` does."""
        with self._lock:
            age = self._age()
            if age > REFRESH_AFTER:
                self._refresh()
            found = find_key(self._keys, header)
            if found is None and self._age() > REFRESH_FLOOR:
                self._refresh()
                found = find_key(self._keys, header)
            return found

    def _age(self) -> float:
        return float("inf") if self._asked_at is None else self._clock() - self._asked_at

    def _refresh(self) -> None:
        # Noted first: a provider that does not answer is not asked more often either.
        self._asked_at = self._clock()
        self._keys = self._fetch()
