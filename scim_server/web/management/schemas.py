"""What several management endpoints show: a subject in short, and the form of errors."""

from marshmallow import Schema, fields, validate


class FieldErrorSchema(Schema):
    """One wrong field."""

    code = fields.String(required=True)
    field = fields.String(required=True)
    message = fields.String(required=True)


class ErrorSchema(Schema):
    """An error answer."""

    message = fields.String(required=True)
    requestId = fields.String(required=True)  # noqa: N815 - the name on the wire
    statusCode = fields.Integer(required=True)  # noqa: N815
    fieldErrors = fields.List(fields.Nested(FieldErrorSchema))  # noqa: N815


class SubjectSchema(Schema):
    """Who did something: a User, or a token (SERVICEKEY)."""

    id = fields.String(allow_none=True)
    subjectType = fields.String(validate=validate.OneOf(["USER", "SERVICEKEY", "SYSTEM"]))  # noqa: N815
    username = fields.String()
    fullName = fields.String()  # noqa: N815
    apiTokenName = fields.String()  # noqa: N815
