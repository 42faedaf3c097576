"""What an Owner does with Teams by hand: one function per intention, each one transaction.

A Team made here is a SCIM Group like any other, which an identity provider may adopt. While an identity provider
provisions the Organization, new Teams and members come from there alone (astro.md §3.7).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, select, table
from sqlalchemy import column as column_of
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, record
from scim_server.database import is_unique_violation, transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import new_id, now
from scim_server.organizations.schemas import resource_settings
from scim_server.protocol.errors import Conflict, InvalidValue, NotFound, Uniqueness
from scim_server.roles.authority import Requester
from scim_server.teams import store
from scim_server.teams.consequences import PrivilegedTeam, members_changed, team_is_deleted
from scim_server.teams.events import MAX_IDS_IN_EVENT, member_changes
from scim_server.teams.membership import MemberRows

_OFF = "OFF"
_connections = table(
    "connections", column_of("organization_id", Text()), column_of("id", Text()), column_of("provisioning", Text())
)
_PROVISIONING = (
    select(_connections.c.id)
    .where(_connections.c.organization_id == bindparam("organization"), _connections.c.provisioning != _OFF)
    .order_by(_connections.c.id)
    .limit(1)
)


class Unchanged:
    """Says of an optional field that it stays as it is."""


UNCHANGED: Final = Unchanged()


class Provisioned(Conflict):
    """What the identity provider does alone while it provisions the Organization."""


def create(
    requester: Requester,
    *,
    name: str,
    description: str | None = None,
    member_ids: Sequence[str] = (),
    organization_role: str | None = None,
) -> str:
    """Make a Team of Users, with the Organization role that its members hold through it; return its id.

    Raises Forbidden, UnknownRole, Provisioned, Uniqueness for a name that is taken, InvalidValue for unknown members.
    """
    requester.require("organization.teams.create")
    if organization_role is not None:
        requester.require_grantable(organization_role, "organizationRole")
    organization_id, team_id, moment = requester.organization_id, new_id(), now()
    attributes = {"displayName": name}
    with _unique_name(name), transaction() as connection:
        _refuse_where_provisioned(connection, organization_id, "create Teams")
        row = {
            **store.creation_row(organization_id, team_id, requester.origin, moment),
            **_row(connection, organization_id, team_id, attributes),
            "description": description,
            "is_idp_managed": False,
            **_grant(requester, organization_role, moment),
        }
        store.insert_team(connection, row)
        rows = _add_users(MemberRows(connection, organization_id, team_id), member_ids)
        if rows.added:
            store.update_team(connection, organization_id, team_id, {"member_count": len(rows.added)})
        told = differences({}, {**attributes, "#description": description, "#role": row["role"]})
        _record(connection, requester, "owner:team:created", team_id, told, rows)
        _members_changed(connection, requester, PrivilegedTeam(team_id, name, row["role"], 0), rows)
    return team_id


def update(requester: Requester, team_id: str, *, name: str, description: str | Unchanged | None = UNCHANGED) -> None:
    """Rename a Team and describe it; the name of an IdP-managed Team is the identity provider's.

    Raises Forbidden, NotFound, Conflict, Uniqueness.
    """
    requester.require("organization.teams.update")
    organization_id = requester.organization_id
    with _unique_name(name), transaction() as connection:
        team = _locked(connection, requester, team_id)
        changed: dict[str, Any] = {}
        told: dict[str, list[Any]] = {}
        if name != team.display_name:
            if team.is_idp_managed:
                raise Conflict(
                    f"The name of this Team, '{team.display_name}', comes from the identity provider; rename it there.",
                    field="name",
                )
            attributes = {**load_attributes(team.document), "displayName": name}
            changed |= _row(connection, organization_id, team_id, attributes)
            told["displayName"] = [team.display_name, name]
        if not isinstance(description, Unchanged) and description != team.description:
            changed["description"] = description
            told["#description"] = [team.description, description]
        if changed:
            changed |= {"version": team.version + 1, **store.change_row(requester.origin, now())}
            store.update_team(connection, organization_id, team_id, changed)
            record(connection, organization_id, requester.origin, [Event("owner:team:updated", "Team", team_id, told)])


def delete(requester: Requester, team_id: str) -> None:
    """Delete a Team with the roles that are bound to it; its members stay in the Organization with their own.

    Raises Forbidden, NotFound.
    """
    requester.require("organization.teams.delete")
    organization_id, origin = requester.organization_id, requester.origin
    with transaction() as connection:
        team = _locked(connection, requester, team_id)
        team_is_deleted(connection, organization_id, origin, team.privileges, source="owner")
        store.delete_team(connection, organization_id, team_id, now())
        gone = differences({**load_attributes(team.document), "#memberCount": team.member_count}, {})
        record(connection, organization_id, origin, [Event("owner:team:deleted", "Team", team_id, gone)])


def add_members(requester: Requester, team_id: str, member_ids: Sequence[str]) -> None:
    """Add Users to a Team; those who are there already stay. Raises Forbidden, NotFound, Provisioned, InvalidValue."""
    requester.require("organization.teams.update")
    with transaction() as connection:
        team = _locked(connection, requester, team_id)
        requester.require_grantable(team.role)
        _refuse_where_provisioned(connection, requester.organization_id, "add members to Teams")
        rows = _add_users(MemberRows(connection, requester.organization_id, team_id), member_ids)
        _store_members(connection, requester, team, rows)


def remove_member(requester: Requester, team_id: str, member_id: str) -> None:
    """Take a User out of a Team. Raises Forbidden, NotFound where either is missing."""
    requester.require("organization.teams.update")
    with transaction() as connection:
        team = _locked(connection, requester, team_id)
        rows = MemberRows(connection, requester.organization_id, team_id)
        rows.remove([member_id])
        if not rows.removed:
            raise NotFound(f"The Team has no member '{member_id}'.")
        _store_members(connection, requester, team, rows)


def _store_members(connection: Connection, requester: Requester, team: store.LockedTeam, rows: MemberRows) -> None:
    if not rows.changed:
        return
    count = team.member_count + len(rows.added) - len(rows.removed)
    changed = {"version": team.version + 1, "member_count": count, **store.change_row(requester.origin, now())}
    store.update_team(connection, requester.organization_id, team.id, changed)
    _record(connection, requester, "owner:team:updated", team.id, {}, rows)
    _members_changed(connection, requester, team.privileges, rows)


def _add_users(rows: MemberRows, member_ids: Sequence[str]) -> MemberRows:
    rows.add_users(member_ids)
    if rows.unknown:
        named = ", ".join(rows.unknown[:MAX_IDS_IN_EVENT])
        raise InvalidValue(
            f"No User of this Organization has the id {named}; invite the person first.",
            field=f"memberIds.{list(member_ids).index(rows.unknown[0])}",
        )
    return rows


def is_provisioned(connection: Connection, organization_id: str) -> bool:
    """Tell whether an identity provider pushes the Organization's Teams, so that nobody else adds to them."""
    return connection.execute(_PROVISIONING, {"organization": organization_id}).first() is not None


def _refuse_where_provisioned(connection: Connection, organization_id: str, what: str) -> None:
    found = connection.execute(_PROVISIONING, {"organization": organization_id}).scalar()
    if found is not None:
        raise Provisioned(
            f"An identity provider provisions this Organization, so nobody can {what} by hand. Do it in the identity "
            f"provider, or switch its provisioning off: PATCH .../connections/{found} with "
            '{"provisioning": "OFF"}.'
        )


def _row(connection: Connection, organization_id: str, team_id: str, attributes: dict[str, Any]) -> dict[str, Any]:
    settings = resource_settings(connection, organization_id)
    return store.team_row(settings.types.group, team_id, attributes, is_unique=settings.unique_team_names)


def _grant(requester: Requester, role: str | None, moment: str) -> dict[str, Any]:
    if role is None:
        return {}
    return {
        "role": role,
        "role_granted_at": moment,
        "role_granted_by_type": requester.origin.actor_type.value,
        "role_granted_by_id": requester.origin.actor_id,
    }


def _locked(connection: Connection, requester: Requester, team_id: str) -> store.LockedTeam:
    team = store.lock_team(connection, requester.organization_id, team_id)
    if team is None:
        raise NotFound(f"There is no Team '{team_id}'.")
    return team


def _members_changed(connection: Connection, requester: Requester, team: PrivilegedTeam, rows: MemberRows) -> None:
    members_changed(
        connection,
        requester.organization_id,
        requester.origin,
        team,
        added=rows.added,
        removed=rows.removed,
        source="owner",
    )


def _record(
    connection: Connection,
    requester: Requester,
    action: str,
    team_id: str,
    told: dict[str, list[Any]],
    rows: MemberRows,
) -> None:
    event = Event(action, "Team", team_id, told | member_changes(rows))
    record(connection, requester.organization_id, requester.origin, [event])


@contextmanager
def _unique_name(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise Uniqueness(f"There is a Team called '{name}' in this Organization already.", field="name") from None
