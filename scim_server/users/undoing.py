"""A removal that can be taken back for 30 seconds: it is carried out at once, and what it took is kept as long.

Access ends with the removal and SCIM knows the User no more, as with any other; taking it back makes the User anew,
under the same id. See docs/decisions/0054-a-removal-is-undone-from-what-it-took.md.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, type_coerce, update
from sqlalchemy.types import Text

from scim_server.audit.service import Event, record
from scim_server.database import transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import moment, now
from scim_server.organizations.schemas import resource_settings
from scim_server.protocol.errors import Conflict
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import catalogue
from scim_server.roles.models import RoleBinding
from scim_server.roles.requests import find_custom_roles
from scim_server.users import store
from scim_server.users.administration import locked
from scim_server.users.events import refusal_recorded, standing
from scim_server.users.memberships import joined_teams, lock_teams, rejoin_teams
from scim_server.users.models import RemovedUser, User
from scim_server.users.policy import Membership, Source, Status
from scim_server.users.removal import remove_user

UNDO_FOR = timedelta(seconds=30)
_USER_COLUMNS = (
    User.version,
    User.status,
    User.status_before,
    User.role,
    User.role_granted_at,
    User.role_granted_by_type,
    User.role_granted_by_id,
    User.source,
    User.is_idp_managed,
    User.active,
    User.account_id,
    User.created_at,
    type_coerce(User.document, Text()).label("document"),
)
_OF_USER = (User.organization_id == bindparam("organization"), User.id == bindparam("user"))
_READ = select(*_USER_COLUMNS).where(*_OF_USER)
_bindings = RoleBinding.__table__
_BINDINGS = select(_bindings).where(
    _bindings.c.organization_id == bindparam("organization"), _bindings.c.user_id == bindparam("user")
)
_BIND_AGAIN = insert(RoleBinding)
_OF_REMOVED = (
    RemovedUser.organization_id == bindparam("organization"),
    RemovedUser.user_id == bindparam("user"),
)
_FORGET = delete(RemovedUser).where(*_OF_REMOVED)
_TAKE = (
    delete(RemovedUser)
    .where(*_OF_REMOVED, RemovedUser.removed_by_id == bindparam("by"), RemovedUser.removed_at > bindparam("since"))
    .returning(RemovedUser.kept)
)
_KEEP = insert(RemovedUser)
_FORGET_OLD = delete(RemovedUser).where(RemovedUser.removed_at <= bindparam("before"))
_TEXT = Text()
# Places and invitations stand above Users in the order of imports, so their tables are named by what is needed of them.
_workspaces = table("workspaces", column("organization_id", _TEXT), column("id", _TEXT))
_deployments = table("deployments", column("organization_id", _TEXT), column("id", _TEXT))
_invitations = table(
    "invitations", *(column(name, _TEXT) for name in ("organization_id", "id", "user_id", "state", "ended_at"))
)
_STANDING_PLACES = {
    "workspace_id": select(_workspaces.c.id).where(
        _workspaces.c.organization_id == bindparam("organization"),
        _workspaces.c.id.in_(bindparam("ids", expanding=True)),
    ),
    "deployment_id": select(_deployments.c.id).where(
        _deployments.c.organization_id == bindparam("organization"),
        _deployments.c.id.in_(bindparam("ids", expanding=True)),
    ),
}
_OPEN_INVITATION = select(_invitations.c.id).where(
    _invitations.c.organization_id == bindparam("organization"),
    _invitations.c.user_id == bindparam("user"),
    _invitations.c.state == "OPEN",
)
_OPEN_AGAIN = (
    update(_invitations)
    .where(
        _invitations.c.organization_id == bindparam("organization"),
        _invitations.c.id == bindparam("invitation"),
        _invitations.c.state == "REVOKED",
    )
    .values(state="OPEN", ended_at=None)
)


class CannotUndo(Conflict):
    """A removal that is too old, somebody else's, or overtaken by what happened since."""

    default_detail = (
        "A removal can be undone for 30 seconds, by whoever removed. Invite the person, or assign them in the identity "
        "provider again."
    )


def remove_undoably(requester: Requester, user_id: str) -> None:
    """Remove a User as `administration.remove` does, and keep for 30 seconds what that took. Raises as it does."""
    requester.require("organization.users.delete")
    organization_id, origin = requester.organization_id, requester.origin
    key = {"organization": organization_id, "user": user_id}
    with refusal_recorded(organization_id, origin, user_id, "owner:user:refused"), transaction() as connection:
        lock_teams(connection, organization_id, user_id)
        user = locked(connection, requester, user_id)
        kept = _kept(connection, key)
        remove_user(connection, organization_id, origin, user, "owner:user:removed")
        connection.execute(_FORGET, key)
        row = {"organization_id": organization_id, "user_id": user_id, "removed_at": now()}
        connection.execute(_KEEP, {**row, "removed_by_id": origin.actor_id, "kept": kept})


def undo_removal(requester: Requester, user_id: str) -> None:
    """Make a User again as they were, with roles and Teams; sessions stay ended, and personal invitations open again.

    What went meanwhile (a Team, a Workspace) stays gone. Raises Forbidden, also for a role above the caller's own, and
    CannotUndo.
    """
    requester.require("organization.users.delete")
    organization_id = requester.organization_id
    with transaction() as connection:
        since = moment(datetime.now(UTC) - UNDO_FOR)
        bound = {"organization": organization_id, "user": user_id, "by": requester.origin.actor_id, "since": since}
        kept: Any = connection.execute(_TAKE, bound).scalar()
        if kept is None:
            raise CannotUndo
        if kept["user"]["role"] is not None:
            requester.require_grantable(kept["user"]["role"])
        _make_again(connection, requester, user_id, kept)


def forget_removed() -> int:
    """Delete what was kept of removals that can no longer be undone, and return of how many."""
    with transaction() as connection:
        return connection.execute(_FORGET_OLD, {"before": moment(datetime.now(UTC) - UNDO_FOR)}).rowcount


def _kept(connection: Connection, key: dict[str, Any]) -> dict[str, Any]:
    return {
        "user": connection.execute(_READ, key).one()._asdict(),
        "teams": joined_teams(connection, key["organization"], key["user"]),
        "bindings": [dict(row) for row in connection.execute(_BINDINGS, key).mappings()],
        "invitation": connection.execute(_OPEN_INVITATION, key).scalar(),
    }


def _make_again(connection: Connection, requester: Requester, user_id: str, kept: dict[str, Any]) -> None:
    organization_id, user, at = requester.organization_id, kept["user"], now()
    attributes = load_attributes(user.pop("document"))
    types = resource_settings(connection, organization_id).types
    # The version goes on, so that nobody takes what they hold of the User for the present one.
    row = {**user, **store.user_row(organization_id, user_id, types.user, attributes), "modified_at": at}
    emails = store.email_rows(organization_id, user_id, attributes)
    if not store.insert_user(connection, {**row, "version": user["version"] + 1}, emails):
        raise CannotUndo("The person is here again already, by another way.")
    rejoin_teams(connection, organization_id, user_id, kept["teams"], at)
    _bind_again(connection, organization_id, kept["bindings"])
    if kept["invitation"] is not None:
        connection.execute(_OPEN_AGAIN, {"organization": organization_id, "invitation": kept["invitation"]})
    told = differences({}, {"userName": attributes["userName"], **standing(_membership(user))})
    record(connection, organization_id, requester.origin, [Event("owner:user:restored", "User", user_id, told)])


def _bind_again(connection: Connection, organization_id: str, bindings: list[dict[str, Any]]) -> None:
    """Give the roles again on the places that are still there, as far as the roles are."""
    there: dict[str, set[str]] = {}
    for field, statement in _STANDING_PLACES.items():
        ids = sorted({each[field] for each in bindings if each[field] is not None})
        bound = {"organization": organization_id, "ids": ids}
        there[field] = set(connection.execute(statement, bound).scalars()) if ids else set()
    custom = find_custom_roles(connection, organization_id, (each["role"] for each in bindings))
    rows = [
        each
        for each in bindings
        if all(each[field] is None or each[field] in ids for field, ids in there.items())
        and (each["role"] in catalogue().default_names or each["role"] in custom)
    ]
    if rows:
        connection.execute(_BIND_AGAIN, rows)


def _membership(user: dict[str, Any]) -> Membership:
    return Membership(
        Status(user["status"]), user["role"], Source(user["source"]), user["is_idp_managed"], user["active"]
    )
