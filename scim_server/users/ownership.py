"""The last-Owner rule, in one place for every path that changes a User (product.md §2)."""

from sqlalchemy import Connection, bindparam, select, table, type_coerce
from sqlalchemy import column as column_of
from sqlalchemy.types import Text

from scim_server.database import reading
from scim_server.directory.documents import load_attributes
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

_FIRST_OWNER = (
    select(type_coerce(User.document, Text()))
    .where(
        User.organization_id == bindparam("organization"),
        User.status == Status.ACTIVE.value,
        User.role == bindparam("owner"),
    )
    .order_by(User.created_at, User.id)
    .limit(1)
)


class LastOwner(Conflict):
    """A change that would leave the Organization without an active Owner."""

    default_detail = (
        "This is the only active Organization Owner. Make another User an Organization Owner first; "
        "nothing was changed."
    )


def refuse_to_lose_last_owner(
    connection: Connection, organization_id: str, user_id: str, before: Membership, after: Membership | None
) -> None:
    """Raise LastOwner where the change takes the Organization's last active Owner; `after` is None for a deletion."""
    owner = catalogue().owner
    if not gives_up_ownership(before, after, owner_role=owner):
        return
    connection.execute(_LOCK, {"organization": organization_id})
    bound = {"organization": organization_id, "owner": owner, "user": user_id}
    if connection.execute(_ANOTHER_OWNER, bound).first() is None:
        raise LastOwner


def first_owner_email(organization_id: str) -> str | None:
    """Return the e-mail address of the Organization's longest-standing active Owner, None where it has none.

    The primary address, else the first, else the userName, which is an address with most identity providers.
    """
    with reading() as connection:
        found = connection.execute(_FIRST_OWNER, {"organization": organization_id, "owner": catalogue().owner}).scalar()
    if found is None:
        return None
    attributes = load_attributes(found)
    emails = sorted(attributes.get("emails", ()), key=lambda email: email.get("primary") is not True)
    return str(next((email["value"] for email in emails if "value" in email), attributes["userName"]))
