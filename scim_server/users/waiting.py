"""Users who wait for an invitation: how many there are, and letting them in at once (product.md §2)."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.organizations.provisioning import JoiningPolicy
from scim_server.protocol.errors import Conflict
from scim_server.users.models import User
from scim_server.users.policy import Membership, Source, Status, admit_waiting
from scim_server.users.store import grant_row

_WAITING = (User.organization_id == bindparam("organization"), User.status == Status.AWAITING_INVITATION.value)
_COUNT = select(func.count()).select_from(User).where(*_WAITING)
# Ordered, so that two who let in at once lock in the same order and the later one finds nobody left.
_LOCK = (
    select(User.id, User.role, User.source, User.is_idp_managed, User.active)
    .where(*_WAITING)
    .order_by(User.id)
    .with_for_update()
)


def _unless_given(kept: Any, name: str) -> Any:
    """Return a new value for who has no role yet; where an Owner has chosen one before, that stays said."""
    return case((User.role.is_(None), bindparam(name)), else_=kept)


_ADMIT = (
    update(User)
    .where(User.organization_id == bindparam("key_organization"), User.id == bindparam("key_id"))
    .values(
        status=bindparam("status"),
        role=bindparam("role"),
        role_granted_at=_unless_given(User.role_granted_at, "role_granted_at"),
        role_granted_by_type=_unless_given(User.role_granted_by_type, "role_granted_by_type"),
        role_granted_by_id=_unless_given(User.role_granted_by_id, "role_granted_by_id"),
    )
)


class AutomaticMembershipDisabled(Conflict):
    """Nobody can be let in while no role is set that they would get."""

    default_detail = (
        "Automatic membership is disabled, so there is no role that the waiting Users would get. "
        "Set one first, as `automaticMembership` of a Connection or by "
        "scim-server connection set --automatic-membership ORGANIZATION_MEMBER"
    )


def count_waiting(organization_id: str) -> int:
    """Return how many Users of the Organization wait for an invitation."""
    with reading() as connection:
        return connection.execute(_COUNT, {"organization": organization_id}).scalar_one()


def admit_all_waiting(organization_id: str, origin: Origin, policy: Callable[[Connection], JoiningPolicy]) -> int:
    """Make every waiting User a member with the automatic role, all or none, and return how many.

    `policy` reads how people join inside the transaction. Raises AutomaticMembershipDisabled.
    """
    with transaction() as connection:
        return admit_waiting_as(connection, organization_id, origin, policy(connection).automatic_membership)


def admit_waiting_as(connection: Connection, organization_id: str, origin: Origin, role: str | None) -> int:
    """Make every waiting User a member with this role, in the caller's transaction, and return how many.

    Versions stay: SCIM does not show who may enter. Raises AutomaticMembershipDisabled where there is no role.
    """
    if role is None:
        raise AutomaticMembershipDisabled
    waiting = connection.execute(_LOCK, {"organization": organization_id}).all()
    if waiting:
        _admit(connection, organization_id, origin, waiting, role)
    return len(waiting)


def _admit(connection: Connection, organization_id: str, origin: Origin, waiting: Sequence[Any], role: str) -> None:
    rows, events, moment = [], [], now()
    for user in waiting:
        source = Source(user.source)
        before = Membership(Status.AWAITING_INVITATION, user.role, source, user.is_idp_managed, user.active)
        after = admit_waiting(before, automatic_membership=role)
        key = {"key_organization": organization_id, "key_id": user.id}
        standing = {"status": after.status.value, "role": after.role}
        rows.append({**key, **standing, **grant_row(after, origin, moment)})
        changes = {"#status": [before.status.value, after.status.value], "#role": [before.role, after.role]}
        events.append(Event("owner:user:admitted", "User", user.id, changes))
    connection.execute(_ADMIT, rows)
    record(connection, organization_id, origin, events)
