"""Logins by OpenID Connect (OI02 to OI14): a provider of ill will gets nobody in, whatever it says."""

import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from scim_server.outbound.client import Outbound
from scim_server.sso.errors import Disbelieved, ProviderUnavailable
from scim_server.sso.keys import KeyCache, read_keys
from scim_server.sso.provider import Client, Provider, new_challenge
from tests.support.ill_will import VARIANTS, header, moved, raw
from tests.support.loopback import answer, dribble, listening
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, RSA_KEY, TestProvider, serving

REDIRECT = "https://scim.example.com/login/sso/1/callback"
LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.fixture
def op() -> Iterator[TestProvider]:
    """Give an OpenID provider."""
    with serving() as provider:
        yield provider


def provider_of(op: TestProvider) -> Provider:
    return Provider(Client(op.issuer, CLIENT_ID, CLIENT_SECRET), Outbound(LOOPBACK))


def log_in(op: TestProvider, provider: Provider) -> str:
    challenge = new_challenge()
    answered = op.authorize(provider.authorization_url(challenge, REDIRECT))
    return provider.login(answered, challenge, REDIRECT).person.subject


def test_R13_there_are_variants_enough() -> None:
    assert len(VARIANTS) >= 60


@pytest.mark.parametrize("variant", VARIANTS)
def test_OI02_OI04_OI05_OI06_OI07_OI08_OI09_OI10_OI11_OI12_OI13_R13_a_lie_is_refused(
    op: TestProvider, variant: str
) -> None:
    assert log_in(op, provider_of(op)) == "ann-1"
    VARIANTS[variant](op)
    with pytest.raises((Disbelieved, ProviderUnavailable)) as refusal:
        log_in(op, provider_of(op))
    shown = str(refusal.value)
    assert shown.isprintable()
    assert len(shown) < 500
    assert "<script>" not in shown or "'" in shown  # quoted, and escaped by whoever shows it
    assert CLIENT_SECRET not in shown


@pytest.mark.parametrize("twist", [moved(exp=-50), moved(iat=50), moved(nbf=50), moved(iat=-590)])
def test_OI09_clocks_may_differ_by_a_minute(op: TestProvider, twist) -> None:
    twist(op)
    assert log_in(op, provider_of(op)) == "ann-1"


def test_OI03_the_verifier_is_new_each_time_and_s256_whatever_the_provider_offers(op: TestProvider) -> None:
    op.change_discovery = lambda document: {**document, "code_challenge_methods_supported": ["plain"]}
    provider = provider_of(op)
    queries = []
    for _ in range(2):
        challenge = new_challenge()
        answered = op.authorize(provider.authorization_url(challenge, REDIRECT))
        queries.append(op.codes[answered["code"]].query)
        # A code that was stolen on its way is worth nothing to another browser's login.
        with pytest.raises(Disbelieved, match="invalid_grant"):
            provider.login(answered, new_challenge(), REDIRECT)
    assert [query["code_challenge_method"] for query in queries] == ["S256", "S256"]
    assert queries[0]["code_challenge"] != queries[1]["code_challenge"]


def test_OI04_a_code_of_one_provider_is_worth_nothing_at_another(op: TestProvider) -> None:
    """A callback belongs to one Connection; without `iss` the other provider does not know the code."""
    with serving() as other:
        for provider in (op, other):
            provider.names_itself = False
        challenge = new_challenge()
        answered = other.authorize(provider_of(other).authorization_url(challenge, REDIRECT))
        with pytest.raises(Disbelieved, match="invalid_grant"):
            provider_of(op).login(answered, challenge, REDIRECT)
        # Nor does a token of the other: it names its issuer.
        op.sign = other.token
        op.change_claims = lambda claims: {**claims, "iss": other.issuer}
        with pytest.raises(Disbelieved, match="another issuer"):
            log_in(op, provider_of(op))


def test_OI06_random_kids_do_not_make_us_ask(op: TestProvider) -> None:
    provider = provider_of(op)
    assert log_in(op, provider) == "ann-1"
    for number in range(20):
        header(kid=f"random-{number}")(op)
        with pytest.raises(Disbelieved, match="kid"):
            log_in(op, provider)
    assert op.asked["/jwks"] == 1


def test_OI06_a_new_key_is_found_after_a_minute_and_an_old_one_goes_within_an_hour() -> None:
    moment, fetched = [0.0], []
    published = [[RSA_KEY.as_dict(private=False)]]

    def fetch():
        fetched.append(moment[0])
        return read_keys({"keys": published[0]})

    cache = KeyCache(fetch, lambda: moment[0])
    old, new = {"alg": "RS256", "kid": "rsa"}, {"alg": "RS256", "kid": "new"}
    assert cache.key_for(old) is not None
    published[0] = [{**RSA_KEY.as_dict(private=False), "kid": "new"}]
    moment[0] = 60.0
    assert cache.key_for(new) is None
    moment[0] = 61.0
    assert cache.key_for(new) is not None
    assert cache.key_for(old) is None
    moment[0] = 61.0 + 3601.0
    published[0] = []
    assert cache.key_for(new) is None
    assert fetched == [0.0, 61.0, 3662.0]


def test_OI06_a_provider_that_is_away_is_not_asked_more_often() -> None:
    asked = []

    def fetch():
        asked.append(1)
        raise ProviderUnavailable

    cache = KeyCache(fetch, lambda: 0.0)
    with pytest.raises(ProviderUnavailable):
        cache.key_for({"alg": "RS256", "kid": "rsa"})
    assert [cache.key_for({"alg": "RS256", "kid": "rsa"}) for _ in range(10)] == [None] * 10
    assert len(asked) == 1


@pytest.mark.parametrize(
    "handler",
    [
        answer(b"{" + b'"a": 1, ' * 200_000 + b'"keys": []}'),
        answer(b"[" * 1000),
        answer(b"{}", content_encoding="gzip"),
        answer(b"", "302 Found", location="/again"),
        answer(b"<html>", "500 Oops"),
        dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000, pause=0.3),
    ],
    ids=["huge", "deep", "gzip", "loop", "500", "slow"],
)
@pytest.mark.parametrize("endpoint", ["jwks_uri", "token_endpoint", "userinfo_endpoint"])
def test_OI14_huge_and_slow_providers(op: TestProvider, handler, endpoint: str) -> None:
    op.claims = {}  # so that userinfo is asked
    with listening(handler) as server:
        place = f"http://127.0.0.1:{server.port}/x"
        op.change_discovery = lambda document: {**document, endpoint: place}
        provider = Provider(Client(op.issuer, CLIENT_ID, CLIENT_SECRET), Outbound(LOOPBACK, seconds=2))
        with pytest.raises((Disbelieved, ProviderUnavailable)):
            log_in(op, provider)
    assert server.connections in {1, 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": {}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": 1}},
        {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        {"nonce": "x"},
        {"jti": None},
        {"sub": None},
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"iat": None},
        {"exp": None},
        {"exp": 1},
        {"iat": 1},
    ],
    ids=str,
)
def test_a_logout_token_that_is_none_ends_nothing(op: TestProvider, changes) -> None:
    provider = provider_of(op)
    good = provider.logout(op.logout_token(sid="s-1"))
    assert (good.subject, good.provider_session) == ("ann-1", "s-1")
    assert abs(good.issued_at - time.time()) < 60
    assert provider.logout(op.logout_token(sub=None, sid="s-1")).subject is None
    with pytest.raises(Disbelieved):
        provider.logout(op.logout_token(**changes))


def test_an_id_token_is_no_logout_token(op: TestProvider) -> None:
    provider = provider_of(op)
    challenge = new_challenge()
    id_token = provider.login(
        op.authorize(provider.authorization_url(challenge, REDIRECT)), challenge, REDIRECT
    ).id_token
    with pytest.raises(Disbelieved):
        provider.logout(id_token)
    with pytest.raises(Disbelieved):
        provider.logout(raw({"alg": "RS256", "kid": "rsa"}, {}))
