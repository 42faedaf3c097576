"""The endpoints of API tokens."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.roles.authority import Authority
from scim_server.roles.models import RoleBinding
from scim_server.tokens.service import list_tokens
from tests.conftest import Organization, make_api, make_organization
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.tree import deployment, workspace
from tests.web.test_statements import counted

MEMBER = "ORGANIZATION_MEMBER"


def make(api: ApiClient, **fields: Any) -> dict[str, Any]:
    return dict(good(api.post("/tokens", {"name": "robot", "role": MEMBER, **fields})))


def with_token(api: ApiClient, text: str) -> ApiClient:
    return ApiClient(api.app, api.organization_id, text)


def works(api: ApiClient, text: str) -> bool:
    status = with_token(api, text).get("").status_code
    assert status in {200, 401}
    return status == 200


def events(organization_id: str, token_id: str) -> list[AuditEvent]:
    statement = select(AuditEvent.action, AuditEvent.actor_id, AuditEvent.changes).where(
        AuditEvent.organization_id == organization_id, AuditEvent.target_id == token_id
    )
    with reading() as connection:
        found = connection.execute(statement.order_by(AuditEvent.id)).all()
    # What was refused to the token is told of it too, a few times a minute.
    return [event for event in found if event.action != "api:request:refused"]


def test_the_life_of_a_token(api: ApiClient) -> None:
    made = make(api, description="for tests", tokenExpiryPeriodInDays=30)
    text = made.pop("token")
    assert text.startswith(f"scim_{made['id']}_")
    assert text.startswith(made["shortToken"].removesuffix("..."))
    assert made == {
        "id": made["id"],
        "name": "robot",
        "description": "for tests",
        "kind": "STANDARD",
        "scope": "ORGANIZATION",
        "servesScim": False,
        "connectionId": made["connectionId"],
        "roles": [{"entityType": "ORGANIZATION", "entityId": api.organization_id, "role": MEMBER}],
        "shortToken": made["shortToken"],
        "startAt": made["createdAt"],
        "endAt": made["endAt"],
        "expiryPeriodInDays": 30,
        "lastUsedAt": None,
        "lastRotatedAt": None,
        "createdAt": made["createdAt"],
        "createdBy": made["createdBy"],
        "updatedAt": made["createdAt"],
    }
    lived = datetime.fromisoformat(made["endAt"]) - datetime.fromisoformat(made["createdAt"])
    assert lived == timedelta(days=30)
    assert made["createdBy"]["subjectType"] == "SERVICEKEY"
    assert made["createdBy"]["apiTokenName"] == "ORGANIZATION_OWNER api"
    path = f"/tokens/{made['id']}"
    assert good(api.get(path)) == made
    assert works(api, text)
    assert good(api.get(path))["lastUsedAt"] > made["createdAt"]

    changed = good(api.post(path, {"name": "android"}))
    assert (changed["name"], changed["description"]) == ("android", None)
    assert changed["endAt"] == made["endAt"]
    assert works(api, text)

    assert good(api.delete(path), 204) is None
    assert not works(api, text)
    refused(api.get(path), 404)
    refused(api.post(path, {"name": "zombie"}), 404)
    refused(api.post(f"{path}/rotate"), 404)
    refused(api.delete(path), 404)
    assert made["id"] not in [token["id"] for token in good(api.get("/tokens"))["tokens"]]
    # The row stays, for the operator and for audit events.
    (kept,) = [token for token in list_tokens(api.organization_id) if token.id == made["id"]]
    assert kept.revoked_at is not None
    found = events(api.organization_id, made["id"])
    assert [event.action for event in found] == ["owner:token:created", "owner:token:updated", "owner:token:deleted"]
    assert {event.actor_id for event in found} == {made["createdBy"]["id"]}


def test_the_text_is_shown_once(api: ApiClient) -> None:
    made = make(api)
    rotated = good(api.post(f"/tokens/{made['id']}/rotate"))
    secrets = [text.rpartition("_")[2] for text in (made["token"], rotated["token"])]
    shown = [
        api.get("/tokens").text,
        api.get(f"/tokens/{made['id']}").text,
        str(events(api.organization_id, made["id"])),
    ]
    assert not any(secret in page for secret in secrets for page in shown)
    assert "token" not in good(api.post(f"/tokens/{made['id']}", {"name": "same"}))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a" * 257}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"description": "a" * 501}, "description"),
        ({"role": None}, "role"),
        ({"role": "BOSS"}, "role"),
        ({"role": "WORKSPACE_OWNER"}, "role"),
        ({"kind": "DIRECT_ACCESS"}, "kind"),
        ({"kind": "SCIM"}, "role"),
        ({"scope": "GALAXY"}, "scope"),
        ({"scope": "WORKSPACE"}, "entityId"),
        ({"entityId": "elsewhere"}, "entityId"),
        ({"connectionId": "nowhere"}, "connectionId"),
        ({"tokenExpiryPeriodInDays": 0}, "tokenExpiryPeriodInDays"),
        ({"tokenExpiryPeriodInDays": 3651}, "tokenExpiryPeriodInDays"),
        ({"tokenExpiryPeriodInDays": "30"}, "tokenExpiryPeriodInDays"),
        ({"expiresAt": "2030-01-01"}, "expiresAt"),
    ],
)
def test_wrong_fields(api: ApiClient, body: dict[str, Any], field: str) -> None:
    refused(api.post("/tokens", {"name": "robot", "role": MEMBER, **body}), 400, field)


@pytest.mark.parametrize("body", [{"overlapMinutes": -1}, {"overlapMinutes": 10_081}, {"overlapMinutes": True}])
def test_wrong_rotations(api: ApiClient, body: dict[str, Any]) -> None:
    refused(api.post(f"/tokens/{make(api)['id']}/rotate", body), 400, "overlapMinutes")


def test_a_name_stays_when_a_change_is_refused(api: ApiClient) -> None:
    made = make(api)
    refused(api.post(f"/tokens/{made['id']}", {"description": "nameless"}), 400, "name")
    refused(api.post(f"/tokens/{made['id']}", {"name": "robot", "role": "ORGANIZATION_OWNER"}), 400, "role")
    assert good(api.get(f"/tokens/{made['id']}"))["name"] == "robot"


def test_lists(api: ApiClient) -> None:
    made = [make(api, name=name)["id"] for name in ("b", "C", "a")]
    scim = good(api.post("/tokens", {"name": "okta", "kind": "SCIM"}))
    names = [token["name"] for token in good(api.get("/tokens", sorts="name:asc"))["tokens"]]
    assert names == sorted(names, key=str.lower)
    only = good(api.get("/tokens", kind="SCIM"))
    assert scim["id"] in [token["id"] for token in only["tokens"]]
    assert {token["kind"] for token in only["tokens"]} == {"SCIM"}
    assert all(token["servesScim"] and token["roles"] == [] for token in only["tokens"])
    standard = good(api.get("/tokens", kind="STANDARD", sorts="createdAt:desc", limit=3))
    assert [token["id"] for token in standard["tokens"]] == made[::-1]
    assert standard["totalCount"] == good(api.get("/tokens"))["totalCount"] - only["totalCount"]
    assert good(api.get("/tokens", includeOnlyOrganizationTokens="true"))["totalCount"] == 4 + 2
    assert good(api.get("/tokens", workspaceId="nowhere"))["tokens"] == []
    assert good(api.get("/tokens", dagTags=["a", "b"]))["tokens"] == []
    refused(api.get("/tokens", sorts="secret:asc"), 400, "sorts.0")


def test_a_list_costs_the_same_for_many(api: ApiClient) -> None:
    make(api)
    good(api.get("/tokens"))
    with counted() as few:
        good(api.get("/tokens", limit=1, sorts="createdAt:desc"))
    for _ in range(5):
        make(api)
    with counted() as many:
        good(api.get("/tokens"))
    assert len(many) == len(few)


# What a token may do


def test_a_scim_token_serves_scim_alone(app: Flask, api: ApiClient) -> None:
    made = good(api.post("/tokens", {"name": "okta", "kind": "SCIM"}))
    assert ScimClient(app, api.organization_id, made["token"]).get("/Users").status_code == 200
    refused(with_token(api, made["token"]).get("/tokens"), 401)


def test_an_owners_token_serves_both(app: Flask, api: ApiClient) -> None:
    owner, member = make(api, role="ORGANIZATION_OWNER"), make(api)
    assert (owner["servesScim"], member["servesScim"]) == (True, False)
    assert ScimClient(app, api.organization_id, owner["token"]).get("/Users").status_code == 200
    assert ScimClient(app, api.organization_id, member["token"]).get("/Users").status_code == 403


def test_nobody_makes_or_rotates_a_token_above_their_own_role(
    api: ApiClient, organization: Organization, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that may manage tokens and is no Owner must not become one by them."""
    billing = make_api(app, organization, "ORGANIZATION_BILLING_ADMIN")
    owners = make(api, role="ORGANIZATION_OWNER")
    monkeypatch.setattr(Authority, "permits", lambda self, permission: True)
    refused(billing.post("/tokens", {"name": "up", "role": "ORGANIZATION_OWNER"}), 403, "role")
    refused(billing.post(f"/tokens/{owners['id']}/rotate"), 403)
    assert good(billing.post("/tokens", {"name": "same", "role": "ORGANIZATION_BILLING_ADMIN"}))
    assert works(api, owners["token"])


def test_whoever_is_no_owner_sees_no_tokens(app: Flask, organization: Organization) -> None:
    for role in ("ORGANIZATION_BILLING_ADMIN", MEMBER):
        client = make_api(app, organization, role)
        refused(client.get("/tokens"), 403)
        refused(client.post("/tokens", {"name": "x", "role": MEMBER}), 403)


# Rotation


def test_a_rotation_ends_the_old_secret_at_once(api: ApiClient) -> None:
    made = make(api, tokenExpiryPeriodInDays=10)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=5)):
        rotated = good(api.post(f"/tokens/{made['id']}/rotate"))
        assert rotated["id"] == made["id"]
        assert rotated["endAt"] > made["endAt"]
        assert rotated["startAt"] == rotated["lastRotatedAt"] > made["startAt"]
        assert not works(api, made["token"])
        assert works(api, rotated["token"])
    assert [event.action for event in events(api.organization_id, made["id"])][-1] == "owner:token:rotated"


def test_both_secrets_are_good_within_the_overlap_and_none_after(api: ApiClient) -> None:
    made, start = make(api), datetime.now(UTC)
    rotated = good(api.post(f"/tokens/{made['id']}/rotate", {"overlapMinutes": 10}))
    with time_machine.travel(start + timedelta(minutes=9)):
        assert works(api, made["token"])
        assert works(api, rotated["token"])
    with time_machine.travel(start + timedelta(minutes=10, seconds=30)):
        assert not works(api, made["token"])
        assert works(api, rotated["token"])
    again = good(api.post(f"/tokens/{made['id']}/rotate", {"overlapMinutes": 10}))
    assert not works(api, made["token"])
    assert works(api, rotated["token"])
    last = good(api.post(f"/tokens/{made['id']}/rotate"))
    assert [works(api, each["token"]) for each in (made, rotated, again, last)] == [False, False, False, True]


def test_an_expired_token_comes_back_with_a_new_secret_only(api: ApiClient) -> None:
    made = make(api, tokenExpiryPeriodInDays=1)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        assert not works(api, made["token"])
        rotated = good(api.post(f"/tokens/{made['id']}/rotate", {"overlapMinutes": 60}))
        assert not works(api, made["token"])
        assert works(api, rotated["token"])


def test_rotations_at_the_same_time_leave_one_secret(api: ApiClient) -> None:
    made = make(api)
    start = threading.Barrier(8)

    def rotate(_: int) -> str:
        client = with_token(api, api.token)
        start.wait()
        return str(good(client.post(f"/tokens/{made['id']}/rotate"))["token"])

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(rotate, range(8)))
    assert Counter(works(api, text) for text in texts) == {True: 1, False: 7}
    assert not works(api, made["token"])


def test_a_token_can_rotate_and_delete_itself(api: ApiClient) -> None:
    mine = make(api, role="ORGANIZATION_OWNER")
    rotated = good(with_token(api, mine["token"]).post(f"/tokens/{mine['id']}/rotate"))
    assert good(with_token(api, rotated["token"]).delete(f"/tokens/{mine['id']}"), 204) is None
    assert not works(api, rotated["token"])


# Roles below the Organization


def test_a_token_of_a_workspace(api: ApiClient) -> None:
    place = workspace(api)
    made = make(api, scope="WORKSPACE", entityId=place, role="WORKSPACE_MEMBER")
    assert made["scope"] == "WORKSPACE"
    assert made["roles"] == [{"entityType": "WORKSPACE", "entityId": place, "role": "WORKSPACE_MEMBER"}]
    assert with_token(api, made["token"]).get("/users").status_code == 403
    assert [token["id"] for token in good(api.get("/tokens", workspaceId=place))["tokens"]] == [made["id"]]
    only = good(api.get("/tokens", includeOnlyOrganizationTokens="true"))["tokens"]
    assert made["id"] not in [token["id"] for token in only]
    found = events(api.organization_id, made["id"])
    assert [event.action for event in found] == ["owner:token:created", "owner:token:roles-changed"]
    good(api.delete(f"/tokens/{made['id']}"), 204)
    held = select(RoleBinding.id).where(RoleBinding.token_id == made["id"])
    with reading() as connection:
        assert connection.execute(held).all() == []


def test_a_token_of_a_deployment(api: ApiClient) -> None:
    place = workspace(api)
    below = deployment(api, place)
    made = make(api, scope="DEPLOYMENT", entityId=below, role="DEPLOYMENT_ADMIN")
    assert made["scope"] == "DEPLOYMENT"
    assert made["roles"] == [
        {"entityType": "WORKSPACE", "entityId": place, "role": "WORKSPACE_ACCESSOR"},
        {"entityType": "DEPLOYMENT", "entityId": below, "role": "DEPLOYMENT_ADMIN"},
    ]
    assert [token["id"] for token in good(api.get("/tokens", deploymentId=below))["tokens"]] == [made["id"]]
    assert good(api.post(f"/tokens/{made['id']}/rotate"))["roles"] == made["roles"]


def test_a_role_below_the_organization_that_cannot_be_leaves_no_token(app: Flask, api: ApiClient) -> None:
    place = workspace(api)
    theirs = workspace(make_api(app, make_organization("Elsewhere")))
    before = good(api.get("/tokens"))["totalCount"]
    for fields, field in [
        ({"scope": "WORKSPACE", "entityId": theirs, "role": "WORKSPACE_MEMBER"}, "entityId"),
        ({"scope": "WORKSPACE", "entityId": place, "role": "DEPLOYMENT_ADMIN"}, "role"),
        ({"scope": "DEPLOYMENT", "entityId": place, "role": "DEPLOYMENT_ADMIN"}, "entityId"),
    ]:
        refused(api.post("/tokens", {"name": "robot", **fields}), 400, field)
    assert good(api.get("/tokens"))["totalCount"] == before
