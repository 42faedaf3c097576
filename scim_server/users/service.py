"""What a provisioning client does with Users: one function per intention, each one transaction.

Every function takes the `Provisioning` it acts in, and returns the row as it is stored afterwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, event_rows, record
from scim_server.database import at_once, is_unique_violation, reading, takes_turns, transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import Stored, load_attributes
from scim_server.identifiers import new_id, now
from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.apply import apply
from scim_server.protocol.changes import Change
from scim_server.protocol.errors import NotFound, PreconditionFailed, Uniqueness
from scim_server.protocol.etag import matches
from scim_server.users import store
from scim_server.users.access import adjust_sessions
from scim_server.users.events import refusal_recorded, standing
from scim_server.users.invited import end_invitation, ending, offer_expired
from scim_server.users.memberships import lock_teams
from scim_server.users.ownership import loses_ownership, refuse_to_lose_last_owner
from scim_server.users.policy import Membership, Status, access_ends, push_known, push_new
from scim_server.users.removal import remove_user
from scim_server.users.writing import change_user, create_user

Attributes = Mapping[str, Any]


def create(provisioning: Provisioning, attributes: Attributes, *, user_id: str | None = None) -> Stored:
    """Create a User whom the identity provider pushes; raises Uniqueness where userName or externalId is taken.

    A missing `active` means true (idp-wire 7.11). `user_id` is given where Bulk has promised the id already.
    """
    attributes = {**attributes, "active": attributes.get("active", True)}
    organization_id = provisioning.organization_id
    user_id, moment = user_id or new_id(), now()
    row = {
        **store.user_row(organization_id, user_id, provisioning.user_type, attributes),
        "version": 1,
        "created_at": moment,
        "modified_at": moment,
    }
    while not _create(provisioning, row, attributes):
        with reading() as connection:
            policy = provisioning.policy(connection)
            if policy.automatic_membership == provisioning.automatic_membership:
                raise _taken(connection, organization_id, attributes)
        provisioning = replace(provisioning, automatic_membership=policy.automatic_membership)
    return Stored(user_id, 1, moment, moment, row["document"], None)


def _create(provisioning: Provisioning, row: Mapping[str, Any], attributes: Attributes) -> bool:
    """Write a User by the policy at hand; return False where that no longer holds, or a unique value is taken."""
    organization_id, user_id = provisioning.organization_id, row["id"]
    policy = {
        "connection_id": provisioning.connection_id,
        "automatic_membership": provisioning.automatic_membership,
    }
    membership = push_new(active=attributes["active"], automatic_membership=provisioning.automatic_membership)
    changes = differences({}, {**attributes, **standing(membership)})
    (event,) = event_rows(organization_id, provisioning.origin, [Event("scim:user:created", "User", user_id, changes)])
    granted = store.grant_row(membership, provisioning.origin, row["created_at"])
    user = {**row, **store.membership_row(membership), **granted}
    emails = store.email_rows(organization_id, user_id, attributes)
    with at_once() as connection:
        return create_user(connection, user, emails, event, policy)


def replace_user(
    provisioning: Provisioning, user_id: str, attributes: Attributes, *, if_match: str | None = None
) -> Stored:
    """Replace a User's attributes (RFC 7644 §3.5.1); a missing `active` keeps what it was (idp-wire O31)."""

    def replaced(before: Attributes) -> Attributes:
        kept = {"active": before["active"]} if "active" in before else {}
        return {**kept, **attributes}

    return _change(provisioning, user_id, replaced, if_match)


def patch(
    provisioning: Provisioning, user_id: str, changes: tuple[Change, ...], *, if_match: str | None = None
) -> Stored:
    """Apply the changes of one PATCH, all or none (RFC 7644 §3.5.2)."""
    return _change(provisioning, user_id, lambda before: apply(changes, before, provisioning.user_type), if_match)


def delete(provisioning: Provisioning, user_id: str, *, if_match: str | None = None) -> None:
    """Delete a User from the Organization and all its Teams; raises NotFound, Conflict for the last Owner."""
    organization_id = provisioning.organization_id
    with refusal_recorded(organization_id, provisioning.origin, user_id), transaction() as connection:
        lock_teams(connection, organization_id, user_id)
        user = _locked(connection, provisioning, user_id, if_match)
        remove_user(connection, organization_id, provisioning.origin, user, "scim:user:deleted")


def _change(
    provisioning: Provisioning,
    user_id: str,
    change: Callable[[Attributes], Attributes],
    if_match: str | None,
) -> Stored:
    """Change a User by one statement where that is enough and nobody else comes in between, else behind a lock.

    BEGIN and COMMIT are two of the five times that PostgreSQL would be asked. Raises NotFound, PreconditionFailed,
    LastOwner, Uniqueness, and what `change` raises.
    """
    wanted: list[Attributes] = []

    def changed(before: Attributes) -> Attributes:
        wanted.append(change(before))
        return wanted[-1]

    try:
        with refusal_recorded(provisioning.organization_id, provisioning.origin, user_id):
            stored = None
            if not takes_turns():
                with reading() as connection:
                    user = _locked(connection, provisioning, user_id, if_match, optimistically=True)
                    stored = _changed(connection, provisioning, user, changed)
            if stored is None:
                with transaction() as connection:
                    user = _locked(connection, provisioning, user_id, if_match)
                    stored = _changed(connection, provisioning, user, changed)
                    assert stored is not None, "nobody else changes a locked User"
            return stored
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        with reading() as connection:
            raise _taken(connection, provisioning.organization_id, wanted[-1], but=user_id) from None


def _changed(
    connection: Connection,
    provisioning: Provisioning,
    user: store.LockedUser,
    change: Callable[[Attributes], Attributes],
) -> Stored | None:
    """Change a User with its sessions and its invitation; None, with nothing written, where it must be locked first."""
    organization_id, moment, is_locked = provisioning.organization_id, now(), user.stamp is None
    if not is_locked and user.membership.status is Status.PENDING:
        return None
    before = load_attributes(user.document)
    after = change(before)
    expired = offer_expired(connection, organization_id, user.id, user.membership, moment)
    membership = push_known(
        user.membership,
        active=after.get("active"),
        automatic_membership=user.automatic_membership,
        offer_expired=expired,
    )
    if after == before and membership == user.membership:
        return Stored(*user[:5], user.groups)
    if not is_locked and _concerns_others(user, membership):
        return None
    refuse_to_lose_last_owner(connection, organization_id, user.id, user.membership, membership)
    adjust_sessions(connection, organization_id, user, membership)
    stored = _store(connection, provisioning, user, differences(before, after), after, membership, moment)
    end = ending(user.membership, membership, expired=expired)
    ended = end_invitation(connection, organization_id, user.id, end, moment, "scim")
    if ended:
        record(connection, organization_id, provisioning.origin, ended)
    return stored


def _concerns_others(user: store.LockedUser, membership: Membership) -> bool:
    """Tell whether a change of standing concerns more than the User's row: sessions, or the other Owners."""
    if membership == user.membership:
        return False
    return user.account_id is not None or loses_ownership(user.membership, membership)


def _store(
    connection: Connection,
    provisioning: Provisioning,
    user: store.LockedUser,
    changes: Mapping[str, Any],
    after: Attributes,
    membership: Membership,
    moment: str,
) -> Stored | None:
    """Write what changed; None, with nothing written, where somebody else changed a User that is not locked.

    A change of standing alone leaves the version as it is: SCIM does not show it.
    """
    organization_id = provisioning.organization_id
    changed = store.changed_columns(user, provisioning.user_type, after, changes, membership)
    if changes:
        changed |= {"version": user.version + 1, "modified_at": moment}
    if membership.role != user.membership.role:
        changed |= store.grant_row(membership, provisioning.origin, moment)
    emails = store.email_rows(organization_id, user.id, after) if "emails" in changes else None
    (event,) = event_rows(organization_id, provisioning.origin, [_event(user, changes, membership)])
    key = {"organization_id": organization_id, "id": user.id}
    if not change_user(connection, key, changed, emails, event, stamp=user.stamp):
        return None
    return Stored(
        user.id,
        changed.get("version", user.version),
        user.created_at,
        changed.get("modified_at", user.modified_at),
        changed.get("document", user.document),
        user.groups,
    )


def _locked(
    connection: Connection,
    provisioning: Provisioning,
    user_id: str,
    if_match: str | None,
    *,
    optimistically: bool = False,
) -> store.LockedUser:
    user = store.lock_user(
        connection,
        provisioning.organization_id,
        user_id,
        provisioning.base,
        connection_id=provisioning.connection_id,
        has_nested_teams=provisioning.has_nested_teams,
        optimistically=optimistically,
    )
    if user is None:
        raise NotFound(f"There is no User '{user_id}'.")
    if if_match is not None and not matches(if_match, user.version):
        raise PreconditionFailed
    return user


def _event(user: store.LockedUser, changes: Mapping[str, Any], membership: Membership) -> Event:
    if access_ends(user.membership, membership):
        action = "scim:user:deactivated"
    elif user.membership.status is not membership.status:
        action = f"scim:user:{'activated' if membership.status.value == 'ACTIVE' else 'updated'}"
    elif not user.membership.is_idp_managed and not changes:
        action = "scim:user:adopted"
    else:
        action = "scim:user:updated"
    differing = differences(standing(user.membership), standing(membership))
    return Event(action, "User", user.id, {**changes, **differing})


def _taken(
    connection: Connection, organization_id: str, attributes: Attributes, *, but: str | None = None
) -> Uniqueness:
    if store.user_name_is_taken(connection, organization_id, attributes["userName"], but=but):
        return Uniqueness(
            f"userName '{attributes['userName']}' is taken by another User of this Organization; "
            "find it with a filter on userName and change that one."
        )
    return Uniqueness(
        f"externalId '{attributes.get('externalId')}' is taken by another User of this Organization; "
        "find it with a filter on externalId and change that one."
    )
