"""`scim-server organization list|switch`: which Organizations one belongs to, and which one commands are about."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.access import TOKEN_VARIABLE, change
from scim_server.cli.client.api import Api, segment, with_api
from scim_server.cli.client.asking import choose
from scim_server.cli.client.listing import output_options, show

NONE = "no organization found. Please contact your Organization Owner to be invited to the organization"


@click.command("list")
@output_options
@with_api
def list_(api: Api, as_json: bool) -> None:
    """List the Organizations that you belong to.

    \b
    Example: scim-server organization list --json
    """
    show("organizations", _rows(api), {"name": "NAME", "id": "ID"}, as_json=as_json, empty=NONE)


@click.command()
@click.argument("organization", required=False)
@click.option("--workspace-id", "-w", help="Also choose the Workspace that commands are about.")
@with_api
def switch(api: Api, organization: str | None, workspace_id: str | None) -> None:
    """Choose the Organization that commands are about, by name or id.

    \b
    Examples:
      scim-server organization switch Acme
      scim-server organization switch
    """
    context = api.access.context
    if context is None:
        raise click.ClickException(f"The token of {TOKEN_VARIABLE} belongs to one Organization; log in to switch.")
    chosen = _chosen(_rows(api), organization)
    if workspace_id is not None:
        api.get(f"/v1/organizations/{chosen['id']}/workspaces/{segment(workspace_id)}")
    if chosen["isCurrent"] and workspace_id in {None, context.workspace_id}:
        click.echo("You selected the same organization as the current one. No switch was made")
        return
    kept = context.workspace_id if chosen["isCurrent"] else None
    change(
        context,
        organization_id=chosen["id"],
        organization_name=chosen["name"],
        workspace_id=workspace_id if workspace_id is not None else kept,
    )
    click.echo("Successfully switched organization")


def _rows(api: Api) -> list[dict[str, Any]]:
    found = list(api.items("/v1/organizations", "organizations"))
    context = api.access.context
    current = context.organization_id if context is not None else None
    if current is None and len(found) == 1:
        current = found[0]["id"]
    return [
        {"name": each["name"], "id": each["id"], "slug": each["slug"], "isCurrent": each["id"] == current}
        for each in found
    ]


def _chosen(rows: list[dict[str, Any]], named: str | None) -> Mapping[str, Any]:
    if not rows:
        raise click.ClickException(NONE)
    if named is None:
        columns = {"name": "NAME", "id": "ID"}
        return choose(rows, columns, missing="invalid organization name", invalid="invalid organization selection")
    for field in ("id", "slug", "name"):
        same = [row for row in rows if row[field].casefold() == named.casefold()]
        if len(same) == 1:
            return same[0]
    raise click.ClickException("invalid organization name")
