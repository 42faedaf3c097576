"""From `make run` and an empty browser to people with their Teams, by what the screen says and nothing else.

The person who sits there knows canaille, whose people they look after, and has never seen this product.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.canaille.provider import PROGRAM, Canaille
from tests.support.chromium import Check, Watch, new_context
from tests.support.server import RealServer

PASSWORD = "grey turtles ride at night"
PATIENCE_MS = 60_000
# canaille takes seconds for each command, and a busy machine takes longer.
pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[str]:
    """Give what `make run` prints before it serves, while it serves."""
    home = tmp_path / "home"
    home.mkdir()
    server = RealServer(home, f"sqlite:///{home}/scim.db")
    try:
        text = server.run("quickstart")
        server.start()
        yield text + server.log
    finally:
        server.kill()


@pytest.fixture
def canaille(tmp_path: Path) -> Iterator[Canaille]:
    """Give an identity provider that knows nothing of us."""
    if not PROGRAM.exists():
        pytest.skip("canaille is not installed; run 'make canaille' for its environment .venv-canaille")
    found = Canaille(tmp_path / "canaille")
    yield found
    found.stop()


@pytest.fixture
def browser(chromium: Browser, printed: str, check: Check) -> Iterator[Page]:
    """Give an empty browser, of which a recording is left (`playwright show-trace`)."""
    url = re.findall(r"console at (http://\S+)/", printed)[0]
    watch = Watch(url)
    context = new_context(chromium, url, permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE_MS)
    context.tracing.start(screenshots=True, snapshots=True)
    page = context.new_page()
    watch.over(page)
    yield page
    context.tracing.stop(path=check.folder / "ten-minutes.zip")
    context.close()
    assert not watch.problems, "\n".join(watch.problems)


def copied(page: Page, where: Locator, label: str) -> str:
    """Press the button beside a value, and return what is to be pasted then."""
    where.get_by_role("button", name=f"Copy {label}").click()
    expect(where.get_by_role("button", name=f"Copy {label}")).to_have_text("Copied")
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def step(page: Page, title: str) -> Locator:
    """Return a step of the guide."""
    return page.locator(".guide > ol > li").filter(has=page.get_by_role("heading", name=title))


def test_canaille_is_connected_by_what_the_screen_says(
    printed: str, canaille: Canaille, browser: Page, check: Check
) -> None:
    page = browser

    # What was printed names one link to open.
    (link,) = re.findall(r"http://\S+/set-up/\S+", printed)
    page.goto(link)
    expect(page.get_by_text("owner@example.com")).to_be_visible()
    page.get_by_label("Your name").fill("Olivia Owner")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()

    # In at once, and the first screen says where to begin.
    expect(page.get_by_role("heading", name="Begin here")).to_be_visible()
    check(page, "ten-minutes-1-begin")
    page.get_by_role("link", name="Connect an identity provider").click()
    page.get_by_role("link", name="canaille").click()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("It will not be shown again.")).to_be_visible()

    # Each step is done as it is written, with what its button copies.
    canaille.configure(copied(page, step(page, "Switch its SCIM client on"), "Section [CANAILLE_SCIM]"))
    for title in ("Register this server as a client", "Plant the token"):
        program, *arguments = shlex.split(copied(page, step(page, title), "Command"))
        assert program == "canaille"
        canaille.command(*arguments)
    canaille.start()
    page.evaluate("() => { window.isTheSamePage = true; }")
    come = page.locator(".first-come")
    expect(come).to_have_count(0)
    for name, family in (("ada", "Lovelace"), ("ben", "Bold")):
        full = ("--formatted-name", f"{name.title()} {family}", "--family-name", family)
        canaille.command("create", "user", "--user-name", name, *full, "--emails", f"{name}@example.org")
    expect(come).to_have_count(2, timeout=PATIENCE_MS)
    canaille.command("create", "group", "--display-name", "Engineering", "--members", "ada", "--members", "ben")
    expect(come).to_have_count(3, timeout=PATIENCE_MS)
    assert page.evaluate("() => window.isTheSamePage"), "the panel turned green without loading the page anew"
    check(page, "ten-minutes-2-green")

    # They are members, with their Team.
    page.get_by_role("link", name="See the Users").click()
    for name in ("Ada Lovelace", "Ben Bold"):
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text("Active")
        expect(row).to_contain_text("Organization Member")
        expect(row).to_contain_text("Identity provider")
    expect(page.get_by_role("row").filter(has_text="owner@example.com")).to_contain_text("Olivia Owner")
    page.get_by_role("link", name="Ada Lovelace").click()
    page.get_by_role("link", name="Engineering").click()
    for name in ("Ada Lovelace", "Ben Bold"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    check(page, "ten-minutes-3-team")
