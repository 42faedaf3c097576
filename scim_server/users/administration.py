"""What an Owner does with Users, and what a person does with their own membership: one function per intention."""

from collections.abc import Callable

from sqlalchemy import Connection

from scim_server.audit.service import ActorType, Event, event_rows, record
from scim_server.database import transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import now
from scim_server.organizations.schemas import resource_settings
from scim_server.protocol.errors import Conflict, NotFound
from scim_server.roles.authority import Requester
from scim_server.users import store
from scim_server.users.access import adjust_sessions
from scim_server.users.events import refusal_recorded, standing
from scim_server.users.invited import end_invitation, ending
from scim_server.users.memberships import lock_teams
from scim_server.users.ownership import refuse_to_lose_last_owner
from scim_server.users.policy import Membership, owner_deactivate, owner_reactivate
from scim_server.users.removal import remove_user
from scim_server.users.writing import change_user

_REFUSED = "owner:user:refused"


class NoMembership(Conflict):
    """A caller who is no User of the Organization wants to leave it."""

    default_detail = "A token is no member of the Organization; revoke it, or remove a User by its id."


def remove(requester: Requester, user_id: str) -> None:
    """Remove a User from the Organization with all Teams, roles and invitations.

    An identity provider that still has the person assigned makes a new User at its next push. Raises Forbidden,
    NotFound, LastOwner.
    """
    requester.require("organization.users.delete")
    _remove(requester, user_id, "owner:user:removed")


def remove_self(requester: Requester) -> None:
    """Let the calling person leave the Organization, which needs no permission. Raises NoMembership, LastOwner."""
    user_id = requester.origin.actor_id
    if requester.origin.actor_type is not ActorType.USER or user_id is None:
        raise NoMembership
    _remove(requester, user_id, "self:user:removed")


def deactivate(requester: Requester, user_id: str) -> None:
    """End a User's access; roles and Teams are kept and hidden, and the identity provider reads `active: false`.

    A User who is INACTIVE already stays so. Raises Forbidden, NotFound, LastOwner.
    """
    requester.require("organization.users.update")
    _change(requester, user_id, "owner:user:deactivated", lambda user: owner_deactivate(user.membership))


def reactivate(requester: Requester, user_id: str, *, connection_id: str) -> None:
    """Give a User back what deactivation took, under the same id; one who is not INACTIVE stays as they are.

    How people join by the Connection decides for those who never had a role. Raises Forbidden, also where the role
    that comes back stands above the caller's own, and NotFound.
    """
    requester.require("organization.users.update")

    def reactivated(user: store.LockedUser) -> Membership:
        after = owner_reactivate(user.membership, automatic_membership=user.automatic_membership)
        if after != user.membership and after.role is not None:
            requester.require_grantable(after.role)
        return after

    _change(requester, user_id, "owner:user:reactivated", reactivated, connection_id)


def _remove(requester: Requester, user_id: str, action: str) -> None:
    organization_id = requester.organization_id
    with refusal_recorded(organization_id, requester.origin, user_id, _REFUSED), transaction() as connection:
        lock_teams(connection, organization_id, user_id)
        remove_user(connection, organization_id, requester.origin, locked(connection, requester, user_id), action)


def _change(
    requester: Requester,
    user_id: str,
    action: str,
    change: Callable[[store.LockedUser], Membership],
    connection_id: str = "",
) -> None:
    organization_id, origin = requester.organization_id, requester.origin
    with refusal_recorded(organization_id, origin, user_id, _REFUSED), transaction() as connection:
        user = locked(connection, requester, user_id, connection_id)
        membership = change(user)
        if membership == user.membership:
            return
        refuse_to_lose_last_owner(connection, organization_id, user_id, user.membership, membership)
        adjust_sessions(connection, organization_id, user, membership)
        before = load_attributes(user.document)
        after = {**before, "active": membership.active}
        changes, moment = differences(before, after), now()
        user_type = resource_settings(connection, organization_id).types.user
        changed = store.changed_columns(user, user_type, after, changes, membership)
        changed |= {"version": user.version + 1, "modified_at": moment}
        if membership.role != user.membership.role:
            changed |= store.grant_row(membership, origin, moment)
        told = {**changes, **differences(standing(user.membership), standing(membership))}
        (event,) = event_rows(organization_id, origin, [Event(action, "User", user_id, told)])
        change_user(connection, {"organization_id": organization_id, "id": user_id}, changed, None, event)
        end = ending(user.membership, membership)
        record(
            connection,
            organization_id,
            origin,
            end_invitation(connection, organization_id, user_id, end, moment, "owner"),
        )


def locked(connection: Connection, requester: Requester, user_id: str, connection_id: str = "") -> store.LockedUser:
    """Return a User whom nobody else changes until the transaction ends; raises NotFound."""
    # Nobody is shown the `groups` of this read, so it needs neither addresses nor nested Teams.
    user = store.lock_user(
        connection,
        requester.organization_id,
        user_id,
        "",
        connection_id=connection_id,
        has_nested_teams=False,
    )
    if user is None:
        raise NotFound(f"There is no User '{user_id}'.")
    return user
