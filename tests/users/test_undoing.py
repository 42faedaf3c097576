"""Removals that are taken back: the same person is there again, and SCIM saw a removal like any other."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from scim_server.accounts.sessions import recognise
from scim_server.audit.listing import Filter, list_events
from scim_server.audit.service import ActorType, Origin
from scim_server.database import reading, transaction
from scim_server.protocol.errors import Forbidden
from scim_server.roles.authority import Authority, Requester
from scim_server.users.models import RemovedUser
from scim_server.users.ownership import LastOwner
from scim_server.users.undoing import CannotUndo, forget_removed, remove_undoably, undo_removal
from tests.conftest import Cast
from tests.support.accounts import address, link, make_account, sign_in
from tests.support.api import good


def owner(cast: Cast, user_id: str | None = None, role: str = "ORGANIZATION_OWNER") -> Requester:
    origin = Origin(ActorType.USER, user_id or cast.alice, "Alice")
    return Requester(cast.acme.organization_id, Authority(role), origin)


def roles_on_a_workspace(cast: Cast) -> str:
    workspace = good(cast.api.post("/workspaces", {"name": "Data"}))["id"]
    held = [{"workspaceId": workspace, "role": "WORKSPACE_AUTHOR"}]
    roles = {"organizationRole": "ORGANIZATION_BILLING_ADMIN", "workspaceRoles": held}
    good(cast.api.post(f"/users/{cast.bob}/roles", roles))
    return workspace


def seen(cast: Cast, path: str) -> dict:
    found = dict(cast.acme.get(path).get_json(force=True))
    found.pop("meta", None)
    # A set, in whatever order the database finds it.
    for name in ("members", "groups"):
        found[name] = sorted(found.get(name, ()), key=lambda each: each["value"])
    return found


def test_the_person_is_back_with_everything(cast: Cast) -> None:
    roles_on_a_workspace(cast)
    before, team = good(cast.api.get(f"/users/{cast.bob}")), seen(cast, f"/Groups/{cast.team}")
    person = seen(cast, f"/Users/{cast.bob}")

    remove_undoably(owner(cast), cast.bob)
    assert cast.acme.get(f"/Users/{cast.bob}").status_code == 404
    assert cast.bob not in str(seen(cast, f"/Groups/{cast.team}"))
    undo_removal(owner(cast), cast.bob)

    after = good(cast.api.get(f"/users/{cast.bob}"))
    assert {**after, "updatedAt": ""} == {**before, "updatedAt": ""}
    assert (seen(cast, f"/Users/{cast.bob}"), seen(cast, f"/Groups/{cast.team}")) == (person, team)
    events = list_events(cast.acme.organization_id, Filter(target_id=cast.bob), 2)
    assert [event.action for event in events] == ["owner:user:restored", "owner:user:removed"]


def test_versions_go_on(cast: Cast) -> None:
    before = cast.acme.get(f"/Users/{cast.bob}").headers["ETag"]

    remove_undoably(owner(cast), cast.bob)
    undo_removal(owner(cast), cast.bob)

    assert cast.acme.get(f"/Users/{cast.bob}").headers["ETag"] != before
    assert good(cast.api.get("/users"))["totalCount"] == len(good(cast.api.get("/users"))["users"])


def test_sessions_stay_ended_and_the_login_is_the_same(app: Flask, cast: Cast) -> None:
    account = make_account(address())
    link(cast.acme.organization_id, cast.bob, account)
    secret = sign_in(account, cast.acme.organization_id)

    remove_undoably(owner(cast), cast.bob)
    undo_removal(owner(cast), cast.bob)

    assert recognise(secret) is None
    assert recognise(sign_in(account, cast.acme.organization_id)) is not None


def test_half_a_minute_later_it_is_final(cast: Cast) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        remove_undoably(owner(cast), cast.bob)
        clock.shift(30)
        with pytest.raises(CannotUndo):
            undo_removal(owner(cast), cast.bob)
        assert forget_removed() >= 1
        with reading() as connection:
            assert connection.execute(select(RemovedUser.user_id).where(RemovedUser.user_id == cast.bob)).all() == []


def test_only_who_removed_takes_it_back_and_only_once(cast: Cast) -> None:
    remove_undoably(owner(cast), cast.bob)
    with pytest.raises(CannotUndo):
        undo_removal(owner(cast, cast.dora), cast.bob)
    undo_removal(owner(cast), cast.bob)
    with pytest.raises(CannotUndo):
        undo_removal(owner(cast), cast.bob)


def test_whoever_lost_the_right_meanwhile_takes_nothing_back(cast: Cast) -> None:
    remove_undoably(owner(cast), cast.bob)
    with pytest.raises(Forbidden):
        undo_removal(owner(cast, role="ORGANIZATION_MEMBER"), cast.bob)


def test_whoever_came_back_by_another_way_stays_as_they_are(cast: Cast) -> None:
    remove_undoably(owner(cast), cast.bob)
    again = cast.acme.create_user("bob@acme.example")["id"]
    with pytest.raises(CannotUndo):
        undo_removal(owner(cast), cast.bob)

    assert cast.acme.get(f"/Users/{again}").status_code == 200
    assert cast.acme.get(f"/Users/{cast.bob}").status_code == 404


def test_what_went_meanwhile_stays_gone(cast: Cast) -> None:
    workspace = roles_on_a_workspace(cast)
    remove_undoably(owner(cast), cast.bob)
    good(cast.api.delete(f"/workspaces/{workspace}"), 204)
    assert cast.acme.request("DELETE", f"/Groups/{cast.team}").status_code == 204
    undo_removal(owner(cast), cast.bob)

    found = good(cast.api.get(f"/users/{cast.bob}"))
    assert (found["workspaceRoles"], found["teams"]) == ([], [])
    assert found["organizationRole"] == "ORGANIZATION_BILLING_ADMIN"


def test_an_open_invitation_is_open_again(cast: Cast) -> None:
    invite = good(cast.api.post("/invites", {"inviteeEmail": address("p"), "role": "ORGANIZATION_MEMBER"}))
    remove_undoably(owner(cast), invite["userId"])
    assert good(cast.api.get(f"/invites/{invite['inviteId']}"))["state"] == "REVOKED"
    undo_removal(owner(cast), invite["userId"])

    assert good(cast.api.get(f"/invites/{invite['inviteId']}"))["state"] == "OPEN"
    assert good(cast.api.get(f"/users/{invite['userId']}"))["status"] == "PENDING"


def test_the_last_owner_stays_and_nothing_is_kept(cast: Cast) -> None:
    with pytest.raises(LastOwner):
        remove_undoably(owner(cast), cast.alice)

    with transaction() as connection:
        assert connection.execute(select(RemovedUser.user_id).where(RemovedUser.user_id == cast.alice)).all() == []
