"""`scim-server account`: let people in who have no login yet, and switch logins off."""

import click

from scim_server.accounts.setting_up import switch
from scim_server.cli.organization import organization_option
from scim_server.cli.runtime import operator, with_database
from scim_server.organizations.service import find_organization
from scim_server.users.logins import offer_login


@click.group()
def account() -> None:
    """Let people sign in, or not."""


@account.command()
@click.argument("email", metavar="E-MAIL")
@organization_option
@with_database()
def link(email: str, organization_name: str) -> None:
    """Print a link by which an active User chooses a password.

    It is good once, within 24 hours, and lets in whoever opens it: hand it to that person alone.

    \b
    Example: scim-server account link ann@acme.example --organization acme
    """
    organization = find_organization(organization_name)
    click.echo(offer_login(organization.id, email, operator()))


@account.command()
@click.argument("email", metavar="E-MAIL")
@with_database()
def disable(email: str) -> None:
    """Switch an account off everywhere, and end its sessions.

    \b
    Example: scim-server account disable ann@acme.example
    """
    switch(email, off=True)
    click.echo(f"{email} can no longer sign in.")


@account.command()
@click.argument("email", metavar="E-MAIL")
@with_database()
def enable(email: str) -> None:
    """Switch an account on again.

    \b
    Example: scim-server account enable ann@acme.example
    """
    switch(email, off=False)
    click.echo(f"{email} can sign in again.")
