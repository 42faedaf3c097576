"""Write audit events, inside the transaction of a service: a change and its event live or die as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert

from scim_server.audit.digests import audit_keys
from scim_server.audit.models import AuditEvent
from scim_server.database import Prepared
from scim_server.identifiers import new_id, now

# The columns that are written with an event; the others link it to those before it, later.
EVENT_COLUMNS = tuple(each for each in AuditEvent.__table__.columns if each.name not in {"position", "chain"})
_INSERT = Prepared(insert(AuditEvent).values({each.name: bindparam(each.name) for each in EVENT_COLUMNS}))


class ActorType(StrEnum):
    """Kinds of actors."""

    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    USER = "user"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks for a change, and from where; passed to every service function that writes."""

    actor_type: ActorType
    actor_id: str | None = None
    actor_name: str | None = None
    request_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: `action` is `source:subject:action`; `changes` maps fields to [before, after]."""

    action: str
    target_type: str
    target_id: str
    changes: Mapping[str, Any]


def record(connection: Connection, organization_id: str, origin: Origin, events: Iterable[Event]) -> None:
    """Write the events in the transaction of `connection`."""
    write_events(connection, event_rows(organization_id, origin, events))


def write_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of events in the transaction of `connection`."""
    _INSERT.run_many(connection, rows)


def event_rows(organization_id: str, origin: Origin, events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the rows of events, for statements that write more than them."""
    moment = now()
    rows: list[dict[str, Any]] = [
        {
            "organization_id": organization_id,
            "id": new_id(),
            "occurred_at": moment,
            "action": event.action,
            "actor_type": origin.actor_type.value,
            "actor_id": origin.actor_id,
            "actor_name": origin.actor_name,
            "target_type": event.target_type,
            "target_id": event.target_id,
            "changes": orjson.dumps(event.changes).decode(),
            "request_id": origin.request_id,
            "ip_address": origin.ip_address,
            "user_agent": origin.user_agent,
            "digest": None,
        }
        for event in events
    ]
    keys = audit_keys()
    for row in rows:
        row["digest"] = keys.of_event(row)
    return rows
