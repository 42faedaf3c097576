"""The last-Owner rule, in one place for every path that changes a User (product.md §2)."""

from sqlalchemy import Connection, bindparam, select, table
from sqlalchemy import column as column_of
from sqlalchemy.types import Text

from scim_server.protocol.errors import Conflict
from scim_server.roles.catalogue import catalogue
from scim_server.users.models import User
from scim_server.users.policy import Membership, Status, gives_up_ownership

_organizations = table("organizations", column_of("id", Text()))
# Two changes that each take one of the last two Owners away must wait for one another.
_LOCK = select(_organizations.c.id).where(_organizations.c.id == bindparam("organization")).with_for_update()
_ANOTHER_OWNER = (
    select(User.id)
    .where(
        User.organization_id == bindparam("organization"),
        User.status == Status.ACTIVE.value,
        User.role == bindparam("owner"),
        User.id != bindparam("user"),
    )
    .limit(1)
)


class LastOwner(Conflict):
    """A change that would leave the Organization without an active Owner."""

    default_detail = (
        "This is the only active Organization Owner. Make another User an Organization Owner first; "
        "nothing was changed."
    )


def loses_ownership(before: Membership, after: Membership | None) -> bool:
    """Tell whether a change takes an active Owner away."""
    return gives_up_ownership(before, after, owner_role=catalogue().owner)


def refuse_to_lose_last_owner(
    connection: Connection, organization_id: str, user_id: str, before: Membership, after: Membership | None
) -> None:
    """Raise LastOwner where the change takes the Organization's last active Owner; `after` is None for a deletion."""
    if not loses_ownership(before, after):
        return
    connection.execute(_LOCK, {"organization": organization_id})
    bound = {"organization": organization_id, "owner": catalogue().owner, "user": user_id}
    if connection.execute(_ANOTHER_OWNER, bound).first() is None:
        raise LastOwner
