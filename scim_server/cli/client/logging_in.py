"""`scim-server login` and `logout`."""

import os
import sys
from dataclasses import replace

import click

from scim_server.cli.client import device
from scim_server.cli.client.access import TOKEN_VARIABLE, Access, change, checked_token, keep, server_url
from scim_server.cli.client.api import Api
from scim_server.cli.client.asking import is_interactive
from scim_server.cli.client.contexts import Context, read_contexts
from scim_server.cli.client.errors import FORBIDDEN, ApiError
from scim_server.cli.client.listing import say


@click.command()
@click.argument("server", required=False)
@click.option("--url", "url", help="Address of the server, the same as SERVER.")
@click.option("--token", "-t", help="An API token, in place of a login by a browser; - reads it from standard input.")
@click.option("--login-link", "-l", is_flag=True, help="Show where to log in and open no browser.")
def login(server: str | None, url: str | None, token: str | None, login_link: bool) -> None:
    """Log in to a server, so that commands act there as you.

    Without SERVER it is the one in use, or one on this machine.

    \b
    Examples:
      scim-server login https://scim.example.com
      scim-server login --url https://scim.example.com --token - < token.txt
    """
    if server is not None and url is not None:
        raise click.UsageError("Give SERVER or --url, not both.")
    address = server_url(server or url)
    if token is not None:
        read = sys.stdin.readline() if token == "-" else token  # noqa: S105 - the sign for standard input
        settle(Context(address, token=checked_token(read)))
        return
    if not login_link and not is_interactive():
        raise click.ClickException("Nobody is here to log in by a browser; give --token, or --login-link to wait.")
    settle(device.log_in(address, open_browser=not login_link))


def settle(fresh: Context) -> None:
    """Find out who a token belongs to and which Organization it is about, and store it."""
    api = Api(Access(fresh.url, fresh.token or "", "Log in with another one.", fresh))
    myself = api.get("/v1/users/self")
    subject = myself.get("username") or myself.get("apiTokenName") or myself["id"]
    say(f"Logging in as {subject}")
    organization_id = fresh.organization_id or myself["organizationId"]
    organization_name = _organization_name(api, organization_id)
    # It was renewed meanwhile, where it was to end in a moment.
    held = api.access.context or fresh
    name = keep(replace(held, subject=subject, organization_id=organization_id, organization_name=organization_name))
    say(f"Successfully authenticated to {name}, organization {organization_name}")
    if os.environ.get(TOKEN_VARIABLE):
        say(f"{TOKEN_VARIABLE} is set and goes before this login.", err=True)


def _organization_name(api: Api, organization_id: str) -> str:
    """Return the name of an Organization, or its id to a token that may not know more."""
    try:
        return str(api.get(f"/v1/organizations/{organization_id}")["name"])
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return organization_id


@click.command()
def logout() -> None:
    """Forget the login to the server in use.

    \b
    Example: scim-server logout
    """
    context = read_contexts().in_use
    if context is None or context.token is None:
        click.echo("Nobody was logged in.", err=True)
        return
    try:
        device.end(context)
    except click.ClickException as error:
        say(f"Warning: the login is forgotten here, and may go on there. {error.message}", err=True)
    change(context, token=None, refresh_token=None, expires_at=None)
    say(f"Successfully logged out of {context.url}")
