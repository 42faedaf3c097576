"""Invite people: one by name, or all of a file."""

from pathlib import Path

import click

from scim_server.cli.client import bulk
from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import ask
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.listing import say
from scim_server.cli.client.roles import DEFAULT_ROLE, refused_role
from scim_server.cli.output import json_option, print_json

MISSING = "no email provided for the invite. Retry with a valid email address"


@click.command()
@click.argument("email", required=False)
@click.option("--role", "-r", default=DEFAULT_ROLE, show_default=True, help="The Organization role they shall have.")
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="Invite all of a file: lines of e-mail address and role, or CSV; - reads standard input.",
)
@click.option("--dry-run", is_flag=True, help="With --file: say what would be done, and do nothing.")
@json_option
@with_api
def invite(api: Api, email: str | None, role: str, file: Path | None, dry_run: bool, as_json: bool) -> None:
    """Invite a person by mail, or with --file many.

    A line of the file is an e-mail address and a role, separated by white space or a comma; without a role it is that
    of --role. What begins with # is a comment. Run it again after a mistake: whoever has been invited with the same
    role, or is a member with it, is left alone.

    \b
    Examples:
      scim-server organization invite ann@acme.example --role ORGANIZATION_OWNER
      scim-server organization invite --file users.txt --dry-run
      scim-server organization invite --file users.txt
    """
    if file is not None:
        if email is not None:
            raise click.UsageError("Give an e-mail address or --file, not both.")
        bulk.invite_all(api, file, role.strip(), dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        raise click.UsageError("--dry-run goes with --file.")
    invite_one(api, email, role, as_json=as_json)


def invite_one(api: Api, email: str | None, role: str, *, as_json: bool) -> None:
    """Invite one person, asking for the address where there is none."""
    # A file with the line ends of Windows, read by a shell, leaves one at the end of each word.
    email, role = (email or "").strip(), role.strip()
    if not email:
        email = ask("enter email address to invite a user: ", missing=MISSING)
    try:
        made = api.post("/invites", {"inviteeEmail": email, "role": role})
    except ApiError as error:
        raise refused_role(api, error) from None
    if as_json:
        print_json(
            {
                "inviteId": made["inviteId"],
                "email": made["inviteeEmail"],
                "role": made["role"],
                "userId": made["userId"],
                "expiresAt": made["expiresAt"],
            }
        )
        return
    say(f"invite for {made['inviteeEmail']} with role {made['role']} created")
