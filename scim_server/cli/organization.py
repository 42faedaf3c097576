"""`scim-server organization create|show|list-all`: what the operator does with Organizations, in the database."""

import click

from scim_server.cli.output import json_option, print_fields, print_json, print_table
from scim_server.cli.runtime import load_settings, operator, with_database
from scim_server.connections.onboarding import found_organization
from scim_server.connections.service import read_connection
from scim_server.organizations.service import find_organization, list_organizations

organization_option = click.option(
    "--organization", "-O", "organization_name", required=True, help="Id, slug or name of the Organization."
)


def scim_base_url(organization_id: str) -> str:
    """Return the address that an identity provider is given."""
    return f"{load_settings().public_url}/scim/v2/{organization_id}"


@click.command()
@click.argument("name")
@click.option("--owner", metavar="E-MAIL", help="E-mail address of the first Organization Owner.")
@json_option
@with_database()
def create(name: str, owner: str | None, as_json: bool) -> None:
    """Create an Organization called NAME.

    \b
    Example: scim-server organization create "Acme" --owner ann@acme.example
    """
    founded = found_organization(name, operator(), owner_email=owner)
    result = {
        "organization_id": founded.organization_id,
        "organization_slug": founded.slug,
        "scim_base_url": scim_base_url(founded.organization_id),
        "owner_email": owner,
    }
    if as_json:
        print_json(result)
        return
    click.echo(f"Created the Organization {find_organization(founded.organization_id).name!r}.")
    print_fields({"Id": founded.organization_id, "Slug": founded.slug, "SCIM base URL": result["scim_base_url"]})
    click.echo(f"Next: scim-server token create --organization {founded.slug} --name okta --scope scim")
    if owner:
        click.echo(f"Let the Owner in: scim-server account link {owner} --organization {founded.slug}")


@click.command("list-all")
@json_option
@with_database()
def list_all(as_json: bool) -> None:
    """List all Organizations of the database.

    \b
    Example: scim-server organization list-all --json
    """
    found = list_organizations()
    if as_json:
        print_json(found)
        return
    columns = {"slug": "Slug", "name": "Name", "id": "Id", "users": "Users", "teams": "Teams", "created_at": "Created"}
    print_table(columns, found, empty='No Organization yet. Create one: scim-server organization create "Acme"')


@click.command()
@click.argument("organization_name", metavar="ORGANIZATION")
@json_option
@with_database()
def show(organization_name: str, as_json: bool) -> None:
    """Show one Organization, named by id, slug or name, with its Connection.

    \b
    Example: scim-server organization show acme
    """
    found = find_organization(organization_name)
    settings = read_connection(found.id)
    if as_json:
        print_json(
            {
                "id": found.id,
                "slug": found.slug,
                "name": found.name,
                "created_at": found.created_at,
                "users": found.users,
                "teams": found.teams,
                "scim_base_url": scim_base_url(found.id),
                "automatic_membership": settings.automatic_membership,
                "unknown_members": settings.unknown_members,
            }
        )
        return
    print_fields(
        {
            "Name": found.name,
            "Slug": found.slug,
            "Id": found.id,
            "Created": found.created_at,
            "Users": found.users,
            "Teams": found.teams,
            "SCIM base URL": scim_base_url(found.id),
            "Automatic membership": settings.automatic_membership or "disabled",
            "Unknown members": settings.unknown_members,
        }
    )
