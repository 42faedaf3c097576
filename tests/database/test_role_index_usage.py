"""What somebody holds is found by an index: nobody reads all bindings or members of an Organization."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from scim_server.database import db
from scim_server.database.engines import read_engine
from tests.conftest import Cast
from tests.support.api import good
from tests.support.tree import deployment, on_dag, on_deployment, on_workspace, scoped_api, token_role, workspace

_LARGE = {"role_bindings", "users", "teams", "team_members", "tokens"}


def plans(work: Callable[[], Any]) -> list[str]:
    """Return how SQLite reads for each SELECT of the work, which knows no statistics: by shape alone."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, bound: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, bound))

    engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    with read_engine().connect() as connection:
        return [
            str(row[-1])
            for statement, bound in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)
        ]


@pytest.fixture
def tree(cast: Cast) -> tuple[str, str]:
    """Give a Workspace and a Deployment that bob and his Team hold roles on."""
    one = workspace(cast.api)
    live = deployment(cast.api, one)
    body = {
        "workspaceRoles": [on_workspace(one, "WORKSPACE_MEMBER")],
        "deploymentRoles": [on_deployment(live, "DEPLOYMENT_ADMIN")],
        "dagRoles": [on_dag(live, "daily", "DAG_AUTHOR")],
    }
    good(cast.api.post(f"/users/{cast.bob}/roles", body))
    good(cast.api.post(f"/teams/{cast.team}/roles", {**body, "organizationRole": "ORGANIZATION_BILLING_ADMIN"}))
    return one, live


def test_roles_are_read_by_an_index(backend: str, cast: Cast, tree: tuple[str, str]) -> None:
    if backend != "sqlite":
        return
    one, _ = tree
    scoped = scoped_api(cast.api, token_role("WORKSPACE", one, "WORKSPACE_OWNER"))
    member = {"op": "add", "path": "members", "value": [{"value": cast.alice}]}
    on_one = {"workspaceRoles": [on_workspace(one, "WORKSPACE_AUTHOR")]}

    def work() -> None:
        good(cast.api.get(f"/users/{cast.bob}/effective-roles"))
        good(scoped.get("/workspaces"))
        good(scoped.post(f"/users/{cast.bob}/roles", on_one))
        good(scoped.post(f"/teams/{cast.team}/roles", on_one))
        assert cast.acme.patch(f"/Groups/{cast.team}", member).status_code == 200

    found = plans(work)

    assert any("role_bindings" in step for step in found)
    for step in found:
        scanned = re.match(r"SCAN (\w+)", step)
        assert not scanned or scanned[1] not in _LARGE, step
        whole = re.match(r"SEARCH (\w+) USING .*\(organization_id=\?\)$", step)
        assert not whole or whole[1] not in _LARGE, step
