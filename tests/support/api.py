"""A client of the management API over the WSGI application: what a script with an API token does."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class ApiClient:
    """Sends requests about one Organization with one API token."""

    app: Flask
    organization_id: str
    token: str
    _client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = self.app.test_client()

    @property
    def base(self) -> str:
        """Return the path that the Organization's endpoints stand under."""
        return f"/v1/organizations/{self.organization_id}"

    def request(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request to a path below the Organization, or to one that begins with /v1/."""
        headers = {"Authorization": f"Bearer {self.token}", **arguments.pop("headers", {})}
        whole = path if path.startswith("/v1/") else f"{self.base}{path}"
        return self._client.open(whole, method=method, headers=headers, **arguments)

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET with query parameters."""
        return self.request("GET", path, query_string=query)

    def post(self, path: str, json: Any = None, **arguments: Any) -> TestResponse:
        """POST a JSON body, or none."""
        if json is not None:
            arguments["json"] = json
        return self.request("POST", path, **arguments)

    def patch(self, path: str, json: Any, **arguments: Any) -> TestResponse:
        """PATCH with a JSON body."""
        return self.request("PATCH", path, json=json, **arguments)

    def delete(self, path: str, **arguments: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **arguments)


def good(answer: TestResponse, status: int = 200) -> Any:
    """Return the JSON of an answer of this status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.get_data(as_text=True)}"
    return answer.get_json() if answer.get_data() else None


def refused(answer: TestResponse, status: int, field: str | None = None) -> str:
    """Return the message of an error answer in the API's form; `field` is the one that it must name."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.get_data(as_text=True)}"
    assert answer.mimetype == "application/json"
    body = answer.get_json()
    assert body["statusCode"] == status
    assert body["requestId"] == answer.headers["X-Request-Id"]
    assert set(body) <= {"message", "requestId", "statusCode", "fieldErrors"}
    if field is not None:
        assert field in [wrong["field"] for wrong in body["fieldErrors"]], body
    return str(body["message"])
