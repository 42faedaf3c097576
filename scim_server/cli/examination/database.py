"""The database: does it answer, is it up to date, can it be written to, and is what it holds in order."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn

from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from scim_server.audit.chain import seal
from scim_server.audit.verification import count_events, verify
from scim_server.cli.examination.findings import Finding, broken, doubtful, well
from scim_server.database import reading, schema, transaction
from scim_server.identifiers import moment
from scim_server.jobs.models import Lease
from scim_server.organizations.service import list_organizations
from scim_server.outbox.backlog import read_backlog
from scim_server.settings import Settings

# More than this between the clocks of server and database confuses expiry and order of events.
_CLOCK_DIFFERENCE = timedelta(seconds=5)
_EARLIEST_YEAR = 2025
# A message that should have been tried this long ago tells that nobody does the jobs.
_OVERDUE = timedelta(minutes=10)
# Longer logs are left to 'audit verify', which shows how far it is.
_EVENTS = 100_000
# Users from which on PostgreSQL is worth its work.
_MANY_USERS = 20_000


class _TakenBack(Exception):
    """The trial write is done, and shall not stay."""


def reached(settings: Settings) -> Finding:  # noqa: ARG001 - the signature of a check
    """Ask for a first answer."""
    try:
        with reading() as connection:
            kind = connection.dialect.name
            connection.execute(select(1))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return broken("database", reason, "Check SCIM_SERVER_DATABASE_URL, and that the database is running.")
    return well("database", f"{kind} answers")


def tables(settings: Settings) -> Finding:  # noqa: ARG001
    """Compare the tables with this version's."""
    problem = schema.schema_problem()
    if problem is not None:
        remedy = "Run 'scim-server db upgrade'."
        return broken("tables", problem, "Install that version." if "newer than" in problem else remedy)
    if schema.drift():
        remedy = "Restore a backup: somebody changed the tables by hand."
        return broken("tables", "the tables differ from this version's models", remedy)
    return well("tables", f"at revision {schema.newest_revision()}")


def writes(settings: Settings) -> Finding:
    """Write a row and take it back."""
    row = {"name": "doctor", "holder": "doctor", "expires_at": moment(datetime.now(UTC))}
    try:
        with transaction() as connection:
            connection.execute(insert(Lease), row)
            _take_back()
    except _TakenBack:
        return well("writing", "the database takes changes")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        remedy = "Make the file and its folder writable for this user." if settings.is_sqlite else "Name the primary."
        return broken("writing", reason, remedy)


def _take_back() -> NoReturn:
    raise _TakenBack


def clock(settings: Settings) -> Finding:  # noqa: ARG001
    """Compare this clock with the database's."""
    here = datetime.now(UTC)
    if here.year < _EARLIEST_YEAR:
        return broken("clock", f"says {here.isoformat()}", "Set the clock; run a time service.")
    with reading() as connection:
        if connection.dialect.name != "postgresql":
            return well("clock", here.isoformat(timespec="seconds"))
        there = connection.execute(select(func.clock_timestamp())).scalar_one()
    difference = abs(datetime.now(UTC) - there)
    detail = f"{difference.total_seconds():.1f} s from the database's"
    if difference > _CLOCK_DIFFERENCE:
        return broken("clock", detail, "Run a time service on both machines.")
    return well("clock", detail)


def size(settings: Settings) -> Finding:
    """Compare the installation's size with what its database is for, and its processes with the connections left."""
    if settings.is_sqlite:
        users = sum(each.users for each in list_organizations())
        if users > _MANY_USERS:
            return doubtful("size", f"{users:,} Users on SQLite, which one process serves", "Move to PostgreSQL.")
        return well("size", f"{users:,} Users; SQLite is served by one process")
    with reading() as connection:
        allowed = int(connection.execute(text("SHOW max_connections")).scalar_one())
    # Each process has two pools, one for requests and one for migrations.
    wanted = settings.workers * settings.database_pool_size * 2
    detail = f"{settings.workers} workers open up to {wanted} of PostgreSQL's {allowed} connections"
    if wanted >= allowed:
        return broken("size", detail, "Lower SCIM_SERVER_WORKERS or SCIM_SERVER_DATABASE_POOL_SIZE.")
    return well("size", detail)


def organizations(settings: Settings) -> Finding:  # noqa: ARG001
    """Count what is served."""
    number = len(list_organizations())
    if number == 0:
        return broken("organizations", "none yet", "Run 'scim-server quickstart'.")
    return well("organizations", f"{number} founded")


def jobs(settings: Settings) -> Finding:  # noqa: ARG001
    """Look for mails that nobody delivers."""
    backlog = read_backlog(moment(datetime.now(UTC) - _OVERDUE))
    if backlog.overdue:
        detail = f"{backlog.overdue:,} mails wait, the first since {backlog.since}"
        return broken("jobs", detail, "Run 'scim-server serve' or 'scim-server worker': nobody does the jobs.")
    if backlog.dead:
        remedy = "See 'scim-server outbox list --state dead -O ORGANIZATION', then 'outbox retry'."
        return doubtful("jobs", f"{backlog.dead:,} mails were given up", remedy)
    return well("jobs", "nothing is late")


def audit(settings: Settings) -> Finding:  # noqa: ARG001
    """Prove that the audit logs are whole."""
    checked = 0
    for organization in list_organizations():
        checked += count_events(organization.id)
        if checked > _EVENTS:
            remedy = "Run 'scim-server audit verify', which shows how far it is."
            return doubtful("audit log", f"more than {_EVENTS:,} events were not checked here", remedy)
        seal(organization.id)
        if not verify(organization.id).is_whole:
            remedy = f"Run 'scim-server audit verify -O {organization.slug}' and find out who did that."
            return broken("audit log", f"that of {organization.slug} is not as it was written", remedy)
    return well("audit log", f"all {checked:,} events are as they were written")
