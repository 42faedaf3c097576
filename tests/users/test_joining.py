"""Joining by SCIM, on both databases: product.md §2, for both positions of the toggle, and the last Owner."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from scim_server.audit.models import AuditEvent
from scim_server.database import reading, transaction
from scim_server.users import service
from scim_server.users.models import User
from scim_server.users.policy import Source, Status
from tests.conftest import Organization
from tests.support.answers import assert_error, body
from tests.support.client import USER, ScimClient
from tests.support.people import insert_person, standing

OWNER, MEMBER, BILLING = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"
TOGGLES = pytest.mark.parametrize("toggle", [MEMBER, None], ids=["on", "off"])


def resource(user_name: str, **attributes: Any) -> dict[str, Any]:
    """Return a User as a PUT sends it."""
    return {"schemas": [USER], "userName": user_name, **attributes}


def set_active(scim: ScimClient, user_id: str, active: bool) -> Any:
    """PATCH `active`."""
    return scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": active})


@pytest.mark.parametrize(
    ("toggle", "pushed", "expected"),
    [
        (MEMBER, {"active": True}, ("ACTIVE", MEMBER)),
        (MEMBER, {}, ("ACTIVE", MEMBER)),
        (MEMBER, {"active": False}, ("INACTIVE", None)),
        (BILLING, {"active": True}, ("ACTIVE", BILLING)),
        (None, {"active": True}, ("AWAITING_INVITATION", None)),
        (None, {}, ("AWAITING_INVITATION", None)),
        (None, {"active": False}, ("INACTIVE", None)),
    ],
)
def test_unknown_person_is_pushed(
    organization: Organization,
    scim: ScimClient,
    toggle: str | None,
    pushed: dict[str, Any],
    expected: tuple[str, str | None],
) -> None:
    organization.set_jit(toggle)

    user = scim.create_user("ada@example.com", **pushed)

    assert standing(organization.id, user["id"]) == (*expected, "scim", True)
    assert user["active"] is pushed.get("active", True)


def test_scim_answers_do_not_depend_on_the_toggle(organization: Organization, scim: ScimClient) -> None:
    seen = []
    for toggle in (MEMBER, None):
        organization.set_jit(toggle)
        made = scim.create_user("ada@example.com", externalId="7", title="Countess")
        read = body(scim.get(f"/Users/{made['id']}"))
        listed = body(scim.filter("/Users", "active eq true"))
        assert read == made == listed["Resources"][0]
        scim.delete(f"/Users/{made['id']}")
        made.pop("id")
        made.pop("meta")
        seen.append((made, listed["totalResults"]))

    assert seen[0] == seen[1]


def replace_name(scim: ScimClient, user_id: str) -> Any:
    return scim.patch(f"/Users/{user_id}", {"op": "add", "path": "displayName", "value": "Ada"})


def put(scim: ScimClient, user_id: str) -> Any:
    return scim.put(f"/Users/{user_id}", resource("ada@example.com", displayName="Ada", active=True))


def put_nothing_new(scim: ScimClient, user_id: str) -> Any:
    return scim.put(f"/Users/{user_id}", resource("ada@example.com"))


@pytest.mark.parametrize("push", [replace_name, put, put_nothing_new])
@pytest.mark.parametrize(
    ("toggle", "before", "after"),
    [
        (MEMBER, (Status.PENDING, BILLING), ("ACTIVE", BILLING)),
        (None, (Status.PENDING, BILLING), ("PENDING", BILLING)),
        (MEMBER, (Status.ACTIVE, BILLING), ("ACTIVE", BILLING)),
        (None, (Status.ACTIVE, BILLING), ("ACTIVE", BILLING)),
        (MEMBER, (Status.AWAITING_INVITATION, None), ("AWAITING_INVITATION", None)),
        (None, (Status.AWAITING_INVITATION, None), ("AWAITING_INVITATION", None)),
    ],
)
@pytest.mark.parametrize("source", [Source.INVITE, Source.JIT])
def test_first_push_adopts_and_keeps_the_role(
    organization: Organization,
    scim: ScimClient,
    push: Any,
    toggle: str | None,
    before: tuple[Status, str | None],
    after: tuple[str, str | None],
    source: Source,
) -> None:
    organization.set_jit(toggle)
    user_id = insert_person(organization.id, "ada@example.com", *before, source=source)
    assert_error(scim.post("/Users", resource("ada@example.com")), 409, "uniqueness")
    assert standing(organization.id, user_id) == (before[0].value, before[1], source.value, False)

    answer = push(scim, user_id)

    assert answer.status_code == 200
    assert standing(organization.id, user_id) == (*after, source.value, True)


def test_everyone_is_visible_whatever_status_and_source(organization: Organization, scim: ScimClient) -> None:
    ids = {
        insert_person(organization.id, f"{status}-{source}@example.com", status, None, source=source)
        for status in Status
        for source in Source
    }

    listed = {user["id"] for user in body(scim.get("/Users"))["Resources"]}
    found = {
        body(scim.filter("/Users", f'userName eq "{status}-{source}@example.com"'))["Resources"][0]["id"]
        for status in Status
        for source in Source
    }

    assert listed == found == ids
    assert {scim.get(f"/Users/{user_id}").status_code for user_id in ids} == {200}


@TOGGLES
def test_deactivation_and_reactivation_keep_id_role_and_teams(
    organization: Organization, scim: ScimClient, toggle: str | None
) -> None:
    organization.set_jit(toggle)
    user_id = insert_person(organization.id, "ada@example.com", Status.ACTIVE, BILLING)
    team = scim.create_group("Engineers", user_id)["id"]

    deactivated = set_active(scim, user_id, active=False)
    assert deactivated.status_code == 200
    assert body(deactivated)["active"] is False
    assert standing(organization.id, user_id)[:2] == ("INACTIVE", BILLING)
    assert [member["value"] for member in body(scim.get(f"/Groups/{team}"))["members"]] == [user_id]

    reactivated = body(set_active(scim, user_id, active=True))
    assert reactivated["id"] == user_id
    assert [group["value"] for group in reactivated["groups"]] == [team]
    assert standing(organization.id, user_id)[:2] == ("ACTIVE", BILLING)


@pytest.mark.parametrize(
    ("pushed_under", "reactivated_under", "expected"),
    [
        (MEMBER, MEMBER, ("ACTIVE", MEMBER)),
        (MEMBER, None, ("ACTIVE", MEMBER)),
        (None, None, ("AWAITING_INVITATION", None)),
        (None, MEMBER, ("ACTIVE", MEMBER)),
    ],
)
def test_reactivation_obeys_the_toggle_for_those_who_never_joined(
    organization: Organization,
    scim: ScimClient,
    pushed_under: str | None,
    reactivated_under: str | None,
    expected: tuple[str, str | None],
) -> None:
    organization.set_jit(pushed_under)
    user_id = scim.create_user("ada@example.com")["id"]
    set_active(scim, user_id, active=False)
    organization.set_jit(reactivated_under)

    set_active(scim, user_id, active=True)

    assert standing(organization.id, user_id)[:2] == expected


@TOGGLES
def test_pushed_inactive_then_activated(organization: Organization, scim: ScimClient, toggle: str | None) -> None:
    organization.set_jit(toggle)
    user_id = scim.create_user("ada@example.com", active=False)["id"]
    assert standing(organization.id, user_id)[:2] == ("INACTIVE", None)

    set_active(scim, user_id, active=True)

    expected = ("ACTIVE", MEMBER) if toggle else ("AWAITING_INVITATION", None)
    assert standing(organization.id, user_id)[:2] == expected


@pytest.mark.parametrize("active", [True, False])
def test_removing_active_leaves_the_status(organization: Organization, scim: ScimClient, active: bool) -> None:
    user_id = scim.create_user("ada@example.com", active=active)["id"]
    before = standing(organization.id, user_id)

    answer = scim.patch(f"/Users/{user_id}", {"op": "remove", "path": "active"})

    assert answer.status_code == 200
    assert "active" not in body(answer)
    assert standing(organization.id, user_id) == before


@pytest.mark.parametrize("active", [True, False])
def test_put_without_active_leaves_it(organization: Organization, scim: ScimClient, active: bool) -> None:
    user_id = scim.create_user("ada@example.com", active=active)["id"]
    before = standing(organization.id, user_id)

    replaced = body(scim.put(f"/Users/{user_id}", resource("ada@example.com", title="Countess")))

    assert replaced["active"] is active
    assert standing(organization.id, user_id) == before


@TOGGLES
def test_switching_the_toggle_moves_nobody(organization: Organization, scim: ScimClient, toggle: str | None) -> None:
    organization.set_jit(toggle)
    user_id = scim.create_user("ada@example.com")["id"]
    before = standing(organization.id, user_id)

    organization.set_jit(None if toggle else MEMBER)

    assert standing(organization.id, user_id) == before


def test_deleted_and_made_again_is_somebody_else(organization: Organization, scim: ScimClient) -> None:
    first = scim.create_user("ada@example.com", externalId="7")["id"]
    team = scim.create_group("Engineers", first)["id"]

    assert scim.delete(f"/Users/{first}").status_code == 204
    assert_error(scim.get(f"/Users/{first}"), 404)
    second = scim.create_user("ada@example.com", externalId="7")

    assert second["id"] != first
    assert "groups" not in second
    assert "members" not in body(scim.get(f"/Groups/{team}"))
    assert body(scim.get("/Users"))["totalResults"] == 1


def test_the_owner_alone_may_not_give_automatic_members_the_owners_role(organization: Organization) -> None:
    """A push can never make an Owner by itself (product.md §2)."""
    with pytest.raises(ValueError, match=OWNER):
        organization.set_jit(OWNER)


def deactivate_by_patch(scim: ScimClient, user_id: str, headers: dict[str, str]) -> Any:
    operation = {"op": "replace", "path": "active", "value": False}
    return scim.patch(f"/Users/{user_id}", operation, headers=headers)


def deactivate_by_patch_with_more(scim: ScimClient, user_id: str, headers: dict[str, str]) -> Any:
    operation = {"op": "Replace", "value": {"displayName": "Gone", "active": "False"}}
    return scim.patch(f"/Users/{user_id}", operation, headers=headers)


def deactivate_by_put(scim: ScimClient, user_id: str, headers: dict[str, str]) -> Any:
    return scim.put(f"/Users/{user_id}", resource(f"{user_id}@acme.example", active=False), headers=headers)


def delete(scim: ScimClient, user_id: str, headers: dict[str, str]) -> Any:
    return scim.delete(f"/Users/{user_id}", headers=headers)


WAYS_OUT = [deactivate_by_patch, deactivate_by_patch_with_more, deactivate_by_put, delete]


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_last_owner_stays(organization: Organization, scim: ScimClient, way: Any, conditional: bool) -> None:
    alice = insert_person(organization.id, "alice@acme.example", Status.ACTIVE, OWNER, source=Source.BOOTSTRAP)
    # None of these is an active Owner.
    insert_person(organization.id, "bob@acme.example", Status.ACTIVE, MEMBER)
    insert_person(organization.id, "pam@acme.example", Status.PENDING, OWNER)
    insert_person(organization.id, "ina@acme.example", Status.INACTIVE, OWNER, status_before=Status.ACTIVE)
    team = scim.create_group("Leads", alice)["id"]
    before = scim.get(f"/Users/{alice}")
    events = _events(organization.id)

    answer = way(scim, alice, {"If-Match": before.headers["ETag"]} if conditional else {})

    detail = assert_error(answer, 409)
    assert "Organization Owner" in detail
    assert "another" in detail
    after = scim.get(f"/Users/{alice}")
    assert after.get_data() == before.get_data()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert standing(organization.id, alice) == ("ACTIVE", OWNER, "bootstrap", False)
    assert [member["value"] for member in body(scim.get(f"/Groups/{team}"))["members"]] == [alice]
    assert [action for action, _ in _events(organization.id) if (action, _) not in events] == ["scim:user:refused"]


@pytest.mark.parametrize("way", WAYS_OUT)
def test_owner_beside_another_may_go(organization: Organization, scim: ScimClient, way: Any) -> None:
    alice = insert_person(organization.id, "alice@acme.example", Status.ACTIVE, OWNER, source=Source.BOOTSTRAP)
    insert_person(organization.id, "abe@acme.example", Status.ACTIVE, OWNER)

    assert way(scim, alice, {}).status_code in {200, 204}


def test_owner_may_change_in_all_other_ways(organization: Organization, scim: ScimClient) -> None:
    alice = insert_person(organization.id, "alice@acme.example", Status.ACTIVE, OWNER, source=Source.BOOTSTRAP)

    answers = (
        scim.patch(f"/Users/{alice}", {"op": "replace", "path": "userName", "value": "alice@new.example"}),
        scim.put(f"/Users/{alice}", resource("alice@newer.example", active=True)),
        scim.patch(f"/Users/{alice}", {"op": "remove", "path": "active"}),
    )

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert standing(organization.id, alice)[:2] == ("ACTIVE", OWNER)


@pytest.mark.parametrize(
    "ways", [(deactivate_by_patch, deactivate_by_patch), (delete, deactivate_by_put), (delete, delete)]
)
def test_of_two_owners_in_parallel_one_goes(app: Flask, organization: Organization, ways: tuple[Any, Any]) -> None:
    for _ in range(5):
        owners = [
            insert_person(organization.id, f"{uuid.uuid4().hex}@acme.example", Status.ACTIVE, OWNER) for _ in range(2)
        ]
        clients = [ScimClient(app, organization.id, organization.token) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(lambda way, client, owner: way(client, owner, {}).status_code, ways, clients, owners)
            )

        assert sorted(answers)[1] == 409
        assert sorted(answers)[0] in {200, 204}
        # Make room for the next round.
        _demote(organization.id, owners)


def _demote(organization_id: str, user_ids: list[str]) -> None:
    with transaction() as connection:
        connection.execute(
            update(User).where(User.organization_id == organization_id, User.id.in_(user_ids)).values(role=MEMBER)
        )


def _events(organization_id: str) -> list[tuple[str, str]]:
    statement = select(AuditEvent.action, AuditEvent.id).where(AuditEvent.organization_id == organization_id)
    with reading() as connection:
        return [(row.action, row.id) for row in connection.execute(statement)]


@pytest.mark.parametrize(
    ("seen", "stands", "expected"),
    [
        (MEMBER, None, ("AWAITING_INVITATION", None)),
        (None, MEMBER, ("ACTIVE", MEMBER)),
        (MEMBER, BILLING, ("ACTIVE", BILLING)),
    ],
)
def test_the_toggle_is_switched_after_the_token_was_recognised(
    organization: Organization,
    scim: ScimClient,
    monkeypatch: pytest.MonkeyPatch,
    seen: str | None,
    stands: str | None,
    expected: tuple[str, str | None],
) -> None:
    organization.set_jit(seen)
    write = service.create_user

    def switch_and_write(*arguments: Any) -> bool:
        organization.set_jit(stands)
        return write(*arguments)

    monkeypatch.setattr(service, "create_user", switch_and_write)

    user = scim.create_user("ada@example.com")

    assert standing(organization.id, user["id"]) == (*expected, "scim", True)
