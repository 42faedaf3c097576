"""`scim-server quickstart`: from nothing to a SCIM base URL and a token; a second run prints the same."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from scim_server.accounts.links import LinkEnded, link
from scim_server.accounts.service import find_by_email
from scim_server.accounts.setting_up import look
from scim_server.cli.output import print_fields, print_json
from scim_server.cli.runtime import load_settings, operator, told
from scim_server.connections.onboarding import found_organization
from scim_server.database import schema
from scim_server.foundation import create_foundation
from scim_server.organizations.service import find_organization, list_organizations
from scim_server.outbox.transports import mail_folder
from scim_server.roles.catalogue import catalogue
from scim_server.settings import Settings
from scim_server.tokens.recognition import recognise
from scim_server.tokens.service import MANAGEMENT_SCOPE, SCIM_SCOPE, create_token
from scim_server.users.emails import owner_emails
from scim_server.users.logins import offer_login

# Only a hash of a token is in the database, so what quickstart printed is kept beside it, readable by its owner alone.
_MEMORY = "quickstart.json"
_LINK = "owner_link_secret"


@click.command()
@click.option("--organization", "name", default="My Organization", show_default=True, help="Name of the Organization.")
@click.option("--owner", default="owner@example.com", show_default=True, help="E-mail address of its first Owner.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def quickstart(name: str, owner: str, as_json: bool) -> None:
    """Make the database, a first Organization with an Owner, and its tokens.

    Safe to run again: what is there already stays, and the same values are printed.

    \b
    Examples:
      scim-server quickstart --organization "Acme" --owner ann@acme.example
      scim-server quickstart --json
    """
    settings = load_settings()
    memory = settings.home / _MEMORY
    with create_foundation(settings).app_context():
        result = told(_prepare)(settings, memory, name, owner)
    if as_json:
        print_json(result)
        return
    if result["owner_link"]:
        click.echo("Open the console with this link, good once and within a day; the Owner chooses a password there:")
        click.echo(f"  {result['owner_link']}")
        click.echo("Its Provisioning screen connects your identity provider. By hand, give it these two:")
    else:
        click.echo("Give these two to your identity provider:")
    print_fields({"  SCIM base URL": result["scim_base_url"], "  SCIM token": result["scim_token"]})
    click.echo()
    print_fields(
        {
            "Organization": f"{result['organization_slug']} ({result['organization_id']})",
            "Owner": result["owner_email"],
            "API token": result["api_token"],
        }
    )
    click.echo(f"The tokens are kept in {memory}, for this user alone. Without that file the next run makes new ones.")
    if folder := mail_folder(settings):
        click.echo(f"No smtp_host is set, so mails become files in {folder}.")


def _prepare(settings: Settings, memory: Path, name: str, owner: str) -> dict[str, Any]:
    schema.upgrade()
    recalled = _recall(memory)
    kept = dict(recalled) if recalled else _make_tokens(_first_organization(name, owner))
    organization_id = kept["organization_id"]
    owner_email = next(iter(owner_emails(organization_id)), None)
    owner_link = _owner_link(kept, owner_email)
    if kept != recalled:
        _remember(memory, kept)
    return {
        "organization_id": organization_id,
        "organization_slug": find_organization(organization_id).slug,
        "scim_base_url": f"{settings.public_url}/scim/v2/{organization_id}",
        "scim_token": kept["scim_token"],
        "api_token": kept["api_token"],
        "owner_email": owner_email,
        "owner_link": owner_link,
    }


def _owner_link(kept: dict[str, str], email: str | None) -> str | None:
    """Return the link by which the Owner gets in, the kept one as long as it is good; None once they have a login."""
    if email is None or find_by_email(email) is not None:
        kept.pop(_LINK, None)
        return None
    try:
        look(kept[_LINK])
    except (KeyError, LinkEnded):
        kept[_LINK] = offer_login(kept["organization_id"], email, operator()).rpartition("/")[2]
    return link("/set-up", kept[_LINK])


def _first_organization(name: str, owner: str) -> str:
    present = list_organizations()
    return present[0].id if present else found_organization(name, operator(), owner_email=owner).organization_id


def _make_tokens(organization_id: str) -> dict[str, str]:
    _, scim_token = create_token(organization_id, operator(), name="quickstart SCIM", scopes=(SCIM_SCOPE,))
    _, api_token = create_token(
        organization_id,
        operator(),
        name="quickstart API",
        role=catalogue().owner,
        scopes=(SCIM_SCOPE, MANAGEMENT_SCOPE),
    )
    return {"organization_id": organization_id, "scim_token": scim_token, "api_token": api_token}


def _recall(memory: Path) -> dict[str, str] | None:
    """Return the tokens that an earlier run made, or None where they are gone or no longer good."""
    try:
        found: dict[str, str] = json.loads(memory.read_text(encoding="utf-8"))
        principals = [recognise(found[name]) for name in ("scim_token", "api_token")]
        good = all(principal and principal.organization_id == found["organization_id"] for principal in principals)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if good else None


def _remember(memory: Path, kept: dict[str, str]) -> None:
    descriptor, fresh = tempfile.mkstemp(prefix=".quickstart.", dir=memory.parent)  # with mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=2)
    Path(fresh).replace(memory)
