"""`scim-server token`: create, list and revoke the tokens of an Organization."""

import click

from scim_server.cli.organization import organization_option, scim_base_url
from scim_server.cli.output import json_option, print_json, print_table
from scim_server.cli.runtime import operator, with_database
from scim_server.organizations.service import find_organization
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.service import MANAGEMENT_SCOPE, SCIM_SCOPE, create_token, list_tokens, revoke_token

MAX_DAYS = 3650


@click.group()
def token() -> None:
    """Create, list and revoke tokens."""


@token.command()
@organization_option
@click.option("--name", required=True, help="What the token is for, such as the identity provider's name.")
@click.option(
    "--scope",
    type=click.Choice(["scim", "owner"]),
    default="scim",
    show_default=True,
    help="'scim' serves provisioning alone; 'owner' may do all that an Organization Owner may.",
)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="Days until the token expires; never by default.")
@json_option
@with_database()
def create(organization_name: str, name: str, scope: str, days: int | None, as_json: bool) -> None:
    """Create a token and print it, this once.

    \b
    Example: scim-server token create -O acme --name okta --days 365
    """
    found = find_organization(organization_name)
    made, text = create_token(
        found.id,
        operator(),
        name=name,
        role=catalogue().owner if scope == "owner" else None,
        scopes=(SCIM_SCOPE,) if scope == "scim" else (SCIM_SCOPE, MANAGEMENT_SCOPE),
        expires_in_days=days,
    )
    if as_json:
        print_json(
            {"id": made.id, "token": text, "expires_at": made.expires_at, "scim_base_url": scim_base_url(found.id)}
        )
        return
    click.echo(text)
    click.echo("Keep it now: it is stored as a hash and cannot be shown again.", err=True)


@token.command("list")
@organization_option
@json_option
@with_database()
def list_all(organization_name: str, as_json: bool) -> None:
    """List the tokens of an Organization.

    \b
    Example: scim-server token list -O acme
    """
    found = find_organization(organization_name)
    tokens = list_tokens(found.id)
    if as_json:
        print_json(tokens)
        return
    columns = {
        "id": "Id",
        "name": "Name",
        "scopes": "Scopes",
        "role": "Role",
        "last_used_at": "Last used",
        "expires_at": "Expires",
        "revoked_at": "Revoked",
    }
    hint = f"No token yet. Create one: scim-server token create -O {found.slug} --name okta"
    print_table(columns, tokens, empty=hint)


@token.command()
@organization_option
@click.argument("token_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database()
def revoke(organization_name: str, token_id: str, yes: bool) -> None:
    """Revoke a token: whoever uses it is refused from the next request on.

    \b
    Example: scim-server token revoke -O acme 8661d9a0c060c9c0364f
    """
    found = find_organization(organization_name)
    # An unknown id fails before the question and not after it.
    names = {each.id: each.name for each in list_tokens(found.id)}
    if not yes and token_id in names:
        click.confirm(f"Revoke {names[token_id]!r} ({token_id}) of {found.name}? Who uses it is refused", abort=True)
    revoke_token(found.id, token_id, operator())
    click.echo(f"Revoked the token {token_id}.")
