"""What a change of a User's standing does to the person's sessions, on whichever path it comes."""

from sqlalchemy import Connection

from scim_server.accounts.rights import end_for_user, rotate_for_user
from scim_server.users.policy import Membership, access_ends


def adjust_sessions(
    connection: Connection, organization_id: str, user_id: str, before: Membership, after: Membership | None
) -> None:
    """End the sessions of whoever loses access, and have those of whoever gets another role renewed.

    In the transaction of the change; before the User is deleted, where `after` is None. What changes neither costs
    no statement.
    """
    if access_ends(before, after):
        end_for_user(connection, organization_id, user_id)
    elif after is not None and after.role != before.role:
        rotate_for_user(connection, organization_id, user_id)
