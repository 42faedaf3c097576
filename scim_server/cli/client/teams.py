"""`scim-server organization team`: Teams, their roles and their members."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.api import Api, segment, with_api
from scim_server.cli.client.asking import ask, choose, confirm, force_option
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.client.people import find_user
from scim_server.cli.client.roles import DEFAULT_ROLE, refused_role
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option, print_json

NO_TEAMS = "no teams found in your organization"
_COLUMNS = {
    "id": "ID",
    "name": "NAME",
    "description": "DESCRIPTION",
    "orgRole": "ORG ROLE",
    "isIdpManaged": "IDP MANAGED",
    "createdAt": "CREATE DATE",
}
team_option = click.option("--team-id", "-t", help="Id or name of the Team; a menu without it.")
user_option = click.option("--user-id", "-u", help="Id or e-mail address of the person; a menu without it.")


@click.group(cls=LazyGroup, aliases={"cr": "create", "ls": "list", "up": "update", "de": "delete"})
def team() -> None:
    """Make Teams, list, change and delete them, and say who is in them."""


@team.command()
@click.option("--name", "-n", help="What the Team is called; asked for without it.")
@click.option("--description", "-d", help="What it is for.")
@click.option("--role", "-r", default=DEFAULT_ROLE, show_default=True, help="The Organization role of its members.")
@json_option
@with_api
def create(api: Api, name: str | None, description: str | None, role: str, as_json: bool) -> None:
    """Make a Team.

    \b
    Example: scim-server organization team create --name Engineers --role ORGANIZATION_MEMBER
    """
    name = name or ask("enter a name for your Team: ", missing="you must give your Team a name")
    body = {"name": name, "organizationRole": role, **({} if description is None else {"description": description})}
    try:
        made = api.post("/teams", body)
    except ApiError as error:
        raise refused_role(api, error) from None
    if as_json:
        print_json(_row(made))
        return
    say(f"Team {made['name']} was successfully created")


@team.command("list")
@output_options
@with_api
def list_teams(api: Api, as_json: bool) -> None:
    """List the Teams.

    \b
    Example: scim-server organization team list --json
    """
    show("teams", [_row(each) for each in api.items("/teams", "teams")], _COLUMNS, as_json=as_json, empty=NO_TEAMS)


@team.command()
@click.argument("team_id", required=False, metavar="[ID]")
@click.option("--name", "-n", help="What the Team shall be called.")
@click.option("--description", "-d", help="What it is for.")
@click.option("--role", "-r", help="The Organization role that its members shall have.")
@force_option
@with_api
def update(
    api: Api, team_id: str | None, name: str | None, description: str | None, role: str | None, force: bool
) -> None:
    """Rename or describe a Team, or give its members another Organization role; what is not named stays.

    \b
    Example: scim-server organization team update Engineers --role ORGANIZATION_BILLING_ADMIN
    """
    if name is None and description is None and role is None:
        raise click.UsageError("Say what to change: --name, --description or --role.")
    found = find_team(api, team_id)
    confirm_managed(found, force=force)
    if name is not None or description is not None:
        told = {} if description is None else {"description": description}
        api.post(f"/teams/{found['id']}", {"name": name or found["name"], **told})
        say(f"Team {found['name']} was successfully updated")
    if role is not None:
        try:
            api.post(f"/teams/{found['id']}/roles", {"organizationRole": role.strip()})
        except ApiError as error:
            raise refused_role(api, error) from None
        say(f"Team role {found['name']} was successfully updated to {role.strip()}")


@team.command()
@click.argument("team_id", required=False, metavar="[ID]")
@force_option
@with_api
def delete(api: Api, team_id: str | None, force: bool) -> None:
    """Delete a Team with its roles; its members keep their own.

    \b
    Example: scim-server organization team delete Engineers --force
    """
    found = find_team(api, team_id)
    confirm_managed(found, force=force)
    if not found["isIdpManaged"]:
        confirm(f"Delete the Team {found['name']}? Its members lose the roles that it gives", force=force)
    api.delete(f"/teams/{found['id']}")
    say(f"Team {found['name']} was successfully deleted")


@team.group(cls=LazyGroup, aliases={"rm": "remove", "ls": "list"})
def user() -> None:
    """Say who is in a Team."""


@user.command()
@team_option
@user_option
@force_option
@with_api
def add(api: Api, team_id: str | None, user_id: str | None, force: bool) -> None:
    """Add a person of the Organization to a Team.

    \b
    Example: scim-server organization team user add --team-id Engineers --user-id ann@acme.example
    """
    found = find_team(api, team_id)
    confirm_managed(found, force=force)
    person = find_user(api, user_id)
    api.post(f"/teams/{found['id']}/members", {"memberIds": [person["id"]]})
    say(f"User {person['id']} was successfully added to team {found['name']}")


@user.command()
@team_option
@user_option
@force_option
@with_api
def remove(api: Api, team_id: str | None, user_id: str | None, force: bool) -> None:
    """Take a person out of a Team.

    \b
    Example: scim-server organization team user remove --team-id Engineers --user-id ann@acme.example
    """
    found = find_team(api, team_id)
    confirm_managed(found, force=force)
    person = find_user(api, user_id, teamId=found["id"])
    api.delete(f"/teams/{found['id']}/members/{person['id']}")
    say(f"User {person['id']} was successfully removed from team {found['name']}")


@user.command("list")
@team_option
@output_options
@with_api
def list_members(api: Api, team_id: str | None, as_json: bool) -> None:
    """List who is in a Team.

    \b
    Example: scim-server organization team user list --team-id Engineers
    """
    found = find_team(api, team_id)
    rows = [
        {"id": each["userId"], "fullName": each["fullName"], "email": each["username"]}
        for each in api.items(f"/teams/{found['id']}/members", "teamMembers")
    ]
    columns = {"id": "ID", "fullName": "FULLNAME", "email": "EMAIL"}
    show("teamMembers", rows, columns, as_json=as_json, empty="The selected team has no members")


def find_team(api: Api, named: str | None, **query: Any) -> Mapping[str, Any]:
    """Return the Team of this id or name, or the one that a person picks; raises ClickException where there is none."""
    if named is not None:
        for each in api.items("/teams", "teams", names=named):
            return each
        found: Mapping[str, Any] = api.get(f"/teams/{segment(named)}")
        return found
    rows = list(api.items("/teams", "teams", **query))
    if not rows:
        raise click.ClickException(NO_TEAMS)
    columns = {"id": "ID", "name": "NAME", "organizationRole": "ORG ROLE"}
    return choose(rows, columns, missing="Name a Team by its id.", invalid="invalid team selected")


def confirm_managed(found: Mapping[str, Any], *, force: bool) -> None:
    """Ask before a Team is changed that the identity provider manages, and may change back."""
    if found["isIdpManaged"]:
        confirm("This is an IDP-managed team. Are you sure you want to continue the operation?", force=force)


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": found["id"],
        "name": found["name"],
        "description": found["description"],
        "orgRole": found["organizationRole"],
        "isIdpManaged": found["isIdpManaged"],
        "createdAt": found["createdAt"],
    }
