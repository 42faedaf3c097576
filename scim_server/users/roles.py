"""Change what a User may do: the Organization role, and roles on Workspaces, Deployments and Dags."""

from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, column, select, table, update
from sqlalchemy.types import Text

from scim_server.accounts.rights import rotate_for_user
from scim_server.audit.service import Event, record
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import LowerRoles, SubjectKind, roles_of
from scim_server.roles.granting import replace_lower_roles, require_may_change_some_roles, told
from scim_server.roles.requests import RoleLists
from scim_server.users.models import User
from scim_server.users.ownership import refuse_to_lose_last_owner
from scim_server.users.policy import Membership, Source, Status
from scim_server.users.store import grant_row

_OF_USER = (User.organization_id == bindparam("key_organization"), User.id == bindparam("key_id"))
_LOCK = select(User.status, User.role, User.source, User.is_idp_managed, User.active).where(*_OF_USER).with_for_update()
_GIVE = (
    update(User)
    .where(*_OF_USER)
    .values(
        role=bindparam("new_role"),
        role_granted_at=bindparam("role_granted_at"),
        role_granted_by_type=bindparam("role_granted_by_type"),
        role_granted_by_id=bindparam("role_granted_by_id"),
    )
)
# Invitations stand above Users in the order of imports, so their table is named here by what is needed of it.
_invitations = table(
    "invitations",
    *(column(name, Text()) for name in ("organization_id", "user_id", "state", "role")),
)
_OFFER = (
    update(_invitations)
    .where(
        _invitations.c.organization_id == bindparam("key_organization"),
        _invitations.c.user_id == bindparam("key_id"),
        _invitations.c.state == "OPEN",
    )
    .values(role=bindparam("new_role"))
)


class SubjectRoles(NamedTuple):
    """All that a subject holds directly: its Organization role, None where it has none, and those below."""

    organization_role: str | None
    lower: LowerRoles


def change_roles(requester: Requester, user_id: str, lists: RoleLists) -> SubjectRoles:
    """Make the roles that a request supplies a User's direct roles, and return all of them; the rest stays.

    Any status will do: roles of who is not ACTIVE hold once they are, and an open invitation offers the new role.
    Raises NotFound, InvalidValue, Forbidden, and LastOwner.
    """
    require_may_change_some_roles(requester, SubjectKind.USER)
    organization_id = requester.organization_id
    with transaction() as connection:
        membership = _lock(connection, organization_id, user_id)
        changes: dict[str, list[Any]] = {}
        role = lists.organization_role
        if role is not None and role != membership.role:
            _change_organization_role(connection, requester, user_id, membership, role)
            changes["#role"] = [membership.role, role]
        changes |= told(replace_lower_roles(connection, requester, SubjectKind.USER, user_id, lists))
        if changes:
            event = Event("owner:user:roles-changed", "User", user_id, changes)
            record(connection, organization_id, requester.origin, [event])
        lower = roles_of(connection, organization_id, SubjectKind.USER, [user_id])[user_id]
    return SubjectRoles(role or membership.role, lower)


def _lock(connection: Connection, organization_id: str, user_id: str) -> Membership:
    row = connection.execute(_LOCK, {"key_organization": organization_id, "key_id": user_id}).first()
    if row is None:
        raise NotFound(f"There is no User '{user_id}'.")
    return Membership(Status(row.status), row.role, Source(row.source), row.is_idp_managed, row.active)


def _change_organization_role(
    connection: Connection, requester: Requester, user_id: str, before: Membership, role: str
) -> None:
    """Give a User another Organization role; nobody gives or takes one that stands above their own."""
    requester.require("organization.users.update")
    requester.require_grantable(role, "organizationRole")
    if before.role is not None:
        requester.require_grantable(before.role, "organizationRole")
    after = replace(before, role=role)
    refuse_to_lose_last_owner(connection, requester.organization_id, user_id, before, after)
    rotate_for_user(connection, requester.organization_id, user_id)
    key = {"key_organization": requester.organization_id, "key_id": user_id, "new_role": role}
    connection.execute(_GIVE, {**key, **grant_row(after, requester.origin, now())})
    if before.status is Status.PENDING:
        connection.execute(_OFFER, key)
