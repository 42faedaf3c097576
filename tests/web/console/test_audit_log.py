"""The audit log in the console: found, read, exported, checked, and kept as long as Owners say."""

import pytest
from sqlalchemy import update

from scim_server.audit.chain import seal
from scim_server.audit.models import AuditEvent
from scim_server.database import transaction
from scim_server.web.console.audit_log import EVENTS
from tests.conftest import Cast
from tests.support.api import good
from tests.web.console.conftest import Seat


def event_ids(text: str) -> list[str]:
    """Return the ids of the events of a page, in its order."""
    return [part.partition('"')[0] for part in text.split("/audit-log/")[1:] if part[:1].isdigit()]


def test_what_happened_is_told_newest_first(alice: Seat, cast: Cast) -> None:
    good(cast.api.post("/workspaces", {"name": "Readers"}))
    alice.get("/audit-log")

    assert "Workspace was created" in alice.text
    ids = event_ids(alice.text)
    assert ids == sorted(ids, reverse=True)
    assert alice.text.index("Workspace was created") < alice.text.index("Organization was created")


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?action=owner:workspace:", "owner:workspace:created", "scim:user:created"),
        ("?targetType=Workspace", "owner:workspace:created", "scim:user:created"),
        ("?person=bob@acme.example", "scim:user:created", "owner:workspace:created"),
        ("?search=Readers", "owner:workspace:created", "scim:user:created"),
        ("?from=2020-01-01&to=2020-01-02", "Nothing found", "scim:user:created"),
        ("?from=2020-01-01", "owner:workspace:created", "Nothing found"),
        ("?actor=nobody-of-this-name", "Nothing found", "scim:user:created"),
    ],
)
def test_each_filter(alice: Seat, cast: Cast, query: str, shown: str, hidden: str) -> None:
    good(cast.api.post("/workspaces", {"name": "Readers"}))
    assert alice.get(f"/audit-log{query}").status_code == 200

    assert f"<code>{shown}</code>" in alice.text or f"<h2>{shown}</h2>" in alice.text
    assert hidden not in alice.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?from=yesterday", "from"),
        ("?from=2026-02-01&to=2026-01-01", "to"),
        ("?to=9999-12-31", "to"),
        ("?person=nobody@there.example", "person"),
        ("?person=acme.example", "person"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(alice: Seat, query: str, field: str) -> None:
    assert alice.get(f"/audit-log{query}").status_code == 400
    assert f'id="{field}-error"' in alice.text


def test_links_filter_by_who_acted_and_what_was_acted_upon(alice: Seat, cast: Cast) -> None:
    alice.get(f"/audit-log?targetId={cast.bob}")
    assert "scim:user:created" in alice.text
    assert len(event_ids(alice.text)) < 5
    alice.get(f"/audit-log?actorId={cast.bob}")
    assert "Nothing found" in alice.text


def test_older_events_are_on_the_next_page(alice: Seat, cast: Cast) -> None:
    for number in range(EVENTS):
        good(cast.api.post("/workspaces", {"name": f"Place {number}"}))
    alice.get("/audit-log?action=owner:workspace:created")
    assert 'rel="next"' not in alice.text
    alice.get("/audit-log")
    first = event_ids(alice.text)
    assert len(first) == EVENTS
    alice.get(f"/audit-log?before={first[-1]}")
    assert not set(first) & set(event_ids(alice.text))
    assert "Newest" in alice.text


def test_an_event_with_before_and_after(alice: Seat, cast: Cast) -> None:
    alice.get("/general")
    alice.post("/general", name="Acme <Works>")
    alice.get("/audit-log?action=owner:organization:updated")
    alice.get(f"/audit-log/{event_ids(alice.text)[0]}")

    assert "<del><code>Acme" in alice.text
    assert "<ins><code>Acme &lt;Works&gt;</code></ins>" in alice.text
    assert "Request id" in alice.text
    assert alice.email.split("-")[0].title() in alice.text


@pytest.mark.parametrize(
    ("query", "media_type"),
    [("", "application/x-ndjson"), ("?format=csv", "text/csv"), ("?format=x", "application/x-ndjson")],
)
def test_it_is_exported(alice: Seat, query: str, media_type: str) -> None:
    answer = alice.get(f"/audit-log/export{query}")

    assert answer.mimetype == media_type
    assert "organization:created" in answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_it_is_checked(alice: Seat, cast: Cast) -> None:
    seal(cast.acme.organization_id)
    alice.get("/audit-log/check")
    assert "The log is whole up to event" in alice.text
    changed = update(AuditEvent).where(AuditEvent.organization_id == cast.acme.organization_id)
    with transaction() as connection:
        connection.execute(changed.where(AuditEvent.position == 1).values(actor_name="Somebody else"))
    alice.get("/audit-log/check")
    assert "1 thing is wrong" in alice.text


def test_how_long_it_is_kept(alice: Seat, cast: Cast) -> None:
    path = "/audit-log/retention"
    alice.get(path)
    alice.post(path, days="90")
    assert "Events older than 90 days are deleted for good" in alice.text
    alice.post(path, days="90", sure="yes")
    assert "Events are deleted after 90 days." in alice.text
    alice.get(path)
    alice.post(path, days="")
    assert "Events are kept for ever." in alice.text
    for wrong in ("0", "-1", "x", "99999999999"):
        alice.get(path)
        assert alice.post(path, days=wrong).status_code == 400
        assert 'id="days-error"' in alice.text


PATHS = ("/audit-log", "/audit-log/export", "/audit-log/check", "/audit-log/retention")


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 403), ("carla", 403), ("charlie", 404), ("dora", 404)]
)
def test_who_may_see_it(request: pytest.FixtureRequest, alice: Seat, who: str, status: int) -> None:
    alice.get("/audit-log")
    one = event_ids(alice.text)[0]
    seat: Seat = request.getfixturevalue(who)
    for path in (*PATHS, f"/audit-log/{one}"):
        assert seat.get(path).status_code == status, path
    assert seat.browser.open("POST", f"{seat.base}/audit-log/retention").status_code == 403
    if who != "alice":
        seat.browser.get("/me")
        assert seat.post("/audit-log/retention", days="1", sure="yes").status_code == status


def test_events_of_another_organization_are_unknown(alice: Seat, cast: Cast) -> None:
    theirs = good(cast.charlies_api.get("/audit-events"))["auditEvents"][0]["id"]

    assert alice.get(f"/audit-log/{theirs}").status_code == 404
    alice.get(f"/audit-log?targetId={cast.charlie}")
    assert "Nothing found" in alice.text
