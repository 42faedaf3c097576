"""`workspace` and `deployment`: the places themselves."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.access import TOKEN_VARIABLE, change
from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import ask, choose, confirm, force_option
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.client.place_tokens import token_group
from scim_server.cli.client.place_users import TEAMS, USERS, subject_group
from scim_server.cli.client.places import DEPLOYMENT, WORKSPACE, Place, find_place
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option, print_json

_ALIASES = {"cr": "create", "ls": "list", "up": "update", "de": "delete"}
_COLUMNS = {"name": "NAME", "id": "ID", "description": "DESCRIPTION", "createdAt": "CREATE DATE"}
workspace_option = click.option("--workspace-id", "-w", help="Id or name of the Workspace; without it the one in use.")


@click.group(cls=LazyGroup, aliases={**_ALIASES, "sw": "switch"})
def workspace() -> None:
    """Make Workspaces, and say who may do what in them."""


@workspace.command()
@click.argument("name", required=False)
@click.option("--description", "-d", help="What it is for.")
@json_option
@with_api
def create(api: Api, name: str | None, description: str | None, as_json: bool) -> None:
    """Make a Workspace.

    \b
    Example: scim-server workspace create Analytics --description "Reports and forecasts"
    """
    _create(api, WORKSPACE, name, {"description": description}, as_json=as_json)


@workspace.command("list")
@output_options
@with_api
def list_workspaces(api: Api, as_json: bool) -> None:
    """List the Workspaces that you may see.

    \b
    Example: scim-server workspace list --json
    """
    context = api.access.context
    in_use = context.workspace_id if context is not None else None
    rows = [{**_row(each), "isCurrent": each["id"] == in_use} for each in api.items("/workspaces", "workspaces")]
    show("workspaces", rows, _COLUMNS, as_json=as_json, empty="no workspaces found in your organization")


@workspace.command()
@click.argument("workspace_id", required=False, metavar="[WORKSPACE]")
@with_api
def switch(api: Api, workspace_id: str | None) -> None:
    """Choose the Workspace that commands are about, by id or name.

    \b
    Example: scim-server workspace switch Analytics
    """
    context = api.access.context
    if context is None:
        raise click.ClickException(f"With the token of {TOKEN_VARIABLE} name the Workspace by --workspace-id.")
    if workspace_id is None:
        rows = list(api.items("/workspaces", "workspaces"))
        columns = {"name": "NAME", "id": "ID"}
        found = choose(rows, columns, missing="Name a Workspace.", invalid="invalid workspace selection")
    else:
        found = find_place(api, WORKSPACE, workspace_id)
    change(context, workspace_id=found["id"])
    say(f"Successfully switched workspace to {found['name']}")


@workspace.command()
@click.argument("workspace_id", metavar="WORKSPACE")
@click.option("--name", "-n", help="What it shall be called.")
@click.option("--description", "-d", help="What it is for.")
@with_api
def update(api: Api, workspace_id: str, name: str | None, description: str | None) -> None:
    """Rename or describe a Workspace; what is not named stays.

    \b
    Example: scim-server workspace update Analytics --name "Data and Analytics"
    """
    _update(api, WORKSPACE, workspace_id, name, description)


@workspace.command()
@click.argument("workspace_id", metavar="WORKSPACE")
@force_option
@with_api
def delete(api: Api, workspace_id: str, force: bool) -> None:
    """Delete a Workspace with its Deployments and all roles in it.

    \b
    Example: scim-server workspace delete Analytics --force
    """
    _delete(api, WORKSPACE, workspace_id, force=force)


@click.group(cls=LazyGroup, aliases=_ALIASES)
def deployment() -> None:
    """Make Deployments, and say who may do what in them."""


@deployment.command("create")
@click.argument("name", required=False)
@click.option("--description", "-d", help="What it is for.")
@workspace_option
@json_option
@with_api
def create_deployment(
    api: Api, name: str | None, description: str | None, workspace_id: str | None, as_json: bool
) -> None:
    """Make a Deployment in a Workspace.

    \b
    Example: scim-server deployment create Reports --workspace-id Analytics
    """
    where = find_place(api, WORKSPACE, workspace_id)
    _create(api, DEPLOYMENT, name, {"description": description, "workspaceId": where["id"]}, as_json=as_json)


@deployment.command("list")
@click.option("--workspace-id", "-w", help="Only those of this Workspace, by id or name.")
@output_options
@with_api
def list_deployments(api: Api, workspace_id: str | None, as_json: bool) -> None:
    """List the Deployments that you may see.

    \b
    Example: scim-server deployment list --workspace-id Analytics
    """
    query = {} if workspace_id is None else {"workspaceId": find_place(api, WORKSPACE, workspace_id)["id"]}
    rows = [
        {**_row(each), "workspaceId": each["workspaceId"]} for each in api.items("/deployments", "deployments", **query)
    ]
    columns = {**_COLUMNS, "workspaceId": "WORKSPACE ID"}
    show("deployments", rows, columns, as_json=as_json, empty="no deployments found")


@deployment.command("update")
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.option("--name", "-n", help="What it shall be called.")
@click.option("--description", "-d", help="What it is for.")
@with_api
def update_deployment(api: Api, deployment_id: str, name: str | None, description: str | None) -> None:
    """Rename or describe a Deployment; what is not named stays.

    \b
    Example: scim-server deployment update Reports --description "Nightly"
    """
    _update(api, DEPLOYMENT, deployment_id, name, description)


@deployment.command("delete")
@click.argument("deployment_id", metavar="DEPLOYMENT")
@force_option
@with_api
def delete_deployment(api: Api, deployment_id: str, force: bool) -> None:
    """Delete a Deployment with all roles on it and its Dags.

    \b
    Example: scim-server deployment delete Reports --force
    """
    _delete(api, DEPLOYMENT, deployment_id, force=force)


for group, place in ((workspace, WORKSPACE), (deployment, DEPLOYMENT)):
    for command in (subject_group(place, USERS), subject_group(place, TEAMS), token_group(place)):
        group.add_command(command)


def _create(api: Api, place: Place, name: str | None, body: Mapping[str, str | None], *, as_json: bool) -> None:
    name = name or ask(f"enter a name for your {place.title}: ", missing=f"you must give your {place.title} a name")
    made = api.post(f"/{place.plural}", {"name": name, **{key: value for key, value in body.items() if value}})
    if as_json:
        print_json(_row(made))
        return
    say(f"{place.title} {made['name']} was successfully created: {made['id']}")


def _update(api: Api, place: Place, named: str, name: str | None, description: str | None) -> None:
    if name is None and description is None:
        raise click.UsageError("Say what to change: --name or --description.")
    found = find_place(api, place, named)
    told = found["description"] if description is None else description
    api.post(f"/{place.plural}/{found['id']}", {"name": name or found["name"], "description": told})
    say(f"{place.title} {name or found['name']} was successfully updated")


def _delete(api: Api, place: Place, named: str, *, force: bool) -> None:
    found = find_place(api, place, named)
    confirm(f"Delete the {place.title} {found['name']} with all roles in it?", force=force)
    api.delete(f"/{place.plural}/{found['id']}")
    say(f"{place.title} {found['name']} was successfully deleted")


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("name", "id", "description", "createdAt")}
