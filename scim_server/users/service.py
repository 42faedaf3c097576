"""What a provisioning client does with Users: one function per intention, each one transaction.

Every function takes the `Provisioning` it acts in, and returns the row as it is stored afterwards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, record
from scim_server.database import is_unique_violation, reading, transaction
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
from scim_server.users.invited import end_invitation, ending, offer_expired
from scim_server.users.memberships import leave_all_teams, lock_teams
from scim_server.users.ownership import LastOwner, refuse_to_lose_last_owner
from scim_server.users.policy import Membership, access_ends, push_known, push_new

Attributes = Mapping[str, Any]


def create(provisioning: Provisioning, attributes: Attributes, *, user_id: str | None = None) -> Stored:
    """Create a User whom the identity provider pushes; raises Uniqueness where userName or externalId is taken.

    A missing `active` means true (idp-wire 7.11). `user_id` is given where Bulk has promised the id already.
    """
    attributes = {**attributes, "active": attributes.get("active", True)}
    organization_id = provisioning.organization_id
    user_id = user_id or new_id()
    with transaction() as connection:
        policy = provisioning.policy(connection)
        membership = push_new(active=attributes["active"], automatic_membership=policy.automatic_membership)
        moment = now()
        row = {
            **store.user_row(organization_id, user_id, provisioning.user_type, attributes),
            **store.membership_row(membership),
            **store.grant_row(membership, provisioning.origin, moment),
            "version": 1,
            "created_at": moment,
            "modified_at": moment,
        }
        if not store.insert_user(connection, row, store.email_rows(organization_id, user_id, attributes)):
            raise _taken(connection, organization_id, attributes)
        changes = differences({}, {**attributes, **_standing(membership)})
        record(connection, organization_id, provisioning.origin, [Event("scim:user:created", "User", user_id, changes)])
    return Stored(user_id, 1, moment, moment, row["document"], None)


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
    with _refusal_recorded(provisioning, user_id), transaction() as connection:
        lock_teams(connection, organization_id, user_id)
        user = _locked(connection, provisioning, user_id, if_match)
        refuse_to_lose_last_owner(connection, organization_id, user_id, user.membership, None)
        attributes = load_attributes(user.document)
        adjust_sessions(connection, organization_id, user_id, user.membership, None)
        leave_all_teams(connection, organization_id, user_id, now())
        store.delete_user(connection, organization_id, user_id)
        gone = differences({**attributes, **_standing(user.membership)}, {})
        ended = end_invitation(connection, organization_id, user_id, ending(user.membership, None), now(), "scim")
        events = [Event("scim:user:deleted", "User", user_id, gone), *ended]
        record(connection, organization_id, provisioning.origin, events)


def _change(
    provisioning: Provisioning,
    user_id: str,
    change: Callable[[Attributes], Attributes],
    if_match: str | None,
) -> Stored:
    organization_id = provisioning.organization_id
    after: Attributes = {}
    try:
        with _refusal_recorded(provisioning, user_id), transaction() as connection:
            user = _locked(connection, provisioning, user_id, if_match)
            before = load_attributes(user.document)
            after = change(before)
            expired = offer_expired(connection, organization_id, user_id, user.membership, now())
            membership = push_known(
                user.membership,
                active=after.get("active"),
                automatic_membership=provisioning.policy(connection).automatic_membership,
                offer_expired=expired,
            )
            if after == before and membership == user.membership:
                return Stored(*user[:5], user.groups)
            refuse_to_lose_last_owner(connection, organization_id, user_id, user.membership, membership)
            adjust_sessions(connection, organization_id, user_id, user.membership, membership)
            stored = _store(connection, provisioning, user, before, after, membership)
            end = ending(user.membership, membership, expired=expired)
            ended = end_invitation(connection, organization_id, user_id, end, now(), "scim")
            events = [*_events(user, before, after, membership), *ended]
            record(connection, organization_id, provisioning.origin, events)
            return stored
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        with reading() as connection:
            raise _taken(connection, organization_id, after, but=user_id) from None


def _store(
    connection: Connection,
    provisioning: Provisioning,
    user: store.LockedUser,
    before: Attributes,
    after: Attributes,
    membership: Membership,
) -> Stored:
    """Write what changed. A change of standing alone leaves the version as it is: SCIM does not show it."""
    changed, moment = after != before, now()
    row = {
        **store.user_row(provisioning.organization_id, user.id, provisioning.user_type, after),
        **store.membership_row(membership),
        "version": user.version + changed,
        "modified_at": moment if changed else user.modified_at,
    }
    if membership.role != user.membership.role:
        row |= store.grant_row(membership, provisioning.origin, moment)
    emails_changed = after.get("emails") != before.get("emails")
    emails = store.email_rows(provisioning.organization_id, user.id, after) if emails_changed else []
    store.update_user(connection, row, emails, emails_changed=emails_changed)
    return Stored(user.id, row["version"], user.created_at, row["modified_at"], row["document"], user.groups)


@contextmanager
def _refusal_recorded(provisioning: Provisioning, user_id: str) -> Iterator[None]:
    """Keep an audit event of a refusal, after the transaction that it ended has stored nothing."""
    try:
        yield
    except LastOwner as refusal:
        event = Event("scim:user:refused", "User", user_id, {"#reason": [None, refusal.detail]})
        with transaction() as connection:
            record(connection, provisioning.organization_id, provisioning.origin, [event])
        raise


def _locked(connection: Connection, provisioning: Provisioning, user_id: str, if_match: str | None) -> store.LockedUser:
    user = store.lock_user(
        connection,
        provisioning.organization_id,
        user_id,
        provisioning.base,
        has_nested_teams=provisioning.has_nested_teams,
    )
    if user is None:
        raise NotFound(f"There is no User '{user_id}'.")
    if if_match is not None and not matches(if_match, user.version):
        raise PreconditionFailed
    return user


def _events(user: store.LockedUser, before: Attributes, after: Attributes, membership: Membership) -> list[Event]:
    changes = differences({**before, **_standing(user.membership)}, {**after, **_standing(membership)})
    if access_ends(user.membership, membership):
        action = "scim:user:deactivated"
    elif user.membership.status is not membership.status:
        action = f"scim:user:{'activated' if membership.status.value == 'ACTIVE' else 'updated'}"
    elif not user.membership.is_idp_managed and before == after:
        action = "scim:user:adopted"
    else:
        action = "scim:user:updated"
    return [Event(action, "User", user.id, changes)]


def _standing(membership: Membership) -> dict[str, Any]:
    """Return what an audit event says of the standing, under names that no SCIM attribute has."""
    visible = replace(membership, active=None)
    return {
        "#status": visible.status.value,
        "#role": visible.role,
        "#source": visible.source.value,
        "#isIdpManaged": visible.is_idp_managed,
    }


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
