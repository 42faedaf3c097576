"""User Details > Sessions: where somebody is signed in to the Organization, and end it."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.accounts import supervision
from scim_server.accounts.supervision import SUPERVISE
from scim_server.web.console.blueprint import console, go, tell
from scim_server.web.console.visit import requester


@console.screen("/users/<user_id>/sessions/<session_id>/end", "POST", permission=SUPERVISE)
def end_session_of_user(user_id: str, session_id: str) -> Response:
    """End one session."""
    supervision.end_session(requester(), user_id, session_id)
    tell(_("The session is ended."))
    return go("user", user_id=user_id)


@console.screen("/users/<user_id>/sessions/end", "POST", permission=SUPERVISE)
def end_sessions_of_user(user_id: str) -> Response:
    """End all of them."""
    ended = supervision.end_all_sessions(requester(), user_id)
    tell(ngettext("%(num)d session is ended.", "%(num)d sessions are ended.", ended))
    return go("user", user_id=user_id)
