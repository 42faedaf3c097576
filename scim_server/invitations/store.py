"""Statements about invitations and the people invited; called by the services inside their transactions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, or_, select, type_coerce, union, update
from sqlalchemy.types import Text

from scim_server.audit.service import Origin
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import new_id, now
from scim_server.invitations.models import Invitation
from scim_server.protocol.errors import Conflict
from scim_server.protocol.schemas import USER
from scim_server.protocol.values import fold
from scim_server.users import store as users
from scim_server.users.invited import InvitationState
from scim_server.users.memberships import leave_all_teams
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Membership, Source, Status

_OF_ORGANIZATION = Invitation.organization_id == bindparam("organization")
_OPEN = Invitation.state == InvitationState.OPEN.value

_BY_USER_NAME = select(User.id).where(
    User.organization_id == bindparam("organization"), User.user_name_folded == bindparam("address")
)
_BY_ADDRESS = select(UserEmail.user_id).where(
    UserEmail.organization_id == bindparam("organization"), UserEmail.value_folded == bindparam("address")
)
_FIND = union(_BY_USER_NAME, _BY_ADDRESS).limit(2)
_LOCK = (
    select(
        User.id,
        User.status,
        User.status_before,
        User.role,
        User.source,
        User.is_idp_managed,
        User.active,
        type_coerce(User.document, Text()).label("document"),
    )
    .where(User.organization_id == bindparam("organization"), User.id == bindparam("user"))
    .with_for_update()
)
_OPEN_ONES = (
    select(Invitation.id, Invitation.user_id, Invitation.role, Invitation.sent_count, User.status)
    .outerjoin(User, (User.organization_id == Invitation.organization_id) & (User.id == Invitation.user_id))
    .where(
        _OF_ORGANIZATION,
        _OPEN,
        or_(Invitation.user_id == bindparam("user"), Invitation.email_folded == bindparam("address")),
    )
    .with_for_update(of=Invitation)
)
_INSERT = insert(Invitation)
_OF_KEY = (Invitation.organization_id == bindparam("key_organization"), Invitation.id == bindparam("key_id"))
_REISSUE = (
    update(Invitation)
    .where(*_OF_KEY)
    .values(
        {
            name: bindparam(name)
            for name in (
                "email",
                "email_folded",
                "role",
                "secret_digest",
                "invited_by_type",
                "invited_by_id",
                "sent_at",
                "sent_count",
                "expires_at",
            )
        }
    )
)
# The one statement that ends an invitation, whoever is first: an open one becomes something else exactly once.
_END = update(Invitation).where(*_OF_KEY, _OPEN).values(state=bindparam("end"), ended_at=bindparam("now"))
_CONSUME = _END.where(Invitation.secret_digest == bindparam("digest"), Invitation.expires_at > bindparam("now"))


class Person(NamedTuple):
    """A User's row, locked for the rest of the transaction."""

    id: str
    attributes: Mapping[str, Any]
    membership: Membership

    @property
    def user_name(self) -> str:
        """Return the userName."""
        return str(self.attributes["userName"])


class Issued(NamedTuple):
    """An invitation that is to be sent: `earlier_role` is what an open one offered before."""

    id: str
    earlier_role: str | None


def lock_person(connection: Connection, organization_id: str, user_id: str) -> Person | None:
    """Read a User and keep others from changing it until the transaction ends; None where there is none."""
    row = connection.execute(_LOCK, {"organization": organization_id, "user": user_id}).first()
    if row is None:
        return None
    membership = Membership(
        status=Status(row.status),
        role=row.role,
        source=Source(row.source),
        is_idp_managed=row.is_idp_managed,
        active=row.active,
        status_before=Status(row.status_before) if row.status_before else None,
    )
    return Person(row.id, load_attributes(row.document), membership)


def find_person(connection: Connection, organization_id: str, address: str) -> Person | None:
    """Return the locked User with this userName or e-mail address; raises Conflict where that is not one person."""
    bound = {"organization": organization_id, "address": fold(address)}
    ids = list(connection.execute(_FIND, bound).scalars())
    if len(ids) > 1:
        named = list(connection.execute(_BY_USER_NAME, bound).scalars())
        if not named:
            raise Conflict(f"Several Users have the address {address}; invite one of them by the User's id.")
        ids = named
    return lock_person(connection, organization_id, ids[0]) if ids else None


def insert_person(
    connection: Connection, organization_id: str, origin: Origin, address: str, membership: Membership
) -> str | None:
    """Write an invited User and return its id; None where somebody was faster with this userName."""
    attributes = {
        "userName": address,
        "active": membership.active,
        "emails": [{"value": address, "type": "work", "primary": True}],
    }
    user_id, moment = new_id(), now()
    row = {
        **users.user_row(organization_id, user_id, USER, attributes),
        **users.membership_row(membership),
        **users.grant_row(membership, origin, moment),
        "version": 1,
        "created_at": moment,
        "modified_at": moment,
    }
    inserted = users.insert_user(connection, row, users.email_rows(organization_id, user_id, attributes))
    return user_id if inserted else None


def update_standing(
    connection: Connection, organization_id: str, user_id: str, membership: Membership, origin: Origin | None
) -> None:
    """Write a User's standing; with an origin also when and by whom the role was given. Its version stays."""
    columns = users.membership_row(membership)
    if origin is not None:
        columns |= users.grant_row(membership, origin, now())
    of_user = (User.organization_id == organization_id, User.id == user_id)
    connection.execute(update(User).where(*of_user).values(columns))


def remove_person(connection: Connection, organization_id: str, user_id: str) -> None:
    """Delete a User whom an invitation made; its Teams are locked already."""
    leave_all_teams(connection, organization_id, user_id, now())
    users.delete_user(connection, organization_id, user_id)


def issue(connection: Connection, organization_id: str, user_id: str, values: Mapping[str, Any]) -> Issued:
    """Write an invitation of a locked User, or renew the open one; `values` are all that a new mail changes.

    Raises Conflict where another person has an open invitation to the same address.
    """
    bound = {"organization": organization_id, "user": user_id, "address": values["email_folded"]}
    present = connection.execute(_OPEN_ONES, bound).all()
    mine = next((row for row in present if row.user_id == user_id), None)
    for row in present:
        if row is mine:
            continue
        if row.status == Status.PENDING:
            raise Conflict(f"Another User has an open invitation to {values['email']}; revoke that one first.")
        end(connection, organization_id, row.id, InvitationState.REVOKED)
    if mine is not None:
        key = {"key_organization": organization_id, "key_id": mine.id}
        connection.execute(_REISSUE, {**key, **values, "sent_count": mine.sent_count + 1})
        return Issued(mine.id, mine.role)
    made = new_id()
    connection.execute(
        _INSERT,
        {
            "organization_id": organization_id,
            "id": made,
            "user_id": user_id,
            "state": InvitationState.OPEN.value,
            "created_at": values["sent_at"],
            "sent_count": 1,
            **values,
        },
    )
    return Issued(made, None)


def end(connection: Connection, organization_id: str, invitation_id: str, state: InvitationState) -> bool:
    """End an open invitation; return False where it had ended already."""
    bound = {"key_organization": organization_id, "key_id": invitation_id, "end": state.value, "now": now()}
    return connection.execute(_END, bound).rowcount == 1


def consume(
    connection: Connection, organization_id: str, invitation_id: str, state: InvitationState, digest: str
) -> bool:
    """End an open invitation by its secret, while it is not too old; return False where somebody was faster."""
    bound = {
        "key_organization": organization_id,
        "key_id": invitation_id,
        "end": state.value,
        "now": now(),
        "digest": digest,
    }
    return connection.execute(_CONSUME, bound).rowcount == 1
