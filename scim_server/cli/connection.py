"""`scim-server connection`: how an identity provider's people join."""

from dataclasses import asdict

import click

from scim_server.cli.organization import organization_option
from scim_server.cli.output import json_option, print_fields, print_json, print_table
from scim_server.cli.runtime import operator, with_database
from scim_server.connections.observations import list_observations
from scim_server.connections.service import (
    REFUSE,
    SKIP,
    ConnectionSettings,
    change_connection,
    find_connection,
    joining_policy,
)
from scim_server.organizations.service import find_organization
from scim_server.users.waiting import admit_all_waiting, count_waiting

DISABLED = "disabled"
connection_option = click.option(
    "--connection", "connection_name", help="Id or name of the Connection, where there are several; else the first."
)


@click.group()
def connection() -> None:
    """Show and change how people join an Organization."""


@connection.command("set")
@organization_option
@connection_option
@click.option(
    "--automatic-membership",
    metavar="ROLE|disabled",
    help="Role of people who join just in time; disabled: they wait for an invitation.",
)
@click.option(
    "--unknown-members", type=click.Choice([SKIP, REFUSE]), help="What a Group's member ids that name nobody do."
)
@json_option
@with_database()
def set_(
    organization_name: str,
    connection_name: str | None,
    automatic_membership: str | None,
    unknown_members: str | None,
    as_json: bool,
) -> None:
    """Change the Connection of an Organization; what is not named stays.

    \b
    Example: scim-server connection set -O acme --automatic-membership disabled
    """
    found = find_organization(organization_name)
    before = find_connection(found.id, connection_name)
    if automatic_membership is None:
        membership = before.automatic_membership
    else:
        membership = None if automatic_membership.lower() == DISABLED else automatic_membership.upper()
    after = change_connection(
        found.id,
        operator(),
        automatic_membership=membership,
        unknown_members=unknown_members or before.unknown_members,
        connection_id=before.id,
    )
    waiting = count_waiting(found.id)
    if as_json:
        print_json({**asdict(after), "waiting_users": waiting})
        return
    _print_settings(after, waiting)
    if waiting and after.automatic_membership:
        click.echo(
            f"The waiting Users go on waiting. Let them in: scim-server connection admit-waiting -O {found.slug}"
        )


@connection.command()
@organization_option
@connection_option
@json_option
@with_database()
def show(organization_name: str, connection_name: str | None, as_json: bool) -> None:
    """Show the Connection, who waits, and what was repaired or ignored of its identity provider's requests.

    \b
    Example: scim-server connection show -O acme
    """
    found = find_organization(organization_name)
    settings = find_connection(found.id, connection_name)
    observed, waiting = list_observations(found.id, settings.id), count_waiting(found.id)
    if as_json:
        print_json(
            {
                "automatic_membership": settings.automatic_membership,
                "unknown_members": settings.unknown_members,
                "waiting_users": waiting,
                "observations": [
                    {"quirk": item.quirk, "occurrences": item.occurrences, "sample": item.sample} for item in observed
                ],
            }
        )
        return
    _print_settings(settings, waiting)
    columns = {"quirk": "Repaired or ignored", "occurrences": "Times", "sample": "Last", "last_seen_at": "Last seen"}
    print_table(columns, observed, empty="Nothing had to be repaired yet.")


@connection.command("admit-waiting")
@organization_option
@connection_option
@json_option
@with_database()
def admit_waiting(organization_name: str, connection_name: str | None, as_json: bool) -> None:
    """Let the Users who wait for an invitation join, with the role of automatic membership.

    \b
    Example: scim-server connection admit-waiting -O acme
    """
    found = find_organization(organization_name)
    connection_id = find_connection(found.id, connection_name).id
    admitted = admit_all_waiting(
        found.id, operator(), lambda database: joining_policy(database, found.id, connection_id)
    )
    if as_json:
        print_json({"admitted_users": admitted})
        return
    click.echo(f"{_users(admitted)} joined {found.name}." if admitted else f"Nobody waits in {found.name}.")


def _print_settings(settings: ConnectionSettings, waiting: int) -> None:
    print_fields(
        {
            "Automatic membership": settings.automatic_membership or DISABLED,
            "Unknown members": settings.unknown_members,
            "Waiting Users": waiting,
        }
    )


def _users(number: int) -> str:
    return f"{number} User{'' if number == 1 else 's'}"
