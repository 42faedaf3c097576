"""Where Users are signed in to the Organization: see it, and end it."""

from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.accounts import supervision
from scim_server.accounts.sessions import AuthenticatedBy
from scim_server.accounts.supervision import SUPERVISE
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.routing import organization_blueprint

user_sessions = organization_blueprint("Sessions", "Where Users are signed in to the Organization.")


class SessionSchema(Schema):
    """A session; address and browser are those of its start. `isDevice` is that of a command line."""

    id = fields.String(required=True)
    authenticatedBy = fields.String(  # noqa: N815 - names on the wire
        attribute="authenticated_by", required=True, validate=validate.OneOf([by.value for by in AuthenticatedBy])
    )
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    lastSeenAt = fields.String(attribute="last_seen_at", required=True)  # noqa: N815
    ipAddress = fields.String(attribute="ip_address", allow_none=True)  # noqa: N815
    userAgent = fields.String(attribute="user_agent", allow_none=True)  # noqa: N815
    isDevice = fields.Boolean(attribute="is_device", required=True)  # noqa: N815


class SessionsSchema(Schema):
    """The sessions that would end with the User's access, the last used first, 100 at most."""

    sessions = fields.List(fields.Nested(SessionSchema), required=True)


@user_sessions.endpoint("/users/<user_id>/sessions", "GET", permission=SUPERVISE)
@user_sessions.answers(200, SessionsSchema)
def list_sessions_of_user(user_id: str) -> dict[str, Any]:
    """List a User's sessions; those that are good for other Organizations too are the person's own."""
    return {"sessions": supervision.list_sessions(current_requester(), user_id)}


@user_sessions.endpoint("/users/<user_id>/sessions/<session_id>", "DELETE", permission=SUPERVISE)
@user_sessions.answers(204)
def end_session_of_user(user_id: str, session_id: str) -> None:
    """End one of them."""
    supervision.end_session(current_requester(), user_id, session_id)


@user_sessions.endpoint("/users/<user_id>/sessions", "DELETE", permission=SUPERVISE)
@user_sessions.answers(204)
def end_sessions_of_user(user_id: str) -> None:
    """End all of them."""
    supervision.end_all_sessions(current_requester(), user_id)
