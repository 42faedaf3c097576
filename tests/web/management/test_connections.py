"""The endpoints of Connections: the toggle, provisioning, and who belongs to which."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.connections import administration
from scim_server.connections.service import joining_policy
from scim_server.database import reading
from scim_server.roles.authority import Authority
from tests.conftest import Organization, make_api
from tests.support.answers import assert_error
from tests.support.api import ApiClient, good, refused
from tests.support.client import GROUP, ScimClient
from tests.support.people import standing
from tests.web.test_statements import counted

MEMBER, BILLING = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"


def first(api: ApiClient) -> dict[str, Any]:
    return dict(good(api.get("/connections"))["connections"][0])


def create(api: ApiClient, name: str = "Second", **fields: Any) -> dict[str, Any]:
    return dict(good(api.post("/connections", {"name": name, **fields})))


def scim_token(api: ApiClient, connection_id: str, name: str = "okta") -> dict[str, Any]:
    return dict(good(api.post("/tokens", {"name": name, "kind": "SCIM", "connectionId": connection_id})))


def scim_of(api: ApiClient, connection_id: str) -> ScimClient:
    return ScimClient(api.app, api.organization_id, scim_token(api, connection_id)["token"])


def changes_of(organization_id: str, connection_id: str) -> list[tuple[str, Any]]:
    statement = select(AuditEvent.action, AuditEvent.changes).where(
        AuditEvent.organization_id == organization_id, AuditEvent.target_id == connection_id
    )
    with reading() as connection:
        return [(row.action, row.changes) for row in connection.execute(statement.order_by(AuditEvent.id))]


def test_the_first_connection(app: Flask, api: ApiClient) -> None:
    found = first(api)
    assert found == {
        "id": found["id"],
        "name": "Identity provider",
        "automaticMembership": MEMBER,
        "provisioning": "ON",
        "unknownMembers": "SKIP",
        "waitingUsers": 0,
        "scimBaseUrl": f"{app.config['PUBLIC_URL']}/scim/v2/{api.organization_id}",
        "createdAt": found["createdAt"],
        "updatedAt": found["createdAt"],
    }
    assert good(api.get(f"/connections/{found['id']}")) == found


def test_the_life_of_a_connection(api: ApiClient) -> None:
    made = create(api, automaticMembership="DISABLED", provisioning="PAUSED", unknownMembers="REFUSE")
    path = f"/connections/{made['id']}"
    assert [made[name] for name in ("automaticMembership", "provisioning", "unknownMembers")] == [
        "DISABLED",
        "PAUSED",
        "REFUSE",
    ]
    changed = good(api.patch(path, {"name": "Entra", "provisioning": "ON"}))
    assert (changed["name"], changed["provisioning"], changed["automaticMembership"]) == ("Entra", "ON", "DISABLED")
    assert changed["admittedUsers"] == 0
    assert good(api.patch(path, {}))["updatedAt"] == changed["updatedAt"]
    assert good(api.get("/connections"))["totalCount"] == 2
    assert good(api.delete(path), 204) is None
    refused(api.get(path), 404)
    assert changes_of(api.organization_id, made["id"]) == [
        (
            "owner:connection:created",
            {
                "name": [None, "Second"],
                "automatic_membership": [None, None],
                "provisioning": [None, "PAUSED"],
                "unknown_members": [None, "refuse"],
            },
        ),
        ("owner:connection:updated", {"name": ["Second", "Entra"], "provisioning": ["PAUSED", "ON"]}),
        ("owner:connection:deleted", {"name": ["Entra", None]}),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"automaticMembership": "ORGANIZATION_OWNER"}, "automaticMembership"),
        ({"automaticMembership": None}, "automaticMembership"),
        ({"automaticMembership": "WORKSPACE_MEMBER"}, "automaticMembership"),
        ({"provisioning": "on"}, "provisioning"),
        ({"unknownMembers": "skip"}, "unknownMembers"),
        ({"admitWaiting": "true"}, "admitWaiting"),
        ({"waitingUsers": 0}, "waitingUsers"),
    ],
)
def test_wrong_fields(api: ApiClient, body: dict[str, Any], field: str) -> None:
    refused(api.patch(f"/connections/{first(api)['id']}", body), 400, field)


def test_names_are_unique_and_there_are_not_too_many(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(api)
    refused(api.post("/connections", {"name": "Second"}), 409, "name")
    refused(api.patch(f"/connections/{first(api)['id']}", {"name": "Second"}), 409, "name")
    assert good(api.patch(f"/connections/{made['id']}", {"name": "Second"}))
    monkeypatch.setattr(administration, "MAX_CONNECTIONS", 2)
    assert "at most 2" in refused(api.post("/connections", {"name": "Third"}), 409)


def test_a_list_costs_the_same_for_many(api: ApiClient) -> None:
    good(api.get("/connections"))
    with counted() as few:
        good(api.get("/connections"))
    create(api)
    with counted() as many:
        good(api.get("/connections"))
    assert len(many) == len(few)


def test_only_owners(app: Flask, organization: Organization) -> None:
    billing = make_api(app, organization, BILLING)
    refused(billing.get("/connections"), 403)
    refused(billing.post("/connections", {"name": "x"}), 403)


# Provisioning


def test_a_paused_connection_keeps_its_identity_provider_waiting(api: ApiClient, scim: ScimClient) -> None:
    bob, path = scim.create_user("bob"), f"/connections/{first(api)['id']}"
    good(api.patch(path, {"provisioning": "PAUSED"}))
    for answer in (scim.get(f"/Users/{bob['id']}"), scim.post("/Users", {"userName": "eve"}), scim.get("/Schemas")):
        assert_error(answer, 503)
        assert answer.headers["Retry-After"] == "300"
    good(api.patch(path, {"provisioning": "ON"}))
    assert scim.get(f"/Users/{bob['id']}").get_json(force=True) == bob
    assert scim.get("/Users").get_json(force=True)["totalResults"] == 1


def test_a_connection_that_is_off_refuses(api: ApiClient, scim: ScimClient) -> None:
    scim.create_user("bob")
    good(api.patch(f"/connections/{first(api)['id']}", {"provisioning": "OFF"}))
    assert "switched off" in assert_error(scim.get("/Users"), 403)
    # The management API goes on: it is where provisioning is switched on again.
    good(api.patch(f"/connections/{first(api)['id']}", {"provisioning": "ON"}))
    assert scim.get("/Users").get_json(force=True)["totalResults"] == 1


def test_each_connection_has_its_own_switches(api: ApiClient, scim: ScimClient) -> None:
    second = create(api, automaticMembership="DISABLED", unknownMembers="REFUSE")
    other = scim_of(api, second["id"])
    joined, waits = scim.create_user("joined"), other.create_user("waits")
    assert standing(api.organization_id, joined["id"])[:2] == ("ACTIVE", MEMBER)
    assert standing(api.organization_id, waits["id"])[:2] == ("AWAITING_INVITATION", None)
    unknown = {"displayName": "Team", "members": [{"value": "nobody"}]}
    assert_error(other.post("/Groups", {"schemas": [GROUP], **unknown}), 400, "invalidValue")
    assert scim.post("/Groups", {"schemas": [GROUP], **unknown}).status_code == 201
    good(api.patch(f"/connections/{second['id']}", {"provisioning": "PAUSED"}))
    assert_error(other.get("/Users"), 503)
    assert scim.get("/Users").status_code == 200


# The toggle


def test_switching_on_tells_how_many_wait_and_admits_them_when_asked(api: ApiClient, scim: ScimClient) -> None:
    path = f"/connections/{first(api)['id']}"
    good(api.patch(path, {"automaticMembership": "DISABLED"}))
    people = [scim.create_user(name)["id"] for name in ("bob", "carol")]
    assert good(api.get(path))["waitingUsers"] == 2

    changed = good(api.patch(path, {"automaticMembership": BILLING}))
    assert (changed["waitingUsers"], changed["admittedUsers"]) == (2, 0)
    assert standing(api.organization_id, people[0])[0] == "AWAITING_INVITATION"

    admitted = good(api.patch(path, {"admitWaiting": True}))
    assert (admitted["waitingUsers"], admitted["admittedUsers"]) == (0, 2)
    assert {standing(api.organization_id, each)[:2] for each in people} == {("ACTIVE", BILLING)}


def test_switching_on_and_admitting_is_one_step_or_none(
    api: ApiClient, scim: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/connections/{first(api)['id']}"
    good(api.patch(path, {"automaticMembership": "DISABLED"}))
    bob = scim.create_user("bob")["id"]
    body = {"automaticMembership": MEMBER, "admitWaiting": True}

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("scim_server.users.waiting.record", fail)
        refused(api.patch(path, body), 500)
    found = good(api.get(path))
    assert (found["automaticMembership"], found["waitingUsers"]) == ("DISABLED", 1)
    assert standing(api.organization_id, bob)[0] == "AWAITING_INVITATION"

    assert good(api.patch(path, body))["admittedUsers"] == 1
    assert standing(api.organization_id, bob)[:2] == ("ACTIVE", MEMBER)


def test_nobody_is_admitted_without_a_role(api: ApiClient, scim: ScimClient) -> None:
    path = f"/connections/{first(api)['id']}"
    good(api.patch(path, {"automaticMembership": "DISABLED"}))
    scim.create_user("bob")
    assert "Automatic membership is disabled" in refused(api.patch(path, {"admitWaiting": True}), 409)
    refused(api.patch(path, {"automaticMembership": "DISABLED", "admitWaiting": True}), 409)
    assert good(api.get(path))["waitingUsers"] == 1


def test_members_stay_when_it_is_switched_off(api: ApiClient, scim: ScimClient) -> None:
    bob = scim.create_user("bob")["id"]
    good(api.patch(f"/connections/{first(api)['id']}", {"automaticMembership": "DISABLED"}))
    scim.patch(f"/Users/{bob}", {"op": "replace", "path": "title", "value": "Dr"})
    assert standing(api.organization_id, bob)[:2] == ("ACTIVE", MEMBER)


# Deleting


def test_the_last_connection_stays(api: ApiClient) -> None:
    assert "only Connection" in refused(api.delete(f"/connections/{first(api)['id']}"), 409)


def test_a_connection_whose_scim_tokens_are_good_stays(api: ApiClient) -> None:
    made = create(api)
    token = scim_token(api, made["id"], "entra")
    message = refused(api.delete(f"/connections/{made['id']}"), 409)
    assert f"'entra' ({token['id']})" in message
    assert ScimClient(api.app, api.organization_id, token["token"]).get("/Users").status_code == 200
    good(api.delete(f"/tokens/{token['id']}"), 204)
    good(api.delete(f"/connections/{made['id']}"), 204)


def test_tokens_that_do_not_provision_pass_to_another_connection(api: ApiClient) -> None:
    made = create(api)
    body = {"name": "robot", "role": "ORGANIZATION_OWNER", "connectionId": made["id"]}
    robot = good(api.post("/tokens", body))
    assert robot["connectionId"] == made["id"]
    good(api.delete(f"/connections/{made['id']}"), 204)
    moved = ApiClient(api.app, api.organization_id, robot["token"])
    assert good(moved.get(f"/tokens/{robot['id']}"))["connectionId"] == first(api)["id"]
    assert ScimClient(api.app, api.organization_id, robot["token"]).get("/Users").status_code == 200


def test_the_first_connection_can_go_when_another_is_there(api: ApiClient, scim: ScimClient) -> None:
    old, second = first(api), create(api)
    refused(api.delete(f"/connections/{old['id']}"), 409)
    for token in good(api.get("/tokens", kind="SCIM"))["tokens"]:
        good(api.delete(f"/tokens/{token['id']}"), 204)
    good(api.delete(f"/connections/{old['id']}"), 204)
    assert first(api)["id"] == second["id"]
    assert scim_of(api, second["id"]).get("/Users").status_code == 200


def test_observations(app: Flask, api: ApiClient, scim: ScimClient) -> None:
    path = f"/connections/{first(api)['id']}/observations"
    assert good(api.get(path)) == {"observations": []}
    scim.create_user("bob", favouriteColour="green")
    app.extensions["recorder"].flush()
    (found,) = good(api.get(path))["observations"]
    assert (found["quirk"], found["occurrences"], found["sample"]) == ("unknown-attribute", 1, "favouriteColour")


def test_the_policy_is_of_the_tokens_connection(api: ApiClient) -> None:
    second = create(api, automaticMembership=BILLING)
    with reading() as connection:
        policy = joining_policy(connection, api.organization_id, second["id"])
    assert policy.automatic_membership == BILLING


def test_nobody_lets_people_join_above_their_own_role(
    app: Flask, organization: Organization, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that may change Connections and is no Owner must not hand out more than it is."""
    path = f"/connections/{create(api, automaticMembership=BILLING)['id']}"
    member = make_api(app, organization, MEMBER)
    monkeypatch.setattr(Authority, "permits", lambda self, permission: True)
    refused(member.patch(path, {"admitWaiting": True}), 403, "automaticMembership")
    refused(member.post("/connections", {"name": "up", "automaticMembership": BILLING}), 403, "automaticMembership")
    assert good(member.patch(path, {"automaticMembership": MEMBER, "admitWaiting": True}))["admittedUsers"] == 0
