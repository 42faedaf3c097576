"""The state of the database's tables: bring them up to date, or say what is wrong with them.

Alembic is imported by what migrates alone: servers and commands ask for the state at each start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, column, func, inspect, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from scim_server.database.base import Base, db
from scim_server.database.transactions import at_most_twice, reading

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).with_name("migrations")
# Any number that nothing else in the database locks.
_MIGRATION_LOCK = 76_437_644
# Alembic's own table.
_VERSION_TABLE = "alembic_version"
_REVISION = select(column("version_num", String)).select_from(table(_VERSION_TABLE))


class MigrationError(Exception):
    """The tables cannot be taken to the revision that was asked for."""


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration, working on an open connection where one is given."""
    from alembic.config import Config  # noqa: PLC0415 - the module says why

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(revision: str = "head") -> None:
    """Migrate the tables up to a revision, all or nothing; raises MigrationError."""
    from alembic import command  # noqa: PLC0415 - the module says why

    with _alone() as connection:
        command.upgrade(alembic_config(connection), revision)


def downgrade(revision: str) -> None:
    """Migrate the tables down to a revision, all or nothing; raises MigrationError."""
    from alembic import command  # noqa: PLC0415 - the module says why

    with _alone() as connection:
        command.downgrade(alembic_config(connection), revision)


@contextmanager
def _alone() -> Iterator[Connection]:
    """Open a transaction that waits for any other migration: containers start together, and all of them upgrade."""
    from alembic.util.exc import CommandError  # noqa: PLC0415 - the module says why

    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # A migration takes what time it takes, and so does waiting for one.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        try:
            yield connection
        except CommandError as error:
            raise MigrationError(str(error)) from error


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the tables, None for an empty database."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(_REVISION).scalar()


def newest_revision() -> str:
    """Return the revision that this version of the program expects: the files are named in the order of revisions."""
    return max(path.stem.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def drift() -> list[object]:
    """Return how the tables differ from the models; an empty list where they agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - the module says why
    from alembic.migration import MigrationContext  # noqa: PLC0415 - the module says why

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _read_revision() -> str | None:
    with reading() as connection:
        return current_revision(connection)


def schema_problem() -> str | None:
    """Return one line that says why the database cannot be used, or None where it can."""
    try:
        # A connection that a restart of the database has cut is replaced once.
        revision = at_most_twice(_read_revision)
    except SQLAlchemyError:
        return "the database does not answer"
    if revision == newest_revision():
        return None
    if revision is None:
        return "the database has no tables yet; run 'scim-server db upgrade'"
    if revision > newest_revision():
        return (
            f"the database is at revision {revision}, newer than this version knows ({newest_revision()}); "
            "run the version of the server that upgraded it"
        )
    return (
        f"the database is at revision {revision}, this version needs {newest_revision()}; run 'scim-server db upgrade'"
    )
