"""Invitations and mails in the tenant matrix."""

import uuid

from sqlalchemy import select

from scim_server.database import reading
from scim_server.outbox.models import OutboxMessage
from tests.conftest import Cast
from tests.support.api import good, refused
from tests.support.people import standing
from tests.web.management.entries import Entry

ROLE = "ORGANIZATION_MEMBER"


def invited(cast: Cast, theirs: bool) -> str:
    """Return the id of an open invitation."""
    api = cast.charlies_api if theirs else cast.api
    body = {"inviteeEmail": f"{uuid.uuid4().hex[:8]}@new.example", "role": ROLE}
    return str(good(api.post("/invites", body))["inviteId"])


def mailed(cast: Cast, theirs: bool) -> str:
    """Return the id of a mail that waits."""
    invited(cast, theirs)
    organization_id = (cast.charlies_api if theirs else cast.api).organization_id
    statement = select(OutboxMessage.id).where(OutboxMessage.organization_id == organization_id)
    with reading() as connection:
        return str(connection.execute(statement).scalars().first())


def dora_is_not_invited(cast: Cast) -> None:
    """An invitation is no way back in for whom the identity provider shut out."""
    message = refused(cast.api.post("/invites", {"inviteeEmail": "dora@acme.example", "role": ROLE}), 409)
    assert "deactivated" in message
    assert standing(cast.api.organization_id, cast.dora)[0] == "INACTIVE"


def dora_does_not_wait(cast: Cast) -> None:
    """The deactivated are not among the waiting."""
    assert good(cast.api.post("/users/invite-waiting", {"all": True}))["results"] == []
    (outcome,) = good(cast.api.post("/users/invite-waiting", {"userIds": [cast.dora]}))["results"]
    assert outcome["error"]["statusCode"] == 409
    assert standing(cast.api.organization_id, cast.dora)[0] == "INACTIVE"


BULK = {"invites": [{"email": "erin@new.example", "role": ROLE}]}
TABLE = {
    ("Invites.create_invite", "POST"): [
        Entry("/invites", {"inviteeEmail": "erin@new.example", "role": ROLE}, dora=dora_is_not_invited)
    ],
    ("Invites.list_invites", "GET"): [Entry("/invites")],
    ("Invites.read_invite", "GET"): [Entry("/invites/{id}", own=invited)],
    ("Invites.revoke_invite", "DELETE"): [Entry("/invites/{id}", status=204, own=invited)],
    ("Invites.resend_invite", "POST"): [Entry("/invites/{id}/resend", own=invited)],
    ("Invites.bulk_invite", "POST"): [Entry("/invites/bulk", BULK)],
    ("Invites.invite_waiting", "POST"): [Entry("/users/invite-waiting", {"all": True}, dora=dora_does_not_wait)],
    ("Messages.list_messages", "GET"): [Entry("/messages")],
    ("Messages.retry_message", "POST"): [Entry("/messages/{id}/retry", own=mailed)],
}
