"""Take the pictures of the documentation anew: of a real server, with people who are made up (`make pictures`)."""

import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from scim_server.app import create_app
from scim_server.database.engines import dispose_engines
from scim_server.settings import Settings
from tests.support.chromium import launch, new_context
from tests.support.history import write_history
from tests.support.server import ROOT, RealServer

FOLDER = ROOT / "docs" / "pictures"
OWNER, PASSWORD = "olivia@acme.example", "grey turtles ride at night"
SIZE = {"width": 1200, "height": 800}
# Flat surfaces and text need no more.
COLOURS = 160
# Of the simulation: people whose names can be written with most fonts.
SEED = "2748"


@dataclass
class Studio:
    """A browser in which the Owner is signed in, and the Organization that it shows."""

    page: Page
    server: RealServer

    @property
    def base(self) -> str:
        """Return where the Organization's screens begin."""
        return f"/organizations/{self.server.founded['organization_slug']}"

    def open(self, path: str) -> None:
        """Open a screen."""
        self.page.goto(f"{self.base}{path}")

    def take(self, name: str, *, height: int = SIZE["height"]) -> None:
        """Take a picture of what a screen of this height shows."""
        self.page.set_viewport_size({"width": SIZE["width"], "height": height})
        shot = Image.open(io.BytesIO(self.page.screenshot(animations="disabled", caret="hide")))
        small = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}.png", optimize=True)
        self.page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})

    def api(self, path: str, body: object) -> Any:
        """Do something as the Organization's first token may, and return the answer."""
        url = f"http://127.0.0.1:{self.server.port}/v1/organizations/{self.server.founded['organization_id']}{path}"
        headers = {"Authorization": f"Bearer {self.server.founded['api_token']}"}
        answer = requests.post(url, json=body, headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


def begin(studio: Studio) -> None:
    """Come in by the Owner's link."""
    page = studio.page
    page.goto(studio.server.founded["owner_link"])
    page.get_by_label("Your name").fill("Olivia Marsh")
    page.get_by_label("Choose a password").fill(PASSWORD)
    studio.take("set-up", height=560)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("heading", name="Begin here")).to_be_visible()
    studio.take("begin", height=520)


def provisioning(studio: Studio) -> None:
    """Connect an identity provider, and let it push."""
    page, server = studio.page, studio.server
    studio.open("/provisioning")
    page.locator(".providers").get_by_role("link", name="Okta").click()
    server.run("simulate", "--dialect", "okta", "--users", "24", "--groups", "6", "--seed", SEED, "--keep")
    expect(page.locator(".first-come")).to_have_count(3)
    studio.take("set-up-guide", height=1_000)
    with server.client() as client:
        client.create_user("alex@simulation.example")
        client.create_user("alex@simulation.example")
    for _ in range(20):
        studio.open("/provisioning")
        if page.get_by_text("is here already").is_visible():
            break
        page.wait_for_timeout(500)
    studio.take("health", height=900)
    page.get_by_role("link", name="Requests", exact=True).click()
    studio.take("requests")


def access(studio: Studio) -> None:
    """Show who is here and why, and what is asked before somebody goes."""
    page = studio.page
    studio.api("/workspaces", {"name": "Research"})
    for name in ("noor", "sam"):
        studio.api("/invites", {"inviteeEmail": f"{name}@partner.example", "role": "ORGANIZATION_BILLING_ADMIN"})
    studio.open("/teams")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="+ Workspace").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Role").select_option("WORKSPACE_AUTHOR")
    dialog.get_by_role("button", name="Save role").click()
    expect(page.locator("#workspaces")).to_contain_text("Workspace Author")
    page.goto(page.url)
    studio.take("team")
    studio.open("/users")
    studio.take("users")
    studio.open("/teams")
    page.locator("tbody a").first.click()
    page.locator(".who-row a").first.click()
    studio.take("user", height=1_000)
    page.get_by_role("link", name="Remove member").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    studio.take("remove")


def joining(studio: Studio) -> None:
    """Show what switching just-in-time provisioning off would do."""
    studio.open("/authentication")
    studio.page.get_by_role("link", name="Change Automatic Membership").click()
    studio.page.get_by_label("Automatic Membership").select_option("DISABLED")
    expect(studio.page.get_by_text("From now on nobody joins by themselves")).to_be_visible()
    studio.take("membership", height=620)


def watching(studio: Studio) -> None:
    """Show the numbers of a month, and the log."""
    server = studio.server
    app = create_app(Settings.load(home=server.home, database_url=server.database_url))
    with app.app_context():
        write_history(server.founded["organization_id"], members=26)
    dispose_engines(app)
    studio.open("/dashboard")
    studio.take("dashboard")
    studio.open("/audit-log")
    studio.take("audit-log")


SCENES: tuple[Callable[[Studio], None], ...] = (begin, provisioning, access, joining, watching)


def main() -> int:
    """Take all of them; returns the exit code."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        server = RealServer(home, f"sqlite:///{home}/scim.db")
        server.run("quickstart", "--organization", "Acme", "--owner", OWNER)
        browser = launch(playwright)
        try:
            server.start()
            page = new_context(browser, f"http://127.0.0.1:{server.port}", viewport=SIZE).new_page()
            for scene in SCENES:
                scene(Studio(page, server))
        finally:
            browser.close()
            server.kill()
    for picture in sorted(FOLDER.glob("*.png")):
        sys.stdout.write(f"{picture.relative_to(ROOT)}  {picture.stat().st_size / 1_000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
