"""People whom SCIM cannot make: invited ones, Owners; and their standing, which SCIM does not show."""

from typing import Any

from sqlalchemy import select

from scim_server.database import reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.protocol.schemas import USER
from scim_server.users import store
from scim_server.users.models import User
from scim_server.users.policy import Membership, Source, Status


def insert_person(
    organization_id: str,
    user_name: str,
    status: Status,
    role: str | None,
    *,
    source: Source = Source.INVITE,
    active: bool | None = True,
    status_before: Status | None = None,
    is_idp_managed: bool = False,
    user_id: str | None = None,
) -> str:
    """Write a User with this standing, as an invitation, a login or an Owner would, and return its id."""
    attributes: dict[str, Any] = {"userName": user_name}
    if active is not None:
        attributes["active"] = active
    user_id, moment = user_id or new_id(), now()
    membership = Membership(status, role, source, is_idp_managed, active, status_before)
    row = {
        **store.user_row(organization_id, user_id, USER, attributes),
        **store.membership_row(membership),
        "version": 1,
        "created_at": moment,
        "modified_at": moment,
    }
    with transaction() as connection:
        assert store.insert_user(connection, row, [])
    return user_id


def standing(organization_id: str, user_id: str) -> tuple[str, str | None, str, bool]:
    """Return status, role, source, and whether the identity provider manages the User."""
    columns = (User.status, User.role, User.source, User.is_idp_managed)
    statement = select(*columns).where(User.organization_id == organization_id, User.id == user_id)
    with reading() as connection:
        status, role, source, managed = connection.execute(statement).one()
    return status, role, source, managed
