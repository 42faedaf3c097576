"""How many statements roles cost: as many for a hundred as for one, and none for who has no part in them."""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.support.api import ApiClient, good
from tests.support.tree import deployment, on_dag, on_deployment, on_workspace, scoped_api, token_role, workspace
from tests.web.test_statements import TOKEN, add, count, remove


@pytest.fixture
def warm(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Give the cast, whose tokens have just been used."""
    monkeypatch.setattr(app.extensions["scim_walks"], "_clear_at", float("inf"), raising=False)
    good(cast.api.get("/roles"))
    assert cast.acme.get("/Users").status_code == 200
    return cast


def lists(live: list[tuple[str, str]]) -> dict[str, Any]:
    """Return roles on each of these Workspaces and Deployments."""
    return {
        "organizationRole": "ORGANIZATION_BILLING_ADMIN",
        "workspaceRoles": [on_workspace(each, "WORKSPACE_AUTHOR") for each, _ in live],
        "deploymentRoles": [on_deployment(each, "DEPLOYMENT_ADMIN") for _, each in live],
        "dagRoles": [on_dag(each, "daily", "DAG_AUTHOR") for _, each in live],
    }


def tree(api: ApiClient, number: int) -> list[tuple[str, str]]:
    workspaces = [workspace(api) for _ in range(number)]
    return [(each, deployment(api, each)) for each in workspaces]


def test_explanation_costs_as_much_for_many_roles_as_for_none(warm: Cast) -> None:
    path = f"/users/{warm.bob}/effective-roles"
    none = count(lambda: warm.api.get(path))
    live = tree(warm.api, 10)
    good(warm.api.post(f"/users/{warm.bob}/roles", lists(live)))
    for index in range(5):
        team = warm.acme.create_group(f"Team {index}", warm.bob)["id"]
        good(warm.api.post(f"/teams/{team}/roles", lists(live)))

    # The User, the Organization roles of the Teams, and all the bindings.
    assert none == count(lambda: warm.api.get(path)) == TOKEN + 3
    # And the Workspaces that an Owner owns.
    assert count(lambda: warm.api.get(f"/users/{warm.alice}/effective-roles")) == TOKEN + 4
    assert count(lambda: warm.api.get(f"/users/{warm.dora}/effective-roles")) == TOKEN + 1


def test_owners_bindings_are_not_read(warm: Cast) -> None:
    one = workspace(warm.api)
    scoped = scoped_api(warm.api, token_role("WORKSPACE", one, "WORKSPACE_OWNER"))
    good(scoped.get("/workspaces"))

    # The last of each finds the names of who made and changed them.
    assert count(lambda: warm.api.get(f"/workspaces/{one}")) == TOKEN + 2
    assert count(lambda: scoped.get(f"/workspaces/{one}")) == TOKEN + 3
    assert count(lambda: warm.api.get("/workspaces")) == TOKEN + 3
    assert count(lambda: scoped.get("/workspaces")) == TOKEN + 4


@pytest.mark.parametrize("kind", ["users", "teams"])
def test_changing_many_roles_costs_what_changing_one_costs(warm: Cast, kind: str) -> None:
    live = tree(warm.api, 20)
    path = f"/{kind}/{warm.bob if kind == 'users' else warm.team}/roles"

    one = count(lambda: warm.api.post(path, lists(live[:1])))
    nothing = count(lambda: warm.api.post(path, lists(live[:1])))
    many = count(lambda: warm.api.post(path, lists(live)))

    # The subject's lock, what it holds, Workspaces, Deployments, and all of it again for the answer; then the new
    # bindings, the subject, the sessions, and the event. A Team also counts, and tells its members.
    assert nothing == TOKEN + (5 if kind == "users" else 6)
    assert one == TOKEN + (9 if kind == "users" else 15)
    # The Organization role stays this time; of a Team, what it gave before is read now that there is something.
    assert many == one + (1 if kind == "teams" else -2)


def test_members_of_a_privileged_team_cost_the_same_however_many(warm: Cast) -> None:
    live = tree(warm.api, 3)
    users = [warm.acme.create_user(f"user{index}@example.com")["id"] for index in range(30)]
    plain, privileged = (warm.acme.create_group(name)["id"] for name in ("Plain", "Privileged"))
    good(warm.api.post(f"/teams/{privileged}/roles", lists(live)))

    def cost(team: str, operation: dict[str, Any]) -> int:
        return count(lambda: warm.acme.patch(f"/Groups/{team}", operation))

    for operations in ((add(users[0]), add(*users[1:])), (remove(users[0]), remove(*users[1:]))):
        ordinary = {cost(plain, operation) for operation in operations}
        special = {cost(privileged, operation) for operation in operations}
        assert ordinary == {TOKEN + 5}
        # What the Team gives; who they are, their other Teams and their other roles; their sessions; and one INSERT of
        # all events.
        assert special == {TOKEN + 5 + 6}
    assert cost(privileged, remove(users[0])) == TOKEN + 3
