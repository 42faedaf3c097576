"""The resource tree in the tenant matrix."""

from tests.conftest import Cast
from tests.support.tree import deployment, workspace
from tests.web.management.entries import Entry
from tests.web.management.entries_roles import whose


def own_workspace(cast: Cast, theirs: bool) -> str:
    return workspace(whose(cast, theirs))


def own_deployment(cast: Cast, theirs: bool) -> str:
    api = whose(cast, theirs)
    return deployment(api, workspace(api))


DRAFT = {"name": "Renamed", "description": "by the matrix"}
TABLE = {
    ("Workspaces.list_workspaces", "GET"): [Entry("/workspaces")],
    ("Workspaces.create_workspace", "POST"): [Entry("/workspaces", {"name": "New"})],
    ("Workspaces.read_workspace", "GET"): [Entry("/workspaces/{id}", own=own_workspace)],
    ("Workspaces.update_workspace", "POST"): [Entry("/workspaces/{id}", DRAFT, own=own_workspace)],
    ("Workspaces.delete_workspace", "DELETE"): [Entry("/workspaces/{id}", status=204, own=own_workspace)],
    ("Deployments.list_deployments", "GET"): [Entry("/deployments")],
    # Bodies are fixed here; test_workspaces.py names Workspaces of strangers.
    ("Deployments.create_deployment", "POST"): [Entry("/deployments", {"name": "New", "workspaceId": "none"}, 400)],
    ("Deployments.read_deployment", "GET"): [Entry("/deployments/{id}", own=own_deployment)],
    ("Deployments.update_deployment", "POST"): [Entry("/deployments/{id}", DRAFT, own=own_deployment)],
    ("Deployments.delete_deployment", "DELETE"): [Entry("/deployments/{id}", status=204, own=own_deployment)],
}
