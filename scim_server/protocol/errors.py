"""What can go wrong in SCIM: one exception for each row of RFC 7644 tables 8 and 9, and RFC 9865 §2.1.

Raise these anywhere; `web/errors.py` alone turns them into answers. Any other exception is a bug.
"""

from typing import ClassVar

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """Base of all SCIM errors: `status` and `scim_type` belong to the class, `detail` to the occurrence."""

    status: ClassVar[int] = 400
    scim_type: ClassVar[str | None] = None
    default_detail: ClassVar[str] = "The request could not be understood."

    def __init__(self, detail: str | None = None, *, field: str | None = None) -> None:
        self.detail = detail or self.default_detail
        # The field of a management request that is wrong; SCIM names the attribute in the detail.
        self.field = field
        super().__init__(self.detail)

    def body(self) -> dict[str, object]:
        """Return the SCIM Error message; `status` is a string (RFC 7644 §3.12)."""
        body: dict[str, object] = {"schemas": [ERROR_SCHEMA], "status": str(self.status), "detail": self.detail}
        if self.scim_type is not None:
            body["scimType"] = self.scim_type
        return body


class InvalidFilter(ScimError):
    """A filter that cannot be read, or that names an attribute or comparison the schema does not have."""

    scim_type = "invalidFilter"
    default_detail = "The filter is not valid."


class TooMany(ScimError):
    """More results or operations than the server is willing to handle."""

    scim_type = "tooMany"
    default_detail = "The request asks for too many results."


class Uniqueness(ScimError):
    """A value that must be unique is in use already."""

    status = 409
    scim_type = "uniqueness"
    default_detail = "A value that must be unique is already in use."


class Mutability(ScimError):
    """A change of an attribute that may not be changed."""

    scim_type = "mutability"
    default_detail = "The attribute cannot be changed."


class InvalidSyntax(ScimError):
    """A body that is no JSON, or not the message that the endpoint expects."""

    scim_type = "invalidSyntax"
    default_detail = "The request body is not a valid message."


class InvalidPath(ScimError):
    """A PATCH path that is malformed or names an unknown attribute."""

    scim_type = "invalidPath"
    default_detail = "The path is not valid."


class NoTarget(ScimError):
    """A PATCH path that selects nothing where something is needed."""

    scim_type = "noTarget"
    default_detail = "The path selects no value."


class InvalidValue(ScimError):
    """A value that is missing or does not fit the attribute."""

    scim_type = "invalidValue"
    default_detail = "A value is missing or does not fit its attribute."


class InvalidVersion(ScimError):
    """A protocol version that the server does not speak."""

    scim_type = "invalidVers"
    default_detail = "This server speaks SCIM 2.0 only."


class Sensitive(ScimError):
    """A request that would put sensitive data into a URL."""

    status = 403
    scim_type = "sensitive"
    default_detail = "The request would expose sensitive data in its URL; use POST /.search."


class InvalidCursor(ScimError):
    """A cursor that this server did not make for this caller and query (RFC 9865 §2.1)."""

    scim_type = "invalidCursor"
    default_detail = "The cursor is not valid for this query; start again without one."


class ExpiredCursor(ScimError):
    """A cursor older than the published timeout (RFC 9865 §2.1)."""

    scim_type = "expiredCursor"
    default_detail = "The cursor has expired; start again without one."


class InvalidCount(ScimError):
    """A count that a cursor page cannot have (RFC 9865 §2.1)."""

    scim_type = "invalidCount"
    default_detail = "The count is not valid for this cursor."


class Unauthorized(ScimError):
    """No token, or one that is wrong, expired or revoked."""

    status = 401
    default_detail = "Send a valid token as 'Authorization: Bearer <token>'."


class Forbidden(ScimError):
    """A valid token without the right to do this."""

    status = 403
    default_detail = "This token may not do this."


class NotFound(ScimError):
    """No such resource in this Organization, or no such endpoint."""

    status = 404
    default_detail = "There is no such resource."


class MethodNotAllowed(ScimError):
    """An HTTP method that the endpoint does not have."""

    status = 405
    default_detail = "This endpoint does not support this method."


class Conflict(ScimError):
    """A request that the present state forbids."""

    status = 409
    default_detail = "The request conflicts with the present state."


class PreconditionFailed(ScimError):
    """An If-Match that names another version (RFC 7644 §3.14)."""

    status = 412
    default_detail = "The resource has changed since; read it again."


class PayloadTooLarge(ScimError):
    """A body or Bulk request over the published limit (RFC 7644 §3.7.4)."""

    status = 413
    default_detail = "The request is larger than this server accepts."


class UnsupportedMediaType(ScimError):
    """A body of another media type than SCIM's, or an encoding that is not announced."""

    status = 415
    default_detail = "Send 'Content-Type: application/scim+json' (or application/json) in UTF-8."


class TooManyRequests(ScimError):
    """More requests a second than this token may send."""

    status = 429
    default_detail = "Too many requests; try again after the seconds named in Retry-After."

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class InternalError(ScimError):
    """A fault of this server; the detail never tells more than a request id."""

    status = 500
    default_detail = "The server failed; nothing was changed."


class NotImplementedByServer(ScimError):
    """An operation that this server does not offer."""

    status = 501
    default_detail = "This server does not offer this operation."


class Unavailable(ScimError):
    """The database is locked or away; nothing was changed."""

    status = 503
    default_detail = "The server cannot reach its database at the moment; nothing was changed, try again."

    def __init__(self, detail: str | None = None, *, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(detail)
