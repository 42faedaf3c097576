"""`scim-server quickstart`: from nothing to a SCIM base URL and a token; a second run prints the same."""

import json
import os
from pathlib import Path
from typing import Any

import click

from scim_server.app import create_app
from scim_server.cli.output import print_fields, print_json
from scim_server.cli.runtime import load_settings, operator, told
from scim_server.connections.onboarding import found_organization
from scim_server.database import schema
from scim_server.organizations.service import find_organization, list_organizations
from scim_server.roles.catalogue import catalogue
from scim_server.settings import Settings
from scim_server.tokens.service import MANAGEMENT_SCOPE, SCIM_SCOPE, create_token, recognise

# Only a hash of a token is in the database, so what quickstart printed is kept beside it, readable by its owner alone.
_MEMORY = "quickstart.json"


@click.command()
@click.option("--organization", "name", default="My Organization", show_default=True, help="Name of the Organization.")
@click.option("--owner", default="owner@example.com", show_default=True, help="E-mail address of its first Owner.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def quickstart(name: str, owner: str, as_json: bool) -> None:
    """Make the database, a first Organization with an Owner, and its tokens.

    Safe to run again: what is there already stays, and the same values are printed.
    """
    settings = load_settings()
    with create_app(settings).app_context():
        result = told(_prepare)(settings, name, owner)
    if as_json:
        print_json(result)
        return
    print_fields(
        {
            "Organization": f"{result['organization_slug']} ({result['organization_id']})",
            "Owner": result["owner_email"],
            "SCIM base URL": result["scim_base_url"],
            "SCIM token": result["scim_token"],
            "API token": result["api_token"],
        }
    )
    click.echo(f"These values are kept in {settings.home / _MEMORY}; delete it once your identity provider has them.")


def _prepare(settings: Settings, name: str, owner: str) -> dict[str, Any]:
    schema.upgrade()
    memory = settings.home / _MEMORY
    remembered = _recall(memory)
    if remembered is not None:
        return {**remembered, "scim_base_url": _base(settings, remembered["organization_id"])}
    present = list_organizations()
    if present:
        organization_id, owner_email = present[0].id, None
    else:
        organization_id, owner_email = found_organization(name, operator(), owner_email=owner).organization_id, owner
    _, scim_token = create_token(organization_id, operator(), name="quickstart SCIM", scopes=(SCIM_SCOPE,))
    _, api_token = create_token(
        organization_id,
        operator(),
        name="quickstart API",
        role=catalogue().owner,
        scopes=(SCIM_SCOPE, MANAGEMENT_SCOPE),
    )
    result = {
        "organization_id": organization_id,
        "organization_slug": find_organization(organization_id).slug,
        "scim_base_url": _base(settings, organization_id),
        "scim_token": scim_token,
        "api_token": api_token,
        "owner_email": owner_email,
    }
    _remember(memory, result)
    return result


def _base(settings: Settings, organization_id: str) -> str:
    return f"{settings.public_url}/scim/v2/{organization_id}"


def _recall(memory: Path) -> dict[str, Any] | None:
    """Return what an earlier run printed, or None where it is gone or its tokens are no longer good."""
    try:
        found: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8"))
        tokens = (found["scim_token"], found["api_token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if all(recognise(token) for token in tokens) else None


def _remember(memory: Path, result: dict[str, Any]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    fresh = memory.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
    fresh.replace(memory)
