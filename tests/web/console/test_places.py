"""Roles on places in the console: one is given or taken at a time, whatever others change meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from scim_server.roles import granting
from tests.conftest import Cast
from tests.support.api import good
from tests.support.races import Pause
from tests.support.tree import deployment, on_workspace, workspace
from tests.web.console.conftest import Seat, SitDown

Held = dict[str, str]


def held(cast: Cast, subject: str) -> Held:
    return {each["workspaceId"]: each["role"] for each in good(cast.api.get(subject))["workspaceRoles"]}


@pytest.fixture
def subjects(cast: Cast) -> dict[str, str]:
    """Give paths of a User and of a Team."""
    return {"users": f"/users/{cast.bob}", "teams": f"/teams/{cast.team}"}


@pytest.mark.parametrize("kind", ["users", "teams"])
def test_two_editors_at_once_lose_nothing(
    app: Flask,
    alice: Seat,
    sit_down: SitDown,
    cast: Cast,
    subjects: dict[str, str],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both have read the same roles, and the second one writes while the first one does."""
    subject = subjects[kind]
    before, first, second = (workspace(cast.api) for _ in range(3))
    roles: dict[str, Any] = {"workspaceRoles": [on_workspace(before, "WORKSPACE_MEMBER")]}
    good(cast.api.post(f"{subject}/roles", roles))
    owner = cast.acme.create_user("anna@acme.example")["id"]
    good(cast.api.post(f"/users/{owner}/roles", {"organizationRole": "ORGANIZATION_OWNER"}))
    anna = sit_down(cast.acme.organization_id, owner, "anna")
    for seat in (alice, anna):
        seat.get(f"{subject}/roles/workspace")

    def give(seat: Seat, place: str) -> int:
        return seat.post(f"{subject}/roles/workspace", target=place, role="WORKSPACE_AUTHOR").status_code

    with ThreadPoolExecutor(2) as pool, monkeypatch.context() as patched:
        pause = Pause(patched, granting, "_write")
        one = pool.submit(give, alice, first)
        assert pause.reached.wait(30)
        other = pool.submit(give, anna, second)
        pause.go_on.set()
        assert (one.result(), other.result()) == (200, 200)

    author = "WORKSPACE_AUTHOR"
    assert held(cast, subject) == {before: "WORKSPACE_MEMBER", first: author, second: author}


@pytest.mark.parametrize("kind", ["users", "teams"])
def test_one_role_is_changed_and_taken(alice: Seat, cast: Cast, subjects: dict[str, str], kind: str) -> None:
    subject = subjects[kind]
    one, other = workspace(cast.api), workspace(cast.api)
    both = [on_workspace(each, "WORKSPACE_MEMBER") for each in (one, other)]
    good(cast.api.post(f"{subject}/roles", {"workspaceRoles": both}))
    alice.get(f"{subject}/roles/workspace?target={one}&role=WORKSPACE_MEMBER")
    alice.post(f"{subject}/roles/workspace", target=one, role="WORKSPACE_OWNER")
    assert held(cast, subject) == {one: "WORKSPACE_OWNER", other: "WORKSPACE_MEMBER"}
    alice.get(f"{subject}/roles/workspace/remove?target={other}")
    for _ in range(2):
        # Also of what somebody else took already.
        assert alice.post(f"{subject}/roles/workspace/remove", target=other).status_code == 200
        alice.get(f"{subject}/roles/workspace/remove?target={other}")

    assert held(cast, subject) == {one: "WORKSPACE_OWNER"}


def test_a_dags_role_is_named_by_id_or_tag(alice: Seat, cast: Cast) -> None:
    live = deployment(cast.api, workspace(cast.api))
    path = f"/users/{cast.bob}/roles/dag"
    for by in ("id", "tag"):
        alice.get(path)
        alice.post(path, target=live, dag="daily", by=by, role="DAG_AUTHOR")
    alice.get(f"{path}/remove?target={live}&dag=daily&by=id")
    alice.post(f"{path}/remove", target=live, dag="daily", by="id")

    (left,) = good(cast.api.get(f"/users/{cast.bob}"))["dagRoles"]
    assert (left.get("dagTag"), left.get("dagId")) == ("daily", None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"target": "none", "role": "WORKSPACE_MEMBER"}, "target"),
        ({"target": "{workspace}", "role": "KING"}, "role"),
    ],
)
def test_what_is_wrong_stands_at_its_field(alice: Seat, cast: Cast, values: dict[str, str], field: str) -> None:
    path = f"/users/{cast.bob}/roles/workspace"
    one = workspace(cast.api)
    alice.get(path)
    filled = {name: value.format(workspace=one) for name, value in values.items()}

    assert alice.post(path, **filled).status_code == 400
    assert f'id="{field}-error"' in alice.text
