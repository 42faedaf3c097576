"""The toggle of just-in-time membership while pushes are under way (security catalogue JT08)."""

import pytest
from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.tokens import recognition
from tests.support.api import ApiClient, good
from tests.support.client import ScimClient
from tests.support.people import standing

MEMBER, BILLING = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"


def toggle(api: ApiClient) -> str:
    return f"/connections/{good(api.get('/connections'))['connections'][0]['id']}"


@pytest.mark.parametrize(("before", "after"), [(MEMBER, "DISABLED"), ("DISABLED", MEMBER), (MEMBER, BILLING)])
def test_JT08_a_push_decides_by_what_holds_when_it_writes(
    api: ApiClient, scim: ScimClient, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    """The toggle is switched when the push's token is recognised already, and nothing is written yet."""
    path = toggle(api)
    good(api.patch(path, {"automaticMembership": before}))
    recognise = recognition.recognise

    def then_switch(text: str) -> recognition.Principal | None:
        found = recognise(text)
        monkeypatch.setattr("scim_server.web.scim.authentication.recognise", recognise)
        good(api.patch(path, {"automaticMembership": after}))
        return found

    monkeypatch.setattr("scim_server.web.scim.authentication.recognise", then_switch)
    pushed = scim.create_user("bob")["id"]

    expected = ("AWAITING_INVITATION", None) if after == "DISABLED" else ("ACTIVE", after)
    assert standing(api.organization_id, pushed)[:2] == expected
    # The audit event says which of the two decided.
    statement = select(AuditEvent.changes).where(AuditEvent.target_id == pushed)
    with reading() as connection:
        (changes,) = connection.execute(statement).scalars()
    assert changes["#status"] == [None, expected[0]]


def test_JT08_a_reactivation_decides_by_what_holds_when_it_writes(
    api: ApiClient, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = toggle(api)
    bob = scim.create_user("bob", active=False)["id"]
    recognise = recognition.recognise

    def then_switch(text: str) -> recognition.Principal | None:
        found = recognise(text)
        monkeypatch.setattr("scim_server.web.scim.authentication.recognise", recognise)
        good(api.patch(path, {"automaticMembership": "DISABLED"}))
        return found

    monkeypatch.setattr("scim_server.web.scim.authentication.recognise", then_switch)
    scim.patch(f"/Users/{bob}", {"op": "replace", "path": "active", "value": True})
    assert standing(api.organization_id, bob)[:2] == ("AWAITING_INVITATION", None)
