"""The audit log in the tenant matrix."""

from tests.conftest import Cast
from tests.support.api import good
from tests.web.management.entries import Entry


def dora_is_told_of(cast: Cast) -> None:
    """What a deprovisioned person did and what was done to her stays in the log, with her name."""
    events = good(cast.api.get("/audit-events", targetId=cast.dora))["auditEvents"]

    assert [event["target"]["name"] for event in events] == ["dora@acme.example"] * len(events)
    assert events[0]["changes"]["active"] == {"before": True, "after": False}


def dora_is_exported(cast: Cast) -> None:
    assert cast.dora in cast.api.get("/audit-logs", format="ndjson").get_data(as_text=True)


TABLE = {
    ("Audit.list_audit_events", "GET"): [Entry("/audit-events", dora=dora_is_told_of)],
    ("Audit.export_audit_logs", "GET"): [Entry("/audit-logs", dora=dora_is_exported)],
}
