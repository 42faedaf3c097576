"""Back up and restore, the same for both databases."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from scim_server.database import schema
from scim_server.database.backups import postgres_archives, sqlite_files
from scim_server.database.backups.errors import BackupError
from scim_server.database.backups.sqlite_files import Progress
from scim_server.database.base import db
from scim_server.database.engines import dispose_engines
from scim_server.database.transactions import reading

__all__ = ["BackupError", "Made", "Progress", "Restored", "back_up", "inspect_backup", "restore"]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: where it is, its size, and the revision of its tables."""

    file: str
    bytes: int
    revision: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in the database now, and where that is which was in it before; None where it was empty."""

    revision: str
    kept: str | None


def back_up(file: Path, progress: Progress) -> Made:
    """Write a backup of the whole database into a new file; raises BackupError."""
    if file.exists():
        raise BackupError(f"{file} is there already: name another file.")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {file.absolute().parent}.")
    with reading() as connection:
        revision = schema.current_revision(connection)
    if revision is None:
        raise BackupError("The database has no tables yet: there is nothing to keep.")
    unfinished = file.absolute().with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        if _is_sqlite():
            sqlite_files.copy(_sqlite_file(), unfinished, progress)
        else:
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR))
            postgres_archives.dump(db.engine, unfinished)
        _onto_the_disk(unfinished)
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return Made(str(file), file.stat().st_size, revision)


def inspect_backup(file: Path) -> str:
    """Return the revision of a backup, given by its absolute path; raises BackupError where it is of no use here."""
    with file.open("rb") as opened:
        start = opened.read(len(sqlite_files.MAGIC))
    kinds = {sqlite_files.MAGIC: "SQLite", postgres_archives.MAGIC: "PostgreSQL"}
    kind = next((name for magic, name in kinds.items() if start.startswith(magic)), None)
    here = "SQLite" if _is_sqlite() else "PostgreSQL"
    if kind is None:
        raise BackupError(f"{file} is no backup.")
    if kind != here:
        raise BackupError(f"{file} is a backup of {kind}, and this database is {here}.")
    if kind == "SQLite":
        sqlite_files.check(file)
        revision = sqlite_files.revision(file)
    else:
        postgres_archives.check(file)
        revision = postgres_archives.revision(file)
    if revision is None:
        raise BackupError(f"{file} holds no tables of this server.")
    if revision > schema.newest_revision():
        raise BackupError(
            f"{file} is at revision {revision} and this version knows {schema.newest_revision()}: "
            "install the version of the server that made it."
        )
    return revision


def restore(file: Path, progress: Progress) -> Restored:
    """Put a backup in place of the database, which is kept under another name.

    Raises BackupError, and has changed nothing then.
    """
    revision = inspect_backup(file)
    kept = f"before_{datetime.now(UTC):%Y%m%dT%H%M%S}"
    # Our own connections would be those that are in the way.
    dispose_engines(current_app)
    aside = _restore_sqlite(file, kept, progress) if _is_sqlite() else _restore_postgresql(file, kept)
    return Restored(revision, aside)


def _restore_sqlite(file: Path, kept: str, progress: Progress) -> str | None:
    current = _sqlite_file()
    fresh = current.with_name(f".{current.name}.unfinished")
    before = current.with_name(f"{current.name}.{kept}") if current.exists() else None
    sqlite_files.remove(fresh)
    try:
        sqlite_files.copy(file, fresh, progress)
        _onto_the_disk(fresh)
        if before is not None:
            sqlite_files.set_aside(current, before)
        fresh.replace(current)
    finally:
        sqlite_files.remove(fresh)

    def put_back() -> None:
        sqlite_files.remove(current)
        if before is not None:
            before.rename(current)

    _check(put_back)
    return str(before) if before else None


def _restore_postgresql(file: Path, kept: str) -> str | None:
    with postgres_archives.connect(db.engine) as connection:
        postgres_archives.require_alone(connection)
        name = postgres_archives.current_schema(connection)
        kept = kept.lower()
        postgres_archives.set_aside(connection, name, kept)

        def put_back() -> None:
            postgres_archives.put_back(connection, name, kept)

        try:
            postgres_archives.load(db.engine, file)
        except BaseException:
            put_back()
            raise
        _check(put_back)
    return f"schema {kept}"


def _check(put_back: Callable[[], None]) -> None:
    """Read the new database as a server does, and take it out again where that cannot be done."""
    try:
        with reading() as connection:
            found = schema.current_revision(connection)
        problem = schema.drift() if found == schema.newest_revision() else None
    except SQLAlchemyError as error:
        found, problem = None, [str(getattr(error, "orig", None) or error)]
    finally:
        dispose_engines(current_app)
    if found is None or problem:
        put_back()
        raise BackupError("What was restored is not what this version needs, so the database before is back in place.")


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _sqlite_file() -> Path:
    return Path(db.engine.url.database or "")


def _onto_the_disk(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
