"""`scim-server doctor`: check settings, database, migrations and clock, and say what to mend."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from scim_server.app import create_app
from scim_server.cli.output import json_option, print_json
from scim_server.cli.runtime import told
from scim_server.database import reading, schema
from scim_server.organizations.service import list_organizations
from scim_server.settings import Settings, SettingsError

# More than this between the clocks of server and database confuses expiry and order of events.
MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)
EARLIEST_YEAR = 2025


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `remedy` says what to do where it failed."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this installation and say what to mend; exit 1 where something needs it.

    \b
    Example: scim-server doctor
    """
    findings = _examine()
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            click.echo(
                f"{click.style('ok  ', fg='green') if finding.ok else click.style('FAIL', fg='red')} "
                f"{finding.check}: {finding.detail}"
            )
            if finding.remedy and not finding.ok:
                click.echo(f"     -> {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)


def _examine() -> list[Finding]:
    try:
        settings = Settings.load()
    except SettingsError as error:
        return [Finding("settings", False, str(error), "Correct the setting and run this again.")]
    findings = [Finding("settings", True, f"public URL {settings.public_url}")]
    app: Flask = create_app(settings)
    with app.app_context():
        checks: tuple[Callable[[Settings], Finding], ...] = (_home, _database, _tables, _clock, _organizations)
        for check in checks:
            findings.append(told(check)(settings))
            if not findings[-1].ok and check is not _home:
                break
    return findings


def _home(settings: Settings) -> Finding:
    home = settings.home
    if home.is_dir() and os.access(home, os.W_OK):
        return Finding("home", True, str(home))
    remedy = "Create it, or point SCIM_SERVER_HOME to a folder that this user may write to."
    return Finding("home", False, f"{home} is no writable folder", remedy)


def _database(settings: Settings) -> Finding:  # noqa: ARG001 - the signature of a check
    try:
        with reading() as connection:
            kind = connection.dialect.name
            connection.execute(select(1))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Finding("database", False, reason, "Check SCIM_SERVER_DATABASE_URL, and that the database is running.")
    return Finding("database", True, f"{kind} answers")


def _tables(settings: Settings) -> Finding:  # noqa: ARG001 - the signature of a check
    problem = schema.schema_problem()
    if problem is None and schema.drift():
        problem = "the tables differ from this version's models"
    if problem is not None:
        return Finding("tables", False, problem, "Run 'scim-server db upgrade'.")
    return Finding("tables", True, f"at revision {schema.newest_revision()}")


def _clock(settings: Settings) -> Finding:  # noqa: ARG001
    here = datetime.now(UTC)
    if here.year < EARLIEST_YEAR:
        return Finding("clock", False, f"says {here.isoformat()}", "Set the clock; run a time service.")
    with reading() as connection:
        if connection.dialect.name != "postgresql":
            return Finding("clock", True, here.isoformat(timespec="seconds"))
        there = connection.execute(select(func.clock_timestamp())).scalar_one()
    difference = abs(here - there)
    detail = f"{difference.total_seconds():.1f} s from the database's"
    remedy = "Run a time service on both machines."
    return Finding("clock", difference <= MAX_CLOCK_DIFFERENCE, detail, remedy)


def _organizations(settings: Settings) -> Finding:  # noqa: ARG001
    number = len(list_organizations())
    if number == 0:
        return Finding("organizations", False, "none yet", "Run 'scim-server quickstart'.")
    return Finding("organizations", True, f"{number} founded")
