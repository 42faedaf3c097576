"""`scim-server organization domain`: e-mail domains, and the TXT records that prove them."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option, print_fields, print_json

_COLUMNS = {"name": "NAME", "id": "ID", "status": "STATUS", "verifiedAt": "VERIFIED", "createdAt": "CREATE DATE"}


@click.group(cls=LazyGroup, aliases={"ls": "list"})
def domain() -> None:
    """Claim e-mail domains and prove them."""


@domain.command()
@click.argument("name")
@json_option
@with_api
def add(api: Api, name: str, as_json: bool) -> None:
    """Claim a domain, and say which TXT record proves it.

    \b
    Example: scim-server organization domain add acme.example
    """
    made = api.post("/domains", {"name": name})
    if as_json:
        print_json(_row(made))
        return
    say(f"Domain {made['name']} was successfully added. Publish this record, then verify it:")
    record = made["dnsRecord"]
    print_fields({"Type": record["type"], "Name": record["name"], "Value": record["value"]})
    say(f"Next: scim-server organization domain verify {made['name']}")


@domain.command()
@click.argument("name")
@json_option
@with_api
def verify(api: Api, name: str, as_json: bool) -> None:
    """Look for the TXT record of a domain, named by name or id, now; exit 1 where it is not there yet.

    \b
    Example: scim-server organization domain verify acme.example
    """
    found = _find(api, name)
    verified = api.post(f"/domains/{found['id']}/verify")
    if as_json:
        print_json(_row(verified))
        return
    say(f"Domain {verified['name']} is verified")


@domain.command("list")
@output_options
@with_api
def list_domains(api: Api, as_json: bool) -> None:
    """List the domains.

    \b
    Example: scim-server organization domain list --json
    """
    rows = [_row(each) for each in api.items("/domains", "domains")]
    show("domains", rows, _COLUMNS, as_json=as_json, empty="no domains found in your organization")


def _find(api: Api, named: str) -> Mapping[str, Any]:
    for each in api.items("/domains", "domains"):
        if named.casefold() in {each["id"], each["name"], each["unicodeName"].casefold()}:
            return each
    raise click.ClickException(f"There is no domain {named!r} in your organization; add it first.")


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "id", "status", "enforcedLogins", "dnsRecord", "verifiedAt", "createdAt")
    return {name: found[name] for name in names}
