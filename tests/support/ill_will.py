"""What a provider of ill will, or somebody in its name, may say: each row turns a provider into one that lies once."""

import base64
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import OctKey

from tests.support.provider import (
    CLIENT_ID,
    EC_KEY,
    OTHER_RSA_KEY,
    RSA_KEY,
    TestProvider,
    left_half,
)

Twist = Callable[[TestProvider], None]
DAY = 86_400


def claims(**changes: Any) -> Twist:
    """Change claims of the token; None removes one."""

    def change(before: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**before, **changes}.items() if value is not None}

    return lambda op: setattr(op, "change_claims", change)


def moved(**seconds: int) -> Twist:
    """Set times of the token, in seconds from now."""

    def twist(op: TestProvider) -> None:
        claims(**{name: int(time.time()) + later for name, later in seconds.items()})(op)

    return twist


def header(**changes: Any) -> Twist:
    """Change headers of the token; it is signed with the right key all the same."""

    def sign(content: dict[str, Any]) -> str:
        whole = {"alg": "RS256", "kid": "rsa", **changes}
        return raw({name: value for name, value in whole.items() if value is not None}, content)

    return lambda op: setattr(op, "sign", sign)


def part(value: Any) -> str:
    """Return a part of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(head: Any, content: Any, *, key: Any = RSA_KEY, algorithm: str = "RS256") -> str:
    """Sign any two parts, whatever the header says."""
    signed = f"{part(head)}.{part(content)}"
    model = jws.JWSRegistry.algorithms[algorithm]
    return f"{signed}.{part(model.sign(signed.encode(), key))}"


def signed_by(make: Callable[[dict[str, Any]], str]) -> Twist:
    """Let a function make the token."""
    return lambda op: setattr(op, "sign", make)


def with_public_key_as_secret(content: dict[str, Any]) -> str:
    """Sign with HMAC and the provider's public key, which everybody has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        secret = OctKey.import_key(RSA_KEY.as_pem(private=False))
    return raw({"alg": "HS256", "kid": "rsa"}, content, key=secret, algorithm="HS256")


def with_client_secret(content: dict[str, Any]) -> str:
    """Sign with HMAC and the client's secret, which the provider has."""
    return raw({"alg": "HS256"}, content, key=OctKey.import_key("the client's secret: +/%"), algorithm="HS256")


def unsigned(algorithm: str) -> Twist:
    """Sign nothing at all."""
    return signed_by(lambda content: f"{part({'alg': algorithm})}.{part(content)}.")


def tampered(content: dict[str, Any]) -> str:
    """Change the claims after they were signed."""
    head, _, signature = jwt.encode({"alg": "RS256", "kid": "rsa"}, content, RSA_KEY).split(".")
    return f"{head}.{part({**content, 'sub': 'admin'})}.{signature}"


def keys(*published: dict[str, Any]) -> Twist:
    """Publish other keys."""
    return lambda op: setattr(op, "change_keys", lambda _: {"keys": list(published)})


def discovery(**changes: Any) -> Twist:
    """Describe itself otherwise."""
    return lambda op: setattr(op, "change_discovery", lambda document: {**document, **changes})


def token_answer(**changes: Any) -> Twist:
    """Answer the code otherwise; None removes a part."""

    def change(before: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**before, **changes}.items() if value is not None}

    return lambda op: setattr(op, "change_token_answer", change)


def answer(**changes: Any) -> Twist:
    """Send the browser back with other parameters; None removes one."""

    def change(before: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**before, **changes}.items() if value is not None}

    return lambda op: setattr(op, "change_answer", change)


def userinfo(**changes: Any) -> Twist:
    """Leave the address to the userinfo endpoint, and say something else there."""

    def twist(op: TestProvider) -> None:
        op.claims = {}
        op.userinfo = {"email": "ann@acme.example"}
        op.change_userinfo = lambda before: {
            name: value for name, value in {**before, **changes}.items() if value is not None
        }

    return twist


_PUBLIC = RSA_KEY.as_dict(private=False)
_ATTACKERS = OTHER_RSA_KEY.as_dict(private=False)

VARIANTS: dict[str, Twist] = {
    "OI02 no nonce": claims(nonce=None),
    "OI02 another nonce": claims(nonce="x" * 43),
    "OI02 empty nonce": claims(nonce=""),
    "OI02 a nonce that is no text": claims(nonce=["x"]),
    "OI04 iss of another provider": answer(iss="https://evil.example"),
    "OI04 iss with a slash": lambda op: answer(iss=f"{op.issuer}/")(op),
    "OI04 no iss where it is promised": answer(iss=None),
    "OI05 none": unsigned("none"),
    "OI05 None": unsigned("None"),
    "OI05 NONE": unsigned("NONE"),
    "OI05 empty algorithm": unsigned(""),
    "OI05 no algorithm": header(alg=None),
    "OI05 an algorithm that is no text": header(alg=["RS256"]),
    "OI05 HS256 with the public key": signed_by(with_public_key_as_secret),
    "OI05 HS256 with the client's secret": signed_by(with_client_secret),
    "OI05 an algorithm that is not pinned": signed_by(
        lambda content: jwt.encode({"alg": "ES256", "kid": "ec"}, content, EC_KEY)
    ),
    "OI05 another hash than is pinned": signed_by(
        lambda content: jwt.encode({"alg": "RS512", "kid": "rsa"}, content, RSA_KEY, algorithms=["RS512"])
    ),
    "OI05 unknown algorithm": header(alg="XX999"),
    "OI05 unknown crit": header(crit=["x-new"], **{"x-new": 1}),
    "OI05 known crit": header(crit=["b64"], b64=True),
    "OI05 empty crit": header(crit=[]),
    "OI05 b64": header(b64=False),
    "OI05 the attacker's jwk": signed_by(
        lambda content: raw({"alg": "RS256", "kid": "rsa", "jwk": _ATTACKERS}, content, key=OTHER_RSA_KEY)
    ),
    "OI05 the right jwk": header(jwk=_PUBLIC),
    "OI05 jku": header(jku="https://evil.example/jwks"),
    "OI05 x5u": header(x5u="https://evil.example/cert.pem"),
    "OI05 another key": signed_by(lambda content: raw({"alg": "RS256", "kid": "rsa"}, content, key=OTHER_RSA_KEY)),
    "OI05 changed after signing": signed_by(tampered),
    "OI05 no signature": signed_by(lambda content: f"{part({'alg': 'RS256', 'kid': 'rsa'})}.{part(content)}."),
    "OI05 padded parts": signed_by(lambda content: jwt.encode({"alg": "RS256", "kid": "rsa"}, content, RSA_KEY) + "=="),
    "OI05 two parts": signed_by(lambda content: "a.b"),
    "OI05 five parts": signed_by(lambda content: "a.b.c.d.e"),
    "OI05 a header that names the algorithm twice": signed_by(
        lambda content: raw(b'{"alg":"none","kid":"rsa","alg":"RS256"}', content)
    ),
    "OI05 a logout token": header(typ="logout+jwt"),
    "OI05 an access token": header(typ="at+jwt"),
    "OI05 claims that name a subject twice": signed_by(
        lambda content: raw({"alg": "RS256", "kid": "rsa"}, json.dumps(content).encode()[:-1] + b',"sub":"admin"}')
    ),
    "OI05 claims that are a list": signed_by(lambda content: raw({"alg": "RS256", "kid": "rsa"}, [content])),
    "OI06 unknown kid": header(kid="new"),
    "OI06 path traversal in kid": header(kid="../../../dev/null"),
    "OI06 SQL in kid": header(kid="x' UNION SELECT 'key"),
    "OI06 a kid that is no text": header(kid={"a": 1}),
    "OI06 a huge kid": header(kid="x" * 5000),
    "OI06 duplicate kid": keys(_ATTACKERS, _PUBLIC),
    "OI06 a key for encryption": keys({**_PUBLIC, "use": "enc"}),
    "OI06 a key for another algorithm": keys({**_PUBLIC, "alg": "RS512"}),
    "OI06 a private key that is published": keys(RSA_KEY.as_dict(private=True)),
    "OI06 no keys": keys(),
    "OI06 no kid and two keys": lambda op: (header(kid=None)(op), keys(_PUBLIC, {**_ATTACKERS, "kid": "b"})(op))[0],
    "OI07 another client": claims(aud="other"),
    "OI07 another client too": claims(aud=[CLIENT_ID, "other"]),
    "OI07 no audience": claims(aud=None),
    "OI07 empty audience": claims(aud=[]),
    "OI07 audience that holds the name": claims(aud=f"{CLIENT_ID} "),
    "OI07 azp": claims(azp="other"),
    "OI08 trailing slash": lambda op: claims(iss=f"{op.issuer}/")(op),
    "OI08 https": lambda op: claims(iss=op.issuer.replace("http:", "https:"))(op),
    "OI08 other tenant": lambda op: claims(iss=f"{op.issuer}/other")(op),
    "OI08 no issuer": claims(iss=None),
    "OI08 metadata of another issuer": discovery(issuer="https://evil.example"),
    "OI08 metadata with a slash": lambda op: discovery(issuer=f"{op.issuer}/")(op),
    "OI08 metadata without an issuer": discovery(issuer=None),
    "OI09 expired": moved(iat=-400, exp=-61),
    "OI09 issued in the future": moved(iat=90),
    "OI09 not yet": moved(nbf=90),
    "OI09 good for ten years": moved(exp=3650 * DAY),
    "OI09 old": moved(iat=-700),
    "OI09 no expiry": claims(exp=None),
    "OI09 no issue": claims(iat=None),
    "OI09 expiry as text": claims(exp="9999999999"),
    "OI09 expiry as truth": claims(exp=True),
    "OI10 at_hash of another token": claims(at_hash=left_half("other")),
    "OI10 at_hash of another algorithm": claims(at_hash=left_half("other", "sha512")),
    "OI10 at_hash that is no text": claims(at_hash=7),
    "OI10 empty at_hash": claims(at_hash=""),
    "OI10 at_hash without an access token": token_answer(access_token=None),
    "OI11 userinfo of somebody else": userinfo(sub="admin"),
    "OI11 userinfo of nobody": userinfo(sub=None),
    "OI12 no code": answer(code=None),
    "OI12 a code of nobody": answer(code="made-up"),
    "OI12 a huge code": answer(code="x" * 5000),
    "OI13 an error": answer(code=None, error="access_denied", error_description="<script>alert(1)</script>"),
    "OI13 an error with a code": answer(error="<script>"),
    "no subject": claims(sub=None),
    "empty subject": claims(sub=""),
    "a subject that is a number": claims(sub=1),
    "a huge subject": claims(sub="x" * 256),
    "a subject with a line break": claims(sub="ann\n1"),
    "no ID token": token_answer(id_token=None),
    "an ID token that is no text": token_answer(id_token={"sub": "ann-1"}),
    "a huge ID token": token_answer(id_token="x" * 70_000),
    "a token that is no bearer": token_answer(token_type="mac"),
    "OB02 keys inside": discovery(jwks_uri="http://10.0.0.1/jwks"),
    "OB02 keys in a file": discovery(jwks_uri="file:///etc/passwd"),
    "OB02 token endpoint inside": discovery(token_endpoint="https://169.254.169.254/"),
    "OB02 authorization endpoint that is a script": discovery(authorization_endpoint="javascript:alert(1)"),
    "OB02 logout page that is a script": discovery(end_session_endpoint="javascript:alert(1)"),
    "no token endpoint": discovery(token_endpoint=None),
    "keys that are no list": lambda op: setattr(op, "change_keys", lambda _: {"keys": {}}),
    "keys that are no object": lambda op: setattr(op, "change_keys", lambda _: []),
}
