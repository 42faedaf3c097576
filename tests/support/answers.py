"""What tests say of answers: a SCIM error as it must be, and two answers that tell nobody anything apart."""

from typing import Any

from werkzeug.test import TestResponse

from tests.support.client import ERROR, SCIM


def body(answer: TestResponse) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    return dict(answer.get_json(force=True))


def assert_error(answer: TestResponse, status: int, scim_type: str | None = None) -> str:
    """Check that an answer is this SCIM error (RFC 7644 §3.12), and return its detail."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    assert answer.content_type == SCIM
    error = body(answer)
    assert error["schemas"] == [ERROR]
    assert error["status"] == str(status)
    assert error.get("scimType") == scim_type, text
    assert error["detail"]
    return str(error["detail"])


def without(answer: TestResponse, *echoes: str) -> tuple[int, dict[str, str], str]:
    """Return status, headers and body of an answer with the echoed texts, and what differs each time, taken out."""
    text = answer.get_data(as_text=True)
    for echo in echoes:
        text = text.replace(echo, "(id)")
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Content-Length"}}
    return answer.status_code, headers, text
