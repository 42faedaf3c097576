"""A SCIM client over the WSGI application: what an identity provider does, without the network."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SCIM = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass
class ScimClient:
    """Sends requests to one Organization with one token."""

    app: Flask
    organization_id: str
    token: str
    _client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = self.app.test_client()

    @property
    def base(self) -> str:
        """Return the path that the Organization's SCIM endpoints stand under."""
        return f"/scim/v2/{self.organization_id}"

    def request(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request to a path below the base."""
        headers = {"Authorization": f"Bearer {self.token}", **arguments.pop("headers", {})}
        if "json" in arguments or "data" in arguments:
            headers.setdefault("Content-Type", SCIM)
        return self._client.open(f"{self.base}{path}", method=method, headers=headers, **arguments)

    def get(self, path: str, **arguments: Any) -> TestResponse:
        """GET."""
        return self.request("GET", path, **arguments)

    def post(self, path: str, json: Any, **arguments: Any) -> TestResponse:
        """POST a JSON body."""
        return self.request("POST", path, json=json, **arguments)

    def put(self, path: str, json: Any, **arguments: Any) -> TestResponse:
        """PUT a JSON body."""
        return self.request("PUT", path, json=json, **arguments)

    def patch(self, path: str, *operations: dict[str, Any], **arguments: Any) -> TestResponse:
        """PATCH with these operations."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.request("PATCH", path, json=body, **arguments)

    def delete(self, path: str, **arguments: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **arguments)

    def filter(self, endpoint: str, text: str, **parameters: Any) -> TestResponse:
        """List what a filter matches."""
        return self.get(endpoint, query_string={"filter": text, **parameters})

    def create_user(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """Create a User and return it; fails where the server refuses."""
        answer = self.post("/Users", {"schemas": [USER], "userName": user_name, **attributes})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return dict(answer.get_json(force=True))

    def create_group(self, display_name: str, *member_ids: str, **attributes: Any) -> dict[str, Any]:
        """Create a Group with these members and return it; fails where the server refuses."""
        members = [{"value": member_id} for member_id in member_ids]
        body = {"schemas": [GROUP], "displayName": display_name, "members": members, **attributes}
        answer = self.post("/Groups", body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return dict(answer.get_json(force=True))
