"""A browser without a screen: keeps cookies, follows redirects when asked, and sends the forms of the page it is on."""

import html
import re
import uuid
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.accounts import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Browser:
    """One browser at a network address of its own; `page` is the last answer that was no redirect."""

    app: Flask
    base_url: str | None = None
    page: TestResponse | None = None
    client: FlaskClient = field(init=False)
    address: str = field(default_factory=lambda: f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::7")

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def open(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request as it is."""
        arguments |= {"method": method, "base_url": self.base_url, "environ_overrides": {"REMOTE_ADDR": self.address}}
        # Outside the test's own application context, or requests would share what each keeps for itself.
        answer = Context().run(lambda: self.client.open(path, **arguments))
        if answer.status_code not in {302, 303}:
            self.page = answer
        return answer

    def get(self, path: str, **arguments: Any) -> TestResponse:
        """Go to a page, and on to where it redirects."""
        return self._followed(self.open("GET", path, **arguments))

    def post(self, path: str, **values: str) -> TestResponse:
        """Send a form of the present page, and go on to where it redirects."""
        return self._followed(self.send(path, **values))

    def send(self, path: str, **values: str) -> TestResponse:
        """Send a form of the present page and return the answer itself."""
        token = _TOKEN.search(self.text)
        assert token is not None, f"no form on the page:\n{self.text}"
        return self.open("POST", path, data={"csrf_token": token[1], **values})

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field of the present page."""
        return html.unescape(dict(_HIDDEN.findall(self.text))[name])

    @property
    def text(self) -> str:
        """Return the present page."""
        return self.page.get_data(as_text=True) if self.page is not None else ""

    @property
    def title(self) -> str:
        """Return the title of the present page."""
        found = re.search(r"<title>(.*)</title>", self.text)
        return html.unescape(found[1]) if found else ""

    def sign_in(self, email: str, password: str = PASSWORD, *, wanted: str = "/me") -> TestResponse:
        """Type address and password."""
        self.get("/login")
        self.post("/login", email=email, next=wanted)
        return self.post("/login/password", password=password)

    def cookie(self, name: str = "signed_in") -> str | None:
        """Return the value of a cookie."""
        found = self.client.get_cookie(name, domain=self._host)
        return found.value if found is not None else None

    def set_cookie(self, value: str, name: str = "signed_in") -> None:
        """Put a cookie into the browser."""
        self.client.set_cookie(name, value, domain=self._host)

    @property
    def _host(self) -> str:
        return (self.base_url or "http://localhost").partition("//")[2]

    def _followed(self, answer: TestResponse) -> TestResponse:
        while answer.status_code in {302, 303}:
            answer = self.open("GET", answer.headers["Location"])
        return answer
