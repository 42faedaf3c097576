"""One server for all tests of client commands on each database, and an Organization with a token for each file."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.postgres import create_database
from tests.support.terminal import Terminal

OWNER = "ann@acme.example"
FAST = {f"SCIM_SERVER_MANAGEMENT_{kind}_PER_SECOND": "0" for kind in ("GETS", "POSTS", "DELETES")}


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """Give an installation on SQLite, and the address where it is served."""
    yield from _served(Installation(tmp_path_factory.mktemp("client")))


@pytest.fixture(scope="session")
def postgresql_server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Installation, str]]:
    """Give an installation on PostgreSQL, and the address where it is served."""
    database = create_database(request.getfixturevalue("postgres"), f"client_{uuid.uuid4().hex[:12]}")
    yield from _served(Installation(tmp_path_factory.mktemp("client"), database))


@pytest.fixture(scope="module")
def ci(sqlite_server: tuple[Installation, str], tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Give a CI job with nothing but an Owner's token of a new Organization."""
    return ci_job(sqlite_server, tmp_path_factory.mktemp("logins"))


@pytest.fixture
def person(ci: Terminal, tmp_path: Path) -> Terminal:
    """Give somebody at a terminal who has not logged in yet; `SCIM_SERVER_URL` names the server."""
    settings = {"SCIM_SERVER_URL": ci.settings["SCIM_SERVER_URL"], "SCIM_SERVER_CONFIG_HOME": str(tmp_path / "logins")}
    return Terminal(ci.installation, settings)


@pytest.fixture
def logged_in(ci: Terminal, person: Terminal) -> Terminal:
    """Give somebody at a terminal who has logged in by the Owner's token."""
    person.good("login", "--token", ci.settings["SCIM_SERVER_API_TOKEN"])
    return person


def ci_job(server: tuple[Installation, str], logins: Path) -> Terminal:
    """Found an Organization, make its Owner's token, and return who has that alone."""
    installation, url = server
    made = installation.json("organization", "create", f"Acme {uuid.uuid4().hex[:8]}", "--owner", OWNER)
    token = installation.json("token", "create", "-O", made["organization_slug"], "--name", "ci", "--scope", "owner")
    settings = {"SCIM_SERVER_URL": url, "SCIM_SERVER_API_TOKEN": token["token"], "SCIM_SERVER_CONFIG_HOME": str(logins)}
    return Terminal(installation, settings)


def _served(installation: Installation) -> Iterator[tuple[Installation, str]]:
    installation.good("db", "upgrade")
    with installation.serving(**FAST) as server:
        yield installation, server.url
