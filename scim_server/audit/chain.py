"""Link events into the chain of their Organization, soon after they were written and in a transaction of their own.

Linking them as they are written would make every write of an Organization wait for the one before it
(docs/decisions/0033).
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.audit.digests import AuditKeys, Verdict, audit_keys
from scim_server.audit.models import AuditEvent, AuditSeal
from scim_server.database import reading, transaction
from scim_server.identifiers import now

# Events that one transaction links: on SQLite it holds the write lock meanwhile.
BATCH = 500

_log = logging.getLogger(__name__)

_START = {
    "sqlite": sqlite.insert(AuditSeal).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(AuditSeal).on_conflict_do_nothing(),
}
_SEAL = select(AuditSeal.__table__).where(AuditSeal.organization_id == bindparam("organization"))
_LOCK = _SEAL.with_for_update()
_WAITING = (
    select(AuditEvent.id, AuditEvent.digest)
    .where(AuditEvent.organization_id == bindparam("organization"), AuditEvent.position.is_(None))
    .order_by(AuditEvent.id)
    .limit(BATCH)
)
_ORGANIZATIONS = select(AuditEvent.organization_id).where(AuditEvent.position.is_(None)).distinct()
_LINK = (
    update(AuditEvent)
    .where(AuditEvent.organization_id == bindparam("key_organization"), AuditEvent.id == bindparam("key_id"))
    .values(position=bindparam("position"), chain=bindparam("chain"))
)
_MOVE = update(AuditSeal).where(AuditSeal.organization_id == bindparam("key_organization"))


class Seal(NamedTuple):
    """Where a chain begins and ends, and whether that is what the server wrote."""

    start_position: int
    start_chain: str
    end_position: int
    end_chain: str
    digest: str
    verdict: Verdict


def seal_all(go_on: Callable[[], bool] = lambda: True) -> int:
    """Link the events of every Organization that wait for it, while `go_on` says so; return how many. A job."""
    with reading() as connection:
        organizations = list(connection.execute(_ORGANIZATIONS).scalars())
    return sum(seal(organization_id) for organization_id in organizations if go_on())


def seal(organization_id: str) -> int:
    """Link an Organization's waiting events by their id, and return how many. Two at once wait for one another."""
    linked = 0
    while True:
        batch = _seal_batch(organization_id)
        linked += batch
        if batch < BATCH:
            return linked


def _seal_batch(organization_id: str) -> int:
    keys = audit_keys()
    with transaction() as connection:
        held = lock_seal(connection, keys, organization_id)
        waiting = connection.execute(_WAITING, {"organization": organization_id}).all()
        if not waiting:
            return 0
        position, chain = held.end_position, held.end_chain
        rows = []
        for event in waiting:
            position += 1
            chain = keys.link(chain, position, event.id, event.digest)
            key = {"key_organization": organization_id, "key_id": event.id}
            rows.append({**key, "position": position, "chain": chain})
        connection.execute(_LINK, rows)
        move_seal(connection, keys, organization_id, held._replace(end_position=position, end_chain=chain))
        return len(rows)


def lock_seal(connection: Connection, keys: AuditKeys, organization_id: str) -> Seal:
    """Return the seal of an Organization, which nobody else moves until the transaction ends."""
    first = {"start_position": 0, "start_chain": "", "end_position": 0, "end_chain": "", "sealed_at": now()}
    row: dict[str, Any] = {"organization_id": organization_id, **first}
    connection.execute(_START[connection.dialect.name], {**row, "digest": keys.of_seal(row)})
    found = read_seal(connection, keys, organization_id, lock=True)
    assert found is not None
    return found


def read_seal(connection: Connection, keys: AuditKeys, organization_id: str, *, lock: bool = False) -> Seal | None:
    """Return the seal of an Organization, None where nothing was linked yet."""
    row = connection.execute(_LOCK if lock else _SEAL, {"organization": organization_id}).mappings().first()
    if row is None:
        return None
    place = (row["start_position"], row["start_chain"], row["end_position"], row["end_chain"])
    return Seal(*place, row["digest"], keys.judge_seal(dict(row), row["digest"]))


def move_seal(connection: Connection, keys: AuditKeys, organization_id: str, seal_: Seal) -> None:
    """Write a seal that was locked; one that was forged moves on, but is never made genuine again."""
    place = {
        "start_position": seal_.start_position,
        "start_chain": seal_.start_chain,
        "end_position": seal_.end_position,
        "end_chain": seal_.end_chain,
        "sealed_at": now(),
    }
    digest = seal_.digest
    if seal_.verdict is Verdict.GENUINE:
        digest = keys.of_seal({"organization_id": organization_id, **place})
    else:
        _log.error("the seal of an audit log was changed", extra={"organization_id": organization_id})
    connection.execute(_MOVE.values(**place, digest=digest), {"key_organization": organization_id})
