"""What members of a privileged Team gain and lose, told in the transaction of the change."""

from typing import Any

import pytest

from tests.conftest import Cast
from tests.support.api import good
from tests.support.client import GROUP
from tests.support.tree import custom_role, deployment, events, on_deployment, on_workspace, workspace

GAINED, LOST = "role-gained", "role-lost"
ORGANIZATION = "organization"
MEMBER, BILLING, OWNER = "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN", "ORGANIZATION_OWNER"


def told(cast: Cast, user_id: str) -> list[tuple[str, str, str | None, str | None]]:
    """Return the consequences for a User as (action, place, role before, role after)."""
    return [
        (action, changes["#place"][1], *changes["#role"])
        for action, changes in events(cast.api.organization_id, user_id)
        if ":role-" in action
    ]


def give(cast: Cast, team_id: str, **roles: Any) -> None:
    good(cast.api.post(f"/teams/{team_id}/roles", roles))


def members(cast: Cast, op: str, team_id: str, *ids: str) -> None:
    value = [{"value": each} for each in ids]
    answer = cast.acme.patch(f"/Groups/{team_id}", {"op": op, "path": "members", "value": value})
    assert answer.status_code == 200


@pytest.fixture
def admins(cast: Cast) -> str:
    """Give an empty Team that makes Billing Admins and Authors of a Workspace."""
    team_id = str(cast.acme.create_group("Admins")["id"])
    one = workspace(cast.api)
    give(cast, team_id, organizationRole=BILLING, workspaceRoles=[on_workspace(one, "WORKSPACE_AUTHOR")])
    return team_id


def test_members_come_and_go_by_patch(cast: Cast, admins: str) -> None:
    members(cast, "add", admins, cast.bob, cast.dora)
    members(cast, "add", admins, cast.bob)
    members(cast, "remove", admins, cast.bob)

    gained, on_place, lost, off_place = told(cast, cast.bob)
    assert gained == (f"scim:user:{GAINED}", ORGANIZATION, MEMBER, BILLING)
    assert on_place[0] == f"scim:user:{GAINED}"
    assert on_place[1].startswith("workspace/")
    assert on_place[2:] == (None, "WORKSPACE_AUTHOR")
    assert lost == (f"scim:user:{LOST}", ORGANIZATION, BILLING, MEMBER)
    assert off_place == (f"scim:user:{LOST}", on_place[1], "WORKSPACE_AUTHOR", None)
    # dora is deprovisioned and holds nothing.
    assert told(cast, cast.dora) == []
    (_, changes) = events(cast.api.organization_id, cast.bob, f"scim:user:{GAINED}")[0]
    assert (changes["#team"], changes["#teamName"]) == ([None, admins], [None, "Admins"])


def test_member_who_is_removed_and_added_again_at_once_loses_nothing(cast: Cast, admins: str) -> None:
    members(cast, "add", admins, cast.bob)
    before = told(cast, cast.bob)
    value = [{"value": cast.bob}]
    operations = [{"op": op, "path": "members", "value": value} for op in ("remove", "add")]

    assert cast.acme.patch(f"/Groups/{admins}", *operations).status_code == 200

    assert told(cast, cast.bob) == before


def test_members_come_and_go_by_put(cast: Cast, admins: str) -> None:
    def put(*ids: str) -> None:
        body = {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": each} for each in ids]}
        assert cast.acme.put(f"/Groups/{admins}", body).status_code == 200

    put(cast.bob)
    put(cast.alice)

    assert [action for action, place, *_ in told(cast, cast.bob) if place == ORGANIZATION] == [
        f"scim:user:{GAINED}",
        f"scim:user:{LOST}",
    ]
    # alice owns the Organization: nothing that the Team gives is more.
    assert told(cast, cast.alice) == []


def test_team_is_deleted(cast: Cast, admins: str) -> None:
    members(cast, "add", admins, cast.bob)

    assert cast.acme.delete(f"/Groups/{admins}").status_code == 204

    assert [each[0] for each in told(cast, cast.bob)] == 2 * [f"scim:user:{GAINED}"] + 2 * [f"scim:user:{LOST}"]


def test_roles_of_the_team_change(cast: Cast) -> None:
    one = workspace(cast.api)
    place = f"workspace/{one}"
    give(cast, cast.team, organizationRole=OWNER)
    give(cast, cast.team, organizationRole=MEMBER, workspaceRoles=[on_workspace(one, "WORKSPACE_OWNER")])
    give(cast, cast.team, workspaceRoles=[on_workspace(one, "WORKSPACE_MEMBER")])
    give(cast, cast.team, workspaceRoles=[on_workspace(one, "WORKSPACE_AUTHOR")])
    give(cast, cast.team, workspaceRoles=[])

    assert told(cast, cast.bob) == [
        (f"owner:user:{GAINED}", ORGANIZATION, MEMBER, OWNER),
        (f"owner:user:{LOST}", ORGANIZATION, OWNER, MEMBER),
        (f"owner:user:{GAINED}", place, None, "WORKSPACE_OWNER"),
        (f"owner:user:{LOST}", place, "WORKSPACE_OWNER", "WORKSPACE_MEMBER"),
        (f"owner:user:{GAINED}", place, "WORKSPACE_MEMBER", "WORKSPACE_AUTHOR"),
        (f"owner:user:{LOST}", place, "WORKSPACE_AUTHOR", None),
    ]


def test_what_is_held_otherwise_is_neither_gained_nor_lost(cast: Cast) -> None:
    """Directly, and by another Team: a place is told only where the most privileged role there changes."""
    one, two = workspace(cast.api), workspace(cast.api)
    live = deployment(cast.api, two)
    custom_role(cast.api, "Reader", "deployment.get")
    direct = {"workspaceRoles": [on_workspace(one, "WORKSPACE_OPERATOR")]}
    good(cast.api.post(f"/users/{cast.bob}/roles", direct))
    give(cast, cast.team, organizationRole=BILLING, deploymentRoles=[on_deployment(live, "DEPLOYMENT_ADMIN")])
    before = told(cast, cast.bob)
    other = cast.acme.create_group("Others")["id"]
    give(
        cast,
        other,
        organizationRole="ORGANIZATION_OBSERVE_ADMIN",
        workspaceRoles=[on_workspace(one, "WORKSPACE_AUTHOR")],
        deploymentRoles=[on_deployment(live, "Reader")],
    )

    members(cast, "add", other, cast.bob)
    members(cast, "remove", other, cast.bob)

    assert told(cast, cast.bob) == before


def test_nested_teams_and_people_elsewhere_are_passed_over(cast: Cast, admins: str) -> None:
    members(cast, "add", admins, cast.team, cast.charlie)

    assert told(cast, cast.bob) == []
    assert told(cast, cast.charlie) == []


def test_user_that_is_deleted_loses_all_without_a_word(cast: Cast, admins: str) -> None:
    """Its own deletion says so."""
    members(cast, "add", admins, cast.bob)

    assert cast.acme.delete(f"/Users/{cast.bob}").status_code == 204

    assert [each[0] for each in told(cast, cast.bob)] == 2 * [f"scim:user:{GAINED}"]
