"""Whether a signed token is believed: ID tokens (OpenID Connect Core §3.1.3.7) and logout tokens (Back-Channel §2.6).

Pure but for the key, which `find` brings: the clock comes in, nothing is stored. Every doubt is an exception.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from scim_server.protocol.errors import ScimError
from scim_server.protocol.json_body import read_object
from scim_server.sso.errors import Disbelieved
from scim_server.sso.keys import KEY_TYPES

FindKey = Callable[[Mapping[str, Any]], Key | None]

LEEWAY = 60
# A token that was just fetched is young, and one that is good for longer than a day has nothing to do with a login.
MAX_AGE = 600
MAX_LIFETIME = 86_400
MAX_TOKEN_LENGTH = 65_536
MAX_SUBJECT_LENGTH = 255
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_MAX_HEADER_BYTES = 8_192
# Headers that bring a key, or change what is signed: who signs would decide what is checked.
_REFUSED_HEADERS = ("crit", "b64", "jwk", "jku", "x5u")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: who signs for whom, with which algorithms, at which time (seconds since 1970)."""

    issuer: str
    client_id: str
    algorithms: Sequence[str]
    now: float


def read_id_token(
    token: str, expected: Expected, find: FindKey, *, nonce: str, access_token: str | None
) -> dict[str, Any]:
    """Return the claims of an ID token that answers the login with this nonce; raises Disbelieved."""
    header, claims = _signed(token, expected, find, types=("jwt",))
    _check_parties(claims, expected)
    _check_times(claims, expected.now, max_age=MAX_AGE)
    if not isinstance(claims.get("nonce"), str) or not _same(claims["nonce"], nonce):
        raise Disbelieved("The token answers another login: its nonce is not ours.")
    if _subject(claims) is None:
        raise Disbelieved("The token names no subject.")
    if "at_hash" in claims and not _is_hash_of(claims["at_hash"], access_token, str(header["alg"])):
        raise Disbelieved("The token belongs to another access token: at_hash differs.")
    return claims


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose sessions end: those of a subject, or the one session of the provider. `issued_at` is in seconds."""

    subject: str | None
    provider_session: str | None
    issued_at: float


def read_logout_token(token: str, expected: Expected, find: FindKey) -> Logout:
    """Return what a logout token asks for; raises Disbelieved.

    `jti` is not kept: ending what began before `issued_at`, a second time, ends nothing more.
    """
    _, claims = _signed(token, expected, find, types=("logout+jwt", "jwt"))
    _check_parties(claims, expected)
    _check_times(claims, expected.now, max_age=MAX_AGE)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Disbelieved("The token is no logout token.")
    if "nonce" in claims:
        raise Disbelieved("A logout token must not hold a nonce, so that no ID token passes for one.")
    if not isinstance(claims.get("jti"), str):
        raise Disbelieved("The logout token has no jti.")
    subject, provider_session = _subject(claims), text_claim(claims, "sid")
    if subject is None and provider_session is None:
        raise Disbelieved("The logout token names neither a subject nor a session.")
    return Logout(subject, provider_session, float(claims["iat"]))


def text_claim(claims: Mapping[str, Any], name: str, *, max_length: int = MAX_SUBJECT_LENGTH) -> str | None:
    """Return a claim that is printable text of bounded length, None where it is not."""
    value = claims.get(name)
    if isinstance(value, str) and 0 < len(value) <= max_length and value.isprintable():
        return value
    return None


def _signed(
    token: str, expected: Expected, find: FindKey, *, types: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token whose signature holds."""
    if len(token) > MAX_TOKEN_LENGTH or token.count(".") != 2:  # noqa: PLR2004 - a compact JWS has three parts
        raise Disbelieved("This is no signed token in its compact form.")
    header = _header(token)
    algorithm = header.get("alg")
    # The list of those that exist guards against a configuration that names others.
    if algorithm not in expected.algorithms or algorithm not in KEY_TYPES:
        raise Disbelieved(f"The token is signed with {algorithm!r:.40}; accepted: {', '.join(expected.algorithms)}.")
    for name in _REFUSED_HEADERS:
        if name in header:
            raise Disbelieved(f"The token's header holds {name!r}, which is not accepted.")
    kind = header.get("typ", types[0])
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        raise Disbelieved("The token is of another type.")
    key = find(header)
    if key is None:
        raise Disbelieved("No key of the provider, or more than one, fits the token's kid.")
    registry = jws.JWSRegistry(algorithms=[str(algorithm)], strict_check_header=False)
    registry.max_header_length = _MAX_HEADER_BYTES
    try:
        payload = jws.deserialize_compact(token, key, registry=registry).payload
    except (JoseError, ValueError, TypeError):
        raise Disbelieved("The token's signature is wrong.") from None
    try:
        return header, read_object(payload or b"", max_bytes=MAX_TOKEN_LENGTH)
    except ScimError as error:
        raise Disbelieved(f"The token's claims cannot be read. {error.detail}") from None


def _header(token: str) -> dict[str, Any]:
    part = token.partition(".")[0]
    try:
        # Read here with the rules of every body, no key twice, so that the library cannot understand it otherwise.
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        return read_object(decoded, max_bytes=_MAX_HEADER_BYTES)
    except (binascii.Error, ValueError, ScimError):
        raise Disbelieved("The token's header cannot be read.") from None


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise Disbelieved("The token comes from another issuer.")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise Disbelieved("The token is for another client, or for others too.")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise Disbelieved("The token was given to another client.")


def _check_times(claims: Mapping[str, Any], now: float, *, max_age: int) -> None:
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if expires <= now - LEEWAY:
        raise Disbelieved("The token is too old: it has expired.")
    if issued > now + LEEWAY or _seconds(claims, "nbf", issued) > now + LEEWAY:
        raise Disbelieved("The token is from the future; compare the clocks of both servers.")
    if issued < now - max_age - LEEWAY:
        raise Disbelieved("The token is too old: it was not issued for this login.")
    if expires > now + MAX_LIFETIME + LEEWAY:
        raise Disbelieved("The token is good for longer than a day.")


def _seconds(claims: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Disbelieved(f"The token's {name} is no time.")
    return float(value)


def _subject(claims: Mapping[str, Any]) -> str | None:
    return text_claim(claims, "sub")


def _is_hash_of(value: Any, access_token: str | None, algorithm: str) -> bool:
    """Tell whether `value` is the left half of the access token's hash (OpenID Connect Core §3.1.3.6)."""
    if not isinstance(value, str) or access_token is None:
        return False
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    return _same(value, half)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
