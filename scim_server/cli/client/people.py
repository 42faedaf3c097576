"""Find the User whom a command is about, by e-mail address, user name or id."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.api import Api, segment
from scim_server.cli.client.asking import choose
from scim_server.cli.client.errors import NOT_FOUND, ApiError

NO_USER = "no user was found for the email you provided"


def find_user(api: Api, named: str | None, **query: Any) -> Mapping[str, Any]:
    """Return the User of this name, or whom a person picks where there is none; `query` narrows the menu.

    Raises ClickException where nobody is found.
    """
    if named is None:
        rows = list(api.items("/users", "users", **query))
        columns = {"fullName": "FULLNAME", "username": "EMAIL", "id": "ID"}
        return choose(rows, columns, missing="Name a user by e-mail address.", invalid="invalid User selected")
    found = user_called(api, named.strip())
    if found is None:
        raise click.ClickException(NO_USER)
    return found


def user_called(api: Api, named: str) -> Mapping[str, Any] | None:
    """Return the User with exactly this user name or id, without regard to letter case."""
    for user in api.items("/users", "users", search=named) if named else ():
        if user["username"].casefold() == named.casefold():
            return user
    if "@" in named:
        return None
    try:
        found: Mapping[str, Any] = api.get(f"/users/{segment(named)}")
    except ApiError as error:
        if error.status == NOT_FOUND:
            return None
        raise
    return found
