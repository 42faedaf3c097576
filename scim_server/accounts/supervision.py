"""The sessions of a User as Owners see and end them: those that would end with the User's access.

That is what is good for the Organization alone, and what a password opened where the person is a member of no other. A
session that is good for others too is the person's own (ADR 64).
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from scim_server.accounts.members import USERS
from scim_server.accounts.models import Session
from scim_server.accounts.rights import ENTER_AS_USER, OF_USER, end_for_user
from scim_server.accounts.sessions import IS_GOOD, LAST_USED_FIRST, SHOWN
from scim_server.audit.service import Event, record
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Requester

SUPERVISE = "organization.users.update"
# The last used ones; nobody signs in so often without ending or forgetting some.
MAX_SHOWN = 100

_USER = select(USERS.c.id).where(*OF_USER)
_LIST = select(Session.id, *SHOWN).where(*ENTER_AS_USER, *IS_GOOD).order_by(*LAST_USED_FIRST).limit(MAX_SHOWN)
_END = delete(Session).where(*ENTER_AS_USER, Session.id == bindparam("session")).returning(Session.authenticated_by)


class UserSession(NamedTuple):
    """A living session; `is_device` is that of a command line. Address and browser are those of its start."""

    id: str
    authenticated_by: str
    created_at: str
    last_seen_at: str
    ip_address: str | None
    user_agent: str | None
    is_device: bool


def list_sessions(requester: Requester, user_id: str) -> list[UserSession]:
    """Return a User's sessions, the last used first. Raises Forbidden, NotFound."""
    requester.require(SUPERVISE)
    with reading() as connection:
        bound = _bound(connection, requester, user_id)
        return [UserSession(*row) for row in connection.execute(_LIST, {**bound, "now": now()})]


def end_session(requester: Requester, user_id: str, session_id: str) -> None:
    """End one of them: its next request is refused in every worker. Raises Forbidden, NotFound."""
    requester.require(SUPERVISE)
    with transaction() as connection:
        bound = _bound(connection, requester, user_id)
        found = connection.execute(_END, {**bound, "session": session_id}).first()
        if found is None:
            raise NotFound("There is no such session; it may have ended already.")
        _record(connection, requester, user_id, {"authenticatedBy": [found.authenticated_by, None]})


def end_all_sessions(requester: Requester, user_id: str) -> int:
    """End all of them, and return how many there were. Raises Forbidden, NotFound."""
    requester.require(SUPERVISE)
    with transaction() as connection:
        _bound(connection, requester, user_id)
        ended = end_for_user(connection, requester.organization_id, user_id)
        if ended:
            _record(connection, requester, user_id, {"#sessions": [ended, 0]})
    return ended


def _bound(connection: Connection, requester: Requester, user_id: str) -> dict[str, Any]:
    """Return what names a User of the Organization; raises NotFound."""
    bound = {"organization": requester.organization_id, "user": user_id}
    if connection.execute(_USER, bound).first() is None:
        raise NotFound(f"There is no User '{user_id}'.")
    return bound


def _record(connection: Connection, requester: Requester, user_id: str, changes: dict[str, list[Any]]) -> None:
    event = Event("owner:session:ended", "User", user_id, changes)
    record(connection, requester.organization_id, requester.origin, [event])
