"""Delete audit events that are older than their Organization keeps them, so that what is left still verifies."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, column, delete, select, table, update
from sqlalchemy.types import Integer, Text

from scim_server.audit.chain import BATCH, lock_seal, move_seal
from scim_server.audit.digests import Verdict, audit_keys
from scim_server.audit.models import AuditEvent
from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.identifiers import moment
from scim_server.protocol.errors import InvalidValue

MAX_DAYS = 36_500

_log = logging.getLogger(__name__)

_organizations = table("organizations", column("id", Text()), column("audit_retention_days", Integer()))
_KEPT = select(_organizations.c.audit_retention_days).where(_organizations.c.id == bindparam("organization"))
_LIMITED = select(_organizations.c.id, _organizations.c.audit_retention_days).where(
    _organizations.c.audit_retention_days.is_not(None)
)
_KEEP = update(_organizations).where(_organizations.c.id == bindparam("organization"))
_OLDEST = (
    select(AuditEvent.position, AuditEvent.chain, AuditEvent.occurred_at)
    .where(AuditEvent.organization_id == bindparam("organization"), AuditEvent.position > bindparam("start"))
    .order_by(AuditEvent.position)
    .limit(BATCH)
)
_DELETE = delete(AuditEvent).where(
    AuditEvent.organization_id == bindparam("organization"), AuditEvent.position <= bindparam("last")
)


def retention_days(organization_id: str) -> int | None:
    """Return how many days an Organization keeps its events, None for ever."""
    with reading() as connection:
        days: int | None = connection.execute(_KEPT, {"organization": organization_id}).scalar()
    return days


def set_retention(organization_id: str, origin: Origin, days: int | None) -> None:
    """Set how many days an Organization keeps its events; None for ever. Raises InvalidValue."""
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise InvalidValue(f"Audit events are kept 1 to {MAX_DAYS} days, or for ever.", field="auditRetentionDays")
    with transaction() as connection:
        before = connection.execute(_KEPT.with_for_update(), {"organization": organization_id}).scalar()
        if before == days:
            return
        connection.execute(_KEEP.values(audit_retention_days=days), {"organization": organization_id})
        changes = {"auditRetentionDays": [before, days]}
        record(
            connection,
            organization_id,
            origin,
            [Event("owner:organization:updated", "Organization", organization_id, changes)],
        )


def apply_retention(go_on: Callable[[], bool] = lambda: True) -> int:
    """Delete the events that are too old, of every Organization that has a limit, while `go_on` says so. A job."""
    with reading() as connection:
        limited = connection.execute(_LIMITED).all()
    return sum(_trim(row.id, row.audit_retention_days) for row in limited if go_on())


def _trim(organization_id: str, days: int) -> int:
    """Delete from the beginning of the chain up to the first event that is young enough; return how many."""
    limit = moment(datetime.now(UTC) - timedelta(days=days))
    deleted = 0
    while True:
        batch = _trim_batch(organization_id, limit)
        deleted += batch
        if batch < BATCH:
            break
    if deleted:
        with transaction() as connection:
            changes = {"#eventsDeleted": [None, deleted], "#olderThanDays": [None, days]}
            event = Event("system:auditLog:trimmed", "Organization", organization_id, changes)
            record(connection, organization_id, Origin(ActorType.SYSTEM), [event])
    return deleted


def _trim_batch(organization_id: str, limit: str) -> int:
    keys = audit_keys()
    with transaction() as connection:
        held = lock_seal(connection, keys, organization_id)
        if held.verdict is not Verdict.GENUINE:
            # Whatever was done to this log, its events are the evidence.
            _log.error("an audit log that was changed is not trimmed", extra={"organization_id": organization_id})
            return 0
        bound = {"organization": organization_id, "start": held.start_position}
        old = []
        for event in connection.execute(_OLDEST, bound):
            if event.occurred_at >= limit:
                break
            old.append(event)
        if not old:
            return 0
        last = old[-1]
        connection.execute(_DELETE, {"organization": organization_id, "last": last.position})
        move_seal(
            connection, keys, organization_id, held._replace(start_position=last.position, start_chain=last.chain)
        )
        return len(old)
