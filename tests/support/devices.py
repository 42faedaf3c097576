"""A command line that logs in: asks for a code, waits, and acts with what it is given; and the person who approves."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from scim_server.web.oauth.endpoints import CLIENT_ID, DEVICE_GRANT, REFRESH_GRANT
from tests.support.browser import Browser


@dataclass
class Device:
    """One command line; `begun` and `tokens` are what it was last given."""

    app: Flask
    begun: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    def post(self, path: str, **form: str) -> TestResponse:
        """Send a form as the client."""
        return self.app.test_client().post(path, data={"client_id": CLIENT_ID, **form})

    def begin(self, name: str = "build-7") -> "Device":
        """Ask for codes."""
        answer = self.post("/oauth/device_authorization", device_name=name)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.begun = answer.get_json()
        return self

    def poll(self) -> TestResponse:
        """Ask whether the person has approved."""
        return self.post("/oauth/token", grant_type=DEVICE_GRANT, device_code=self.begun["device_code"])

    def refresh(self, token: str | None = None) -> TestResponse:
        """Use a refresh token, the present one if none is named."""
        return self.post("/oauth/token", grant_type=REFRESH_GRANT, refresh_token=token or self.tokens["refresh_token"])

    def keep(self, answer: TestResponse) -> "Device":
        """Keep the tokens of an answer."""
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.tokens = answer.get_json()
        return self

    def call(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request with the present access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return self.app.test_client().open(path, method=method, headers=headers, **arguments)


def approve(browser: Browser, device: Device, organization_id: str) -> TestResponse:
    """Approve a login in a browser where its person is signed in."""
    page = f"/device/{device.begun['user_code']}"
    assert browser.get(page).status_code == 200
    return browser.post(page, answer="approve", organization=organization_id)


def log_in(app: Flask, email: str, organization_id: str) -> Device:
    """Log a command line in as a person with a password."""
    browser, device = Browser(app), Device(app).begin()
    browser.sign_in(email)
    assert approve(browser, device, organization_id).status_code == 200
    return device.keep(device.poll())


def error_of(answer: TestResponse) -> str:
    """Return the error of an answer that is one."""
    assert answer.status_code in {400, 401, 429}, answer.get_data(as_text=True)
    body = answer.get_json()
    assert body["error_description"]
    return str(body["error"])
