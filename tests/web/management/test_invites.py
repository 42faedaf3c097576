"""The endpoints of invitations and mails."""

from datetime import UTC, datetime

import pytest
import time_machine

from scim_server.invitations.limits import MAX_MAILS_PER_ADDRESS
from scim_server.outbox.delivery import MAX_ATTEMPTS, MAX_PAUSE, deliver_due
from tests.conftest import Organization
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.invitations import answer, mails_to, newest_token
from tests.support.people import standing

MEMBER, BILLING, OWNER = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN", "ORGANIZATION_OWNER"


def invite(api: ApiClient, email: str = "bob@acme.example", role: str = MEMBER) -> dict:
    return dict(good(api.post("/invites", {"inviteeEmail": email, "role": role})))


def test_an_invitation(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    made = invite(api, "Bob@Acme.Example", BILLING)
    assert made["inviteeEmail"] == "Bob@acme.example"
    assert made["invitee"] == {"id": made["userId"], "subjectType": "USER", "username": "Bob@acme.example"}
    assert made["inviter"]["subjectType"] == "SERVICEKEY"
    assert made["inviter"]["apiTokenName"] == "ORGANIZATION_OWNER api"
    assert (made["organizationId"], made["state"], made["sentCount"]) == (organization.id, "OPEN", 1)
    assert good(api.get(f"/invites/{made['inviteId']}")) == made
    # The identity provider finds and adopts whom an Owner invited.
    (found,) = scim.filter("/Users", 'userName eq "bob@acme.example"').get_json(force=True)["Resources"]
    assert found["id"] == made["userId"]
    assert found["active"] is True
    assert found["emails"] == [{"value": "Bob@acme.example", "type": "work", "primary": True}]
    assert standing(organization.id, made["userId"]) == ("PENDING", BILLING, "invite", False)


def test_members_the_deactivated_and_the_waiting(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    scim.create_user("member@acme.example")
    gone = scim.create_user("gone@acme.example")["id"]
    scim.patch(f"/Users/{gone}", {"op": "replace", "path": "active", "value": False})
    organization.set_jit(None)
    emails = [{"value": "carol@acme.example", "type": "work"}]
    waiting = scim.create_user("carol-at-the-idp", emails=emails)["id"]

    body = {"inviteeEmail": "member@acme.example", "role": MEMBER}
    message = refused(api.post("/invites", body), 400, "inviteeEmail")
    assert message == "User is already a member of this organization."
    assert "Reactivate" in refused(api.post("/invites", {**body, "inviteeEmail": "gone@acme.example"}), 409)
    made = invite(api, "carol@acme.example", BILLING)
    assert made["userId"] == waiting
    assert standing(organization.id, waiting) == ("PENDING", BILLING, "scim", True)


def test_inviting_again_renews_the_same_invitation(api: ApiClient, organization: Organization) -> None:
    first = invite(api)
    old = newest_token(organization.id, "bob@acme.example")
    second = invite(api, "BOB@acme.example", BILLING)
    assert second["inviteId"] == first["inviteId"]
    assert (second["role"], second["sentCount"]) == (BILLING, 2)
    assert second["expiresAt"] > first["expiresAt"]
    assert answer(api.app, old).status_code == 404
    joined = good(answer(api.app, newest_token(organization.id, "BOB@acme.example")))
    assert joined["role"] == BILLING


def test_lists(api: ApiClient, organization: Organization) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        expired = invite(api, "expired@acme.example")["inviteId"]
    first, second = (invite(api, f"{name}@acme.example")["inviteId"] for name in ("a", "b"))
    good(answer(api.app, newest_token(organization.id, "a@acme.example")))

    def ids(**query: object) -> list[str]:
        return [each["inviteId"] for each in good(api.get("/invites", **query))["invites"]]

    assert ids() == [second, first, expired]
    assert ids(state="OPEN") == [second]
    assert ids(state="EXPIRED") == [expired]
    assert ids(state=["ACCEPTED", "EXPIRED"]) == [first, expired]
    assert ids(sorts="createdAt:asc") == [expired, first, second]
    assert ids(sorts="inviteeEmail:desc", limit=2) == [expired, second]
    assert ids(offset=2) == [expired]
    assert good(api.get("/invites", limit=1))["totalCount"] == 3
    refused(api.get("/invites", state="SOLD"), 400, "state.0")
    refused(api.get("/invites", sorts="role:asc"), 400, "sorts.0")


def test_revoking(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    made = invite(api)
    token = newest_token(organization.id, "bob@acme.example")
    scim.create_group("Team", made["userId"])
    assert api.delete(f"/invites/{made['inviteId']}").status_code == 204
    assert scim.get(f"/Users/{made['userId']}").status_code == 404
    assert answer(api.app, token).status_code == 410
    assert good(api.get(f"/invites/{made['inviteId']}"))["state"] == "REVOKED"
    refused(api.delete(f"/invites/{made['inviteId']}"), 404)
    assert "REVOKED" in refused(api.post(f"/invites/{made['inviteId']}/resend"), 409)
    again = invite(api)
    assert again["inviteId"] != made["inviteId"]
    good(answer(api.app, newest_token(organization.id, "bob@acme.example")))
    assert "accepted" in refused(api.delete(f"/invites/{again['inviteId']}"), 409)


def test_revoking_of_whom_the_identity_provider_manages(
    api: ApiClient, organization: Organization, scim: ScimClient
) -> None:
    organization.set_jit(None)
    waiting = scim.create_user("carol@acme.example")["id"]
    made = invite(api, "carol@acme.example")
    api.delete(f"/invites/{made['inviteId']}")
    assert standing(organization.id, waiting) == ("AWAITING_INVITATION", None, "scim", True)


def test_sending_again(api: ApiClient, organization: Organization) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        made = invite(api)
        old = newest_token(organization.id, "bob@acme.example")
    assert answer(api.app, old).status_code == 410
    again = good(api.post(f"/invites/{made['inviteId']}/resend"))
    assert (again["inviteId"], again["state"], again["sentCount"]) == (made["inviteId"], "OPEN", 2)
    assert answer(api.app, old).status_code == 404
    good(answer(api.app, newest_token(organization.id, "bob@acme.example")))


def test_bulk_lines_do_not_spoil_one_another(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    scim.create_user("member@acme.example")
    lines = [
        ("new@acme.example", MEMBER, None),
        ("member@acme.example", MEMBER, 400),
        ("nobody", MEMBER, 400),
        ("x@acme.example", "KING", 400),
        ("NEW@acme.example", MEMBER, 409),
        ("owner@acme.example", OWNER, None),
        ("", MEMBER, 400),
    ]
    body = {"invites": [{"email": email, "role": role} for email, role, _ in lines]}
    answered = good(api.post("/invites/bulk", body))
    assert [line["email"] for line in answered["results"]] == [email for email, _, _ in lines]
    told = [line["error"] and line["error"]["statusCode"] for line in answered["results"]]
    assert told == [status for _, _, status in lines]
    assert (answered["invited"], answered["failed"]) == (2, 5)
    assert answered["results"][0]["invite"]["userId"]
    assert len(mails_to(organization.id, "new@acme.example")) == 1
    assert good(api.get("/invites"))["totalCount"] == 2


def test_a_thousand_lines(api: ApiClient) -> None:
    body = {"invites": [{"email": f"user{number}@acme.example", "role": MEMBER} for number in range(1_000)]}
    answered = good(api.post("/invites/bulk", body))
    assert (answered["invited"], answered["failed"]) == (1_000, 0)
    body["invites"].append({"email": "one-more@acme.example", "role": MEMBER})
    refused(api.post("/invites/bulk", body), 400, "invites")
    refused(api.post("/invites/bulk", {"invites": []}), 400, "invites")


def test_the_waiting_one_many_all(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    member = scim.create_user("member@acme.example")["id"]
    organization.set_jit(None)
    ids = [scim.create_user(f"user{number}@acme.example")["id"] for number in range(4)]
    nameless = scim.create_user("no-address")["id"]

    answered = good(api.post("/users/invite-waiting", {"userIds": [ids[0], member, "nobody"], "role": BILLING}))
    assert [line["error"] and line["error"]["statusCode"] for line in answered["results"]] == [None, 409, 404]
    assert standing(organization.id, ids[0]) == ("PENDING", BILLING, "scim", True)
    answered = good(api.post("/users/invite-waiting", {"all": True}))
    assert (answered["invited"], answered["failed"]) == (3, 1)
    assert [line["userId"] for line in answered["results"] if line["error"]] == [nameless]
    assert standing(organization.id, ids[3]) == ("PENDING", MEMBER, "scim", True)
    assert len(mails_to(organization.id, "user3@acme.example")) == 1
    for body in ({}, {"all": False}, {"all": True, "userIds": [ids[0]]}, {"userIds": []}):
        refused(api.post("/users/invite-waiting", body), 400, "userIds")
    refused(api.post("/users/invite-waiting", {"all": True, "role": "KING"}), 400, "role")


def test_two_waiting_with_one_address(api: ApiClient, organization: Organization, scim: ScimClient) -> None:
    organization.set_jit(None)
    emails = [{"value": "shared@acme.example"}]
    first, second = (scim.create_user(name, emails=emails)["id"] for name in ("one", "two"))
    assert "Several Users" in refused(
        api.post("/invites", {"inviteeEmail": "shared@acme.example", "role": MEMBER}), 409
    )
    answered = good(api.post("/users/invite-waiting", {"userIds": [first, second]}))
    assert [bool(line["error"]) for line in answered["results"]] == [False, True]
    assert standing(organization.id, second)[0] == "AWAITING_INVITATION"


@pytest.mark.parametrize("role", [BILLING, MEMBER])
def test_only_those_with_the_permission(app, organization: Organization, role: str) -> None:
    from tests.conftest import make_api

    client = make_api(app, organization, role)
    refused(client.post("/invites", {"inviteeEmail": "x@acme.example", "role": MEMBER}), 403)
    refused(client.get("/invites"), 403)
    refused(client.get("/messages"), 403)


def test_mails_that_were_given_up(api: ApiClient, monkeypatch: pytest.MonkeyPatch, outbox) -> None:
    outbox.send_to(1)
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        made = invite(api)
        for _ in range(MAX_ATTEMPTS):
            deliver_due()
            clock.shift(MAX_PAUSE * 2)
    (dead,) = good(api.get("/messages"))["messages"]
    assert (dead["state"], dead["attempts"], dead["recipient"]) == ("DEAD", MAX_ATTEMPTS, "bob@acme.example")
    assert "refused" in dead["lastError"]
    assert set(dead) & {"payload", "text", "html"} == set()
    outbox.send_to(None)
    assert good(api.post(f"/messages/{dead['id']}/retry"))["state"] == "WAITING"
    deliver_due()
    assert good(api.get("/messages"))["totalCount"] == 0
    (sent,) = good(api.get("/messages", state="SENT"))["messages"]
    assert (sent["id"], sent["kind"]) == (dead["id"], "invitation")
    assert "sent" in refused(api.post(f"/messages/{dead['id']}/retry"), 409)
    assert made["state"] == "OPEN"


def test_limit_to_one_address(api: ApiClient) -> None:
    for _ in range(MAX_MAILS_PER_ADDRESS):
        invite(api)
    answered = api.post("/invites", {"inviteeEmail": "bob@acme.example", "role": MEMBER})
    refused(answered, 429)
    assert 3_500 < int(answered.headers["Retry-After"]) <= 3_601
