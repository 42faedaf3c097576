"""Fixtures: our server on each database, and a canaille that provisions it."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.canaille.provider import PROGRAM, Canaille
from tests.support.postgres import create_database
from tests.support.server import RealServer


@dataclass(frozen=True)
class Installation:
    """The two servers of a test."""

    server: RealServer
    canaille: Canaille


@pytest.fixture(scope="session")
def installation(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Give both servers, serving; where canaille is not installed the tests are skipped, but never in CI."""
    if not PROGRAM.exists():
        missing = "canaille is not installed; run 'make canaille' for its environment .venv-canaille"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("canaille")
    if backend == "sqlite":
        database_url = f"sqlite:///{folder}/scim.db"
    else:
        database_url = create_database(request.getfixturevalue("postgres"), f"canaille_{uuid.uuid4().hex[:12]}")
    # canaille is on this machine, where nobody else may be called.
    server = RealServer(folder / "home", database_url, settings={"outbound_private_networks": "127.0.0.0/8"})
    server.home.mkdir()
    canaille = Canaille(folder / "canaille")
    try:
        server.start()
        canaille.set_up(server.founded["scim_base_url"], server.founded["scim_token"])
        canaille.start()
        yield Installation(server, canaille)
    finally:
        canaille.stop()
        server.kill()
