"""What a SCIM route works with: the Organization's resource types, its base URL, and its provisioning."""

from dataclasses import dataclass

from flask import current_app, g

from scim_server.audit.service import ActorType
from scim_server.connections.service import joining_policy
from scim_server.directory.search import Directory
from scim_server.organizations.provisioning import Provisioning
from scim_server.organizations.schemas import ResourceTypes, resource_types
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.errors import NotFound
from scim_server.protocol.quirks import Quirks
from scim_server.teams.mapping import TEAMS
from scim_server.tokens.recognition import Principal
from scim_server.users.mapping import users_directory
from scim_server.web.requests import origin
from scim_server.web.scim.authentication import current_principal


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type of the Organization with the directory that reads it."""

    resource_type: ResourceType
    directory: Directory


def organization_base(principal: Principal) -> str:
    """Return the SCIM base URL of the Organization, made from the public URL and nothing that a client sends."""
    public_url: str = current_app.config["PUBLIC_URL"]
    return f"{public_url}/scim/v2/{principal.organization_id}"


def organization_types(principal: Principal) -> ResourceTypes:
    """Return the Organization's resource types."""
    return resource_types(principal.organization_id, principal.schema_revision)


def kind(endpoint: str) -> Kind:
    """Return the resource type behind `Users` or `Groups`; raises NotFound."""
    principal = current_principal()
    types = organization_types(principal)
    if endpoint == "Users":
        return Kind(types.user, users_directory(has_nested_teams=principal.has_nested_teams))
    if endpoint == "Groups":
        return Kind(types.group, TEAMS)
    raise NotFound(f"There is no endpoint '/{endpoint}'.")


def provisioning() -> Provisioning:
    """Return the circumstances of this request for the services."""
    principal = current_principal()
    types = organization_types(principal)
    return Provisioning(
        organization_id=principal.organization_id,
        base=organization_base(principal),
        user_type=types.user,
        group_type=types.group,
        origin=origin(ActorType.TOKEN, principal.token_id, principal.name),
        policy=lambda connection: joining_policy(connection, principal.organization_id, principal.connection_id),
        unique_team_names=principal.unique_team_names,
        has_nested_teams=principal.has_nested_teams,
        connection_id=principal.connection_id,
        automatic_membership=principal.automatic_membership,
    )


def quirks() -> Quirks:
    """Return what was repaired or ignored in this request; noted on the Connection after it."""
    found: Quirks | None = g.get("quirks")
    if found is None:
        found = g.quirks = Quirks()
    return found
