"""What happens to roles when the Workspace or Deployment that they are held on is deleted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, column, delete, func, select, table, update
from sqlalchemy.orm import aliased
from sqlalchemy.types import Integer, Text

from scim_server.roles.models import RoleBinding
from scim_server.roles.places import Place, PlaceScope

# Teams stand above roles in the order of imports, so their table is named here by what is needed of it.
_teams = table("teams", column("organization_id", Text()), column("id", Text()), column("binding_count", Integer()))
_IN_ORGANIZATION = RoleBinding.organization_id == bindparam("organization")
_WITHIN = {
    PlaceScope.WORKSPACE: (_IN_ORGANIZATION, RoleBinding.workspace_id == bindparam("place_id")),
    PlaceScope.DEPLOYMENT: (_IN_ORGANIZATION, RoleBinding.deployment_id == bindparam("place_id")),
}
_TEAMS_WITHIN = {
    scope: select(_teams.c.id)
    .where(
        _teams.c.organization_id == bindparam("organization"),
        _teams.c.id.in_(select(RoleBinding.team_id).where(*within, RoleBinding.team_id.is_not(None))),
    )
    .order_by(_teams.c.id)
    .with_for_update()
    for scope, within in _WITHIN.items()
}
_DELETE_WITHIN = {
    scope: delete(RoleBinding).where(*within).returning(RoleBinding.team_id) for scope, within in _WITHIN.items()
}
_below = aliased(RoleBinding, name="below")
_SUBJECT = func.coalesce(RoleBinding.user_id, RoleBinding.team_id, RoleBinding.token_id)
_DELETE_NEEDLESS_ACCESSORS = (
    delete(RoleBinding)
    .where(
        _IN_ORGANIZATION,
        RoleBinding.workspace_id == bindparam("workspace"),
        RoleBinding.scope == PlaceScope.WORKSPACE.value,
        RoleBinding.is_automatic,
        ~select(_below.id)
        .where(
            _below.organization_id == RoleBinding.organization_id,
            _below.workspace_id == RoleBinding.workspace_id,
            _below.scope != PlaceScope.WORKSPACE.value,
            func.coalesce(_below.user_id, _below.team_id, _below.token_id) == _SUBJECT,
        )
        .exists(),
    )
    .returning(RoleBinding.team_id)
)
_COUNT = (
    update(_teams)
    .where(_teams.c.organization_id == bindparam("organization"), _teams.c.id == bindparam("team"))
    .values(
        binding_count=select(func.count())
        .select_from(RoleBinding)
        .where(_IN_ORGANIZATION, RoleBinding.team_id == _teams.c.id)
        .scalar_subquery()
    )
)


def lock_teams_with_roles(connection: Connection, organization_id: str, place: Place) -> None:
    """Lock the Teams that hold roles within a Workspace or Deployment before it is locked itself.

    A change of a Team's roles locks the Team before the place: neither deadlocks.
    """
    bound = {"organization": organization_id, "place_id": _id(place)}
    connection.execute(_TEAMS_WITHIN[place.scope], bound).all()


def remove_roles_within(connection: Connection, organization_id: str, place: Place) -> int:
    """Take all roles within a Workspace or Deployment from everybody, and return how many there were.

    Accessors on the Workspace that only roles on the Deployment needed go too, and Teams count anew.
    """
    bound = {"organization": organization_id, "place_id": _id(place)}
    gone: Sequence[Any] = connection.execute(_DELETE_WITHIN[place.scope], bound).scalars().all()
    if gone and place.scope is PlaceScope.DEPLOYMENT:
        needless = {"organization": organization_id, "workspace": place.workspace_id}
        gone = [*gone, *connection.execute(_DELETE_NEEDLESS_ACCESSORS, needless).scalars()]
    teams = sorted({team_id for team_id in gone if team_id is not None})
    if teams:
        connection.execute(_COUNT, [{"organization": organization_id, "team": team_id} for team_id in teams])
    return len(gone)


def _id(place: Place) -> str:
    return place.workspace_id if place.deployment_id is None else place.deployment_id
