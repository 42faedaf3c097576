"""The Users that an Account's person is, as far as signing in needs to know them.

Users stand above Accounts in the order of imports, so their table is named here by what is needed of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, column, or_, select, table, update
from sqlalchemy.types import Text

from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.database import reading
from scim_server.protocol.errors import Conflict

ACTIVE = "ACTIVE"
USERS = table(
    "users",
    column("organization_id", Text()),
    column("id", Text()),
    column("account_id", Text()),
    column("status", Text()),
    column("role", Text()),
)
_others = USERS.alias("others")
_IN_ORGANIZATIONS = (
    USERS.c.account_id == bindparam("account"),
    USERS.c.status == ACTIVE,
    or_(bindparam("organization", type_=Text()).is_(None), USERS.c.organization_id == bindparam("organization")),
)
_organizations = table("organizations", column("id", Text()), column("slug", Text()), column("name", Text()))
_BELONGINGS = (
    select(USERS.c.organization_id, _organizations.c.slug, _organizations.c.name, USERS.c.id, USERS.c.role)
    .join(_organizations, _organizations.c.id == USERS.c.organization_id)
    .where(*_IN_ORGANIZATIONS)
    .order_by(_organizations.c.name, USERS.c.organization_id)
)
_MEMBERSHIPS = select(USERS.c.organization_id, USERS.c.id).where(*_IN_ORGANIZATIONS).order_by(USERS.c.organization_id)
_LINK = (
    update(USERS)
    .where(
        USERS.c.organization_id == bindparam("organization"),
        USERS.c.id == bindparam("user"),
        or_(USERS.c.account_id.is_(None), USERS.c.account_id == bindparam("account")),
        ~select(_others.c.id)
        .where(
            _others.c.account_id == bindparam("account"),
            _others.c.organization_id == bindparam("organization"),
            _others.c.id != bindparam("user"),
        )
        .exists(),
    )
    .values(account_id=bindparam("account"))
    .returning(USERS.c.id)
)


class NotLinked(Conflict):
    """A User who is another person's, or a person who is another User of the Organization."""

    default_detail = (
        "This User belongs to another sign-in account, or the account to another User of this Organization; "
        "ask an Organization Owner to remove the one that is not needed."
    )


class Belonging(NamedTuple):
    """An Organization that a person can enter, and who they are there."""

    organization_id: str
    slug: str
    name: str
    user_id: str
    role: str | None


def organizations_of(account_id: str, organization_id: str | None = None) -> list[Belonging]:
    """Return the Organizations where the person is an ACTIVE User, by name; that one alone where it is given."""
    bound = {"account": account_id, "organization": organization_id}
    with reading() as connection:
        return [Belonging(*row) for row in connection.execute(_BELONGINGS, bound)]


def link_user(connection: Connection, organization_id: str, user_id: str, account_id: str) -> None:
    """Note whose User this is, in the caller's transaction, which has locked the User; raises NotLinked.

    Whoever calls has made sure that the person is the one whom the Organization means: by the link of an invitation,
    or by its own identity provider.
    """
    bound = {"organization": organization_id, "user": user_id, "account": account_id}
    if connection.execute(_LINK, bound).first() is None:
        raise NotLinked


def record_for_member(
    connection: Connection,
    account_id: str,
    origin: Origin,
    action: str,
    changes: Mapping[str, Any],
    organization_id: str | None = None,
) -> None:
    """Write what happened to an Account into the audit log of each Organization where the person is an ACTIVE User.

    An Account belongs to no Organization, but who signed in, and how, concerns each that they can enter with it: of
    `organization_id` alone where it is given.
    """
    bound = {"account": account_id, "organization": organization_id}
    for member in connection.execute(_MEMBERSHIPS, bound).all():
        by_member = replace(origin, actor_type=ActorType.USER, actor_id=member.id)
        record(connection, member.organization_id, by_member, [Event(action, "User", member.id, changes)])
