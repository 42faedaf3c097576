"""Health, request journal and statistics in the tenant matrix."""

from tests.conftest import Cast
from tests.support.api import good
from tests.web.management.entries import Entry
from tests.web.management.entries_connections import ONE, a_connection


def _first(cast: Cast, theirs: bool) -> str:
    api = cast.charlies_api if theirs else cast.api
    return str(good(api.get("/connections"))["connections"][0]["id"])


def a_request(cast: Cast, theirs: bool) -> str:
    """Return the path of a request in the journal, below that of Connections."""
    client, api = (cast.elsewhere, cast.charlies_api) if theirs else (cast.acme, cast.api)
    client.app.extensions["recorder"].flush()
    answer = client.get("/Users/nobody")
    client.app.extensions["recorder"].flush()
    connection_id = _first(cast, theirs)
    found = good(api.get(f"/connections/{connection_id}/requests"))["requests"]
    assert found, answer.get_data(as_text=True)
    return f"{connection_id}/requests/{found[0]['id']}"


def dora_is_counted_as_inactive(cast: Cast) -> None:
    """Whoever was deprovisioned is a number among the inactive, and no member."""
    assert "dora" not in cast.api.get("/statistics").get_data(as_text=True)


def dora_stays_in_the_journal(cast: Cast) -> None:
    """What the identity provider said of her is kept for its days, for Owners."""
    cast.acme.app.extensions["recorder"].flush()
    cast.acme.filter("/Users", 'userName eq "dora@acme.example"')
    cast.acme.app.extensions["recorder"].flush()
    found = good(cast.api.get(f"/connections/{_first(cast, theirs=False)}/requests", search="dora"))
    assert found["requests"]


TABLE = {
    ("Provisioning.read_health", "GET"): [Entry(f"{ONE}/health", own=a_connection)],
    ("Provisioning.list_requests", "GET"): [
        Entry(f"{ONE}/requests", own=a_connection, dora=dora_stays_in_the_journal),
        Entry(f"{ONE}/requests?search=bob&method=POST&status=201&failed=false&order=NEWEST", own=a_connection),
    ],
    ("Provisioning.read_request", "GET"): [Entry(ONE, own=a_request)],
    ("Provisioning.read_journal_settings", "GET"): [Entry(f"{ONE}/journal", own=a_connection)],
    ("Provisioning.change_journal_settings", "PATCH"): [Entry(f"{ONE}/journal", {"days": 3}, own=a_connection)],
    ("Provisioning.read_statistics", "GET"): [Entry("/statistics", dora=dora_is_counted_as_inactive)],
}
