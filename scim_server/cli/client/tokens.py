"""`scim-server organization token`: API tokens of the Organization."""

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import force_option
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.client.token_work import (
    change_token,
    clean_option,
    delete_token,
    expiration_option,
    find_token,
    make_token,
    name_option,
    overlap_option,
    rotate_token,
    show_tokens,
)
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option


@click.group(cls=LazyGroup, aliases={"cr": "create", "ls": "list", "up": "update", "ro": "rotate", "de": "delete"})
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
    told = {"name": name, "description": description, "role": role}
    make_token(
        api, {"scope": "ORGANIZATION"}, "Organization", days=expiration, clean=clean_output, as_json=as_json, **told
    )


@token.command("list")
@output_options
@with_api
def list_tokens(api: Api, as_json: bool) -> None:
    """List the API tokens; never what they say.

    \b
    Example: scim-server organization token list --json
    """
    found = api.items("/tokens", "tokens", includeOnlyOrganizationTokens="true")
    show_tokens(found, "ORGANIZATION", api.organization_id, as_json=as_json)


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
    rows = [
        {"entityType": each["entityType"], "entityId": each["entityId"], "role": each["role"]}
        for each in found["roles"]
    ]
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
    say(f"Organization API token {new_name or found['name']} was successfully updated")


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
