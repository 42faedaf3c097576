"""Invitations as those who invite see them; no answer holds a secret or a link (IN11)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_dump, validate, validates_schema

from scim_server.invitations import listing, service
from scim_server.invitations.listing import InvitationRecord, Subject
from scim_server.roles.catalogue import catalogue
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page, sort_keys, sorts_field
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import SubjectSchema

invites = organization_blueprint("Invites", "Invite people to the Organization, and see what became of it.")

MAX_EMAIL_LENGTH = 512
CREATE, GET, DELETE = (f"organization.invites.{verb}" for verb in ("create", "get", "delete"))


def _role(**more: Any) -> fields.String:
    return fields.String(
        validate=validate.Length(1, 100), metadata={"description": "One of the Organization's roles."}, **more
    )


class NewInviteSchema(Schema):
    """Whom to invite, and as what."""

    inviteeEmail = fields.String(required=True, validate=validate.Length(1, MAX_EMAIL_LENGTH))  # noqa: N815
    role = _role(required=True)


class InviteSubjectSchema(SubjectSchema):
    """Who invited, or was invited."""

    @pre_dump
    def _names(self, subject: Subject, **_: Any) -> dict[str, Any]:
        told = {
            "id": subject.id,
            "subjectType": subject.type,
            "username": subject.username,
            "fullName": subject.full_name,
            "apiTokenName": subject.token_name,
        }
        return {name: value for name, value in told.items() if name == "id" or value is not None}


class InviteSchema(Schema):
    """An invitation."""

    inviteId = fields.String(attribute="id", required=True)  # noqa: N815
    expiresAt = fields.String(attribute="expires_at", required=True)  # noqa: N815
    invitee = fields.Nested(InviteSubjectSchema, required=True)
    inviter = fields.Nested(InviteSubjectSchema, required=True)
    organizationId = fields.String(attribute="organization_id", required=True)  # noqa: N815
    organizationName = fields.String(attribute="organization_name", required=True)  # noqa: N815
    userId = fields.String(attribute="user_id", required=True)  # noqa: N815
    inviteeEmail = fields.String(attribute="email", required=True)  # noqa: N815
    role = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(listing.STATES))
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    sentAt = fields.String(attribute="sent_at", required=True)  # noqa: N815
    sentCount = fields.Integer(attribute="sent_count", required=True)  # noqa: N815
    endedAt = fields.String(attribute="ended_at", allow_none=True, required=True)  # noqa: N815


class InvitesSchema(EnvelopeSchema):
    """A page of invitations."""

    invites = fields.List(fields.Nested(InviteSchema), required=True)


class InvitesQuerySchema(PageSchema):
    """Which invitations."""

    state = fields.List(
        fields.String(validate=validate.OneOf(listing.STATES)),
        load_default=list,
        validate=validate.Length(max=len(listing.STATES)),
        metadata={"many": True, "description": "Only these states; may stand several times."},
    )
    sorts = sorts_field(*listing.SORTS)


class BulkLineSchema(Schema):
    """A person to be invited."""

    email = fields.String(required=True, validate=validate.Length(max=MAX_EMAIL_LENGTH))
    role = _role(required=True)


class BulkInvitesSchema(Schema):
    """People to be invited."""

    invites = fields.List(fields.Nested(BulkLineSchema), required=True, validate=validate.Length(1, service.MAX_BULK))


class OutcomeErrorSchema(Schema):
    """Why a line made no invitation."""

    statusCode = fields.Integer(attribute="status", required=True)  # noqa: N815
    message = fields.String(attribute="detail", required=True)


class BulkOutcomeSchema(Schema):
    """What became of a line: an invitation or an error."""

    email = fields.String(attribute="subject", required=True)
    invite = fields.Nested(InviteSchema, attribute="invitation", allow_none=True)
    error = fields.Nested(OutcomeErrorSchema, allow_none=True)


class BulkResultSchema(Schema):
    """What became of each line, in their order."""

    results = fields.List(fields.Nested(BulkOutcomeSchema), required=True)
    invited = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class WaitingSchema(Schema):
    """Which of the waiting Users to invite: some, or all."""

    userIds = fields.List(  # noqa: N815
        fields.String(validate=validate.Length(1, 100)), validate=validate.Length(1, service.MAX_BULK)
    )
    all = fields.Boolean(truthy={True}, falsy={False})
    role = _role(load_default=lambda: catalogue().default)

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if ("userIds" in data) is (data.get("all") is True):
            raise ValidationError("Send either userIds, or all: true.", "userIds")


class WaitingOutcomeSchema(Schema):
    """What became of a waiting User: an invitation or an error."""

    userId = fields.String(attribute="subject", required=True)  # noqa: N815
    invite = fields.Nested(InviteSchema, attribute="invitation", allow_none=True)
    error = fields.Nested(OutcomeErrorSchema, allow_none=True)


class WaitingResultSchema(Schema):
    """What became of each User."""

    results = fields.List(fields.Nested(WaitingOutcomeSchema), required=True)
    invited = fields.Integer(required=True)
    failed = fields.Integer(required=True)


@invites.endpoint("/invites", "POST", permission=CREATE, others=(409,))
@invites.reads(NewInviteSchema)
@invites.answers(200, InviteSchema)
def create_invite(body: dict[str, Any]) -> InvitationRecord:
    """Invite a person by mail; who was invited already gets a new mail, and the earlier link ends."""
    return service.invite(current_requester(), email=body["inviteeEmail"], role=body["role"])


@invites.endpoint("/invites", "GET", permission=GET)
@invites.reads(InvitesQuerySchema, "query")
@invites.answers(200, InvitesSchema)
def list_invites(query: dict[str, Any]) -> dict[str, Any]:
    """List invitations, the newest first."""
    found, total = listing.list_invitations(
        current_requester().organization_id,
        states=query["state"],
        order=sort_keys(query["sorts"]),
        limit=query["limit"],
        offset=query["offset"],
    )
    return page("invites", found, total, query)


@invites.endpoint("/invites/<invite_id>", "GET", permission=GET)
@invites.answers(200, InviteSchema)
def read_invite(invite_id: str) -> InvitationRecord:
    """Read an invitation."""
    return listing.read_invitation(current_requester().organization_id, invite_id)


@invites.endpoint("/invites/<invite_id>", "DELETE", permission=DELETE, others=(409,))
@invites.answers(204)
def revoke_invite(invite_id: str) -> None:
    """Revoke an invitation: its link ends, and a User whom it made is removed."""
    service.revoke(current_requester(), invite_id)


@invites.endpoint("/invites/<invite_id>/resend", "POST", permission=CREATE, others=(409,))
@invites.answers(200, InviteSchema)
def resend_invite(invite_id: str) -> InvitationRecord:
    """Send an invitation again: the new link is good for the whole time, the earlier one ends."""
    return service.resend(current_requester(), invite_id)


@invites.endpoint("/invites/bulk", "POST", permission=CREATE)
@invites.reads(BulkInvitesSchema)
@invites.answers(200, BulkResultSchema)
def bulk_invite(body: dict[str, Any]) -> dict[str, Any]:
    """Invite up to 1,000 people; each line has its own result, and none spoils another."""
    lines = [service.Line(line["email"], line["role"]) for line in body["invites"]]
    return _result(service.bulk_invite(current_requester(), lines))


@invites.endpoint("/users/invite-waiting", "POST", permission=CREATE)
@invites.reads(WaitingSchema)
@invites.answers(200, WaitingResultSchema)
def invite_waiting(body: dict[str, Any]) -> dict[str, Any]:
    """Invite Users who wait for an invitation: some by their ids, or all, up to 1,000 at once."""
    outcomes = service.invite_waiting(current_requester(), user_ids=body.get("userIds"), role=body["role"])
    return _result(outcomes)


def _result(outcomes: list[service.Outcome]) -> dict[str, Any]:
    invited = sum(outcome.invitation is not None for outcome in outcomes)
    return {"results": outcomes, "invited": invited, "failed": len(outcomes) - invited}
