"""Installations for the tests of commands."""

import json
import uuid
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.postgres import create_database


@pytest.fixture(scope="module")
def installation(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Give an installation with tables, on each database, that the tests of one file share."""
    database_url = None
    if backend == "postgresql":
        database_url = create_database(request.getfixturevalue("postgres"), f"cli_{uuid.uuid4().hex[:12]}")
    made = Installation(tmp_path_factory.mktemp("installation"), database_url)
    made.good("db", "upgrade")
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Installation:
    """Give an installation on SQLite that nothing was done to yet."""
    return Installation(tmp_path)


@pytest.fixture
def slug(installation: Installation) -> str:
    """Give the slug of a new Organization with an Owner."""
    made = installation.json("organization", "create", f"Acme {uuid.uuid4().hex[:8]}", "--owner", "ann@acme.example")
    return str(made["organization_slug"])


@pytest.fixture
def extension_file(tmp_path: Path) -> Path:
    """Give a file with the schema of an extension."""
    path = tmp_path / "schema.json"
    attribute = {"name": "badge", "type": "string"}
    path.write_text(json.dumps({"id": "urn:example:scim:badges:2.0:User", "attributes": [attribute]}))
    return path
