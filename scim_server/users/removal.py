"""Take a User out of the Organization, on whichever path: SCIM, an Owner, the person."""

from sqlalchemy import Connection

from scim_server.audit.service import Event, Origin, record
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import now
from scim_server.users import store
from scim_server.users.access import adjust_sessions
from scim_server.users.events import standing
from scim_server.users.invited import end_invitation, ending
from scim_server.users.memberships import leave_all_teams
from scim_server.users.ownership import refuse_to_lose_last_owner


def remove_user(
    connection: Connection, organization_id: str, origin: Origin, user: store.LockedUser, action: str
) -> None:
    """Delete a User with all Team memberships and roles, and end an open invitation; raises LastOwner.

    `action` is the event that tells of it. The caller has locked the User's Teams and then the User. Roles go with the
    row.
    """
    refuse_to_lose_last_owner(connection, organization_id, user.id, user.membership, None)
    adjust_sessions(connection, organization_id, user, None)
    leave_all_teams(connection, organization_id, user.id, now())
    store.delete_user(connection, organization_id, user.id)
    gone = differences({**load_attributes(user.document), **standing(user.membership)}, {})
    source = action.partition(":")[0]
    ended = end_invitation(connection, organization_id, user.id, ending(user.membership, None), now(), source)
    record(connection, organization_id, origin, [Event(action, "User", user.id, gone), *ended])
