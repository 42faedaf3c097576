"""Workspaces and Deployments alike: who has which role there, given, changed and taken away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from scim_server.cli.client.api import Api, segment
from scim_server.cli.client.errors import ApiError, one_line
from scim_server.cli.client.roles import refused_role


@dataclass(frozen=True)
class Place:
    """A kind of place: its word in commands, and its names on the wire."""

    word: str
    scope: str
    id_field: str
    roles_field: str
    default_role: str
    plural: str

    @property
    def title(self) -> str:
        """Return the word as a sentence about it writes it."""
        return self.word.capitalize()

    @property
    def accessor(self) -> str:
        """Return the role that comes by itself and is no reason not to add somebody."""
        return f"{self.scope}_ACCESSOR"


WORKSPACE = Place("workspace", "WORKSPACE", "workspaceId", "workspaceRoles", "WORKSPACE_MEMBER", "workspaces")
DEPLOYMENT = Place("deployment", "DEPLOYMENT", "deploymentId", "deploymentRoles", "DEPLOYMENT_ADMIN", "deployments")


def find_place(api: Api, place: Place, named: str | None) -> Mapping[str, Any]:
    """Return the place of this id or name, or the Workspace in use; raises ClickException where there is none."""
    context = api.access.context
    if named is None and place is WORKSPACE and context is not None:
        named = context.workspace_id
    if not named:
        raise click.ClickException(f"Say which {place.title} by --{place.word}-id.")
    for each in api.items(f"/{place.plural}", place.plural, search=named):
        if each["name"].casefold() == named.casefold():
            return each
    found: Mapping[str, Any] = api.get(f"/{place.plural}/{segment(named)}")
    return found


def role_on(place: Place, place_id: str, subject: Mapping[str, Any]) -> str | None:
    """Return the role that a User or Team has directly on a place."""
    return next(
        (str(each["role"]) for each in subject.get(place.roles_field) or () if each[place.id_field] == place_id), None
    )


def set_role(api: Api, place: Place, place_id: str, path: str, subject: Mapping[str, Any], role: str | None) -> None:
    """Give a User or Team a role on a place, or take it away; all others that it has are sent back as they are.

    Raises ClickException for a User whose roles are hidden, as they would be lost.
    """
    if subject.get("status") == "INACTIVE":
        raise click.ClickException("This person is deactivated; reactivate them first.")
    kept = [each for each in subject[place.roles_field] if each[place.id_field] != place_id]
    wanted = kept if role is None else [*kept, {place.id_field: place_id, "role": role}]
    try:
        api.post(f"{path}/{subject['id']}/roles", {place.roles_field: wanted})
    except ApiError as error:
        raise refused_role(api, error, place.scope) from None


def refuse_added(place: Place, place_id: str, subject: Mapping[str, Any], name: str) -> None:
    """Raise ClickException for whoever has a role on a place already."""
    role = role_on(place, place_id, subject)
    if role not in {None, place.accessor}:
        raise click.ClickException(
            f"{one_line(name)} is in the {place.word} already, with the role {role}; update it instead."
        )


def refuse_missing(place: Place, place_id: str, subject: Mapping[str, Any], name: str) -> None:
    """Raise ClickException for whoever has no role on a place."""
    if role_on(place, place_id, subject) is None:
        raise click.ClickException(f"{one_line(name)} has no role of their own in the {place.word}; add them first.")
