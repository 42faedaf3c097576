"""Tell Owners what they would notice too late: that provisioning has stopped, or that very many lost access (AV04).

Or that most members of a large Team were removed from it at once (PT03).

What the identity provider says is obeyed at once in any case. An alert is written with its mail and audit event in one
transaction, so that it is told once; it goes when it is over.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, column, delete, func, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import Text

from scim_server.audit.models import AuditEvent
from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.connections.health import rhythm_of_traffic
from scim_server.connections.models import Connection, ConnectionAlert
from scim_server.connections.rhythm import FEWEST_REMOVED, LEARNT_DAYS, is_mass_removal
from scim_server.connections.service import ProvisioningState
from scim_server.connections.traffic import traffic_of
from scim_server.database import reading, transaction
from scim_server.identifiers import first_id, moment, now
from scim_server.teams.events import MASS_REMOVAL as TEAM_MASS_REMOVAL
from scim_server.tokens.models import Token

SILENT, MASS_REMOVAL, TEAM_EMPTIED = "SILENT", "MASS_REMOVAL", "TEAM_EMPTIED"
# The time within which removals are added up, and how long the alert stays.
REMOVALS_WITHIN = timedelta(hours=1)
ALERT_STAYS = timedelta(days=1)
_REMOVALS = ("scim:user:deactivated", "scim:user:deleted")
_TOLD_AS = {
    SILENT: "system:connection:silent",
    MASS_REMOVAL: "system:connection:mass-removal",
    TEAM_EMPTIED: "system:connection:team-emptied",
}

_users = table("users", column("organization_id", Text()), column("status", Text()))


class RaisedAlert(NamedTuple):
    """An alert as it is told: the Connection that it is about and what was seen."""

    organization_id: str
    connection_id: str
    connection_name: str
    kind: str
    facts: dict[str, Any]


Tell = Callable[[DatabaseConnection, RaisedAlert], None]

_WATCHED = (
    select(Connection.organization_id, Connection.id, Connection.name)
    .where(Connection.provisioning == ProvisioningState.ON.value)
    .order_by(Connection.organization_id, Connection.id)
)
# How many things the Connection did something to; `actions` are the names of their events.
_DONE = (
    select(func.count(func.distinct(AuditEvent.target_id)))
    .join(Token, (Token.organization_id == AuditEvent.organization_id) & (Token.id == AuditEvent.actor_id))
    .where(
        AuditEvent.organization_id == bindparam("organization"),
        AuditEvent.action.in_(bindparam("actions", expanding=True)),
        AuditEvent.id >= bindparam("first"),
        AuditEvent.occurred_at >= bindparam("since"),
        Token.connection_id == bindparam("connection"),
    )
)
_ACTIVE = (
    select(func.count())
    .select_from(_users)
    .where(_users.c.organization_id == bindparam("organization"), _users.c.status == "ACTIVE")
)
_KEY = (
    ConnectionAlert.organization_id == bindparam("organization"),
    ConnectionAlert.connection_id == bindparam("connection"),
    ConnectionAlert.kind == bindparam("alert"),
)
_RAISED_AT = select(ConnectionAlert.raised_at).where(*_KEY)
_CLEAR = delete(ConnectionAlert).where(*_KEY)
_RAISE = {
    name: insert(ConnectionAlert).on_conflict_do_nothing().returning(ConnectionAlert.kind)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def watch_connections(tell: Tell, go_on: Callable[[], bool] = lambda: True) -> int:
    """Raise and clear the alerts of all Connections that may push; return how many were raised. A job."""
    with reading() as connection:
        watched = connection.execute(_WATCHED).all()
    raised = 0
    for organization_id, connection_id, name in watched:
        if not go_on():
            break
        for kind, facts in _seen(organization_id, connection_id):
            if facts is None:
                _clear(organization_id, connection_id, kind)
            else:
                raised += _raise(RaisedAlert(organization_id, connection_id, name, kind, facts), tell)
    return raised


def _seen(organization_id: str, connection_id: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield each kind of alert with what was seen, None where there is nothing to tell."""
    present = datetime.now(UTC)
    rhythm = rhythm_of_traffic(
        traffic_of(organization_id, connection_id, (present - timedelta(days=LEARNT_DAYS)).date())
    )
    silent = None
    if rhythm.last_at is not None and rhythm.longest_pause is not None and rhythm.is_silent(present):
        hours = round(rhythm.longest_pause.total_seconds() / 3600)
        silent = {"lastRequestAt": moment(rhythm.last_at), "usualPauseHours": hours}
    yield SILENT, silent
    removed, members = _removals(organization_id, connection_id, present - REMOVALS_WITHIN)
    teams = _done(organization_id, connection_id, present - REMOVALS_WITHIN, (TEAM_MASS_REMOVAL,))
    removals = {"removedUsers": removed, "membersBefore": members} if is_mass_removal(removed, members) else None
    for kind, facts in ((MASS_REMOVAL, removals), (TEAM_EMPTIED, {"teams": teams} if teams else None)):
        if facts is not None or _is_old(organization_id, connection_id, kind, present):
            yield kind, facts


def _done(organization_id: str, connection_id: str, since: datetime, actions: tuple[str, ...]) -> int:
    """Return to how many Users or Teams the Connection did one of these since then."""
    key = {"organization": organization_id, "connection": connection_id, "actions": actions}
    first = first_id(since - timedelta(minutes=1))
    with reading() as connection:
        return int(connection.execute(_DONE, {**key, "first": first, "since": moment(since)}).scalar_one())


def _removals(organization_id: str, connection_id: str, since: datetime) -> tuple[int, int]:
    """Return how many Users lost access since then, and how many had it before."""
    removed = _done(organization_id, connection_id, since, _REMOVALS)
    if removed < FEWEST_REMOVED:
        return removed, removed
    with reading() as connection:
        members: int = connection.execute(_ACTIVE, {"organization": organization_id}).scalar_one()
    return removed, members + removed


def _is_old(organization_id: str, connection_id: str, kind: str, present: datetime) -> bool:
    bound = {"organization": organization_id, "connection": connection_id, "alert": kind}
    with reading() as connection:
        raised_at: str | None = connection.execute(_RAISED_AT, bound).scalar()
    return raised_at is not None and raised_at < moment(present - ALERT_STAYS)


def _raise(alert: RaisedAlert, tell: Tell) -> bool:
    row = {
        "organization_id": alert.organization_id,
        "connection_id": alert.connection_id,
        "kind": alert.kind,
        "raised_at": now(),
        "facts": orjson.dumps(alert.facts).decode(),
    }
    with transaction() as connection:
        if connection.execute(_RAISE[connection.dialect.name], row).first() is None:
            return False
        changes = {f"#{name}": [None, value] for name, value in alert.facts.items()}
        event = Event(_TOLD_AS[alert.kind], "Connection", alert.connection_id, changes)
        record(connection, alert.organization_id, Origin(ActorType.SYSTEM), [event])
        tell(connection, alert)
    return True


def _clear(organization_id: str, connection_id: str, kind: str) -> None:
    key = {"organization": organization_id, "connection": connection_id, "alert": kind}
    with reading() as connection:
        if connection.execute(_RAISED_AT, key).first() is None:
            return
    with transaction() as connection:
        connection.execute(_CLEAR, key)
