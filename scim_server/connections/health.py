"""Whether a Connection is healthy: what last worked, what is refused and how to mend it, and what has fallen silent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import bindparam, select

from scim_server.connections.administration import ConnectionRecord, find_connection
from scim_server.connections.models import ConnectionAlert
from scim_server.connections.observations import Observation, list_observations
from scim_server.connections.remedies import Remedy, remedy_of
from scim_server.connections.rhythm import LEARNT_DAYS, Rhythm, hours_of, rhythm_of
from scim_server.connections.service import ProvisioningState
from scim_server.connections.traffic import UNRECORDED, FirstSteps, TrafficRow, first_steps, traffic_of
from scim_server.database import reading
from scim_server.identifiers import now
from scim_server.protocol.quirks import Quirk
from scim_server.roles.authority import Requester
from scim_server.tokens.models import Token

# Days of refusals that are looked at, and within how many days a token is said to expire.
PROBLEM_DAYS = 7
EXPIRY_DAYS = 30
# What identity providers meet every day while they look around, wait or race.
EVERYDAY = frozenset({"NotFound", "PreconditionFailed", "TooManyRequests"})
# Of all requests within a day that may fail before the Connection is called failing.
FAILING_SHARE = 0.2
_FAILED = 400


class State(StrEnum):
    """How a Connection is, in one word; the worst that is true."""

    OFF = "OFF"
    PAUSED = "PAUSED"
    WAITING = "WAITING"
    SILENT = "SILENT"
    FAILING = "FAILING"
    HEALTHY = "HEALTHY"


@dataclass(frozen=True, slots=True)
class Activity:
    """One kind of request: when it last succeeded, None for not within the days that are known, and how often."""

    operation: str
    resource: str
    last_success_at: str | None
    last_failure_at: str | None
    requests: int
    failed: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal within the last days, with what the last of them was told, and the way out."""

    kind: str
    status: int
    requests: int
    last_at: str
    sample: str
    remedy: Remedy

    @property
    def is_everyday(self) -> bool:
        """Tell whether identity providers meet this every day."""
        return self.kind in EVERYDAY


@dataclass(frozen=True, slots=True)
class ExpiringToken:
    """A token of the Connection that has expired or soon will."""

    id: str
    name: str
    expires_at: str
    last_used_at: str | None
    has_expired: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """What the Owners were told of and is not over."""

    kind: str
    raised_at: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Health:
    """All that is known of how a Connection is."""

    connection: ConnectionRecord
    state: State
    rhythm: Rhythm
    first_steps: FirstSteps
    activities: tuple[Activity, ...]
    problems: tuple[Problem, ...]
    tokens: tuple[ExpiringToken, ...]
    repairs: tuple[Observation, ...]
    alerts: tuple[Alert, ...]
    unrecorded: int

    @property
    def skipped_members(self) -> int:
        """Return how many member ids named nobody and were passed over."""
        return sum(each.occurrences for each in self.repairs if each.quirk == Quirk.UNKNOWN_MEMBER)

    @property
    def last_owner_refusals(self) -> int:
        """Return how often the last Owner would have lost access."""
        return sum(each.requests for each in self.problems if each.kind == "LastOwner")


_EXPIRING = (
    select(Token.id, Token.name, Token.expires_at, Token.last_used_at)
    .where(
        Token.organization_id == bindparam("organization"),
        Token.connection_id == bindparam("connection"),
        Token.revoked_at.is_(None),
        Token.expires_at < bindparam("soon"),
    )
    .order_by(Token.expires_at)
)
_ALERTS = (
    select(ConnectionAlert.kind, ConnectionAlert.raised_at, ConnectionAlert.facts)
    .where(
        ConnectionAlert.organization_id == bindparam("organization"),
        ConnectionAlert.connection_id == bindparam("connection"),
    )
    .order_by(ConnectionAlert.kind)
)


def health_of(requester: Requester, connection_id: str) -> Health:
    """Return how a Connection is; raises NotFound."""
    found = find_connection(requester, connection_id)
    organization_id, present = requester.organization_id, datetime.now(UTC)
    rows = traffic_of(organization_id, connection_id, (present - timedelta(days=LEARNT_DAYS)).date())
    soon = (present + timedelta(days=EXPIRY_DAYS)).isoformat()
    key = {"organization": organization_id, "connection": connection_id}
    with reading() as connection:
        expiring = connection.execute(_EXPIRING, {**key, "soon": soon}).all()
        alerts = tuple(
            Alert(row.kind, row.raised_at, cast("dict[str, object]", row.facts))
            for row in connection.execute(_ALERTS, key)
        )
    health = Health(
        connection=found,
        state=State.HEALTHY,
        rhythm=rhythm_of_traffic(rows),
        first_steps=first_steps(organization_id, connection_id),
        activities=activities_of(rows),
        problems=problems_of(rows, (present - timedelta(days=PROBLEM_DAYS)).date().isoformat()),
        tokens=tuple(_expiring(row) for row in expiring),
        repairs=tuple(list_observations(organization_id, connection_id)),
        alerts=alerts,
        unrecorded=sum(row.requests for row in rows if row.operation == UNRECORDED),
    )
    return replace(health, state=state_of(found.provisioning, health.rhythm, rows, present))


def _expiring(row: Any) -> ExpiringToken:
    return ExpiringToken(row.id, row.name, row.expires_at, row.last_used_at, has_expired=row.expires_at <= now())


def rhythm_of_traffic(rows: Sequence[TrafficRow]) -> Rhythm:
    """Return the rhythm in which requests came."""
    last_at = max((row.last_at for row in rows), default=None)
    hours = hours_of((row.day, row.hours) for row in rows)
    return rhythm_of(hours, None if last_at is None else datetime.fromisoformat(last_at))


def state_of(provisioning: str, rhythm: Rhythm, rows: Iterable[TrafficRow], present: datetime) -> State:
    """Return how a Connection is in one word."""
    if provisioning != ProvisioningState.ON:
        return State(provisioning)
    if rhythm.last_at is None:
        return State.WAITING
    if rhythm.is_silent(present):
        return State.SILENT
    # What the last two days brought: today alone may just have begun.
    days = {present.date().isoformat(), (present - timedelta(days=1)).date().isoformat()}
    recent = [row for row in rows if row.day in days and row.operation != UNRECORDED]
    failed = sum(row.requests for row in recent if row.status >= _FAILED and row.kind not in EVERYDAY)
    is_failing = failed > 0 and failed >= FAILING_SHARE * sum(row.requests for row in recent)
    return State.FAILING if is_failing else State.HEALTHY


def activities_of(rows: Iterable[TrafficRow]) -> tuple[Activity, ...]:
    """Return each kind of request that came, those on Users first."""
    found: dict[tuple[str, str], Activity] = {}
    for row in rows:
        if row.operation == UNRECORDED:
            continue
        key = (row.operation, row.resource)
        known = found.get(key) or Activity(*key, None, None, 0, 0)
        if row.status < _FAILED:
            known = replace(known, last_success_at=max(known.last_success_at or "", row.last_at))
        else:
            known = replace(
                known, last_failure_at=max(known.last_failure_at or "", row.last_at), failed=known.failed + row.requests
            )
        found[key] = replace(known, requests=known.requests + row.requests)
    return tuple(sorted(found.values(), key=lambda each: (_RANKS.get(each.resource, 9), each.operation)))


_RANKS = {"Users": 0, "Groups": 1, "Bulk": 2}


def problems_of(rows: Iterable[TrafficRow], since: str) -> tuple[Problem, ...]:
    """Return each kind of refusal from this day on, the most frequent first and the everyday ones last."""
    found: dict[tuple[str, int], Problem] = {}
    for row in rows:
        if row.status < _FAILED or row.day < since or row.operation == UNRECORDED:
            continue
        key = (row.kind, row.status)
        known = found.get(key) or Problem(*key, 0, "", "", remedy_of(row.kind))
        latest = max((known.last_at, known.sample), (row.last_at, row.sample))
        found[key] = replace(known, requests=known.requests + row.requests, last_at=latest[0], sample=latest[1])
    return tuple(sorted(found.values(), key=lambda each: (each.is_everyday, -each.requests, each.kind)))
