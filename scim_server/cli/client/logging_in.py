"""`scim-server login` and `logout`."""

import sys

import click

from scim_server.cli.client.access import Access, change, checked_token, keep, server_url
from scim_server.cli.client.api import Api
from scim_server.cli.client.contexts import Context, read_contexts


@click.command()
@click.argument("server", required=False)
@click.option("--url", "url", help="Address of the server, the same as SERVER.")
@click.option("--token", "-t", help="An API token, in place of a login in the browser; - reads it from standard input.")
def login(server: str | None, url: str | None, token: str | None) -> None:
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
    if token is None:
        raise click.ClickException("Give an API token by --token.")
    text = checked_token(sys.stdin.readline() if token == "-" else token)  # noqa: S105 - the sign for stdin
    settle(Context(address, token=text))


def settle(fresh: Context) -> None:
    """Find out who a token belongs to and which Organization it is about, and store it."""
    api = Api(Access(fresh.url, fresh.token or "", "Log in with another one.", fresh))
    myself = api.get("/v1/users/self")
    subject = myself.get("username") or myself.get("apiTokenName") or myself["id"]
    click.echo(f"Logging in as {subject}")
    organization = api.get(f"/v1/organizations/{myself['organizationId']}")
    name = keep(
        Context(
            fresh.url,
            token=fresh.token,
            refresh_token=fresh.refresh_token,
            expires_at=fresh.expires_at,
            subject=subject,
            organization_id=organization["id"],
            organization_name=organization["name"],
        )
    )
    click.echo(f"Successfully authenticated to {name}, organization {organization['name']}")


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
    change(context, token=None, refresh_token=None, expires_at=None)
    click.echo(f"Successfully logged out of {context.url}")
