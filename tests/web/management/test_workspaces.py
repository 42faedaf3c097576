"""Workspaces and Deployments over the API."""

import pytest
from flask import Flask
from sqlalchemy import select

from scim_server.database import reading
from scim_server.roles.models import RoleBinding
from scim_server.teams.models import Team
from tests.conftest import Cast, make_api, make_organization
from tests.support.api import ApiClient, good, refused
from tests.support.tree import (
    custom_role,
    deployment,
    events,
    on_dag,
    on_deployment,
    on_workspace,
    scoped_api,
    token_role,
    workspace,
)


def names(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    (items,) = (value for value in answer.values() if isinstance(value, list))
    return [item["name"] for item in items]


def bindings(organization_id: str) -> int:
    statement = select(RoleBinding.id).where(RoleBinding.organization_id == organization_id)
    with reading() as connection:
        return len(connection.execute(statement).all())


def binding_count(organization_id: str, team_id: str) -> int:
    statement = select(Team.binding_count).where(Team.organization_id == organization_id, Team.id == team_id)
    with reading() as connection:
        return connection.execute(statement).scalar_one()


def test_workspace_is_made_read_renamed_and_deleted(api: ApiClient) -> None:
    made = good(api.post("/workspaces", {"name": " Data  Science ", "description": "What we know"}))
    assert (made["name"], made["description"]) == ("Data Science", "What we know")
    assert made["organizationId"] == api.organization_id
    assert made["createdBy"]["subjectType"] == "SERVICEKEY"
    assert made["createdBy"]["apiTokenName"] == "ORGANIZATION_OWNER api"
    path = f"/workspaces/{made['id']}"
    assert good(api.get(path)) == made

    renamed = good(api.post(path, {"name": "Science"}))

    assert (renamed["name"], renamed["description"], renamed["createdAt"]) == ("Science", None, made["createdAt"])
    assert good(api.post(path, {"name": "Science"})) == renamed
    assert api.delete(path).status_code == 204
    refused(api.get(path), 404)
    refused(api.delete(path), 404)
    refused(api.post(path, {"name": "Again"}), 404)
    assert [action for action, _ in events(api.organization_id, made["id"])] == [
        "owner:workspace:created",
        "owner:workspace:updated",
        "owner:workspace:deleted",
    ]


def test_deployment_is_made_read_renamed_and_deleted(api: ApiClient) -> None:
    workspace_id = workspace(api)
    made = good(api.post("/deployments", {"workspaceId": workspace_id, "name": "Production"}))
    path = f"/deployments/{made['id']}"
    assert made["workspaceId"] == workspace_id
    assert good(api.get(path)) == made

    renamed = good(api.post(path, {"name": "Live", "description": "d"}))

    assert (renamed["name"], renamed["workspaceId"]) == ("Live", workspace_id)
    assert good(api.post(path, {"name": "Live", "description": "d"})) == renamed
    assert api.delete(path).status_code == 204
    refused(api.get(path), 404)
    refused(api.post(path, {"name": "Again"}), 404)
    assert [action for action, _ in events(api.organization_id, made["id"])] == [
        "owner:deployment:created",
        "owner:deployment:updated",
        "owner:deployment:deleted",
    ]


def test_names_are_unique_without_regard_to_case(api: ApiClient) -> None:
    first, second = workspace(api, "One"), workspace(api, "Two")
    refused(api.post("/workspaces", {"name": "ONE"}), 409, "name")
    refused(api.post(f"/workspaces/{second}", {"name": "one"}), 409, "name")
    deployment(api, first, "Same")
    other = deployment(api, second, "Same")
    refused(api.post("/deployments", {"name": "same", "workspaceId": first}), 409, "name")
    deployment(api, second, "Other")
    refused(api.post(f"/deployments/{other}", {"name": "OTHER"}), 409, "name")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x", "description": "x" * 501}, "description"),
        ({"name": "x", "id": "mine"}, "id"),
    ],
)
def test_wrong_fields_are_named(api: ApiClient, body: dict[str, object], field: str) -> None:
    refused(api.post("/workspaces", body), 400, field)


def test_deployment_of_an_unknown_or_foreign_workspace(app: Flask, api: ApiClient) -> None:
    elsewhere = workspace(make_api(app, make_organization("Elsewhere")))

    for workspace_id in (elsewhere, "nowhere"):
        refused(api.post("/deployments", {"name": "D", "workspaceId": workspace_id}), 400, "workspaceId")


def test_lists_are_searched_sorted_and_paged(api: ApiClient) -> None:
    ids = {name: workspace(api, name) for name in ("beta", "Alpha", "gamma_1", "100%")}

    assert names(good(api.get("/workspaces"))) == ["100%", "Alpha", "beta", "gamma_1"]
    assert names(good(api.get("/workspaces", sorts="name:desc"))) == ["gamma_1", "beta", "Alpha", "100%"]
    assert names(good(api.get("/workspaces", sorts="createdAt:asc"))) == list(ids)
    assert names(good(api.get("/workspaces", search="ALPH"))) == ["Alpha"]
    assert names(good(api.get("/workspaces", search="%"))) == ["100%"]
    assert names(good(api.get("/workspaces", workspaceIds=[ids["beta"], "nothing"]))) == ["beta"]
    page = good(api.get("/workspaces", offset=1, limit=2))
    assert (names(page), page["totalCount"], page["offset"], page["limit"]) == (["Alpha", "beta"], 4, 1, 2)
    refused(api.get("/workspaces", sorts="secret:asc"), 400, "sorts.0")
    for name in ("b", "a"):
        deployment(api, ids["beta"], name)
    deployment(api, ids["Alpha"], "c")
    assert names(good(api.get("/deployments"))) == ["a", "b", "c"]
    assert names(good(api.get("/deployments", workspaceId=ids["beta"], sorts="name:desc"))) == ["b", "a"]
    assert good(api.get("/deployments", workspaceId="nowhere"))["totalCount"] == 0


def test_callers_see_only_what_they_hold_a_role_on(app: Flask, api: ApiClient) -> None:
    one, two, three = (workspace(api, name) for name in ("one", "two", "three"))
    first, second, third = deployment(api, one, "d1"), deployment(api, two, "d2"), deployment(api, two, "d3")
    deployment(api, three, "d4")
    scoped = scoped_api(
        api, token_role("WORKSPACE", one, "WORKSPACE_MEMBER"), token_role("DEPLOYMENT", second, "DEPLOYMENT_ADMIN")
    )

    assert names(good(scoped.get("/workspaces"))) == ["one", "two"]
    assert names(good(scoped.get("/deployments"))) == ["d1", "d2"]
    assert good(scoped.get(f"/workspaces/{two}"))["name"] == "two"
    refused(scoped.get(f"/workspaces/{three}"), 404)
    refused(scoped.get(f"/deployments/{third}"), 404)
    assert good(scoped.get(f"/deployments/{first}"))["name"] == "d1"
    member = scoped_api(api, organization_role="ORGANIZATION_MEMBER")
    assert names(good(member.get("/workspaces"))) == []
    assert names(good(member.get("/deployments"))) == []
    refused(member.get(f"/workspaces/{one}"), 404)


def test_what_callers_may_do_follows_their_role_there(api: ApiClient) -> None:
    one, two = workspace(api, "one"), workspace(api, "two")
    live = deployment(api, one)
    owner = scoped_api(api, token_role("WORKSPACE", one, "WORKSPACE_OWNER"))
    operator = scoped_api(api, token_role("WORKSPACE", one, "WORKSPACE_OPERATOR"))
    author = scoped_api(api, token_role("WORKSPACE", one, "WORKSPACE_AUTHOR"))

    refused(author.post("/deployments", {"name": "a", "workspaceId": one}), 403)
    refused(author.post(f"/deployments/{live}", {"name": "a"}), 403)
    refused(author.delete(f"/deployments/{live}"), 403)
    refused(operator.post(f"/workspaces/{one}", {"name": "a"}), 403)
    refused(operator.post("/deployments", {"name": "a", "workspaceId": two}), 403)
    refused(operator.post("/workspaces", {"name": "a"}), 403)
    good(operator.post("/deployments", {"name": "a", "workspaceId": one}))
    good(operator.post(f"/deployments/{live}", {"name": "b"}))
    assert operator.delete(f"/deployments/{live}").status_code == 204
    refused(operator.delete(f"/workspaces/{one}"), 403)
    refused(owner.delete(f"/workspaces/{two}"), 404)
    good(owner.post(f"/workspaces/{one}", {"name": "renamed"}))
    assert owner.delete(f"/workspaces/{one}").status_code == 204
    # And the token's own role went with it.
    refused(owner.get("/workspaces"), 403)


def test_deleting_a_workspace_takes_the_roles_in_it(cast: Cast) -> None:
    api = cast.api
    one, two = workspace(api), workspace(api)
    live = deployment(api, one)
    body = {
        "workspaceRoles": [on_workspace(one, "WORKSPACE_AUTHOR"), on_workspace(two, "WORKSPACE_MEMBER")],
        "deploymentRoles": [on_deployment(live, "DEPLOYMENT_ADMIN")],
        "dagRoles": [on_dag(live, "daily", "DAG_AUTHOR")],
    }
    good(api.post(f"/users/{cast.bob}/roles", body))
    good(api.post(f"/teams/{cast.team}/roles", body))
    assert binding_count(api.organization_id, cast.team) == 4

    assert api.delete(f"/workspaces/{one}").status_code == 204

    left = good(api.get(f"/users/{cast.bob}/effective-roles"))
    assert [(each["workspaceId"], each["role"]) for each in left["workspaceRoles"]] == [(two, "WORKSPACE_MEMBER")]
    assert (left["deploymentRoles"], left["dagRoles"]) == ([], [])
    assert binding_count(api.organization_id, cast.team) == 1
    assert bindings(api.organization_id) == 2
    refused(api.get(f"/deployments/{live}"), 404)
    (deleted,) = events(api.organization_id, one, "owner:workspace:deleted")
    assert deleted[1]["#roles"] == [6, None]


def test_deleting_a_deployment_takes_the_accessors_that_it_needed(cast: Cast) -> None:
    api = cast.api
    one = workspace(api)
    live, test = deployment(api, one), deployment(api, one)
    on_both = [on_deployment(live, "DEPLOYMENT_ADMIN"), on_deployment(test, "DEPLOYMENT_ADMIN")]
    good(api.post(f"/users/{cast.bob}/roles", {"deploymentRoles": on_both}))
    good(api.post(f"/users/{cast.alice}/roles", {"dagRoles": [on_dag(live, "daily", "DAG_VIEWER")]}))
    good(api.post(f"/teams/{cast.team}/roles", {"deploymentRoles": [on_deployment(live, "DEPLOYMENT_ADMIN")]}))
    explicit = {"workspaceRoles": [on_workspace(one, "WORKSPACE_ACCESSOR")]}
    good(api.post(f"/users/{cast.dora}/roles", explicit))

    assert api.delete(f"/deployments/{live}").status_code == 204

    assert binding_count(api.organization_id, cast.team) == 0
    statement = select(RoleBinding.user_id, RoleBinding.role).where(RoleBinding.workspace_id == one)
    with reading() as connection:
        left = {tuple(row) for row in connection.execute(statement)}
    assert left == {
        (cast.bob, "DEPLOYMENT_ADMIN"),
        (cast.bob, "WORKSPACE_ACCESSOR"),
        (cast.dora, "WORKSPACE_ACCESSOR"),
    }


def test_custom_role_restricted_to_a_deleted_workspace_stays_restricted(cast: Cast) -> None:
    api = cast.api
    one, two = workspace(api), workspace(api)
    live = deployment(api, two)
    custom_role(api, "Restricted", "deployment.get", restrictedWorkspaceIds=[one])

    assert api.delete(f"/workspaces/{one}").status_code == 204

    body = {"deploymentRoles": [on_deployment(live, "Restricted")]}
    refused(api.post(f"/users/{cast.bob}/roles", body), 400, "deploymentRoles.0.role")
