"""Connections in the tenant matrix."""

import uuid

from tests.conftest import Cast
from tests.support.api import good
from tests.web.management.entries import Entry


def a_connection(cast: Cast, theirs: bool) -> str:
    """Create a Connection and return its id."""
    api = cast.charlies_api if theirs else cast.api
    return str(good(api.post("/connections", {"name": uuid.uuid4().hex}))["id"])


def dora_does_not_wait(cast: Cast) -> None:
    """Whoever was deprovisioned is neither counted among those who wait nor let in with them."""
    good(cast.api.get("/connections"))
    made = good(cast.api.get(f"/connections/{a_connection(cast, theirs=False)}"))
    assert made["waitingUsers"] == 0
    changed = good(cast.api.patch(f"/connections/{made['id']}", {"admitWaiting": True}))
    assert changed["admittedUsers"] == 0
    assert cast.acme.get(f"/Users/{cast.dora}").get_json(force=True)["active"] is False


ONE = "/connections/{id}"
TABLE = {
    ("Connections.list_connections", "GET"): [Entry("/connections", dora=dora_does_not_wait)],
    ("Connections.create_connection", "POST"): [Entry("/connections", {"name": "Okta"})],
    ("Connections.read_connection", "GET"): [Entry(ONE, own=a_connection, dora=dora_does_not_wait)],
    ("Connections.change_connection", "PATCH"): [
        Entry(ONE, {"provisioning": "PAUSED"}, own=a_connection),
        Entry(ONE, {"admitWaiting": True}, own=a_connection, dora=dora_does_not_wait),
    ],
    ("Connections.delete_connection", "DELETE"): [Entry(ONE, status=204, own=a_connection)],
    ("Connections.list_observations", "GET"): [Entry(f"{ONE}/observations", own=a_connection)],
}
