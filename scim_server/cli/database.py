"""`scim-server db`: bring the tables up to date, check them, and keep copies."""

import click

from scim_server.cli.backup import backup, restore
from scim_server.cli.runtime import require_tables, with_database
from scim_server.database import reading, schema


@click.group()
def db() -> None:
    """Migrate and check the database, back it up and restore it."""


@db.command()
@with_database(migrated=False)
def upgrade() -> None:
    """Create the tables, or bring them up to this version.

    \b
    Example: scim-server db upgrade
    """
    schema.upgrade()
    click.echo(f"The database is at revision {schema.newest_revision()}.")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database(migrated=False)
def downgrade(revision: str, yes: bool) -> None:
    """Take the tables back to REVISION ('base' drops them all, and everything in them).

    \b
    Example: scim-server db downgrade 0001
    """
    if not yes:
        click.confirm(f"Take the database back to {revision!r}? What newer tables hold is lost", abort=True)
    schema.downgrade(revision)
    click.echo(f"The database is at revision {revision}.")


@db.command()
@with_database(migrated=False)
def check() -> None:
    """Check that the tables are those of this version; exit 1 where they are not.

    \b
    Example: scim-server db check
    """
    require_tables()
    if schema.drift():
        raise click.ClickException("The tables differ from this version's models although the revision agrees.")
    with reading() as connection:
        click.echo(f"The database is at revision {schema.current_revision(connection)} and agrees with this version.")


db.add_command(backup)
db.add_command(restore)
