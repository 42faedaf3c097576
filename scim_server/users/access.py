"""What a change of a User's standing does to the person's sessions, on whichever path it comes."""

from sqlalchemy import Connection

from scim_server.accounts.rights import end_for_user, rotate_for_user
from scim_server.users.policy import Membership, access_ends
from scim_server.users.store import LockedUser


def adjust_sessions(connection: Connection, organization_id: str, user: LockedUser, after: Membership | None) -> None:
    """End the sessions of whoever loses access, and have those of whoever gets another role renewed.

    In the transaction of the change; before the User is deleted, where `after` is None. What changes neither costs
    no statement, and neither does a person without a login, who has no sessions.
    """
    if user.account_id is None:
        return
    if access_ends(user.membership, after):
        end_for_user(connection, organization_id, user.id)
    elif after is not None and after.role != user.membership.role:
        rotate_for_user(connection, organization_id, user.id)
