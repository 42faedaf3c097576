"""People sign in at a real canaille: on arrival members or told whom to ask, and out when it deactivates them."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.canaille.conftest import Installation
from tests.support.server import RealServer

pytestmark = pytest.mark.timeout(300)

SECRET = "a secret of this test: +/%"
PASSWORD = "grey turtles ride at night"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def execute(server: RealServer, statement: str, **values: Any) -> Any:
    """Do in the database what needs a DNS, or a person who looks at a page."""
    engine = create_engine(server.database_url)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return found.first() if found.returns_rows else None
    finally:
        engine.dispose()


def api(server: RealServer, method: str, path: str, body: Any = None) -> Any:
    """Send a management request as the Organization's Owner."""
    kept = json.loads((server.home / "quickstart.json").read_text())
    url = f"http://127.0.0.1:{server.port}/v1/organizations/{kept['organization_id']}{path}"
    answer = requests.request(
        method, url, json=body, headers={"Authorization": f"Bearer {kept['api_token']}"}, timeout=30
    )
    assert answer.ok, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def connection_id(installation: Installation) -> str:
    """Give the Connection by which people sign in at canaille, for the domain of its people."""
    server, canaille = installation.server, installation.canaille
    organization_id, found = execute(server, "SELECT organization_id, id FROM connections")
    path = f"/connections/{found}/sso"
    shown = api(
        server,
        "PATCH",
        path,
        {"issuer": canaille.issuer, "clientId": "scim-server", "clientSecret": SECRET},
    )
    canaille.let_sign_in(shown["redirectUri"], SECRET)
    moment = "2026-01-01T00:00:00.000000Z"
    execute(server, "UPDATE connection_sso SET tested_at = :now", now=moment)
    assert api(server, "PATCH", path, {"isActive": True})["isActive"]
    execute(
        server,
        "INSERT INTO domains (organization_id, id, name, state, proof, enforced_logins, missed_checks, created_at,"
        " modified_at) VALUES (:organization, :id, 'example.org', 'VERIFIED', 'x', '[]', 0, :now, :now)",
        organization=organization_id,
        id=str(uuid.uuid4()),
        now=moment,
    )
    return str(found)


class Person:
    """Somebody at a browser, who has a password at canaille."""

    def __init__(self, installation: Installation, name: str) -> None:
        self._server, canaille = installation.server, installation.canaille
        self.name = name
        self.browser = requests.Session()
        arguments = ["--user-name", name, "--family-name", name, "--formatted-name", f"Test {name}"]
        arguments += ["--emails", f"{name}@example.org", "--password", PASSWORD]
        canaille.command("create", "user", "--quiet", *arguments)

    @property
    def row(self) -> Any:
        """Return what our server has of them: id, status, role, source."""
        statement = "SELECT id, status, role, source FROM users WHERE user_name_folded IN (:name, :address)"
        return execute(self._server, statement, name=self.name, address=f"{self.name}@example.org")

    def is_unknown(self) -> None:
        """Take back what canaille has pushed, so that the login is the first that is heard of them."""
        with self._server.client() as client:
            assert client.request("DELETE", f"/Users/{self.row.id}").status == 204

    def sign_in(self, connection_id: str) -> requests.Response:
        """Sign in: at canaille where it asks, and return the page at the end."""
        # canaille's access tokens of one person in one second are the same, which its own database refuses.
        time.sleep(1.1)
        page = self.browser.get(f"http://127.0.0.1:{self._server.port}/login/sso/{connection_id}", timeout=30)
        for form in ({"login": self.name}, {"password": PASSWORD}, {"answer": "accept"}):
            token = _TOKEN.search(page.text)
            if token is None or f":{self._server.port}/" in page.url:
                return page
            page = self.browser.post(page.url, data={"csrf_token": token[1], **form}, timeout=30)
        return page

    def me(self) -> int:
        """Return the status of the page that only the signed-in see."""
        return self.browser.get(f"http://127.0.0.1:{self._server.port}/me", timeout=30).status_code


@pytest.fixture
def toggle(installation: Installation) -> Iterator[Any]:
    """Give what sets automatic membership; it is on afterwards."""
    slug = installation.server.founded["organization_slug"]

    def set_to(role: str) -> None:
        command = ("connection", "set", "--organization", slug, "--automatic-membership", role)
        installation.server.run(*command)

    yield set_to
    set_to("ORGANIZATION_MEMBER")


def test_people_sign_in_at_canaille(installation: Installation, connection_id: str, toggle: Any) -> None:
    server = installation.server
    toggle("ORGANIZATION_MEMBER")
    ada = Person(installation, "sso-ada")
    ada.is_unknown()
    page = ada.sign_in(connection_id)
    assert (page.status_code, page.url) == (200, f"http://127.0.0.1:{server.port}/me"), page.text
    assert ada.row[1:] == ("ACTIVE", "ORGANIZATION_MEMBER", "jit")

    toggle("disabled")
    bob = Person(installation, "sso-bob")
    assert bob.row[1:] == ("AWAITING_INVITATION", None, "scim")
    page = bob.sign_in(connection_id)
    assert page.status_code == 403
    assert "Ask an Organization Owner to invite you." in page.text
    bob.is_unknown()
    assert bob.sign_in(connection_id).status_code == 403
    assert bob.row is None

    eve = Person(installation, "sso-eve")
    eve.is_unknown()
    api(server, "POST", "/invites", {"inviteeEmail": "sso-eve@example.org", "role": "ORGANIZATION_BILLING_ADMIN"})
    assert eve.sign_in(connection_id).status_code == 200
    assert eve.row[1:] == ("ACTIVE", "ORGANIZATION_BILLING_ADMIN", "invite")

    toggle("ORGANIZATION_MEMBER")
    dan = Person(installation, "sso-dan")
    assert dan.sign_in(connection_id).status_code == 200
    assert dan.row[1:] == ("ACTIVE", "ORGANIZATION_MEMBER", "scim")
    with server.client() as client:
        operation = {"op": "replace", "path": "active", "value": False}
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        assert client.request("PATCH", f"/Users/{dan.row.id}", patch).status == 200
    assert dan.me() == 401
    page = dan.sign_in(connection_id)
    assert (page.status_code, "was deactivated" in page.text) == (403, True)
    execute(server, "DELETE FROM domains")
    fay = Person(installation, "sso-fay")
    page = fay.sign_in(connection_id)
    assert (page.status_code, "cannot vouch for your e-mail address" in page.text) == (403, True)
