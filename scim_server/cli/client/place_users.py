"""`user` and `team` of `workspace` and `deployment`: who has a role there. Four commands, written once for all four."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.asking import confirm, force_option
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.client.people import find_user
from scim_server.cli.client.places import Place, find_place, refuse_added, refuse_missing, role_on, set_role
from scim_server.cli.client.teams import confirm_managed, find_team
from scim_server.cli.lazy import LazyGroup

Command = TypeVar("Command", bound=Callable[..., Any])
Found = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """Users or Teams: their word in commands, how one is found, and what a list shows of them, JSON name to heading."""

    word: str
    plural: str
    name_field: str
    example: str
    find: Callable[..., Found]
    columns: Mapping[str, str]
    fields: Mapping[str, str]

    def guard(self, found: Found, *, force: bool) -> None:
        """Ask before roles of a Team are changed that the identity provider manages."""
        if self.plural == "teams":
            confirm_managed(found, force=force)


USERS = Subject(
    word="user",
    plural="users",
    name_field="username",
    example="ann@acme.example",
    find=find_user,
    columns={"fullName": "FULLNAME", "email": "EMAIL", "id": "ID"},
    fields={"fullName": "fullName", "email": "username", "id": "id"},
)
TEAMS = Subject(
    word="team",
    plural="teams",
    name_field="name",
    example="Engineers",
    find=find_team,
    columns={"id": "ID", "name": "NAME", "description": "DESCRIPTION"},
    fields={"id": "id", "name": "name", "description": "description"},
)


def place_option(place: Place) -> Callable[[Command], Command]:
    """Return the option that says which place."""
    if place.word == "workspace":
        return click.option("--workspace-id", "-w", "place_id", help="Id or name; without it the one in use.")
    return click.option("--deployment-id", "place_id", help="Id or name of the Deployment.")


def example(place: Place, words: str) -> str:
    """Return an example for a command's help."""
    named = "" if place.word == "workspace" else " --deployment-id Reports"
    return f"\n\n\b\nExample: scim-server {place.word} {words}{named}"


def subject_group(place: Place, subject: Subject) -> click.Group:
    """Return the group of commands about the Users or Teams of a place."""
    text = f"Say which {subject.plural} have a role in a {place.title}."
    group = LazyGroup(subject.word, help=text, aliases={"ls": "list", "up": "update", "rm": "remove"})
    for command in (_add, _list, _update, _remove):
        group.add_command(command(place, subject))
    return group


def _options(place: Place, subject: Subject, *, role: bool = True) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        command = place_option(place)(force_option(command))
        if role:
            command = click.option(
                "--role", "-r", default=place.default_role, show_default=True, help="The role there."
            )(command)
        return click.argument("named", required=False, metavar="[EMAIL]" if subject is USERS else "[ID]")(command)

    return decorate


def _add(place: Place, subject: Subject) -> click.Command:
    @click.command(
        "add",
        help=f"Give a {subject.word} of the Organization a role in the {place.title}."
        + example(place, f"{subject.word} add {subject.example} --role {place.default_role}"),
    )
    @_options(place, subject)
    @with_api
    def add(api: Api, named: str | None, role: str, place_id: str | None, force: bool) -> None:
        where, found = find_place(api, place, place_id), subject.find(api, named)
        subject.guard(found, force=force)
        name = found[subject.name_field]
        refuse_added(place, where["id"], found, name)
        set_role(api, place, where["id"], f"/{subject.plural}", found, role.strip())
        say(f"The {subject.word} {name} was successfully added to the {place.word} with the role {role.strip()}")

    return add


def _list(place: Place, subject: Subject) -> click.Command:
    @click.command(
        "list",
        help=f"List the {subject.plural} with a role of their own in the {place.title}."
        + example(place, f"{subject.word} list"),
    )
    @place_option(place)
    @output_options
    @with_api
    def list_(api: Api, place_id: str | None, as_json: bool) -> None:
        where = find_place(api, place, place_id)
        rows = [
            {
                **{name: each[field] for name, field in subject.fields.items()},
                "role": role_on(place, where["id"], each),
                "createdAt": each["createdAt"],
            }
            for each in api.items(f"/{subject.plural}", subject.plural, **{place.id_field: where["id"]})
        ]
        columns = {**subject.columns, "role": f"{place.scope} ROLE", "createdAt": "CREATE DATE"}
        show(subject.plural, rows, columns, as_json=as_json, empty=f"no {subject.plural} found in this {place.word}")

    return list_


def _update(place: Place, subject: Subject) -> click.Command:
    @click.command(
        "update",
        help=f"Give a {subject.word} another role in the {place.title}."
        + example(place, f"{subject.word} update {subject.example} --role {place.default_role}"),
    )
    @_options(place, subject)
    @with_api
    def update(api: Api, named: str | None, role: str, place_id: str | None, force: bool) -> None:
        where, found = _here(api, place, subject, place_id, named)
        subject.guard(found, force=force)
        set_role(api, place, where["id"], f"/{subject.plural}", found, role.strip())
        name = found[subject.name_field]
        say(f"The {place.word} {subject.word} {name} role was successfully updated to {role.strip()}")

    return update


def _remove(place: Place, subject: Subject) -> click.Command:
    @click.command(
        "remove",
        help=f"Take a {subject.word}'s own role in the {place.title} away."
        + example(place, f"{subject.word} remove {subject.example}"),
    )
    @_options(place, subject, role=False)
    @with_api
    def remove(api: Api, named: str | None, place_id: str | None, force: bool) -> None:
        where, found = _here(api, place, subject, place_id, named)
        name = found[subject.name_field]
        confirm(f"Remove {name} from the {place.word} {where['name']}?", force=force)
        set_role(api, place, where["id"], f"/{subject.plural}", found, None)
        say(f"The {subject.word} {name} was successfully removed from the {place.word}")

    return remove


def _here(api: Api, place: Place, subject: Subject, place_id: str | None, named: str | None) -> tuple[Found, Found]:
    """Return a place and somebody who has a role there; raises ClickException for anybody else."""
    where = find_place(api, place, place_id)
    found = subject.find(api, named, **({} if named else {place.id_field: where["id"]}))
    refuse_missing(place, where["id"], found, found[subject.name_field])
    return where, found
