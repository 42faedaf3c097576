"""What an Owner does with Users, and what a person does with their own membership: one function per intention."""

from collections.abc import Callable

from sqlalchemy import Connection

from scim_server.audit.service import ActorType, Event, record
from scim_server.database import transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import now
from scim_server.organizations.provisioning import JoiningPolicy
from scim_server.organizations.schemas import resource_settings
from scim_server.protocol.errors import Conflict, NotFound
from scim_server.roles.authority import Requester
from scim_server.users import store
from scim_server.users.events import refusal_recorded, standing
from scim_server.users.memberships import lock_teams
from scim_server.users.ownership import refuse_to_lose_last_owner
from scim_server.users.policy import Membership, owner_deactivate, owner_reactivate
from scim_server.users.removal import remove_user

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
    _change(requester, user_id, "owner:user:deactivated", lambda _, user: owner_deactivate(user))


def reactivate(requester: Requester, user_id: str, policy: Callable[[Connection], JoiningPolicy]) -> None:
    """Give a User back what deactivation took, under the same id; one who is not INACTIVE stays as they are.

    `policy` reads how people join inside the transaction: it decides for those who never had a role. Raises Forbidden,
    also where the role that comes back stands above the caller's own, and NotFound.
    """
    requester.require("organization.users.update")

    def reactivated(connection: Connection, user: Membership) -> Membership:
        after = owner_reactivate(user, automatic_membership=policy(connection).automatic_membership)
        if after != user and after.role is not None:
            requester.require_grantable(after.role)
        return after

    _change(requester, user_id, "owner:user:reactivated", reactivated)


def _remove(requester: Requester, user_id: str, action: str) -> None:
    organization_id = requester.organization_id
    with refusal_recorded(organization_id, requester.origin, user_id, _REFUSED), transaction() as connection:
        lock_teams(connection, organization_id, user_id)
        remove_user(connection, organization_id, requester.origin, _locked(connection, requester, user_id), action)


def _change(
    requester: Requester, user_id: str, action: str, change: Callable[[Connection, Membership], Membership]
) -> None:
    organization_id = requester.organization_id
    with refusal_recorded(organization_id, requester.origin, user_id, _REFUSED), transaction() as connection:
        user = _locked(connection, requester, user_id)
        membership = change(connection, user.membership)
        if membership == user.membership:
            return
        refuse_to_lose_last_owner(connection, organization_id, user_id, user.membership, membership)
        before = load_attributes(user.document)
        after = {**before, "active": membership.active}
        moment, user_type = now(), resource_settings(connection, organization_id).types.user
        row = {
            **store.user_row(organization_id, user_id, user_type, after),
            **store.membership_row(membership),
            "version": user.version + 1,
            "modified_at": moment,
        }
        if membership.role != user.membership.role:
            row |= store.grant_row(membership, requester.origin, moment)
        store.update_user(connection, row, [], emails_changed=False)
        changes = differences({**before, **standing(user.membership)}, {**after, **standing(membership)})
        record(connection, organization_id, requester.origin, [Event(action, "User", user_id, changes)])


def _locked(connection: Connection, requester: Requester, user_id: str) -> store.LockedUser:
    # Nobody is shown the `groups` of this read, so it needs neither addresses nor nested Teams.
    user = store.lock_user(connection, requester.organization_id, user_id, "", has_nested_teams=False)
    if user is None:
        raise NotFound(f"There is no User '{user_id}'.")
    return user
