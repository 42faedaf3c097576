"""The catalogue says all of what this product promises of roles (astro.md §5)."""

from itertools import pairwise

import pytest

from scim_server.roles.catalogue import UnknownRole, catalogue, read_catalogue

# astro.md §5.3, as it is written there.
GETS = (
    "adminMenu,astronomer,auditLog,browseMenu,clusterActivity,customMenu,configMenu,dagCode,dagDependencies,datasets,"
    "docs,importError,job,plugin,provider,slaMiss,taskLog,taskReschedule,trigger,website"
)
CUSTOM = {
    "deployment": ("get", "update", "delete"),
    **{f"deployment.airflow.{name}": ("get",) for name in GETS.split(",")},
    **{
        f"deployment.airflow.{name}": ("get", "create", "update", "delete")
        for name in ("connection", "dagRun", "pool", "taskInstance", "variable")
    },
    "deployment.airflow.dag": ("get", "update", "delete"),
    "deployment.airflow.xcom": ("get", "delete"),
    "deployment.alerts": ("get", "create", "update", "delete"),
    "deployment.apiTokens": ("get", "create", "update", "delete", "rotate"),
    "deployment.deploys": ("get", "create", "update"),
    "deployment.envObjects": ("get", "create", "update", "delete"),
    "deployment.logs": ("get",),
    "deployment.metrics": ("get",),
    "deployment.teams": ("get", "delete"),
    "deployment.users": ("get", "delete"),
}
ORDER = {
    "organization": (
        "ORGANIZATION_OWNER",
        "ORGANIZATION_BILLING_ADMIN",
        "ORGANIZATION_OBSERVE_ADMIN",
        "ORGANIZATION_OBSERVE_MEMBER",
        "ORGANIZATION_MEMBER",
    ),
    "workspace": (
        "WORKSPACE_OWNER",
        "WORKSPACE_OPERATOR",
        "WORKSPACE_AUTHOR",
        "WORKSPACE_MEMBER",
        "WORKSPACE_ACCESSOR",
    ),
    "deployment": ("DEPLOYMENT_ADMIN", "DEPLOYMENT_ACCESSOR"),
    "dag": ("DAG_AUTHOR", "DAG_VIEWER"),
}
# What a role is the first to permit: the sentences of astro.md §5.2 and §5.4.
FIRST = {
    "WORKSPACE_ACCESSOR": ["workspace.get"],
    "WORKSPACE_MEMBER": [
        "deployment.users.get",
        "deployment.teams.get",
        "workspace.users.get",
        "workspace.teams.get",
        "deployment.get",
        "deployment.airflow.dag.get",
        "deployment.airflow.taskLog.get",
        "deployment.airflow.datasets.get",
        "workspace.ideProjects.get",
        "deployment.alerts.get",
        "deployment.airflow.clusterActivity.get",
        "deployment.airflow.customMenu.get",
    ],
    "WORKSPACE_AUTHOR": [
        "deployment.airflow.dagRun.create",
        "deployment.airflow.dag.update",
        "deployment.airflow.taskInstance.delete",
        "deployment.deploys.create",
        "workspace.ideProjects.delete",
        "deployment.alerts.delete",
        *(
            f"deployment.airflow.{name}.get"
            for name in ("connection", "variable", "plugin", "provider", "pool", "xcom")
        ),
    ],
    "WORKSPACE_OPERATOR": [
        "deployment.airflow.connection.create",
        "deployment.airflow.variable.delete",
        "deployment.envObjects.update",
        "deployment.update",
        "workspace.deployments.create",
        "deployment.delete",
        "workspace.apiTokens.create",
        "workspace.apiTokens.rotate",
        "workspace.hibernation.update",
    ],
    "WORKSPACE_OWNER": [
        "deployment.apiTokens.create",
        "deployment.apiTokens.rotate",
        "workspace.users.update",
        "workspace.users.create",
        "workspace.teams.update",
        "workspace.teams.delete",
    ],
    "DEPLOYMENT_ADMIN": ["deployment.update", "deployment.airflow.variable.delete"],
    "DAG_VIEWER": ["deployment.airflow.dag.get"],
    "DAG_AUTHOR": ["deployment.airflow.dag.update", "deployment.airflow.dag.delete"],
}


def test_scopes_and_the_order_of_their_roles() -> None:
    assert {name: scope.names for name, scope in catalogue().scopes.items()} == ORDER


def test_custom_roles_of_deployments_can_permit_what_is_documented() -> None:
    expected = {f"{name}.{action}" for name, actions in CUSTOM.items() for action in actions}

    assert catalogue().scopes["deployment"].custom_permissions == expected


def test_custom_roles_exist_below_the_workspace_alone() -> None:
    assert {name for name, scope in catalogue().scopes.items() if scope.custom_permissions} == {"deployment", "dag"}


@pytest.mark.parametrize("scope", ORDER)
def test_each_role_permits_more_than_the_next(scope: str) -> None:
    roles = catalogue().scopes[scope].roles

    for more, less in pairwise(roles):
        assert more.permissions > less.permissions


@pytest.mark.parametrize("name", FIRST)
def test_role_is_the_first_to_permit(name: str) -> None:
    scope = next(scope for scope in catalogue().scopes.values() if name in scope.names)
    role = scope.role(name)

    for permission in FIRST[name]:
        assert permission in role.permissions
        assert all(permission not in less.permissions for less in scope.roles[role.rank + 1 :])


def test_workspace_owner_permits_all_that_any_role_below_the_organization_can() -> None:
    """Else an Organization Owner could not grant it."""
    lower = [scope for name, scope in catalogue().scopes.items() if name != "organization"]
    every = frozenset[str]().union(
        *(role.permissions for scope in lower for role in scope.roles), *(scope.custom_permissions for scope in lower)
    )

    assert every == catalogue().workspace_owner_permissions


def test_deployment_admin_is_a_workspace_operator_within_the_deployment() -> None:
    operator = catalogue().scopes["workspace"].role("WORKSPACE_OPERATOR").permissions

    assert catalogue().scopes["deployment"].role("DEPLOYMENT_ADMIN").permissions == {
        permission for permission in operator if permission.startswith("deployment.")
    }


def test_templates_are_something_that_a_custom_role_can_be() -> None:
    deployment = catalogue().scopes["deployment"]

    assert [template.name for template in deployment.templates] == [
        "Deployment Viewer",
        "Deployment Author",
        "Deployment Operator",
    ]
    viewer, author, operator = (template.permissions for template in deployment.templates)
    assert viewer < author < operator <= deployment.custom_permissions


def test_every_role_is_described() -> None:
    for name, scope in catalogue().scopes.items():
        assert name == "organization" or all(role.description for role in scope.roles)


def test_role_that_is_like_an_unknown_one_is_refused() -> None:
    role = {"name": "A", "title": "A", "permissions": []}
    document = {
        "organization": {"description": "", "owner": "A", "default": "A", "roles": [role]},
        "workspace": {"description": "", "owner": "B", "roles": [{"name": "B", "title": "B", "like": "NOBODY"}]},
    }

    with pytest.raises(UnknownRole, match="NOBODY"):
        read_catalogue(document)
