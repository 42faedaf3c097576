"""The talk with a provider of good will, over real HTTP: what is asked, sent, and read."""

from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from scim_server.outbound.client import Outbound
from scim_server.sso.errors import Disbelieved, ProviderUnavailable
from scim_server.sso.person import ClaimMapping
from scim_server.sso.provider import Challenge, Client, Provider, code_challenge, new_challenge
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, TestProvider

REDIRECT = "https://scim.example.com/login/sso/1/callback"
LOOPBACK = [ip_network("127.0.0.0/8")]


def provider_of(op: TestProvider, **client: Any) -> Provider:
    return Provider(Client(op.issuer, CLIENT_ID, CLIENT_SECRET, **client), Outbound(LOOPBACK))


def log_in(op: TestProvider, provider: Provider) -> Any:
    challenge = new_challenge()
    return provider.login(op.authorize(provider.authorization_url(challenge, REDIRECT)), challenge, REDIRECT)


def test_a_person_signs_in(op: TestProvider) -> None:
    op.claims |= {"sid": "s-1", "email_verified": True}
    found = log_in(op, provider_of(op))

    person = found.person
    assert (person.issuer, person.subject) == (op.issuer, "ann-1")
    assert (person.email, person.email_verified, person.domain) == ("ann@acme.example", True, "acme.example")
    assert (person.name, person.groups, person.provider_session) == ("Ann", None, "s-1")
    assert found.claims["sub"] == "ann-1"
    assert op.asked == {"/.well-known/openid-configuration": 1, "/token": 1, "/jwks": 1}


def test_what_the_browser_is_sent_with(op: TestProvider) -> None:
    challenge = Challenge("the-state", "the-nonce", "the-verifier")
    url = provider_of(op, scopes=("email", "groups")).authorization_url(challenge, REDIRECT, login_hint="ann@a.example")

    assert url.startswith(f"{op.issuer}/authorize?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "openid email groups",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": code_challenge("the-verifier"),
        "code_challenge_method": "S256",
        "login_hint": "ann@a.example",
    }


def test_the_challenge_is_that_of_the_rfc() -> None:
    """RFC 7636 appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert len({new_challenge().state for _ in range(100)}) == 100
    assert 43 <= len(new_challenge().verifier) <= 128
    assert new_challenge().verifier not in repr(new_challenge())


def test_endpoints_keep_their_query(op: TestProvider) -> None:
    op.change_discovery = lambda document: {
        **document,
        "authorization_endpoint": f"{op.issuer}/authorize?tenant=1",
        "end_session_endpoint": f"{op.issuer}/logout?tenant=1",
    }
    provider = provider_of(op)
    assert provider.authorization_url(new_challenge(), REDIRECT).startswith(f"{op.issuer}/authorize?tenant=1&response")
    url = provider.logout_url("the-token", "https://scim.example.com/")
    assert url is not None
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "tenant": "1",
        "client_id": CLIENT_ID,
        "post_logout_redirect_uri": "https://scim.example.com/",
        "id_token_hint": "the-token",
    }


def test_a_provider_without_a_logout_page(op: TestProvider) -> None:
    op.change_discovery = lambda document: {**document, "end_session_endpoint": None}
    assert provider_of(op).logout_url(None, "https://scim.example.com/") is None


def test_the_secret_in_the_form_where_the_provider_wants_it_there(op: TestProvider) -> None:
    op.change_discovery = lambda document: {**document, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert log_in(op, provider_of(op)).person.subject == "ann-1"


def test_userinfo_is_asked_for_what_is_missing(op: TestProvider) -> None:
    op.claims = {"upn": "ann@acme.example"}
    op.userinfo = {"name": "Ann of userinfo", "upn": "other@acme.example", "memberOf": ["sales", "sales", 7, ""]}
    mapping = ClaimMapping(email="upn", name="name", groups="memberOf")

    person = log_in(op, provider_of(op, mapping=mapping)).person

    assert (person.email, person.name, person.groups) == ("ann@acme.example", "Ann of userinfo", ("sales",))
    assert op.asked["/userinfo"] == 1


@pytest.mark.parametrize(
    ("claims", "field", "value"),
    [
        ({"email": "not an address"}, "email", None),
        ({"email": 7}, "email", None),
        ({"email": ["a@b.example"]}, "email", None),
        ({"email": "a" * 2000 + "@b.example"}, "email", None),
        ({"email": "ANN@Acme.Example"}, "domain", "acme.example"),
        ({"email": "ann@bücher.example"}, "domain", "xn--bcher-kva.example"),
        ({"email_verified": False}, "email_verified", False),
        ({"email_verified": "true"}, "email_verified", True),
        ({"email_verified": "yes"}, "email_verified", False),
        ({"email_verified": 1}, "email_verified", False),
        ({"email_verified": None}, "email_verified", False),
        ({}, "email_verified", None),
        ({"name": "a\nb"}, "name", None),
        ({"name": {"a": 1}}, "name", None),
        ({"sid": 7}, "provider_session", None),
    ],
)
def test_claims_are_read_without_trust(op: TestProvider, claims: dict[str, Any], field: str, value: Any) -> None:
    op.claims |= claims
    assert getattr(log_in(op, provider_of(op)).person, field) == value


@pytest.mark.parametrize(
    ("algorithms", "header"), [(("RS512",), {"alg": "RS512", "kid": "rsa"}), (("ES256", "RS256"), {"alg": "RS256"})]
)
def test_pinned_algorithms(op: TestProvider, algorithms: tuple[str, ...], header: dict[str, Any]) -> None:
    op.change_header = lambda _: header
    op.change_claims = lambda claims: {name: value for name, value in claims.items() if name != "at_hash"}
    assert log_in(op, provider_of(op, algorithms=algorithms)).person.subject == "ann-1"


def test_metadata_are_asked_for_once_in_ten_minutes(op: TestProvider) -> None:
    moment = [1000.0]
    provider = Provider(Client(op.issuer, CLIENT_ID, CLIENT_SECRET), Outbound(LOOPBACK), ticks=lambda: moment[0])
    for later in (0.0, 599.0, 2.0, 1.0):
        moment[0] += later
        provider.metadata()
    assert op.asked["/.well-known/openid-configuration"] == 2


def test_a_provider_that_is_away(op: TestProvider) -> None:
    away = Provider(Client("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET), Outbound(LOOPBACK))
    with pytest.raises(ProviderUnavailable, match="No connection"):
        away.metadata()
    with pytest.raises(ProviderUnavailable, match="404"):
        Provider(Client(f"{op.issuer}/tenant", CLIENT_ID, CLIENT_SECRET), Outbound(LOOPBACK)).metadata()


def test_a_wrong_secret_is_told_in_a_word(op: TestProvider) -> None:
    provider = Provider(Client(op.issuer, CLIENT_ID, "wrong"), Outbound(LOOPBACK))
    with pytest.raises(Disbelieved, match="401: invalid_client"):
        log_in(op, provider)


def test_secrets_are_not_shown(op: TestProvider) -> None:
    provider = provider_of(op)
    assert CLIENT_SECRET not in repr(provider.client)
    found = log_in(op, provider)
    assert found.id_token not in repr(found)
