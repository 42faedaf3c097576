"""Mails as an Organization's Owner sees them: what is on its way, and what was given up."""

from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.outbox import service
from scim_server.outbox.service import MessageRecord, MessageState
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import organization_blueprint

messages = organization_blueprint("Messages", "The mails of the Organization that could not be delivered.")

_STATES = [state.value for state in MessageState]


class MessageSchema(Schema):
    """A mail; never what it says."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    recipient = fields.String(required=True)
    subject = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(_STATES))
    attempts = fields.Integer(required=True)
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    nextAttemptAt = fields.String(attribute="next_attempt_at", allow_none=True, required=True)  # noqa: N815
    endedAt = fields.String(attribute="ended_at", allow_none=True, required=True)  # noqa: N815
    lastError = fields.String(attribute="last_error", allow_none=True, required=True)  # noqa: N815


class MessagesSchema(EnvelopeSchema):
    """A page of mails."""

    messages = fields.List(fields.Nested(MessageSchema), required=True)


class MessagesQuerySchema(PageSchema):
    """Which mails."""

    state = fields.List(
        fields.String(validate=validate.OneOf(_STATES)),
        load_default=lambda: [MessageState.DEAD.value],
        validate=validate.Length(1, len(_STATES)),
        metadata={"many": True, "description": "Only these states, DEAD by default; may stand several times."},
    )


@messages.endpoint("/messages", "GET", permission="organization.messages.get")
@messages.reads(MessagesQuerySchema, "query")
@messages.answers(200, MessagesSchema)
def list_messages(query: dict[str, Any]) -> dict[str, Any]:
    """List mails, the newest first; without a state those that were given up."""
    found, total = service.list_messages(
        current_requester().organization_id,
        states=[MessageState(state) for state in query["state"]],
        limit=query["limit"],
        offset=query["offset"],
    )
    return page("messages", found, total, query)


@messages.endpoint("/messages/<message_id>/retry", "POST", permission="organization.messages.update", others=(409,))
@messages.answers(200, MessageSchema)
def retry_message(message_id: str) -> MessageRecord:
    """Deliver a mail again, at once, that was given up or waits for its next try."""
    requester = current_requester()
    return service.retry_message(requester.organization_id, requester.origin, message_id)
