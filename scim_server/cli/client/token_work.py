"""What the commands about tokens share, whether of the Organization or of a place: find, make, change, print."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from scim_server.cli.client.api import Api
from scim_server.cli.client.asking import ask, choose, confirm
from scim_server.cli.client.errors import ApiError, one_line
from scim_server.cli.client.listing import say, show
from scim_server.cli.client.roles import refused_role
from scim_server.cli.output import print_json

MAX_DAYS = 3650
NOT_FOUND = "organization token specified was not found"
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

name_option = click.option("--name", "-t", "name", help="The token's present name, in place of its id.")
clean_option = click.option("--clean-output", "-c", is_flag=True, help="Print the token and nothing else.")
expiration_option = click.option(
    "--expiration",
    "-e",
    type=click.IntRange(0, MAX_DAYS),
    default=0,
    help="Days until the token expires; 0, as without it, is never.",
)
overlap_option = click.option(
    "--overlap-minutes",
    type=click.IntRange(0, 10_080),
    default=0,
    show_default=True,
    help="Minutes that the earlier text stays good.",
)


def find_token(api: Api, token_id: str | None, name: str | None, **query: Any) -> Mapping[str, Any]:
    """Return a token by id or name, or the one that a person picks; raises ClickException where there is none."""
    found = list(api.items("/tokens", "tokens", **query))
    if token_id is None and name is None:
        columns = {"id": "ID", "name": "NAME", "scope": "SCOPE"}
        missing = "Name a token by its id, or by --name."
        return choose(found, columns, missing=missing, invalid=NOT_FOUND)
    same = [each for each in found if token_id in {None, each["id"]} and name in {None, each["name"]}]
    if len(same) > 1:
        raise click.ClickException(f"{len(same)} tokens are called {name!r}; name one by its id.")
    if not same:
        raise click.ClickException(NOT_FOUND)
    return same[0]


def make_token(
    api: Api,
    place: Mapping[str, str],
    kind: str,
    *,
    days: int,
    clean: bool,
    as_json: bool,
    **told: str | None,
) -> None:
    """Make a token on a place and print it; asks for the name and the role that `told` lacks."""
    name, role = told["name"], told["role"]
    name = name or ask("enter a name for your API token: ", missing="you must give your API token a name")
    role = role or ask("enter a role for your API token: ", missing="Name the role by --role.")
    body = {"name": name, "role": role.strip(), **place}
    if told["description"] is not None:
        body["description"] = told["description"]
    try:
        made = api.post("/tokens", {**body, **({"tokenExpiryPeriodInDays": days} if days else {})})
    except ApiError as error:
        raise refused_role(api, error, place["scope"]) from None
    _print_text(made, f"{kind} API token {made['name']} was successfully created", clean=clean, as_json=as_json)


def rotate_token(
    api: Api, found: Mapping[str, Any], kind: str, overlap: int, *, clean: bool, as_json: bool, force: bool
) -> None:
    """Give a token a new text and print it."""
    end = f"in {overlap} minutes" if overlap else "at once"
    question = f"Rotate the token {found['name']}? Whoever uses its present text is refused {end}"
    confirm(question, force=force, declined="Canceling token rotation")
    made = api.post(f"/tokens/{found['id']}/rotate", {"overlapMinutes": overlap})
    _print_text(made, f"{kind} API token {made['name']} was successfully rotated", clean=clean, as_json=as_json)


def delete_token(api: Api, found: Mapping[str, Any], kind: str, *, force: bool) -> None:
    """Delete a token."""
    question = f"Delete the token {found['name']}? Whoever uses it is refused from now on"
    confirm(question, force=force, declined="Canceling token deletion")
    api.delete(f"/tokens/{found['id']}")
    say(f"{kind} API token {found['name']} was successfully deleted")


def change_token(
    api: Api,
    found: Mapping[str, Any],
    scope: str,
    entity_id: str,
    wanted: tuple[str | None, str | None, str | None],
) -> None:
    """Change name, description and role on one place, of which what is None stays."""
    name, description, role = wanted
    if wanted == (None, None, None):
        raise click.UsageError("Say what to change: --new-name, --description or --role.")
    if role is not None:
        put_role(api, found, scope, entity_id, role)
    if name is not None or description is not None:
        told = found["description"] if description is None else description
        api.post(f"/tokens/{found['id']}", {"name": name or found["name"], "description": told})


def put_role(api: Api, found: Mapping[str, Any], scope: str, entity_id: str, role: str | None) -> None:
    """Give a token a role on one place, or take it away; all others that it has are sent back as they are."""
    roles = [each for each in found["roles"] if (each["entityType"], each["entityId"]) != (scope, entity_id)]
    if role is not None:
        roles.append({"entityType": scope, "entityId": entity_id, "role": role.strip()})
    try:
        api.post(f"/tokens/{found['id']}/roles", {"roles": roles})
    except ApiError as error:
        raise refused_role(api, error, scope) from None


def show_tokens(found: Iterable[Mapping[str, Any]], scope: str, entity_id: str, *, as_json: bool) -> None:
    """Print tokens with the role that they have on one place."""
    rows = [
        {
            "id": each["id"],
            "name": each["name"],
            "description": each["description"],
            "scope": each["scope"],
            "role": _role_on(each, scope, entity_id),
            "createdAt": each["createdAt"],
            "createdBy": _subject(each["createdBy"]),
            "expiresAt": each["endAt"],
            "lastUsedAt": each["lastUsedAt"],
        }
        for each in found
    ]
    columns = {
        "id": "ID",
        "name": "NAME",
        "description": "DESCRIPTION",
        "scope": "SCOPE",
        "role": f"{scope} ROLE",
        "created": "CREATED",
        "createdBy": "CREATED BY",
    }
    if not as_json:
        rows = [{**row, "created": ago(row["createdAt"])} for row in rows]
    show("tokens", rows, columns, as_json=as_json, empty="no tokens found")


def ago(moment: str) -> str:
    """Return how long ago a moment was, in its largest whole unit."""
    seconds = max((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds(), 0)
    for size, unit in _UNITS:
        number = int(seconds // size)
        if number:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def _role_on(found: Mapping[str, Any], scope: str, entity_id: str) -> str | None:
    held = (each for each in found["roles"] if (each["entityType"], each["entityId"]) == (scope, entity_id))
    return next((str(each["role"]) for each in held), None)


def _subject(found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return None
    for name in ("apiTokenName", "fullName", "username"):
        if found.get(name):
            return str(found[name])
    return found.get("id")


def _print_text(made: Mapping[str, Any], done: str, *, clean: bool, as_json: bool) -> None:
    if as_json:
        print_json({"id": made["id"], "name": made["name"], "token": made["token"], "expiresAt": made["endAt"]})
    elif clean:
        click.echo(made["token"])
    else:
        click.echo(f"{one_line(done)}\nCopy and paste this API token for your records.\n\n{made['token']}\n")
        click.echo("You will not be shown this API token value again.")
