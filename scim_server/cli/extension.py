"""`scim-server extension`: schema extensions that an Organization registers."""

from pathlib import Path

import click

from scim_server.cli.organization import organization_option
from scim_server.cli.output import json_option, print_json, print_table
from scim_server.cli.runtime import operator, with_database
from scim_server.organizations.schemas import list_extensions, register_extension, remove_extension
from scim_server.organizations.service import find_organization
from scim_server.protocol.json_body import read_object
from scim_server.protocol.limits import MAX_BODY_BYTES


@click.group()
def extension() -> None:
    """Register schema extensions, so that custom attributes are stored, filtered and changed."""


@extension.command()
@organization_option
@click.option(
    "--resource", type=click.Choice(["User", "Group"]), default="User", show_default=True, help="What it extends."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_database()
def register(organization_name: str, resource: str, file: Path) -> None:
    """Register the schema in FILE, a JSON document as /Schemas shows them (RFC 7643 §7).

    \b
    Example: scim-server extension register -O acme --resource User schema.json
    """
    found = find_organization(organization_name)
    document = read_object(file.read_bytes(), max_bytes=MAX_BODY_BYTES)
    schema = register_extension(found.id, operator(), resource_type=resource, document=document)
    click.echo(f"Registered {schema.id} with {len(schema.attributes)} attributes for {resource}s of {found.name}.")


@extension.command("list")
@organization_option
@json_option
@with_database()
def list_all(organization_name: str, as_json: bool) -> None:
    """List the registered extensions.

    \b
    Example: scim-server extension list -O acme
    """
    found = find_organization(organization_name)
    extensions = [
        {"resource_type": resource_type, "id": document["id"], "attributes": len(document.get("attributes", []))}
        for resource_type, document in list_extensions(found.id)
    ]
    if as_json:
        print_json(extensions)
        return
    hint = f"No extension yet. Register one: scim-server extension register -O {found.slug} schema.json"
    print_table({"resource_type": "Resource", "id": "URN", "attributes": "Attributes"}, extensions, empty=hint)


@extension.command()
@organization_option
@click.argument("urn")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database()
def remove(organization_name: str, urn: str, yes: bool) -> None:
    """Remove the extension URN: its attributes are ignored from the next request on.

    Registered again, it shows what was stored, but for resources that were changed in between.

    \b
    Example: scim-server extension remove -O acme urn:example:scim:User
    """
    found = find_organization(organization_name)
    # An unknown URN fails before the question and not after it.
    known = {document["id"].lower() for _, document in list_extensions(found.id)}
    if not yes and urn.lower() in known:
        click.confirm(f"Stop showing the attributes of {urn} in {found.name}?", abort=True)
    if not remove_extension(found.id, operator(), urn):
        raise click.ClickException(f"{found.name} has no extension {urn!r}.")
    click.echo(f"Removed {urn}.")
