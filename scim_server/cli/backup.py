"""`scim-server db backup` and `db restore`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from scim_server.cli.output import json_option, print_json
from scim_server.cli.runtime import with_database
from scim_server.database import reading, schema
from scim_server.database.backups import BackupError, Progress, back_up, inspect_backup
from scim_server.database.backups import restore as put_in_place
from scim_server.organizations.service import list_organizations

file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@file_argument
@json_option
@with_database(migrated=False)
def backup(file: Path, as_json: bool) -> None:
    """Write a whole copy of the database into a new FILE, while servers run.

    SQLite is copied by its online backup, PostgreSQL by pg_dump. Keep the secret key with it.

    \b
    Example: scim-server db backup scim-server-$(date +%F).backup
    """
    with _told(), _progress("backup") as progress:
        made = back_up(file, progress)
    if as_json:
        print_json(made)
        return
    click.echo(f"{made.file}: {made.bytes:,} bytes, at revision {made.revision}.")
    click.echo("Keep the secret key too: without it, sealed secrets and the audit log's proof are lost.", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@with_database(migrated=False)
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Put the backup in FILE in place of the database; servers and workers must be stopped.

    A backup of a newer version is refused. The database of before is kept under another name, and is put back where
    what was restored cannot be used.

    \b
    Example: scim-server db restore scim-server-2026-11-25.backup
    """
    with _told():
        revision = inspect_backup(file)
        present = _present()
        if present and not yes:
            click.confirm(f"Replace {present} by {file}, at revision {revision}?", abort=True)
        with _progress("restore") as progress:
            restored = put_in_place(file, progress)
    if as_json:
        print_json(restored)
        return
    click.echo(f"The database is what {file} holds, at revision {restored.revision}.")
    if restored.revision != schema.newest_revision():
        click.echo("This version needs newer tables. Next: scim-server db upgrade")
    if present and restored.kept:
        click.echo(f"That of before is kept as {restored.kept}: delete it when all is well.", err=True)


def _present() -> str | None:
    """Return what would be replaced, in words; None where there is nothing."""
    try:
        with reading() as connection:
            revision = schema.current_revision(connection)
        if revision is None:
            return None
        if revision != schema.newest_revision():
            return f"a database at revision {revision}"
        found = list_organizations()
    except SQLAlchemyError:
        return "a database that cannot be read"
    users = sum(each.users for each in found)
    return f"a database of {len(found):,} Organizations with {users:,} Users"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
    """Give what is told how many parts of how many are done, and shows it on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and of no use without a terminal
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above
    from rich.progress import Progress as Bar  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        # Moves without a length until the first part is told, as PostgreSQL tells none.
        shown = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)
