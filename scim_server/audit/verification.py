"""Prove that an audit log is whole: name what was edited, what is missing, and where its end was cut off."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, bindparam, func, select, type_coerce

from scim_server.audit.chain import Seal, read_seal
from scim_server.audit.digests import FIELDS, AuditKeys, Verdict, audit_keys
from scim_server.audit.models import AuditEvent
from scim_server.database import reading

# Events that are read at a time.
BATCH = 1_000
# Problems that are told one by one; the others are counted.
MAX_TOLD = 100

_COLUMNS = (
    *(getattr(AuditEvent, name) for name in FIELDS if name != "changes"),
    # As it was written: decoded and encoded again it could differ.
    type_coerce(AuditEvent.changes, Text()).label("changes"),
    AuditEvent.digest,
    AuditEvent.position,
    AuditEvent.chain,
)
_OF_ORGANIZATION = AuditEvent.organization_id == bindparam("organization")
_LINKED = (
    select(*_COLUMNS)
    .where(_OF_ORGANIZATION, AuditEvent.position > bindparam("after"), AuditEvent.position <= bindparam("last"))
    .order_by(AuditEvent.position)
    .limit(BATCH)
)
_WAITING = (
    select(*_COLUMNS)
    .where(_OF_ORGANIZATION, AuditEvent.position.is_(None), AuditEvent.id > bindparam("after"))
    .order_by(AuditEvent.id)
    .limit(BATCH)
)
_COUNT = select(func.count()).where(_OF_ORGANIZATION)
# The condition changes nothing but the plan: the index of positions has no others.
_ENDS = select(func.min(AuditEvent.position), func.max(AuditEvent.position)).where(
    _OF_ORGANIZATION, AuditEvent.position.is_not(None)
)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: `kind` for programs, `message` for people; the event's position and id where there is one."""

    kind: str
    message: str
    position: int | None = None
    event_id: str | None = None


@dataclass
class Verification:
    """What was found. `position` and `chain` are the end of the chain: kept elsewhere, they prove later what was."""

    events: int = 0
    waiting: int = 0
    position: int = 0
    chain: str = ""
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.problem_count == 0

    def tell(self, kind: str, message: str, position: int | None = None, event_id: str | None = None) -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < MAX_TOLD:
            self.problems.append(Problem(kind, message, position, event_id))


def count_events(organization_id: str) -> int:
    """Return how many events an Organization has, for the length of a progress bar."""
    with reading() as connection:
        return int(connection.execute(_COUNT, {"organization": organization_id}).scalar_one())


def verify(organization_id: str, progress: Progress = lambda done: None) -> Verification:
    """Check every event of an Organization and its place in the chain; `progress` hears how many were checked.

    Events may be written, linked and deleted by age meanwhile: what is checked is the chain as it stands at the start.
    """
    keys, found = audit_keys(), Verification()
    with reading() as connection:
        seal = read_seal(connection, keys, organization_id)
    if seal is None:
        _check_without_seal(organization_id, found)
    else:
        found.position, found.chain = seal.end_position, seal.end_chain
        if seal.verdict is not Verdict.GENUINE:
            found.tell("seal", _said("Where the log begins and ends", seal.verdict))
        _check_chain(keys, organization_id, seal, found, progress)
    for row in _pages(_WAITING, {"organization": organization_id, "after": ""}, "id"):
        found.waiting += 1
        _check_event(keys, row, found, progress)
    return found


def _check_chain(keys: AuditKeys, organization_id: str, seal: Seal, found: Verification, progress: Progress) -> None:
    position, chain = seal.start_position, seal.start_chain
    bound = {"organization": organization_id, "after": position, "last": seal.end_position}
    for row in _pages(_LINKED, bound, "position"):
        expected = position + 1
        position = row["position"]
        _check_event(keys, row, found, progress)
        if position != expected:
            _tell_missing(organization_id, expected, position - 1, found)
        else:
            verdict = keys.judge_link(chain, position, row["id"], row["digest"], row["chain"])
            if verdict is not Verdict.GENUINE:
                found.tell("chain", _said(f"The place of {_name(row)}", verdict), position, row["id"])
        # A break is told once: what follows is compared with what stands there.
        chain = row["chain"] or ""
    if position < seal.end_position:
        message = f"The end of the log was cut off: events {position + 1} to {seal.end_position} are missing."
        if not _trimmed_since(organization_id, seal.end_position):
            found.tell("end", message, position + 1)
    elif chain != seal.end_chain:
        found.tell("end", f"The log does not end as it did: event {position} is another one.", position)
    _check_ends(organization_id, found)


def _check_ends(organization_id: str, found: Verification) -> None:
    """Check that no event stands before the beginning or after the end as both are now."""
    keys = audit_keys()
    with reading() as connection:
        # In this order, so that events linked or deleted meanwhile are no problem.
        before = read_seal(connection, keys, organization_id)
        first, last = connection.execute(_ENDS, {"organization": organization_id}).one()
        after = read_seal(connection, keys, organization_id)
    if first is None or before is None or after is None:
        return
    if first <= before.start_position:
        found.tell("start", f"Event {first} stands before the beginning of the log.", first)
    if last is not None and last > after.end_position:
        found.tell("end", f"Event {last} stands after the end of the log, which is {after.end_position}.", last)


def _check_without_seal(organization_id: str, found: Verification) -> None:
    with reading() as connection:
        first, last = connection.execute(_ENDS, {"organization": organization_id}).one()
        if first is not None and read_seal(connection, audit_keys(), organization_id) is None:
            found.tell("seal", f"It was deleted where the log begins and ends; there are events {first} to {last}.")


def _check_event(keys: AuditKeys, row: Mapping[str, Any], found: Verification, progress: Progress) -> None:
    found.events += 1
    progress(found.events)
    if row["digest"] is None:
        found.tell("unsigned", f"{_name(row)} was not written by this server.", row["position"], row["id"])
        return
    verdict = keys.judge_event(row, row["digest"])
    if verdict is not Verdict.GENUINE:
        found.tell("edited", _said(_name(row), verdict), row["position"], row["id"])


def _tell_missing(organization_id: str, first: int, last: int, found: Verification) -> None:
    if not _trimmed_since(organization_id, last):
        which = f"Event {first} is missing." if first == last else f"Events {first} to {last} are missing."
        found.tell("missing", which, first)


def _trimmed_since(organization_id: str, position: int) -> bool:
    """Tell whether events up to a position were deleted by age since the check began."""
    with reading() as connection:
        seal = read_seal(connection, audit_keys(), organization_id)
    return seal is not None and seal.verdict is Verdict.GENUINE and seal.start_position >= position


def _pages(statement: Any, bound: dict[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    while True:
        with reading() as connection:
            rows = connection.execute(statement, bound).mappings().all()
        yield from map(dict, rows)
        if len(rows) < BATCH:
            return
        bound = {**bound, "after": rows[-1][key]}


def _name(row: Mapping[str, Any]) -> str:
    place = f"Event {row['position']}" if row["position"] is not None else "The waiting event"
    return f"{place} ({row['action']} of {row['occurred_at']}, id {row['id']})"


def _said(what: str, verdict: Verdict) -> str:
    if verdict is Verdict.UNKNOWN_KEY:
        return f"{what} was written under another secret key; put that into secret_key_fallbacks."
    return f"{what} was changed."
