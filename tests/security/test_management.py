"""Attacks on the management API as a whole (security catalogue AU, SC06, R25), on both databases.

They walk the URL map, so that whoever adds a route is attacked at once.
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from scim_server.database.engines import dispose_engines
from scim_server.roles.catalogue import catalogue
from scim_server.settings import Settings, SettingsError
from scim_server.tokens.service import MANAGEMENT_SCOPE, create_token
from scim_server.web.management.document import camel, operations_of
from tests.conftest import OPERATOR, Cast, make_app
from tests.support.api import ApiClient, good, refused

# Routes that need no token, and why.
PUBLIC = {
    "docs.openapi": "it describes the API and names nobody",
    "docs.page": "as the document that it is made of",
    "docs.style": "the style of that page",
}
# Operations that declare no permission, and why.
OF_LOWER_SCOPES = "a role on the Workspace or Deployment may permit it, so the service decides"
WITHOUT_PERMISSION = {
    "readSelf": "everyone may see themselves",
    "leaveOrganization": "everyone may leave",
    "changeUserRoles": OF_LOWER_SCOPES,
    "changeTeamRoles": OF_LOWER_SCOPES,
    "changeTokenRoles": OF_LOWER_SCOPES,
    "listWorkspaces": OF_LOWER_SCOPES,
    "readWorkspace": OF_LOWER_SCOPES,
    "updateWorkspace": OF_LOWER_SCOPES,
    "deleteWorkspace": OF_LOWER_SCOPES,
    "listDeployments": OF_LOWER_SCOPES,
    "createDeployment": OF_LOWER_SCOPES,
    "readDeployment": OF_LOWER_SCOPES,
    "updateDeployment": OF_LOWER_SCOPES,
    "deleteDeployment": OF_LOWER_SCOPES,
}

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and rule of everything under /v1."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1"):
            for method in sorted((rule.methods or set()) & set(METHODS)):
                yield rule.endpoint, method, rule.rule


def closed(app: Flask, organization_id: str, *, declared: bool = False) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route that needs a token, with a random id wherever there is one.

    With `declared` only of those that declare a permission.
    """
    random = str(uuid.uuid4())
    for endpoint, method, rule in routes(app):
        left_to_service = camel(endpoint.rpartition(".")[2]) in WITHOUT_PERMISSION
        if endpoint not in PUBLIC and not (declared and left_to_service):
            path = rule.replace("<organization_id>", organization_id)
            yield method, re.sub(r"<[^>]+>", random, path)


def test_every_route_has_a_permission_or_a_reason(app: Flask) -> None:
    document: dict[str, Any] = app.extensions["management_documentation"].document
    told = {
        operation["operationId"]: operation["x-permission"]
        for item in document["paths"].values()
        for _, operation in operations_of(item)
    }
    known = catalogue().organization.role(catalogue().owner).permissions

    without = {name for name, permission in told.items() if not permission}
    open_routes = {endpoint for endpoint, _, _ in routes(app)} & set(PUBLIC)
    assert open_routes == set(PUBLIC)
    assert len(told) == len([1 for endpoint, _, _ in routes(app) if endpoint not in PUBLIC])
    assert without <= set(WITHOUT_PERMISSION)
    assert {permission for permission in told.values() if permission} <= known


def test_AU01_no_route_answers_without_a_token(cast: Cast) -> None:
    client = cast.api.app.test_client()
    for method, path in closed(cast.api.app, cast.api.organization_id):
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": "Basic eDp4"}):
            answer = client.open(path, method=method, headers=headers)
            refused(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_AU04_no_route_takes_a_token_from_elsewhere(cast: Cast) -> None:
    client = cast.api.app.test_client()
    for name in ("session", "token", "access_token", "Authorization"):
        client.set_cookie(name, cast.api.token)
    for method, path in closed(cast.api.app, cast.api.organization_id):
        for name in ("access_token", "token", "api_key"):
            refused(client.open(path, method=method, query_string={name: cast.api.token}), 401)
        for name in ("X-Api-Key", "X-Auth-Token", "Proxy-Authorization"):
            refused(client.open(path, method=method, headers={name: cast.api.token}), 401)


def test_AU08_a_role_that_permits_nothing_is_refused_before_the_body_is_read(cast: Cast) -> None:
    _, token = create_token(cast.api.organization_id, OPERATOR, name="none", scopes=(MANAGEMENT_SCOPE,))
    client = cast.api.app.test_client()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Content-Length": "900000"}

    for method, path in closed(cast.api.app, cast.api.organization_id, declared=True):
        if method in {"POST", "PUT", "PATCH"}:
            answer = client.open(path, method=method, headers=headers, environ_overrides={"wsgi.input": Unread()})
            assert answer.status_code in {403, 404}, path


class Unread:
    """A body that must not be read."""

    def read(self, _size: int = -1) -> bytes:
        raise AssertionError("The body was read before the token was checked.")

    readline = read


ENCODED = [
    "/v1%2forganizations/{organization}",
    "/v1/organizations%2f{organization}",
    "/v1/organizations/{organization}%2faudit-events",
    "/v1/organizations/{organization}%5caudit-events",
    "/v1/organizations/{organization}/..;/{organization}",
    "/v1/organizations/x/%2e%2e/{organization}",
    "/v1/organizations/x/../{organization}",
    "/v1/./organizations/{organization}",
    "/v1/organizations/{organization}%00",
    "/v1/organizations/{organization};x=y",
    "/v1/organizations/{organization}/audit-events.json",
    "/V1/organizations/{organization}",
    "/v1/Organizations/{organization}",
    "/healthz/../v1/organizations/{organization}",
]
EQUIVALENT = [
    "/v1/%6frganizations/{organization}",
    "/v1//organizations//{organization}//",
    "/v1/organizations/{organization}/",
]


@pytest.mark.parametrize("path", ENCODED)
def test_AU11_encoded_path_means_nothing(cast: Cast, path: str) -> None:
    client = cast.api.app.test_client()
    path = path.format(organization=cast.api.organization_id)

    for token in (cast.api.token, cast.charlies_api.token):
        assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 404
    assert client.get(path).status_code in {401, 404}


@pytest.mark.parametrize("path", EQUIVALENT)
def test_AU11_equivalent_path_is_guarded_as_the_plain_one(cast: Cast, path: str) -> None:
    client = cast.api.app.test_client()
    path = path.format(organization=cast.api.organization_id)

    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": f"Bearer {cast.charlies_api.token}"}).status_code == 404
    good(client.get(path, headers={"Authorization": f"Bearer {cast.api.token}"}))


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method")


def test_AU12_method_override(cast: Cast) -> None:
    for _, path in closed(cast.api.app, cast.api.organization_id):
        for name in OVERRIDES:
            for sent, wanted in (("GET", "DELETE"), ("POST", "DELETE"), ("GET", "POST")):
                plain = cast.api.request(sent, path)
                overridden = cast.api.request(sent, path, headers={name: wanted})
                assert overridden.status_code == plain.status_code, path
        break
    good(cast.api.get(""))


def test_AU13_other_methods(cast: Cast) -> None:
    """HEAD is GET without its body; what a path has no view for is 405 with Allow, also before a token is asked for."""
    by_path: dict[str, set[str]] = {}
    for method, path in closed(cast.api.app, cast.api.organization_id):
        by_path.setdefault(path, set()).add(method)

    for path, methods in by_path.items():
        for method in ("TRACE", "CONNECT", "PROPFIND", "OPTIONS", "BREW", "PUT"):
            answer = cast.api.request(method, path)
            assert answer.status_code == 405, (method, path)
            allowed = set(answer.headers["Allow"].split(", "))
            # Of a fixed word like `self` there are also the methods of an id in its place.
            assert methods <= allowed <= {"HEAD", *METHODS}
        if "GET" in methods:
            head, get = cast.api.request("HEAD", path), cast.api.request("GET", path)
            assert (head.status_code, head.get_data()) == (get.status_code, b"")


def test_AU14_forged_proxy_headers(cast: Cast) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.test",
        "Forwarded": "for=203.0.113.9;host=evil.test",
        "X-Real-IP": "203.0.113.9",
        "X-Original-URL": "/healthz",
        "X-Org": cast.charlies_api.organization_id,
    }
    _, token = create_token(cast.api.organization_id, OPERATOR, name="none", scopes=(MANAGEMENT_SCOPE,))
    refused(ApiClient(cast.api.app, cast.api.organization_id, token).request("GET", "", headers=forged), 403)

    (event, *_) = good(cast.api.get("/audit-events", action="api:request:refused", limit=1))["auditEvents"]
    assert event["sourceIp"] == "127.0.0.1"
    assert "evil" not in str(event)


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "127.0.0.1@evil.test"])
@pytest.mark.parametrize("path", ["", "/v1/openapi.json", "/v1/docs"])
def test_AU15_foreign_host(cast: Cast, host: str, path: str) -> None:
    answer = cast.api.request("GET", path, headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.get_data(as_text=True)


def test_AU18_cross_origin(cast: Cast) -> None:
    headers = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    for path in ("", "/audit-logs", "/v1/openapi.json", "/v1/docs"):
        for method in ("OPTIONS", "GET"):
            answer = cast.api.request(method, path, headers=headers)
            assert not [name for name in answer.headers.keys() if name.lower().startswith("access-control-")]
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture(scope="module")
def limited(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give an application with the limits that it has by default."""
    names = ("management_gets_per_second", "management_posts_per_second", "management_deletes_per_second")
    rates = {name: Settings.model_fields[name].default for name in names}
    assert list(rates.values()) == [25, 10, 5]
    application = make_app(database_url, tmp_path_factory.mktemp("limited"), **rates)
    yield application
    dispose_engines(application)


@pytest.mark.parametrize(("method", "rate"), [("GET", 25), ("HEAD", 25), ("POST", 10), ("PATCH", 10), ("DELETE", 5)])
def test_limits_of_a_token(limited: Flask, cast: Cast, method: str, rate: int) -> None:
    """At least the rate always passes, at most twice as much at once; then 429 with whole seconds."""
    asked = "GET" if method == "HEAD" else method
    path = next((path for sent, path in closed(limited, cast.api.organization_id) if sent == asked), None)
    if path is None:
        pytest.skip(f"no route has {method} yet")
    client = ApiClient(limited, cast.api.organization_id, cast.api.token)

    # The bucket fills meanwhile, so there is no end to be counted on before many more.
    answers: list[TestResponse] = []
    while len(answers) < 40 * rate and (not answers or answers[-1].status_code != 429):
        answers.append(client.request(method, path))

    assert len(answers) > 2 * rate
    assert answers[-1].status_code == 429
    assert re.fullmatch(r"[1-9]\d*", answers[-1].headers["Retry-After"])
    if method != "HEAD":
        refused(answers[-1], 429)
    # One token's limit is no other's.
    assert ApiClient(limited, cast.api.organization_id, cast.charlies_api.token).get("").status_code == 404


@pytest.mark.parametrize(
    "setting",
    [
        {"secret_key": "dev"},
        {"secret_key": "changeme" * 2},
        {"secret_key_fallbacks": ["dev"]},
        {"public_url": "http://idp.example.com"},
        {"debug": True},
        {"trusted_hosts": ["*"]},
    ],
)
def test_SC06_weak_settings(tmp_path: Path, setting: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Settings.load(home=tmp_path, **setting)


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/organizations/..;/x", "/v1/organizations/a%5cb", "/v1/a%00"])
def test_AU11_unknown_paths_are_answered_in_the_form_of_the_api(cast: Cast, path: str) -> None:
    refused(cast.api.request("GET", path), 404)
