"""`scim-server organization token`: API tokens; and what the tokens of Workspaces and Deployments share with them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import ask, choose, confirm, force_option
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.grouping import AliasGroup
from scim_server.cli.client.listing import output_options, show
from scim_server.cli.client.roles import refused_role
from scim_server.cli.output import json_option, print_json

MAX_DAYS = 3650
NOT_FOUND = "organization token specified was not found"
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

name_option = click.option("--name", "-t", "name", help="The token's present name, in place of its id.")
clean_option = click.option("--clean-output", "-c", is_flag=True, help="Print the token and nothing else.")
expiration_option = click.option(
    "--expiration",
    "-e",
    type=click.IntRange(0, MAX_DAYS),
    default=0,
    help="Days until the token expires; 0, as without it, is never.",
)
overlap_option = click.option(
    "--overlap-minutes",
    type=click.IntRange(0, 10_080),
    default=0,
    show_default=True,
    help="Minutes that the earlier text stays good.",
)


@click.group(cls=AliasGroup, aliases={"cr": "create", "ls": "list", "up": "update", "ro": "rotate", "de": "delete"})
def token() -> None:
    """Make API tokens, list, change, rotate and delete them."""


@token.command()
@click.option("--name", "-n", help="What the token is for; asked for without it.")
@click.option("--description", "-d", help="More about it.")
@click.option("--role", "-r", help="Its Organization role; asked for without it.")
@expiration_option
@clean_option
@json_option
@with_api
def create(
    api: Api,
    name: str | None,
    description: str | None,
    role: str | None,
    expiration: int,
    clean_output: bool,
    as_json: bool,
) -> None:
    """Make an API token and print it, this once.

    \b
    Examples:
      scim-server organization token create --name ci --role ORGANIZATION_OWNER --expiration 90
      TOKEN=$(scim-server organization token create -n ci -r ORGANIZATION_MEMBER --clean-output)
    """
    scope = {"scope": "ORGANIZATION"}
    make_token(api, scope, "Organization", name, description, role, expiration, clean=clean_output, as_json=as_json)


@token.command("list")
@output_options
@with_api
def list_tokens(api: Api, as_json: bool) -> None:
    """List the API tokens; never what they say.

    \b
    Example: scim-server organization token list --json
    """
    found = api.items("/tokens", "tokens", includeOnlyOrganizationTokens="true")
    show_tokens(api, found, "ORGANIZATION", as_json=as_json)


@token.command("roles")
@click.argument("token_id", required=False, metavar="[ID]")
@name_option
@output_options
@with_api
def list_token_roles(api: Api, token_id: str | None, name: str | None, as_json: bool) -> None:
    """List what a token may do, and where.

    \b
    Example: scim-server organization token roles --name ci
    """
    found = find_token(api, token_id, name)
    rows = [{"entityType": each["entityType"], "entityId": each["entityId"], "role": each["role"]} for each in found["roles"]]
    columns = {"entityType": "ENTITY_TYPE", "entityId": "ENTITY_ID", "role": "ROLE"}
    show("roles", rows, columns, as_json=as_json, empty="This token has no role; it provisions over SCIM alone")


@token.command()
@click.argument("token_id", required=False, metavar="[ID]")
@name_option
@click.option("--new-name", "-n", help="What the token shall be called.")
@click.option("--description", "-d", help="More about it.")
@click.option("--role", "-r", help="The Organization role that it shall have.")
@with_api
def update(
    api: Api,
    token_id: str | None,
    name: str | None,
    new_name: str | None,
    description: str | None,
    role: str | None,
) -> None:
    """Rename or describe a token, or give it another Organization role; what is not named stays.

    \b
    Example: scim-server organization token update --name ci --role ORGANIZATION_MEMBER
    """
    found = find_token(api, token_id, name)
    change_token(api, found, "ORGANIZATION", api.organization_id, (new_name, description, role))
    click.echo(f"Organization API token {new_name or found['name']} was successfully updated")


@token.command()
@click.argument("token_id", required=False, metavar="[ID]")
@name_option
@overlap_option
@clean_option
@json_option
@force_option
@with_api
def rotate(
    api: Api,
    token_id: str | None,
    name: str | None,
    overlap_minutes: int,
    clean_output: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Give a token a new text and print it, this once; the earlier one is refused from then on.

    \b
    Example: scim-server organization token rotate --name ci --overlap-minutes 60 --force
    """
    found = find_token(api, token_id, name)
    rotate_token(api, found, "Organization", overlap_minutes, clean=clean_output, as_json=as_json, force=force)


@token.command()
@click.argument("token_id", required=False, metavar="[ID]")
@name_option
@force_option
@with_api
def delete(api: Api, token_id: str | None, name: str | None, force: bool) -> None:
    """Delete a token: whoever uses it is refused from the next request on.

    \b
    Example: scim-server organization token delete --name ci --force
    """
    delete_token(api, find_token(api, token_id, name), "Organization", force=force)


def find_token(api: Api, token_id: str | None, name: str | None, **query: Any) -> Mapping[str, Any]:
    """Return a token by id or name, or the one that a person picks; raises ClickException where there is none."""
    found = list(api.items("/tokens", "tokens", **query))
    if token_id is None and name is None:
        columns = {"id": "ID", "name": "NAME", "scope": "SCOPE"}
        missing = "Name a token by its id, or by --name."
        return choose(found, columns, missing=missing, invalid=NOT_FOUND)
    same = [each for each in found if token_id in {None, each["id"]} and name in {None, each["name"]}]
    if len(same) > 1:
        raise click.ClickException(f"{len(same)} tokens are called {name!r}; name one by its id.")
    if not same:
        raise click.ClickException(NOT_FOUND)
    return same[0]


def make_token(
    api: Api,
    place: Mapping[str, str],
    kind: str,
    name: str | None,
    description: str | None,
    role: str | None,
    days: int,
    *,
    clean: bool,
    as_json: bool,
) -> None:
    """Make a token on a place and print it."""
    name = name or ask("enter a name for your API token: ", missing="you must give your API token a name")
    role = role or ask("enter a role for your API token: ", missing="Name the role by --role.")
    body = {"name": name, "role": role.strip(), **place}
    if description is not None:
        body["description"] = description
    try:
        made = api.post("/tokens", {**body, **({"tokenExpiryPeriodInDays": days} if days else {})})
    except ApiError as error:
        raise refused_role(api, error, place["scope"]) from None
    _print_text(made, f"{kind} API token {made['name']} was successfully created", clean=clean, as_json=as_json)


def rotate_token(
    api: Api, found: Mapping[str, Any], kind: str, overlap: int, *, clean: bool, as_json: bool, force: bool
) -> None:
    """Give a token a new text and print it."""
    end = f"in {overlap} minutes" if overlap else "at once"
    question = f"Rotate the token {found['name']}? Whoever uses its present text is refused {end}"
    confirm(question, force=force, declined="Canceling token rotation")
    made = api.post(f"/tokens/{found['id']}/rotate", {"overlapMinutes": overlap})
    _print_text(made, f"{kind} API token {made['name']} was successfully rotated", clean=clean, as_json=as_json)


def delete_token(api: Api, found: Mapping[str, Any], kind: str, *, force: bool) -> None:
    """Delete a token."""
    question = f"Delete the token {found['name']}? Whoever uses it is refused from now on"
    confirm(question, force=force, declined="Canceling token deletion")
    api.delete(f"/tokens/{found['id']}")
    click.echo(f"{kind} API token {found['name']} was successfully deleted")


def change_token(
    api: Api,
    found: Mapping[str, Any],
    scope: str,
    entity_id: str,
    wanted: tuple[str | None, str | None, str | None],
) -> None:
    """Change name, description and role on one place, of which what is None stays."""
    name, description, role = wanted
    if wanted == (None, None, None):
        raise click.UsageError("Say what to change: --new-name, --description or --role.")
    if role is not None:
        kept = [each for each in found["roles"] if (each["entityType"], each["entityId"]) != (scope, entity_id)]
        try:
            roles = [*kept, {"entityType": scope, "entityId": entity_id, "role": role.strip()}]
            api.post(f"/tokens/{found['id']}/roles", {"roles": roles})
        except ApiError as error:
            raise refused_role(api, error, scope) from None
    if name is not None or description is not None:
        told = found["description"] if description is None else description
        api.post(f"/tokens/{found['id']}", {"name": name or found["name"], "description": told})


def show_tokens(api: Api, found: Any, scope: str, *, as_json: bool, entity_id: str | None = None) -> None:
    """Print tokens with the role that they have on one place."""
    rows = [
        {
            "id": each["id"],
            "name": each["name"],
            "description": each["description"],
            "scope": each["scope"],
            "role": next(
                (
                    held["role"]
                    for held in each["roles"]
                    if held["entityType"] == scope and entity_id in {None, held["entityId"]}
                ),
                None,
            ),
            "createdAt": each["createdAt"],
            "createdBy": _subject(each["createdBy"]),
            "expiresAt": each["endAt"],
            "lastUsedAt": each["lastUsedAt"],
        }
        for each in found
    ]
    columns = {
        "id": "ID",
        "name": "NAME",
        "description": "DESCRIPTION",
        "scope": "SCOPE",
        "role": f"{scope} ROLE",
        "created": "CREATED",
        "createdBy": "CREATED BY",
    }
    if not as_json:
        rows = [{**row, "created": ago(row["createdAt"])} for row in rows]
    show("tokens", rows, columns, as_json=as_json, empty="no tokens found")


def ago(moment: str) -> str:
    """Return how long ago a moment was, in its largest whole unit."""
    seconds = max((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds(), 0)
    for size, unit in _UNITS:
        number = int(seconds // size)
        if number:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def _subject(found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return None
    for name in ("apiTokenName", "fullName", "username"):
        if found.get(name):
            return str(found[name])
    return found.get("id")


def _print_text(made: Mapping[str, Any], done: str, *, clean: bool, as_json: bool) -> None:
    if as_json:
        print_json({"id": made["id"], "name": made["name"], "token": made["token"], "expiresAt": made["endAt"]})
    elif clean:
        click.echo(made["token"])
    else:
        click.echo(f"{done}\nCopy and paste this API token for your records.\n\n{made['token']}\n")
        click.echo("You will not be shown this API token value again.")
