"""`workspace token`, `deployment token`: tokens of a place, and the Organization's that have a role there."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import confirm, force_option
from scim_server.cli.client.listing import output_options, say
from scim_server.cli.client.place_users import example, place_option
from scim_server.cli.client.places import Place, find_place
from scim_server.cli.client.token_work import (
    change_token,
    clean_option,
    delete_token,
    expiration_option,
    find_token,
    make_token,
    name_option,
    overlap_option,
    put_role,
    rotate_token,
    show_tokens,
)
from scim_server.cli.lazy import LazyGroup
from scim_server.cli.output import json_option

id_argument = click.argument("token_id", required=False, metavar="[ID]")
Found = Mapping[str, Any]


def token_group(place: Place) -> click.Group:
    """Return the group of commands about the tokens of a place."""
    aliases = {"cr": "create", "ls": "list", "up": "update", "ro": "rotate", "de": "delete", "rm": "remove"}
    group = LazyGroup("token", help=f"Make and manage API tokens of a {place.title}.", aliases=aliases)
    for command in (_create, _list, _update, _rotate, _delete, _add, _remove):
        group.add_command(command(place))
    return group


def _create(place: Place) -> click.Command:
    @click.command(
        "create",
        help=f"Make an API token of a {place.title} and print it, this once."
        + example(place, f"token create --name ci --role {place.default_role}"),
    )
    @click.option("--name", "-n", help="What the token is for; asked for without it.")
    @click.option("--description", "-d", help="More about it.")
    @click.option("--role", "-r", help="Its role there; asked for without it.")
    @expiration_option
    @place_option(place)
    @clean_option
    @json_option
    @with_api
    def create(
        api: Api, /, place_id: str | None, expiration: int, clean_output: bool, as_json: bool, **told: Any
    ) -> None:
        scope = {"scope": place.scope, "entityId": find_place(api, place, place_id)["id"]}
        make_token(api, scope, place.title, days=expiration, clean=clean_output, as_json=as_json, **told)

    return create


def _list(place: Place) -> click.Command:
    @click.command(
        "list",
        help=f"List the API tokens with a role in the {place.title}; never what they say."
        + example(place, "token list"),
    )
    @place_option(place)
    @output_options
    @with_api
    def list_(api: Api, place_id: str | None, as_json: bool) -> None:
        where = find_place(api, place, place_id)
        found = api.items("/tokens", "tokens", **{place.id_field: where["id"]})
        show_tokens(found, place.scope, where["id"], as_json=as_json)

    return list_


def _update(place: Place) -> click.Command:
    @click.command(
        "update",
        help=f"Rename or describe a token, or give it another role in the {place.title}; what is not named stays."
        + example(place, f"token update --name ci --role {place.default_role}"),
    )
    @id_argument
    @name_option
    @click.option("--new-name", "-n", help="What the token shall be called.")
    @click.option("--description", "-d", help="More about it.")
    @click.option("--role", "-r", help="The role that it shall have there.")
    @place_option(place)
    @with_api
    def update(
        api: Api,
        token_id: str | None,
        name: str | None,
        place_id: str | None,
        new_name: str | None,
        description: str | None,
        role: str | None,
    ) -> None:
        where, found = _here(api, place, place_id, token_id, name)
        change_token(api, found, place.scope, where["id"], (new_name, description, role))
        say(f"{place.title} API token {new_name or found['name']} was successfully updated")

    return update


def _rotate(place: Place) -> click.Command:
    @click.command(
        "rotate",
        help="Give a token a new text and print it, this once; the earlier one is refused from then on."
        + example(place, "token rotate --name ci --force"),
    )
    @id_argument
    @name_option
    @place_option(place)
    @overlap_option
    @clean_option
    @json_option
    @force_option
    @with_api
    def rotate(
        api: Api,
        token_id: str | None,
        name: str | None,
        place_id: str | None,
        overlap_minutes: int,
        clean_output: bool,
        as_json: bool,
        force: bool,
    ) -> None:
        _, found = _here(api, place, place_id, token_id, name)
        rotate_token(api, found, place.title, overlap_minutes, clean=clean_output, as_json=as_json, force=force)

    return rotate


def _delete(place: Place) -> click.Command:
    @click.command(
        "delete",
        help="Delete a token: whoever uses it is refused from the next request on."
        + example(place, "token delete --name ci --force"),
    )
    @id_argument
    @name_option
    @place_option(place)
    @force_option
    @with_api
    def delete(api: Api, token_id: str | None, name: str | None, place_id: str | None, force: bool) -> None:
        _, found = _here(api, place, place_id, token_id, name)
        delete_token(api, found, place.title, force=force)

    return delete


def _add(place: Place) -> click.Command:
    @click.command(
        "add",
        help=f"Give a token of the Organization a role in the {place.title} as well."
        + example(place, f"token add --name ci --role {place.default_role}"),
    )
    @id_argument
    @name_option
    @click.option("--role", "-r", default=place.default_role, show_default=True, help="The role there.")
    @place_option(place)
    @with_api
    def add(api: Api, token_id: str | None, name: str | None, role: str, place_id: str | None) -> None:
        where = find_place(api, place, place_id)
        found = find_token(api, token_id, name, includeOnlyOrganizationTokens="true")
        put_role(api, found, place.scope, where["id"], role)
        say(f"The token {found['name']} was successfully added to the {place.word} with the role {role.strip()}")

    return add


def _remove(place: Place) -> click.Command:
    @click.command(
        "remove",
        help=f"Take the role in the {place.title} from a token of the Organization; its others stay."
        + example(place, "token remove --name ci --force"),
    )
    @id_argument
    @name_option
    @place_option(place)
    @force_option
    @with_api
    def remove(api: Api, token_id: str | None, name: str | None, place_id: str | None, force: bool) -> None:
        where, found = _here(api, place, place_id, token_id, name)
        if found["scope"] == place.scope:
            raise click.ClickException(f"This token is one of the {place.title}'s own; delete it instead.")
        confirm(f"Remove the token {found['name']} from the {place.word} {where['name']}?", force=force)
        put_role(api, found, place.scope, where["id"], None)
        say(f"The token {found['name']} was successfully removed from the {place.word}")

    return remove


def _here(api: Api, place: Place, place_id: str | None, token_id: str | None, name: str | None) -> tuple[Found, Found]:
    where = find_place(api, place, place_id)
    return where, find_token(api, token_id, name, **{place.id_field: where["id"]})
