"""Write a Team's row and the totals; called by the service inside its transaction."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, delete, insert, select, type_coerce, update
from sqlalchemy.types import Text

from scim_server.audit.service import Origin
from scim_server.directory.documents import dump_document, dump_search
from scim_server.directory.totals import add_to_total
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.schemas import GROUP
from scim_server.protocol.values import fold
from scim_server.roles.catalogue import catalogue
from scim_server.teams.consequences import PrivilegedTeam
from scim_server.teams.mapping import TEAM_MAPPING
from scim_server.teams.models import Team, TeamMember

_OF_KEY = (Team.organization_id == bindparam("key_organization"), Team.id == bindparam("key_id"))
_INSERT = insert(Team)
_UPDATE = update(Team).where(*_OF_KEY)
_DELETE = delete(Team).where(*_OF_KEY)
_LOCKED = (
    select(
        Team.id,
        Team.version,
        Team.created_at,
        Team.modified_at,
        type_coerce(Team.document, Text()).label("document"),
        Team.member_count,
        Team.is_idp_managed,
        Team.display_name,
        Team.description,
        Team.role,
        Team.binding_count,
    )
    .where(*_OF_KEY)
    .with_for_update()
)
_AS_MEMBER = (TeamMember.organization_id == bindparam("organization"), TeamMember.member_id == bindparam("team"))
_TOUCH_PARENTS = (
    update(Team)
    .where(
        Team.organization_id == bindparam("organization"),
        Team.id.in_(select(TeamMember.team_id).where(*_AS_MEMBER)),
    )
    .values(version=Team.version + 1, member_count=Team.member_count - 1, modified_at=bindparam("now"))
)
_LEAVE_PARENTS = delete(TeamMember).where(*_AS_MEMBER)


class LockedTeam(NamedTuple):
    """A Team's row, locked for the rest of the transaction."""

    id: str
    version: int
    created_at: str
    modified_at: str
    document: str
    member_count: int
    is_idp_managed: bool
    display_name: str
    description: str | None
    role: str
    binding_count: int

    @property
    def privileges(self) -> PrivilegedTeam:
        """Return what decides whether a change of its members changes their roles."""
        return PrivilegedTeam(self.id, self.display_name, self.role, self.binding_count)


def lock_team(connection: Connection, organization_id: str, team_id: str) -> LockedTeam | None:
    """Read a Team and keep others from changing it until the transaction ends; None where there is none."""
    row: Any = connection.execute(_LOCKED, {"key_organization": organization_id, "key_id": team_id}).first()
    return LockedTeam(*row) if row is not None else None


def insert_team(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a new Team; raises IntegrityError where its displayName is taken."""
    connection.execute(_INSERT, row)
    add_to_total(connection, row["organization_id"], GROUP.name, 1)


def update_team(connection: Connection, organization_id: str, team_id: str, changed: Mapping[str, Any]) -> None:
    """Write the changed columns; raises IntegrityError where the displayName is taken."""
    key = {"key_organization": organization_id, "key_id": team_id}
    connection.execute(_update(tuple(changed)), {**key, **changed})


@lru_cache
def _update(names: tuple[str, ...]) -> Update:
    return _UPDATE.values({name: bindparam(name) for name in names})


def delete_team(connection: Connection, organization_id: str, team_id: str, now: str) -> None:
    """Delete a Team with its membership rows, and take it out of the Teams that it is nested in."""
    as_member = {"organization": organization_id, "team": team_id}
    if connection.execute(_TOUCH_PARENTS, {**as_member, "now": now}).rowcount:
        connection.execute(_LEAVE_PARENTS, as_member)
    connection.execute(_DELETE, {"key_organization": organization_id, "key_id": team_id})
    add_to_total(connection, organization_id, GROUP.name, -1)


def team_row(
    group_type: ResourceType, team_id: str, attributes: Mapping[str, Any], *, is_unique: bool
) -> dict[str, Any]:
    """Return the columns that hold the SCIM attributes, members excepted; `is_unique` is the Organization's wish."""
    folded = fold(attributes["displayName"])
    return {
        "display_name": attributes["displayName"],
        "display_name_folded": folded,
        "display_name_key": folded if is_unique else None,
        "external_id": attributes.get("externalId"),
        "document": dump_document(group_type, team_id, attributes),
        "search": dump_search(group_type, TEAM_MAPPING, attributes),
    }


def creation_row(organization_id: str, team_id: str, origin: Origin, moment: str) -> dict[str, Any]:
    """Return the columns that each new Team begins with: no members, no roles but the default one, who made it."""
    return {
        "organization_id": organization_id,
        "id": team_id,
        "version": 1,
        "role": catalogue().default,
        "binding_count": 0,
        "member_count": 0,
        "created_at": moment,
        "created_by_type": origin.actor_type.value,
        "created_by_id": origin.actor_id,
        **change_row(origin, moment),
    }


def change_row(origin: Origin, moment: str) -> dict[str, Any]:
    """Return the columns that say when and by whom a Team was changed."""
    return {"modified_at": moment, "updated_by_type": origin.actor_type.value, "updated_by_id": origin.actor_id}
