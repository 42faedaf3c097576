"""Roles: list them, and name those that are possible where another was asked for."""

from typing import Any

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.errors import ApiError
from scim_server.cli.client.listing import output_options, show

DEFAULT_ROLE = "ORGANIZATION_MEMBER"
# What fields that hold a role end with.
_ROLE = ("role", "Role")


@click.group()
def role() -> None:
    """List the roles that people can have."""


@role.command("list")
@click.option("--include-default-roles", "-i", is_flag=True, help="Also list the roles that every Organization has.")
@output_options
@with_api
def list_roles(api: Api, include_default_roles: bool, as_json: bool) -> None:
    """List the roles that the Organization made, and with -i those that all have.

    \b
    Example: scim-server organization role list --include-default-roles
    """
    rows = [_row(each, each["id"]) for each in api.items("/roles", "roles")]
    if include_default_roles:
        rows += [_row(each, None) for each in default_roles(api)]
    columns = {"name": "NAME", "id": "ID", "scopeType": "SCOPE", "description": "DESCRIPTION"}
    show(
        "roles", rows, columns, as_json=as_json, empty="no roles found in your organization; -i lists the default ones"
    )


def default_roles(api: Api, scope: str | None = None) -> list[dict[str, Any]]:
    """Return the default roles, of one scope or all, the most privileged of each first."""
    query = {} if scope is None else {"scopeTypes": scope}
    found: list[dict[str, Any]] = api.get("/roles", limit=1, includeDefaultRoles="true", **query)["defaultRoles"]
    return found


def possible_roles(api: Api, scope: str) -> list[str]:
    """Return the names of all roles that can be given on a scope."""
    custom = [each["name"] for each in api.items("/roles", "roles", scopeTypes=scope)]
    return [each["name"] for each in default_roles(api, scope)] + custom


def refused_role(api: Api, error: ApiError, scope: str = "ORGANIZATION") -> click.ClickException:
    """Return what to tell of a refusal: the possible roles, where it was for the role that it was refused."""
    if error.status not in {400, 422} or not any(field.endswith(_ROLE) for field in error.fields):
        return error
    return click.ClickException(f"requested role is invalid. Possible values are {listed(possible_roles(api, scope))}")


def listed(names: list[str]) -> str:
    """Return names as a sentence lists them."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _row(found: dict[str, Any], id_: str | None) -> dict[str, Any]:
    return {
        "name": found["name"],
        "id": id_,
        "scopeType": found["scopeType"],
        "description": found["description"] or found.get("title"),
        "permissions": found["permissions"],
    }
