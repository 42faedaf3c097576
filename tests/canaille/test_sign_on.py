"""People sign in at a real canaille: on arrival members or told whom to ask, and out when it deactivates them."""

import html
import json
import re
import time
import uuid
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.canaille.conftest import Installation
from tests.support.server import RealServer

pytestmark = pytest.mark.timeout(300)

SECRET = "a secret of this test: +/%"
SECOND = "01990000-0000-7000-8000-000000000002"  # the Connection of another Organization
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


def onward(page: requests.Response) -> str:
    """Return where a page leads on to by itself."""
    return html.unescape(re.findall(r'http-equiv="refresh" content="0;url=([^"]*)"', page.text)[0])


def api(server: RealServer, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    """Send a management request as the Organization's Owner."""
    kept = json.loads((server.home / "quickstart.json").read_text())
    url = f"http://127.0.0.1:{server.port}/v1/organizations/{kept['organization_id']}{path}"
    answer = requests.request(
        method, url, json=body, headers={"Authorization": f"Bearer {kept['api_token']}"}, timeout=30
    )
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def connection_id(installation: Installation) -> str:
    """Give the Connection by which people sign in at canaille, for the domain of its people."""
    server, canaille = installation.server, installation.canaille
    organization_id, found = execute(server, "SELECT organization_id, id FROM connections")
    path = f"/connections/{found}/sso"
    client = {"issuer": canaille.issuer, "clientId": "scim-server", "clientSecret": SECRET}
    scopes = {"scopes": ["openid", "email", "profile", "groups"], "groupsClaim": "groups"}
    shown = api(server, "PATCH", path, {**client, **scopes})
    second = shown["redirectUri"].replace(found, SECOND)
    canaille.let_sign_in([shown["redirectUri"], second], SECRET, return_to=shown["postLogoutRedirectUri"])
    moment = "2026-01-01T00:00:00.000000Z"
    execute(server, "UPDATE connection_sso SET tested_at = :now", now=moment)
    assert api(server, "PATCH", path, {"isActive": True})["isActive"]
    execute(
        server,
        "INSERT INTO domains (organization_id, id, name, state, proof, enforced_logins, connection_id, missed_checks,"
        " created_at, modified_at)"
        " VALUES (:organization, :id, 'example.org', 'VERIFIED', 'x', '[]', :connection, 0, :now, :now)",
        organization=organization_id,
        connection=found,
        id=str(uuid.uuid4()),
        now=moment,
    )
    return str(found)


class Person:
    """Somebody at a browser, who has a password at canaille."""

    def __init__(self, installation: Installation, name: str, *, is_new: bool = True) -> None:
        self._server, canaille = installation.server, installation.canaille
        self.name = name
        self.browser = requests.Session()
        arguments = ["--user-name", name, "--family-name", name, "--formatted-name", f"Test {name}"]
        arguments += ["--emails", f"{name}@example.org", "--password", PASSWORD]
        if is_new:
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
        return self.go(f"/login/sso/{connection_id}?next=/me")

    def sign_in_by_address(self, **way: str) -> requests.Response:
        """Sign in from the page that asks for the address, and return the page at the end."""
        time.sleep(1.1)
        page = self.browser.get(self._url("/login"), timeout=30)
        form = {"csrf_token": _TOKEN.findall(page.text)[0], "email": f"{self.name}@example.org", "next": "/me", **way}
        page = self.browser.post(self._url("/login"), data=form, timeout=30)
        return self.go(onward(page)) if "http-equiv" in page.text else page

    def send(self, path: str, *, of: str = "", **form: str) -> requests.Response:
        """Send a form of the page at its own address, or of another page."""
        token = _TOKEN.findall(self.browser.get(self._url(of or path), timeout=30).text)[0]
        return self.browser.post(self._url(path), data={"csrf_token": token, **form}, timeout=30)

    def go(self, url: str) -> requests.Response:
        """Go there and through canaille where it asks, and return the page at the end."""
        page = self.browser.get(self._url(url), timeout=30)
        for form in ({"login": self.name}, {"password": PASSWORD}, {"answer": "accept"}):
            token = _TOKEN.search(page.text)
            if token is None or f":{self._server.port}/" in page.url:
                return page
            page = self.browser.post(page.url, data={"csrf_token": token[1], **form}, timeout=30)
        return page

    def me(self) -> int:
        """Return the status of the page that only the signed-in see."""
        return self.browser.get(self._url("/me"), timeout=30).status_code

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else f"http://127.0.0.1:{self._server.port}{path}"


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
    fay = Person(installation, "sso-fay")
    fay.is_unknown()
    execute(server, "UPDATE domains SET state = 'PENDING'")
    try:
        page = fay.sign_in(connection_id)
        assert (page.status_code, "cannot vouch for your e-mail address" in page.text) == (403, True)
    finally:
        execute(server, "UPDATE domains SET state = 'VERIFIED'")


def test_one_person_in_two_organizations(installation: Installation, connection_id: str, toggle: Any) -> None:
    """The second has not proved the domain: its Owner, whom its founder named, shows by mail who they are."""
    server = installation.server
    toggle("ORGANIZATION_MEMBER")
    gus = Person(installation, "sso-gus")
    gus.is_unknown()
    assert gus.sign_in_by_address().url.endswith("/me")
    server.run("organization", "create", "Second", "--owner", "sso-gus@example.org")
    execute(
        server,
        "UPDATE connections SET id = :second WHERE organization_id ="
        " (SELECT id FROM organizations WHERE name = 'Second')",
        second=SECOND,
    )
    columns = "issuer, client_id, client_secret, scopes, algorithms, email_claim, name_claim, groups_claim, is_active"
    columns += ", tested_at, groups_to_teams, created_at, modified_at"
    execute(
        server,
        f"INSERT INTO connection_sso (organization_id, connection_id, {columns}) SELECT connections.organization_id,"
        f" connections.id, {', '.join(f'connection_sso.{name.strip()}' for name in columns.split(','))}"
        " FROM connection_sso, connections WHERE connections.id = :second",
        second=SECOND,
    )

    elsewhere = Person(installation, "sso-gus", is_new=False)
    page = elsewhere.sign_in(SECOND)
    assert "We have sent a mail to sso-gus@example.org" in page.text
    assert elsewhere.me() == 401
    page = elsewhere.send(confirmation_in(server))
    assert page.status_code == 200
    accounts = "SELECT count(DISTINCT account_id), count(*) FROM users WHERE user_name_folded = 'sso-gus@example.org'"
    assert tuple(execute(server, accounts)) == (1, 2)
    # Each session is good for the Organization whose provider vouched.
    sessions = "SELECT count(DISTINCT sessions.organization_id) FROM sessions JOIN accounts ON accounts.id = account_id"
    assert execute(server, f"{sessions} WHERE email = 'sso-gus@example.org'")[0] == 2
    assert gus.me() == elsewhere.me() == 200


def confirmation_in(server: RealServer) -> str:
    """Return the path of the link in the mail that the server has left in its folder."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for file in server.home.rglob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=default)
            body = mail.get_body(("plain",))
            found = re.findall(r"/login/confirm/\S+", body.get_content() if body is not None else "")
            if found:
                return found[0]
        time.sleep(0.2)
    raise AssertionError("no mail came")


def test_single_sign_on_as_the_only_way(installation: Installation, connection_id: str, toggle: Any) -> None:
    server = installation.server
    hal = Person(installation, "sso-hal")
    hal.is_unknown()
    api(server, "POST", "/invites", {"inviteeEmail": "sso-hal@example.org", "role": "ORGANIZATION_OWNER"})
    (domain,) = api(server, "GET", "/domains")["domains"]
    assert hal.sign_in_by_address().status_code == 200
    assert hal.row[1:] == ("ACTIVE", "ORGANIZATION_OWNER", "invite")
    refused = api(server, "POST", f"/domains/{domain['id']}", {"enforcedLogins": ["SSO"]}, status=409)
    assert "test its Connection first" in refused["message"]

    time.sleep(1.1)
    page = hal.go(onward(hal.send(f"/login/sso/{connection_id}/test")))
    assert "You would enter as Organization Owner." in page.text
    try:
        api(server, "POST", f"/domains/{domain['id']}", {"enforcedLogins": ["SSO"]})
        page = hal.send("/logout", of="/me")
        assert hal.me() == 401
        page = hal.browser.get(onward(page), timeout=30)
        # canaille knows the login by its ID token, ends it without asking, and sends the browser back.
        assert page.url == f"http://127.0.0.1:{server.port}/login"
        page = hal.sign_in_by_address(way="password")
        assert (page.status_code, "without a password here" in page.text) == (403, True)
        assert hal.send("/password/forgotten", email="sso-hal@example.org").status_code == 403

        slug = server.founded["organization_slug"]
        printed = server.run("account", "link", "sso-hal@example.org", "--organization", slug)
        set_up = re.findall(r"http://[^/]+(/set-up/\S+)", printed)[0]
        assert hal.send(set_up, name="Hal", password=PASSWORD).status_code == 200
        hal.browser.get(api(server, "POST", "/sso-bypass-key")["url"], timeout=30)
        assert hal.sign_in_by_address().url.endswith("/login/password")
        assert hal.send("/login/password", password=PASSWORD).status_code == 200
        assert hal.me() == 200
        assert api(server, "GET", "/sso-bypass-key")["lastUsedAt"] is not None
    finally:
        api(server, "POST", f"/domains/{domain['id']}", {"enforcedLogins": []})


def test_groups_fill_teams(installation: Installation, connection_id: str, toggle: Any) -> None:
    server, canaille = installation.server, installation.canaille
    toggle("ORGANIZATION_MEMBER")
    ivy = Person(installation, "sso-ivy")
    other = Person(installation, "sso-jon")
    ids = {each["userName"]: key for key, each in canaille.people().items()}
    api(server, "PATCH", f"/connections/{connection_id}", {"provisioning": "OFF"})
    try:
        team = api(server, "POST", "/teams", {"name": "night-shift"})["id"]
        api(server, "PATCH", f"/connections/{connection_id}/sso", {"groupsToTeams": True})
        group = canaille.create_group("night-shift", ids["sso-ivy"])
        assert ivy.sign_in_by_address().status_code == 200
        assert [each["userId"] for each in api(server, "GET", f"/teams/{team}/members")["teamMembers"]] == [ivy.row.id]

        canaille.set_group(group, "night-shift", other.name)
        # canaille leaves the claim out for who is in no group, and a token without it changes nothing (ADR 46).
        canaille.create_group("day-shift", ids["sso-ivy"])
        for person in (ivy, other):
            assert person.sign_in(connection_id).status_code == 200
        members = api(server, "GET", f"/teams/{team}/members")["teamMembers"]
        assert [each["userId"] for each in members] == [other.row.id]
    finally:
        api(server, "PATCH", f"/connections/{connection_id}/sso", {"groupsToTeams": False})
        api(server, "PATCH", f"/connections/{connection_id}", {"provisioning": "ON"})
