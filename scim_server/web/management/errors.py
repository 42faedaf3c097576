"""The error body of the management API (astro.md §7.1): message, requestId, statusCode, and the wrong fields."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from scim_server.protocol.errors import InvalidValue, ScimError


class FieldError(NamedTuple):
    """What is wrong with one field: `code` for programs, `message` for people."""

    code: str
    field: str
    message: str


class InvalidFields(InvalidValue):
    """A request with fields that are missing, unknown or wrong."""

    def __init__(self, fields: Iterable[FieldError]) -> None:
        self.fields = list(fields)
        told = "; ".join(f"{error.field or 'the request'}: {error.message}" for error in self.fields[:5])
        super().__init__(f"The request is not valid: {told}")


def management_body(error: ScimError, request_id: str) -> dict[str, Any]:
    """Return the body of an error answer."""
    body: dict[str, Any] = {"message": error.detail, "requestId": request_id, "statusCode": error.status}
    if isinstance(error, InvalidFields):
        body["fieldErrors"] = [wrong._asdict() for wrong in error.fields]
    elif error.field is not None:
        body["fieldErrors"] = [FieldError(error.scim_type or "invalid", error.field, error.detail)._asdict()]
    return body
