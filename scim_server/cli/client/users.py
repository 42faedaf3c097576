"""`scim-server organization user`: who belongs to the Organization, and as what."""

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import ask, confirm, force_option
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.inviting import invite_one
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.client.people import find_user
from scim_server.cli.client.roles import DEFAULT_ROLE, refused_role
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option

_COLUMNS = {
    "fullName": "FULLNAME",
    "email": "EMAIL",
    "id": "ID",
    "orgRole": "ORGANIZATION ROLE",
    "isIdpManaged": "IDP MANAGED",
    "status": "STATUS",
    "createdAt": "CREATE DATE",
}


@click.group(cls=LazyGroup, aliases={"inv": "invite", "ls": "list", "up": "update", "rm": "remove"})
def user() -> None:
    """Invite people, list, change and remove them."""


@user.command()
@click.argument("email", required=False)
@click.option("--role", "-r", default=DEFAULT_ROLE, show_default=True, help="The Organization role they shall have.")
@json_option
@with_api
def invite(api: Api, email: str | None, role: str, as_json: bool) -> None:
    """Invite a person by mail.

    \b
    Example: scim-server organization user invite ann@acme.example --role ORGANIZATION_BILLING_ADMIN
    """
    invite_one(api, email, role, as_json=as_json)


@user.command("list")
@output_options
@with_api
def list_users(api: Api, as_json: bool) -> None:
    """List the people of the Organization, those who are invited too.

    \b
    Example: scim-server organization user list --json
    """
    rows = [
        {
            "fullName": each["fullName"],
            "email": each["username"],
            "id": each["id"],
            "createdAt": each["createdAt"],
            "orgRole": each["organizationRole"],
            "isIdpManaged": each["isIdpManaged"],
            "status": each["status"],
        }
        for each in api.items("/users", "users")
    ]
    show("users", rows, _COLUMNS, as_json=as_json, empty="no users found in your organization")


@user.command()
@click.argument("email", required=False)
@click.option("--role", "-r", help="The Organization role they shall have; asked for without it.")
@with_api
def update(api: Api, email: str | None, role: str | None) -> None:
    """Give a person another Organization role.

    \b
    Example: scim-server organization user update ann@acme.example --role ORGANIZATION_OWNER
    """
    found = find_user(api, email)
    role = (role or ask("enter a user Organization role: ", missing="Name the role by --role.")).strip()
    try:
        api.post(f"/users/{found['id']}/roles", {"organizationRole": role})
    except ApiError as error:
        raise refused_role(api, error) from None
    say(f"The user {found['username']} role was successfully updated to {role}")


@user.command()
@click.argument("email", required=False)
@force_option
@with_api
def remove(api: Api, email: str | None, force: bool) -> None:
    """Remove a person from the Organization, with all Teams, roles and invitations.

    \b
    Example: scim-server organization user remove ann@acme.example
    """
    found = find_user(api, email)
    confirm(f"Remove {found['username']} from the organization?", force=force)
    api.delete(f"/users/{found['id']}")
    say(f"The user {found['username']} was successfully removed from the organization")
