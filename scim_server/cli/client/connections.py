"""`scim-server organization connection`: how an identity provider's people join."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.roles import refused_role
from scim_server.cli.output import json_option, print_fields, print_json

connection_option = click.option(
    "--connection", "named", help="Id or name of the Connection, where there are several; else the first."
)
_FIELDS = {
    "name": "Name",
    "id": "Id",
    "automaticMembership": "Automatic membership",
    "provisioning": "Provisioning",
    "unknownMembers": "Unknown members",
    "waitingUsers": "Waiting Users",
    "scimBaseUrl": "SCIM base URL",
}


@click.group()
def connection() -> None:
    """Show and change how people of the identity provider join."""


@connection.command("show")
@connection_option
@json_option
@with_api
def show_connection(api: Api, named: str | None, as_json: bool) -> None:
    """Show a Connection, and how many people wait for an invitation.

    \b
    Example: scim-server organization connection show
    """
    _show(find_connection(api, named), as_json=as_json)


@connection.command("set")
@connection_option
@click.option(
    "--automatic-membership", metavar="ROLE|DISABLED", help="Role of people who join just in time, or DISABLED."
)
@click.option(
    "--provisioning", type=click.Choice(["ON", "OFF", "PAUSED"], case_sensitive=False), help="Whether it may push."
)
@click.option(
    "--unknown-members",
    type=click.Choice(["SKIP", "REFUSE"], case_sensitive=False),
    help="What a Group's member ids that name nobody do.",
)
@click.option("--admit-waiting", is_flag=True, help="Let those join at once who wait for an invitation.")
@json_option
@with_api
def set_connection(
    api: Api,
    named: str | None,
    automatic_membership: str | None,
    provisioning: str | None,
    unknown_members: str | None,
    admit_waiting: bool,
    as_json: bool,
) -> None:
    """Change a Connection; what is not named stays.

    \b
    Example: scim-server organization connection set --automatic-membership DISABLED
    """
    wanted = {
        "automaticMembership": automatic_membership and automatic_membership.strip().upper(),
        "provisioning": provisioning,
        "unknownMembers": unknown_members,
    }
    body: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if admit_waiting:
        body["admitWaiting"] = True
    if not body:
        raise click.UsageError("Say what to change: --automatic-membership, --provisioning or --unknown-members.")
    found = find_connection(api, named)
    try:
        changed = api.patch(f"/connections/{found['id']}", body)
    except ApiError as error:
        raise refused_role(api, error) from None
    _show(changed, as_json=as_json)
    if changed["waitingUsers"] and changed["automaticMembership"] != "DISABLED":
        click.echo("The waiting Users go on waiting; --admit-waiting lets them in.", err=True)


def find_connection(api: Api, named: str | None) -> Mapping[str, Any]:
    """Return a Connection by id or name, or the first; raises ClickException where there is none."""
    for each in api.items("/connections", "connections"):
        if named is None or named in {each["id"], each["name"]}:
            return each
    raise click.ClickException(f"There is no Connection {named!r}." if named else "There is no Connection.")


def _show(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_fields({title: found[name] for name, title in _FIELDS.items()})
