"""What an identity provider says about itself (OpenID Connect Discovery 1.0), read without trust."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scim_server.outbound.addresses import AddressRefused, read_url
from scim_server.sso.errors import Disbelieved


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints of a provider. `names_itself` tells that it adds `iss` to its answers (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool
    takes_basic: bool


def check_issuer(issuer: str) -> str:
    """Return an issuer that can be configured; raises AddressRefused.

    It is compared letter by letter ever after (OpenID Connect Core §3.1.3.7), so it is taken as it is written.
    """
    read_url(issuer)
    if "?" in issuer:
        raise AddressRefused("An issuer has no query part.")
    return issuer


def discovery_url(issuer: str) -> str:
    """Return where a provider describes itself (Discovery §4)."""
    return f"{issuer.removesuffix('/')}/.well-known/openid-configuration"


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Return the endpoints of a discovery document; raises Disbelieved where they are not those of `issuer`."""
    if document.get("issuer") != issuer:
        raise Disbelieved(f"The provider calls itself {_shown(document.get('issuer'))}; configured is {issuer!r}.")
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        userinfo_endpoint=_optional(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_optional(document, "end_session_endpoint", issuer),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
    )


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    value = document.get(name)
    try:
        is_encrypted = read_url(value if isinstance(value, str) else "").is_encrypted
    except AddressRefused as error:
        raise Disbelieved(f"The provider's {name} {_shown(value)} cannot be used: {error}") from None
    # http is for tests on one machine; a provider with https does everything over it.
    if not is_encrypted and read_url(issuer).is_encrypted:
        raise Disbelieved(f"The provider's {name} {_shown(value)} is not encrypted.")
    return str(value)


def _optional(document: Mapping[str, Any], name: str, issuer: str) -> str | None:
    return None if document.get(name) is None else _endpoint(document, name, issuer)


def _shown(value: Any) -> str:
    return repr(value)[:200]
