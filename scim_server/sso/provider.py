"""The relying party's talk with one identity provider: where to send the browser, and whom it brings back.

Authorization code with PKCE S256 always, whatever the provider says of itself (RFC 9700 §2.1.1).
"""

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from scim_server.outbound.client import Outbound
from scim_server.outbound.errors import OutboundError
from scim_server.sso.errors import Disbelieved, ProviderUnavailable
from scim_server.sso.keys import KeyCache, PublicKeys, read_keys
from scim_server.sso.metadata import Metadata, discovery_url, read_metadata
from scim_server.sso.person import ClaimMapping, Person, missing_claims, read_person
from scim_server.sso.tokens import MAX_TOKEN_LENGTH, Expected, Logout, read_id_token, read_logout_token

# A provider's description of itself is asked for again after this time.
_METADATA_SECONDS = 600.0
_MAX_CODE_LENGTH = 4_096
_OK = 200
_ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Client:
    """What a Connection knows of its provider, and what the provider knows of us. No secret: a public client."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    algorithms: tuple[str, ...] = ("RS256",)
    mapping: ClaimMapping = field(default_factory=ClaimMapping)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The random values of one login: `state` finds it again, `nonce` ties its token, `verifier` its code."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def new_challenge() -> Challenge:
    """Return random values of 256 bits and more (RFC 7636 §7.1)."""
    return Challenge(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Login:
    """A login that is believed, with the claims it was read from."""

    person: Person
    claims: Mapping[str, Any]
    id_token: str = field(repr=False)


class Provider:
    """One identity provider as one Connection knows it; safe for several threads.

    Functions raise ProviderUnavailable where it gives no usable answer, Disbelieved where it is not to be believed.
    """

    def __init__(
        self,
        client: Client,
        outbound: Outbound,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self._outbound = outbound
        self._clock = clock
        self._ticks = ticks
        self._keys = KeyCache(self._fetch_keys, ticks)
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None

    def metadata(self) -> Metadata:
        """Return what the provider says of itself, at most ten minutes old."""
        with self._lock:
            if self._metadata is None or self._ticks() - self._metadata[0] > _METADATA_SECONDS:
                found = read_metadata(self._json(discovery_url(self.client.issuer)), self.client.issuer)
                self._metadata = self._ticks(), found
            return self._metadata[1]

    def authorization_url(self, challenge: Challenge, redirect_uri: str, *, login_hint: str | None = None) -> str:
        """Return where to send the browser (OpenID Connect Core §3.1.2.1)."""
        endpoint = self.metadata().authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self.client.scopes))),
            "state": challenge.state,
            "nonce": challenge.nonce,
            "code_challenge": code_challenge(challenge.verifier),
            "code_challenge_method": "S256",
            **({"login_hint": login_hint} if login_hint else {}),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def login(self, parameters: Mapping[str, str], challenge: Challenge, redirect_uri: str) -> Login:
        """Return who has signed in, by the parameters that the browser brought to `redirect_uri`.

        That they belong to this login, by their `state`, is the caller's to know.
        """
        metadata = self.metadata()
        self._check_answer(parameters, metadata)
        answer = self._redeem(metadata, parameters["code"], challenge, redirect_uri)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or not (access_token is None or isinstance(access_token, str)):
            raise Disbelieved("The provider's token endpoint gave no ID token; is the scope openid allowed there?")
        claims = read_id_token(
            id_token, self._expected(), self._keys.key_for, nonce=challenge.nonce, access_token=access_token
        )
        if metadata.userinfo_endpoint and access_token and missing_claims(claims, self.client.mapping):
            claims = self._more(metadata.userinfo_endpoint, access_token, claims)
        return Login(read_person(claims, self.client.mapping), claims, id_token)

    def logout(self, token: str) -> Logout:
        """Return what a logout token of the provider asks for."""
        return read_logout_token(token, self._expected(), self._keys.key_for)

    def logout_url(self, id_token: str | None, return_to: str, *, login_hint: str | None = None) -> str | None:
        """Return where the browser ends its session at the provider too; None where the provider has no such place.

        Without the token of its login, the address tells the provider who signs out.
        """
        endpoint = self.metadata().end_session_endpoint
        if endpoint is None:
            return None
        query = {"client_id": self.client.client_id, "post_logout_redirect_uri": return_to}
        if id_token is not None:
            query["id_token_hint"] = id_token
        elif login_hint is not None:
            query["logout_hint"] = login_hint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def _check_answer(self, parameters: Mapping[str, str], metadata: Metadata) -> None:
        issuer = parameters.get("iss")
        if issuer != self.client.issuer and (issuer is not None or metadata.names_itself):
            raise Disbelieved("The answer comes from another provider: iss differs (RFC 9207).")
        if "error" in parameters:
            raise Disbelieved(f"The provider refused the login: {_code(parameters['error'])}.")
        if not 0 < len(parameters.get("code", "")) <= _MAX_CODE_LENGTH:
            raise Disbelieved("The provider's answer holds no code.")

    def _redeem(self, metadata: Metadata, code: str, challenge: Challenge, redirect_uri: str) -> dict[str, Any]:
        client = self.client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": challenge.verifier,
        }
        headers = {"Accept": "application/json"}
        if client.client_secret is not None and metadata.takes_basic:
            # Both parts are encoded as in a form first (RFC 6749 §2.3.1).
            pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = client.client_id
            if client.client_secret is not None:
                form["client_secret"] = client.client_secret
        try:
            answer = self._outbound.post_form(metadata.token_endpoint, form, headers)
            document = answer.json()
        except OutboundError as error:
            raise ProviderUnavailable(str(error)) from None
        if answer.status != _OK:
            reason = _code(document.get("error"))
            raise Disbelieved(f"The provider's token endpoint refused the code with {answer.status}: {reason}.")
        kind = document.get("token_type", "")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise Disbelieved("The provider's token endpoint gave a token that is no bearer token.")
        return document

    def _more(self, endpoint: str, access_token: str, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return the claims with those of the userinfo endpoint, which replace none (OpenID Connect Core §5.3)."""
        if not access_token.isascii() or not access_token.isprintable() or len(access_token) > MAX_TOKEN_LENGTH:
            raise Disbelieved("The provider's access token cannot be sent.")
        more = self._json(endpoint, {"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise Disbelieved("The userinfo endpoint speaks of somebody else: sub differs.")
        return {**more, **claims}

    def _expected(self) -> Expected:
        return Expected(self.client.issuer, self.client.client_id, self.client.algorithms, self._clock())

    def _fetch_keys(self) -> PublicKeys:
        return read_keys(self._json(self.metadata().jwks_uri))

    def _json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._outbound.get(url, {"Accept": "application/json", **(headers or {})})
            if answer.status != _OK:
                raise ProviderUnavailable(f"{answer.host} answered {answer.status} instead of 200.")
            return answer.json()
        except OutboundError as error:
            raise ProviderUnavailable(str(error)) from None


def _code(value: Any) -> str:
    """Return an error code as it may be shown: codes are words of OAuth, everything else is somebody's text."""
    return value if isinstance(value, str) and _ERROR.fullmatch(value) else "an error without a code"
