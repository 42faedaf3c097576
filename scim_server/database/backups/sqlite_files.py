"""SQLite: a copy by its online backup, and a swap of files that no other process has open."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from scim_server.database.backups.errors import BackupError

Progress = Callable[[int, int], None]
MAGIC = b"SQLite format 3\x00"
# Pages that are copied at a time.
_PAGES = 2_000
# Seconds that a swap waits for a process which is about to end.
_PATIENCE = 5


def copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database that others may be writing to into a new file, whole as of now."""
    with _told(), closing(sqlite3.connect(source, isolation_level=None)) as here, closing(_new(target)) as there:
        # An open snapshot: a copy would begin again at every write of another process, and never end.
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.backup(there, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        there.execute("PRAGMA journal_mode=DELETE")  # one file, without a second one for its newest writes
    check(target)


def check(path: Path) -> None:
    """Raise BackupError where a file is no whole database."""
    with _told(), closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError(f"{path} is damaged: {found}")


def revision(path: Path) -> str | None:
    """Return the revision of the tables in a backup, None where it has none."""
    with _told(), closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(found[0]) if found else None


def set_aside(current: Path, kept: Path) -> None:
    """Give the present database a second name; raises BackupError where another process has it open."""
    with _told(), closing(sqlite3.connect(current, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            # Only who has the database alone can leave the WAL; what it holds is in the one file then.
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete":
        raise BackupError("The database is in use: stop the server and its workers first.")
    os.link(current, kept)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupError(f"SQLite says: {error}.") from None


def _new(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return sqlite3.connect(path)


def remove(path: Path) -> None:
    """Delete a database that nobody uses, with the files beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
