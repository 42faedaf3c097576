"""What people are told where a request was refused or never answered."""

from collections.abc import Mapping
from typing import Any, NoReturn

import click

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERRORS = 401, 403, 404, 429, 500
# These say what the server says; the others say what to do as well, and the id to ask its operator by.
_PLAIN = frozenset({400, 409, 413, 422})


class ApiError(click.ClickException):
    """An answer other than success. `fields` are the names of wrong ones."""

    def __init__(self, status: int, message: str, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields


class Unreachable(click.ClickException):
    """No answer came."""


class Answer(dict[str, Any]):
    """An object of a server's JSON, whose missing parts are no fault of this program."""

    def __missing__(self, key: str) -> NoReturn:
        raise ApiError(SERVER_ERRORS, f"The server's answer has no {key!r}: its version and this program's differ.")


def object_in(answer: Any) -> Answer | None:
    """Return the JSON object that a response holds, None where it holds anything else."""
    try:
        found = answer.json(object_hook=Answer)
    except ValueError:
        return None
    return found if isinstance(found, Answer) else None


def error_of(status: int, body: Any, headers: Mapping[str, str], *, remedy: str) -> ApiError:
    """Return what to tell of an answer; `remedy` says what to do about a token that is not taken."""
    document: Mapping[str, Any] = body if isinstance(body, dict) else {}
    told = one_line(str(document.get("message") or ""))
    request_id = one_line(str(document.get("requestId") or headers.get("X-Request-Id") or ""))
    wrong = document.get("fieldErrors")
    fields = frozenset(str(each.get("field")) for each in wrong) if isinstance(wrong, list) else frozenset[str]()
    if status in _PLAIN and told:
        return ApiError(status, told, fields)
    later = f" Come back in {one_line(headers['Retry-After'])} seconds." if "Retry-After" in headers else ""
    return ApiError(status, f"{_said(status, told, remedy)}{later}{_number(request_id)}", fields)


def one_line(text: str) -> str:
    """Return a text of the server so that it is one line and steers no terminal."""
    return "".join(each if each.isprintable() else " " for each in text).strip()


def _said(status: int, told: str, remedy: str) -> str:
    if status == UNAUTHORIZED:
        return f"The server does not take this token: it is wrong, has expired, or was revoked. {remedy}"
    if status == FORBIDDEN:
        return f"You may not do this. {told}".strip()
    if status == NOT_FOUND:
        return told or "The server knows nothing of this name or id."
    if status == TOO_MANY:
        return told or "The server has had too many requests; try again later."
    if status >= SERVER_ERRORS:
        return f"The server failed ({status}); try again later, and else tell its operator."
    return told or f"The server answered {status}, which no scim-server does: check the address."


def _number(request_id: str) -> str:
    return f" (request {request_id})" if request_id else ""
