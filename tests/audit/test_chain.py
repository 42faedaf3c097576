"""The chain of an audit log: linking, what `verify` names (security SC05), and two at once; on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from scim_server.audit import chain
from scim_server.audit.chain import seal, seal_all
from scim_server.audit.digests import AuditKeys
from scim_server.audit.retention import apply_retention, retention_days, set_retention
from scim_server.audit.service import Event, record
from scim_server.audit.verification import Verification, count_events, verify
from scim_server.database import reading, transaction
from tests.conftest import OPERATOR, Organization


def write(organization: Organization, number: int, action: str = "owner:thing:changed") -> None:
    with transaction() as connection:
        events = [Event(action, "Thing", str(index), {"name": ["ä", index]}) for index in range(number)]
        record(connection, organization.id, OPERATOR, events)


@pytest.fixture
def sealed(organization: Organization) -> Organization:
    """Give an Organization whose log holds ten linked events."""
    write(organization, 10 - count_events(organization.id))
    assert seal(organization.id) == 10
    return organization


def tamper(organization: Organization, statement: str, **bound: Any) -> None:
    with transaction() as connection:
        done = connection.execute(text(statement), {"organization": organization.id, **bound})
        assert done.rowcount > 0


def told(found: Verification) -> list[tuple[str, int | None]]:
    return [(problem.kind, problem.position) for problem in found.problems]


def event_id(organization: Organization, position: int) -> str:
    where = "WHERE organization_id = :organization AND position = :position"
    with reading() as connection:
        found = connection.execute(
            text(f"SELECT id FROM audit_events {where}"), {"organization": organization.id, "position": position}
        )
        return str(found.scalar_one())


def test_a_whole_log(sealed: Organization) -> None:
    write(sealed, 3)

    found = verify(sealed.id)

    assert found.is_whole
    assert (found.events, found.waiting, found.position) == (13, 3, 10)
    assert seal(sealed.id) == 3
    after = verify(sealed.id)
    assert (after.events, after.waiting, after.position) == (13, 0, 13)
    assert after.chain != found.chain


def test_an_empty_log(organization: Organization) -> None:
    with transaction() as connection:
        connection.execute(text("DELETE FROM audit_events WHERE organization_id = :id"), {"id": organization.id})

    assert verify(organization.id).is_whole
    assert seal(organization.id) == 0
    assert verify(organization.id).is_whole


def test_all_organizations_are_linked(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 500)
    write(organization, 1_200)

    assert seal_all() >= 1_200
    assert seal_all() == 0
    steps: list[int] = []
    assert verify(organization.id, steps.append).is_whole
    assert steps[-1] == count_events(organization.id)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'owner:thing:deleted'",
        "actor_id = 'someone'",
        "actor_name = 'eve'",
        "target_id = '99'",
        "changes = '{}'",
        "changes = replace(changes, ':', ': ')",
        "occurred_at = '2020-01-01T00:00:00.000000Z'",
        "ip_address = '192.0.2.1'",
        "user_agent = 'x'",
        "request_id = 'x'",
        "digest = NULL",
        "digest = 'x'",
        "digest = (SELECT digest FROM audit_events o WHERE o.organization_id = :organization AND o.position = 5)",
    ],
)
def test_SC05_an_edited_event_is_named(sealed: Organization, change: str) -> None:
    tamper(sealed, f"UPDATE audit_events SET {change} WHERE organization_id = :organization AND position = 4")

    found = verify(sealed.id)

    assert not found.is_whole
    assert {problem.position for problem in found.problems} == {4}
    assert {problem.event_id for problem in found.problems} == {event_id(sealed, 4)}


def test_SC05_an_edited_event_that_waits_is_named(sealed: Organization) -> None:
    write(sealed, 2)
    edit = "UPDATE audit_events SET action = 'x' WHERE organization_id = :organization AND position IS NULL"
    tamper(sealed, f"{edit} AND target_id = '1'")

    assert told(verify(sealed.id)) == [("edited", None)]
    # Linking it hides nothing.
    assert seal(sealed.id) == 2
    assert told(verify(sealed.id)) == [("edited", 12)]


def test_SC05_deleted_events_are_named(sealed: Organization) -> None:
    delete = "DELETE FROM audit_events WHERE organization_id = :organization AND position"
    tamper(sealed, f"{delete} = 2")
    tamper(sealed, f"{delete} IN (5, 6)")

    found = verify(sealed.id)

    assert told(found) == [("missing", 2), ("missing", 5)]
    assert found.problems[1].message == "Events 5 to 6 are missing."


@pytest.mark.parametrize("first", [1, 8])
def test_SC05_an_end_that_was_cut_off_is_named(sealed: Organization, first: int) -> None:
    tamper(sealed, "DELETE FROM audit_events WHERE organization_id = :organization AND position >= :first", first=first)

    found = verify(sealed.id)

    assert told(found) == [("end", first)]
    assert f"events {first} to 10 are missing" in found.problems[0].message


def test_SC05_a_seal_that_was_moved_back_is_named(sealed: Organization) -> None:
    """Whoever cuts off the end has to move the seal too, and cannot sign it."""
    last = "SELECT chain FROM audit_events e WHERE e.organization_id = :organization AND e.position = 8"
    tamper(
        sealed, f"UPDATE audit_seals SET end_position = 8, end_chain = ({last}) WHERE organization_id = :organization"
    )
    tamper(sealed, "DELETE FROM audit_events WHERE organization_id = :organization AND position > 8")
    assert told(verify(sealed.id)) == [("seal", None)]

    # The next events do not make it genuine again.
    write(sealed, 3)
    assert seal(sealed.id) == 3
    assert told(verify(sealed.id)) == [("seal", None)]


def test_SC05_a_beginning_that_was_cut_off_is_named(sealed: Organization) -> None:
    third = "SELECT chain FROM audit_events e WHERE e.organization_id = :organization AND e.position = 3"
    move = f"UPDATE audit_seals SET start_position = 3, start_chain = ({third}) WHERE organization_id = :organization"
    tamper(sealed, move)
    assert told(verify(sealed.id)) == [("seal", None), ("start", 1)]
    tamper(sealed, "DELETE FROM audit_events WHERE organization_id = :organization AND position <= 3")
    assert told(verify(sealed.id)) == [("seal", None)]


def test_SC05_a_deleted_seal_is_named(sealed: Organization) -> None:
    tamper(sealed, "DELETE FROM audit_seals WHERE organization_id = :organization")

    assert told(verify(sealed.id)) == [("seal", None)]


def test_SC05_swapped_events_are_named(sealed: Organization) -> None:
    for position, other in ((4, 40), (7, 4), (40, 7)):
        move = (
            "UPDATE audit_events SET position = :other WHERE organization_id = :organization AND position = :position"
        )
        tamper(sealed, move, position=position, other=other)

    found = told(verify(sealed.id))

    # Each stands at a wrong place, and its own chain value fits not even what follows.
    assert ("chain", 4) in found
    assert ("chain", 7) in found
    assert {kind for kind, _ in found} == {"chain"}


def test_SC05_a_foreign_event_is_named(sealed: Organization) -> None:
    columns = "organization_id, occurred_at, action, actor_type, changes"
    copied = f"INSERT INTO audit_events (id, {columns}) SELECT 'ffff', {columns} FROM audit_events"
    tamper(sealed, f"{copied} WHERE organization_id = :organization AND position = 1")
    assert told(verify(sealed.id)) == [("unsigned", None)]

    beyond = "UPDATE audit_events SET position = 11, chain = 'x' WHERE organization_id = :organization AND id = 'ffff'"
    tamper(sealed, beyond)
    assert told(verify(sealed.id)) == [("end", 11)]


def test_an_earlier_key_still_verifies(app: Flask, sealed: Organization) -> None:
    before: AuditKeys = app.extensions["audit_keys"]
    old, new = app.config["SECRET_KEY"], "another secret key of 32 characters!"
    try:
        app.extensions["audit_keys"] = AuditKeys([new, old])
        write(sealed, 2)
        assert seal(sealed.id) == 2
        assert verify(sealed.id).is_whole

        app.extensions["audit_keys"] = AuditKeys([new])
        found = verify(sealed.id)
        assert {problem.position for problem in found.problems} == set(range(1, 11))
        assert "secret_key_fallbacks" in found.problems[0].message
    finally:
        app.extensions["audit_keys"] = before


def test_two_at_once_link_each_event_once(app: Flask, organization: Organization) -> None:
    write(organization, 1_000 - count_events(organization.id))
    linked: list[int] = []

    def work() -> None:
        with app.app_context():
            linked.append(seal(organization.id))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(linked) == 1_000
    assert verify(organization.id).is_whole


@pytest.fixture
def later() -> Iterator[None]:
    """Let forty days pass."""
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40), tick=True):
        yield


def test_retention_keeps_the_log_whole(sealed: Organization) -> None:
    set_retention(sealed.id, OPERATOR, 30)
    assert seal(sealed.id) == 1
    assert apply_retention() == 0

    with time_machine.travel(datetime.now(UTC) + timedelta(days=20), tick=True):
        write(sealed, 4)
        seal(sealed.id)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40), tick=True):
        assert apply_retention() == 11
        found = verify(sealed.id)
        # Four are young enough, and one says what was deleted.
        assert (found.is_whole, found.events, found.waiting) == (True, 5, 1)
        assert seal(sealed.id) == 1
        assert verify(sealed.id).is_whole
        assert apply_retention() == 0
        tamper(sealed, "DELETE FROM audit_events WHERE organization_id = :organization AND position = 12")
        assert told(verify(sealed.id)) == [("missing", 12)]


def test_a_log_that_was_changed_is_not_trimmed(sealed: Organization, later: None) -> None:
    set_retention(sealed.id, OPERATOR, 30)
    tamper(sealed, "UPDATE audit_seals SET end_position = 9 WHERE organization_id = :organization")

    apply_retention()

    assert count_events(sealed.id) == 11


def test_events_are_kept_for_ever_unless_said_otherwise(sealed: Organization, later: None) -> None:
    assert retention_days(sealed.id) is None

    apply_retention()

    assert count_events(sealed.id) == 10
