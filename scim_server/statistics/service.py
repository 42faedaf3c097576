"""Count the members of each Organization by day, and who joined and left: a job counts, and the dashboard only reads.

Users stand in a package that this one does not know; their table is named here by what is needed of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    case,
    column,
    delete,
    func,
    or_,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.audit.models import AuditEvent
from scim_server.database import reading, transaction
from scim_server.directory.totals import total_of
from scim_server.identifiers import first_id
from scim_server.protocol.schemas import USER
from scim_server.roles.authority import Requester
from scim_server.statistics.models import DailyCount

JOINED, LEFT = "JOINED", "LEFT"
ACTIVE = "ACTIVE"
PERMISSION = "organization.connections.get"
# Days that are kept: a year beside the same days of the year before.
KEPT_DAYS = 800
MAX_DAYS = 366
OTHERS = ("INACTIVE", "PENDING", "AWAITING_INVITATION")
# Users, and events of today, that are counted whenever somebody looks; of more, the job's numbers are shown.
MAX_COUNTED_AT_ONCE = 20_000
_TEXT = Text()

_organizations = table("organizations", column("id", _TEXT))
_users = table("users", column("organization_id", _TEXT), column("status", _TEXT), column("source", _TEXT))
_EVERY = select(_organizations.c.id).order_by(_organizations.c.id)
_MEMBERS = (
    select(_users.c.status, _users.c.source, func.count().label("number"))
    .where(_users.c.organization_id == bindparam("organization"))
    .group_by(_users.c.status, _users.c.source)
)
_CHANGES = type_coerce(AuditEvent.changes, _TEXT)


def _moved(pairs: Iterable[str]) -> ColumnElement[bool]:
    """Return whether an event tells of such a change of status; no value of a person's can look like one."""
    return or_(*(_CHANGES.contains(f'"#status":[{pair}]', autoescape=True) for pair in pairs))


_HAS_JOINED = _moved([f'{before},"{ACTIVE}"' for before in ("null", *(f'"{status}"' for status in OTHERS))])
_HAS_LEFT = _moved([f'"{ACTIVE}",{after}' for after in ("null", *(f'"{status}"' for status in OTHERS))])
_MOVES = (
    select(
        AuditEvent.action,
        func.sum(case((_HAS_JOINED, 1), else_=0)).label("joined"),
        func.sum(case((_HAS_LEFT, 1), else_=0)).label("left"),
    )
    .where(
        AuditEvent.organization_id == bindparam("organization"),
        AuditEvent.id >= bindparam("first"),
        AuditEvent.id < bindparam("next"),
        AuditEvent.action.contains(":user:"),
    )
    .group_by(AuditEvent.action)
)
_EVENTS = select(func.count()).select_from(
    select(AuditEvent.id)
    .where(AuditEvent.organization_id == bindparam("organization"), AuditEvent.id >= bindparam("first"))
    .limit(MAX_COUNTED_AT_ONCE + 1)
    .subquery()
)
_OF_ORGANIZATION = DailyCount.organization_id == bindparam("organization")
_FORGET_DAY = delete(DailyCount).where(
    _OF_ORGANIZATION, DailyCount.day == bindparam("day"), DailyCount.measure.in_(bindparam("measures", expanding=True))
)
_FORGET = delete(DailyCount).where(_OF_ORGANIZATION, DailyCount.day < bindparam("limit"))
_SINCE = (
    select(DailyCount.day, DailyCount.measure, DailyCount.source, DailyCount.number)
    .where(_OF_ORGANIZATION, DailyCount.day >= bindparam("since"))
    .order_by(DailyCount.day, DailyCount.measure, DailyCount.source)
)


def _write(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = insert(DailyCount)
    return statement.on_conflict_do_update(
        index_elements=["organization_id", "day", "measure", "source"], set_={"number": statement.excluded.number}
    )


_WRITE = {"sqlite": _write(sqlite.Insert), "postgresql": _write(postgresql.Insert)}


class Count(NamedTuple):
    """One number: the measure is a status, JOINED or LEFT; the source is how people came, or what moved them."""

    day: str
    measure: str
    source: str
    number: int


@dataclass(frozen=True, slots=True)
class DayOfMembers:
    """One day: Users by (status, source) at its end, and how many joined and left on it by what moved them."""

    day: str
    members: dict[tuple[str, str], int]
    joined: dict[str, int]
    left: dict[str, int]


def count_members(go_on: Callable[[], bool] = lambda: True) -> int:
    """Write how many Users every Organization has today; return of how many Organizations. A job."""
    return _each_organization(go_on, _count_members)


def count_moves(go_on: Callable[[], bool] = lambda: True) -> int:
    """Write how many joined and left every Organization today and yesterday, and forget what is too old. A job."""

    def count(organization_id: str, today: date) -> None:
        for day in (today - timedelta(days=1), today):
            _count_moves(organization_id, day)
        with transaction() as connection:
            limit = (today - timedelta(days=KEPT_DAYS)).isoformat()
            connection.execute(_FORGET, {"organization": organization_id, "limit": limit})

    return _each_organization(go_on, count)


def members_by_day(requester: Requester, days: int) -> list[DayOfMembers]:
    """Return each of the last days for which something is known, today last; raises Forbidden.

    Today's numbers are those of this moment, but for an Organization of more than MAX_COUNTED_AT_ONCE.
    """
    requester.require(PERMISSION)
    organization_id, today = requester.organization_id, datetime.now(UTC).date()
    bound = {"organization": organization_id, "since": (today - timedelta(days=days - 1)).isoformat()}
    found: dict[str, DayOfMembers] = {}
    with reading() as connection:
        counts = [Count._make(row) for row in connection.execute(_SINCE, bound)]
        if total_of(connection, organization_id, USER.name) <= MAX_COUNTED_AT_ONCE:
            counts = _without(counts, today, (ACTIVE, *OTHERS)) + _members_now(connection, organization_id, today)
        events = connection.execute(_EVENTS, {"organization": organization_id, "first": _first_of(today)}).scalar_one()
        if events <= MAX_COUNTED_AT_ONCE:
            counts = _without(counts, today, (JOINED, LEFT)) + _moves_on(connection, organization_id, today)
    for count in counts:
        day = found.setdefault(count.day, DayOfMembers(count.day, {}, {}, {}))
        if count.measure in {JOINED, LEFT}:
            (day.joined if count.measure == JOINED else day.left)[count.source] = count.number
        else:
            day.members[count.measure, count.source] = count.number
    return list(found.values())


def _each_organization(go_on: Callable[[], bool], count: Callable[[str, date], None]) -> int:
    with reading() as connection:
        every = list(connection.execute(_EVERY).scalars())
    done = 0
    for organization_id in every:
        if not go_on():
            break
        count(organization_id, datetime.now(UTC).date())
        done += 1
    return done


def _count_members(organization_id: str, day: date) -> None:
    with reading() as connection:
        counts = _members_now(connection, organization_id, day)
    _replace(organization_id, day, (ACTIVE, *OTHERS), counts)


def _members_now(connection: Connection, organization_id: str, today: date) -> list[Count]:
    found = connection.execute(_MEMBERS, {"organization": organization_id})
    return [Count(today.isoformat(), row.status, row.source, row.number) for row in found]


def _count_moves(organization_id: str, day: date) -> None:
    with reading() as connection:
        counts = _moves_on(connection, organization_id, day)
    _replace(organization_id, day, (JOINED, LEFT), counts)


def _moves_on(connection: Connection, organization_id: str, day: date) -> list[Count]:
    bound = {"organization": organization_id, "first": _first_of(day), "next": _first_of(day + timedelta(days=1))}
    numbers: dict[tuple[str, str], int] = {}
    for row in connection.execute(_MOVES, bound):
        source = row.action.partition(":")[0]
        for measure, number in ((JOINED, row.joined), (LEFT, row.left)):
            if number:
                numbers[measure, source] = numbers.get((measure, source), 0) + int(number)
    return [Count(day.isoformat(), *key, number) for key, number in sorted(numbers.items())]


def _without(counts: list[Count], day: date, measures: tuple[str, ...]) -> list[Count]:
    return [count for count in counts if count.day != day.isoformat() or count.measure not in measures]


def _replace(organization_id: str, day: date, measures: tuple[str, ...], counts: list[Count]) -> None:
    """Write the counts of a day in place of what was counted before; two processes may do so at once."""
    rows: list[dict[str, Any]] = [{"organization_id": organization_id, **count._asdict()} for count in counts]
    with transaction() as connection:
        bound = {"organization": organization_id, "day": day.isoformat(), "measures": list(measures)}
        connection.execute(_FORGET_DAY, bound)
        if rows:
            connection.execute(_WRITE[connection.dialect.name], rows)


def _first_of(day: date) -> str:
    return first_id(datetime(day.year, day.month, day.day, tzinfo=UTC))
