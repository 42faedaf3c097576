"""A small OpenID provider over real HTTP on this machine, of good or ill will: everything it says can be changed."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "scim-server", "the client's secret: +/%"

Change = Callable[[dict[str, Any]], Any]


def _same(document: dict[str, Any]) -> Any:
    return document


RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
OTHER_RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC_KEY = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})


def left_half(text: str, algorithm: str = "sha256") -> str:
    """Return at_hash of an access token."""
    digest = hashlib.new(algorithm, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


@dataclass
class Code:
    """What an authorization code stands for."""

    query: dict[str, str]
    claims: dict[str, Any]


@dataclass
class TestProvider:
    """An OpenID provider. `subject` and `claims` are who signs in next; the `change_*` functions are its ill will."""

    __test__ = False

    port: int = 0
    subject: str = "ann-1"
    claims: dict[str, Any] = field(default_factory=lambda: {"email": "ann@acme.example", "name": "Ann"})
    userinfo: dict[str, Any] = field(default_factory=dict)
    names_itself: bool = True
    change_discovery: Change = _same
    change_keys: Change = _same
    change_claims: Change = _same
    change_answer: Change = _same
    change_token_answer: Change = _same
    change_userinfo: Change = _same
    change_header: Change = _same
    # Makes the token itself, from its claims.
    sign: Callable[[dict[str, Any]], str] | None = None
    asked: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Code] = field(default_factory=dict)
    access_tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Return the issuer."""
        return f"http://127.0.0.1:{self.port}"

    def discovery(self) -> Any:
        """Return the description of itself."""
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        return self.change_discovery(document)

    def keys(self) -> Any:
        """Return the public keys."""
        return self.change_keys({"keys": [key.as_dict(private=False) for key in (RSA_KEY, EC_KEY)]})

    def token(self, claims: dict[str, Any]) -> str:
        """Return claims as a signed token."""
        if self.sign is not None:
            return self.sign(claims)
        header = self.change_header({"alg": "RS256", "kid": "rsa"})
        return jwt.encode(header, claims, RSA_KEY, algorithms=[header["alg"]])

    def authorize(self, url: str) -> dict[str, str]:
        """Sign the person in whom `subject` and `claims` name, and return what the browser brings back."""
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(query, {"sub": self.subject, **self.claims})
        answer = {"code": code, "state": query["state"]}
        if self.names_itself:
            answer["iss"] = self.issuer
        return dict(self.change_answer(answer))

    def redeem(self, form: dict[str, str], authorization: str | None) -> tuple[int, Any]:
        """Answer the token endpoint: each code once, for its client, redirect URI and verifier."""
        expected = base64.b64encode(f"{quote(CLIENT_ID)}:{quote(CLIENT_SECRET, safe='')}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret"))
        if authorization != f"Basic {expected}" and posted != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        code = self.codes.pop(form.get("code", ""), None)
        if code is None or form.get("grant_type") != "authorization_code":
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        same = form.get("redirect_uri") == code.query["redirect_uri"]
        if not same or code.query["code_challenge_method"] != "S256" or code.query["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(16)
        self.access_tokens[access_token] = {"sub": code.claims["sub"], **self.userinfo}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": code.query["nonce"],
            "at_hash": left_half(access_token),
            **code.claims,
        }
        token = self.token(self.change_claims(claims))
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": token}
        return 200, self.change_token_answer(answer)

    def logout_token(self, **claims: Any) -> str:
        """Return a logout token for the present subject; a claim of None is left out."""
        now = int(time.time())
        whole = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(8),
            "sub": self.subject,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **claims,
        }
        header = {"alg": "RS256", "kid": "rsa", "typ": "logout+jwt"}
        return jwt.encode(header, {name: value for name, value in whole.items() if value is not None}, RSA_KEY)


def _handler(provider: TestProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked[path] += 1
            if path == "/.well-known/openid-configuration":
                self._answer(200, provider.discovery())
            elif path == "/jwks":
                self._answer(200, provider.keys())
            elif path == "/userinfo":
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                person = provider.access_tokens.get(token)
                self._answer(401 if person is None else 200, provider.change_userinfo(person or {}))
            elif path == "/authorize":
                answer = provider.authorize(self.path)
                redirect = dict(parse_qsl(urlsplit(self.path).query))["redirect_uri"]
                self.send_response(302)
                self.send_header("Location", f"{redirect}?{urlencode(answer)}")
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.asked[self.path] += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._answer(*provider.redeem(dict(parse_qsl(body)), self.headers.get("Authorization")))

        def _answer(self, status: int, document: Any) -> None:
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def serving() -> Iterator[TestProvider]:
    """Serve a provider until the block ends."""
    provider = TestProvider()
    server = _Server(("127.0.0.1", 0), _handler(provider))
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
