"""The five operations on Users and Groups as routes and Bulk call them: body in, result out, no Flask response."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scim_server.directory.documents import Stored
from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.messages import load_patch
from scim_server.protocol.patch import compile_operations
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.resources import load_resource
from scim_server.teams import service as teams
from scim_server.users import service as users


@dataclass(frozen=True, slots=True)
class Result:
    """A resource after a change; `stored` is None for a Group that nobody asked to read."""

    id: str
    version: int
    stored: Stored | None = None


def create(
    provisioning: Provisioning,
    endpoint: str,
    body: Mapping[str, Any],
    quirks: Quirks,
    new_id: str | None = None,
    read_team: teams.Read | None = None,
) -> Result:
    """Create a resource (RFC 7644 §3.3)."""
    if endpoint == "Users":
        return _user(users.create(provisioning, load_resource(provisioning.user_type, body, quirks), user_id=new_id))
    attributes = load_resource(provisioning.group_type, body, quirks)
    return _team(teams.create(provisioning, attributes, team_id=new_id, read=read_team), quirks)


def replace(
    provisioning: Provisioning,
    endpoint: str,
    resource_id: str,
    body: Mapping[str, Any],
    quirks: Quirks,
    if_match: str | None = None,
    read_team: teams.Read | None = None,
) -> Result:
    """Replace a resource (RFC 7644 §3.5.1)."""
    if endpoint == "Users":
        attributes = load_resource(provisioning.user_type, body, quirks)
        return _user(users.replace_user(provisioning, resource_id, attributes, if_match=if_match))
    attributes = load_resource(provisioning.group_type, body, quirks)
    if any(key.lower() == "members" for key in body):
        # An empty list is not stored, but it says that the Group is to be empty (PT01); no list says nothing (O57).
        attributes.setdefault("members", [])
    outcome = teams.replace_team(provisioning, resource_id, attributes, if_match=if_match, read=read_team)
    return _team(outcome, quirks)


def patch(
    provisioning: Provisioning,
    endpoint: str,
    resource_id: str,
    body: Mapping[str, Any],
    quirks: Quirks,
    if_match: str | None = None,
    read_team: teams.Read | None = None,
) -> Result:
    """Change a resource (RFC 7644 §3.5.2)."""
    resource_type = provisioning.user_type if endpoint == "Users" else provisioning.group_type
    changes = compile_operations(load_patch(body), resource_type, quirks)
    if endpoint == "Users":
        return _user(users.patch(provisioning, resource_id, changes, if_match=if_match))
    return _team(teams.patch(provisioning, resource_id, changes, if_match=if_match, read=read_team), quirks)


def delete(provisioning: Provisioning, endpoint: str, resource_id: str, if_match: str | None = None) -> None:
    """Delete a resource (RFC 7644 §3.6)."""
    if endpoint == "Users":
        users.delete(provisioning, resource_id, if_match=if_match)
    else:
        teams.delete(provisioning, resource_id, if_match=if_match)


def _user(stored: Stored) -> Result:
    return Result(stored.id, stored.version, stored)


def _team(outcome: teams.Outcome, quirks: Quirks) -> Result:
    for member_id in outcome.unknown_members:
        quirks.record(Quirk.UNKNOWN_MEMBER, member_id)
    return Result(outcome.id, outcome.version, outcome.stored)
