"""Change what a Team gives its members."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from scim_server.audit.service import Event, record
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import SubjectKind, roles_of
from scim_server.roles.granting import replace_lower_roles, require_may_change_some_roles, told
from scim_server.roles.requests import RoleLists
from scim_server.teams.consequences import PrivilegedTeam, roles_changed, roles_of_team
from scim_server.teams.models import Team
from scim_server.teams.store import update_team
from scim_server.users.roles import SubjectRoles

_LOCK = (
    select(Team.id, Team.display_name, Team.role, Team.binding_count)
    .where(Team.organization_id == bindparam("organization"), Team.id == bindparam("team"))
    .with_for_update()
)


def change_roles(requester: Requester, team_id: str, lists: RoleLists) -> SubjectRoles:
    """Make the roles that a request supplies a Team's, pushed or made by hand, and return all of them; the rest stays.

    Each member who gains or loses a role thereby gets an audit event. The version stays, as SCIM shows no roles.
    Raises NotFound, InvalidValue, Forbidden.
    """
    require_may_change_some_roles(requester, SubjectKind.TEAM)
    organization_id, origin = requester.organization_id, requester.origin
    with transaction() as connection:
        team = _lock(connection, organization_id, team_id)
        before = roles_of_team(connection, organization_id, team)
        changed: dict[str, Any] = {}
        changes: dict[str, list[Any]] = {}
        role, moment = lists.organization_role, now()
        if role is not None and role != team.role:
            requester.require("organization.teams.update")
            requester.require_grantable(role, "organizationRole")
            requester.require_grantable(team.role, "organizationRole")
            changes["#role"] = [team.role, role]
            changed = {
                "role": role,
                "role_granted_at": moment,
                "role_granted_by_type": origin.actor_type.value,
                "role_granted_by_id": origin.actor_id,
            }
        changes |= told(replace_lower_roles(connection, requester, SubjectKind.TEAM, team_id, lists))
        lower = roles_of(connection, organization_id, SubjectKind.TEAM, [team_id])[team_id]
        if changes:
            count = sum(map(len, lower))
            who = {"updated_by_type": origin.actor_type.value, "updated_by_id": origin.actor_id}
            changed |= {"binding_count": count, "modified_at": moment, **who}
            update_team(connection, organization_id, team_id, changed)
            record(connection, organization_id, origin, [Event("owner:team:roles-changed", "Team", team_id, changes)])
            team = team._replace(role=role or team.role, binding_count=count)
            after = roles_of_team(connection, organization_id, team)
            roles_changed(connection, organization_id, origin, team, before=before, after=after)
    return SubjectRoles(team.role, lower)


def _lock(connection: Connection, organization_id: str, team_id: str) -> PrivilegedTeam:
    row = connection.execute(_LOCK, {"organization": organization_id, "team": team_id}).first()
    if row is None:
        raise NotFound(f"There is no Team '{team_id}'.")
    return PrivilegedTeam(*row)
