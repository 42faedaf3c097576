"""A person logs a command line in: a terminal shows the code, their browser approves it, and it acts as them."""

import html
import re
import uuid
from pathlib import Path

import pytest
import requests

from tests.support.installation import Installation
from tests.support.terminal import Terminal

PASSWORD = "grey turtles ride at night"
_FORM = re.compile(r'name="csrf_token" value="([^"]+)"')
_ORGANIZATION = re.compile(r'name="organization"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="organization"')


class Browser:
    """Somebody in a browser at one server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self.page = ""

    def open(self, path: str) -> str:
        answer = self._session.get(f"{self._url}{path}", timeout=60)
        answer.raise_for_status()
        self.page = answer.text
        return self.page

    def send(self, path: str, **values: str) -> str:
        token = _FORM.search(self.page)
        assert token is not None, self.page
        data = {"csrf_token": html.unescape(token[1]), **values}
        answer = self._session.post(f"{self._url}{path}", data=data, timeout=60)
        answer.raise_for_status()
        self.page = answer.text
        return self.page


@pytest.fixture
def owner() -> str:
    return f"ann-{uuid.uuid4().hex[:8]}@acme.example"


def test_from_the_code_to_the_last_command(sqlite_server: tuple[Installation, str], owner: str, tmp_path: Path) -> None:
    installation, url = sqlite_server
    slug = installation.json("organization", "create", f"Acme {owner}", "--owner", owner)["organization_slug"]
    link = installation.good("account", "link", owner, "--organization", slug).strip()
    path = f"/{link.split('/', 3)[3]}"
    browser = Browser(url)
    browser.open(path)
    browser.send(path, name="Ann", password=PASSWORD)
    browser.open("/login")
    browser.send("/login", email=owner)
    browser.send("/login/password", password=PASSWORD)

    person = Terminal(installation, {"SCIM_SERVER_CONFIG_HOME": str(tmp_path / "logins")})
    opened = person.open("login", url, "--login-link")
    opened.wait_for("Waiting for your approval there.")
    found = re.search(r"enter the code (\S+)", opened.seen)
    assert found is not None
    page = browser.open(f"/device/{found[1]}")
    chosen = _ORGANIZATION.search(page)
    assert chosen is not None, page
    assert "is logged in as you" in browser.send(
        f"/device/{found[1]}", answer="approve", organization=chosen[1] or chosen[2]
    )
    assert opened.end() == 0
    assert f"Logging in as {owner}" in opened.seen
    assert f"organization Acme {owner}" in opened.seen

    assert person.good("organization", "invite", "bob@acme.example").startswith("invite for bob@acme.example")
    assert person.json("organization", "list")["organizations"][0]["isCurrent"]
    assert person.good("logout") == f"Successfully logged out of {url}\n"
    assert "You are not logged in" in person.refused("organization", "list")
