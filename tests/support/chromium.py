"""A real browser on the real server: pages that complain fail their test, and each is looked at as people see it.

A test asks for `page` and says where it has been by `@shows("blueprint.view")`; `check(page, "a-name")` judges what
the browser shows at that moment and leaves its picture. SCREENSHOTS names the folder of the pictures, such as
var/screenshots; without it they lie in pytest's own.
"""

import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, Playwright, Request, Response

from tests.support.accounts import PASSWORD, sign_in
from tests.support.server import RealServer

_Test = TypeVar("_Test", bound=Callable[..., Any])
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
WIDE, NARROW = {"width": 1200, "height": 800}, {"width": 400, "height": 800}
SCHEMES = ("light", "dark")
# Beyond, a picture shows the part that a screen shows.
TALLEST_PICTURE = 6_000
COLOURS = ["color-contrast", "link-in-text-block"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What a browser says of the document itself, whose status the test expects; it says the same of what a page loads.
_STATUS = "Failed to load resource: the server responded with a status of"


def launch(playwright: Playwright) -> Browser:
    """Start the machine's own Chromium; without one the test is skipped, but never in CI."""
    program = shutil.which("chromium")
    if program is None:
        missing = "There is no Chromium on this machine; on Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return playwright.chromium.launch(executable_path=program, args=ARGUMENTS)


@dataclass(frozen=True)
class Site:
    """The server that the browser visits, and an application on the same database, for services and fixtures."""

    server: RealServer
    app: Flask
    url: str


def shows(*endpoints: str) -> Callable[[_Test], _Test]:
    """Say which pages a test visits; test_every_page.py asks for each page of the server."""

    def mark(test: _Test) -> _Test:
        test.shown = endpoints  # type: ignore[attr-defined]
        return test

    return mark


@dataclass
class Watch:
    """Notes whatever a browser complains about: errors of scripts, refusals of our own policy, what did not load.

    Of pages that are not below `url`, such as those of an identity provider, it notes nothing.
    """

    url: str
    problems: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error of a script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _console(self, message: ConsoleMessage) -> None:
        is_ours = message.location["url"].startswith((self.url, "about:")) or not message.location["url"]
        if message.type == "error" and is_ours and not message.text.startswith(_STATUS):
            self.problems.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # A page that is left while it loads is no fault of its own.
        if request.failure != "net::ERR_ABORTED" and request.url.startswith(self.url):
            self.problems.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if not response.url.startswith(self.url):
            return
        request = response.request
        is_document = request.is_navigation_request() and request.frame.parent_frame is None
        if response.status >= 500 or (response.status >= 400 and not is_document):
            self.problems.append(f"{request.method} {response.url}: {response.status}")


def new_context(browser: Browser, url: str, **options: Any) -> BrowserContext:
    """Open a browser window that shares nothing with others, at a network address of its own."""
    address = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::7"
    values = {"viewport": WIDE, "locale": "en-GB", "extra_http_headers": {"X-Forwarded-For": address}, **options}
    return browser.new_context(base_url=url, **values)


@dataclass
class Check:
    """Judges a page by what people meet: axe in both colour schemes, no sideways scrolling; and takes its pictures."""

    folder: Path
    taken: set[str] = field(default_factory=set)

    def __call__(self, page: Page, name: str) -> None:
        """Judge what the page shows now; the name is that of the pictures, and good once."""
        assert name not in self.taken, f"there is a picture {name} already"
        self.taken.add(name)
        found: list[str] = []
        for scheme in SCHEMES:
            # Without motion, so that no colour is judged on its way to another.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += [f"{scheme}: {each}" for each in violations(page, colours_only=scheme != SCHEMES[0])]
            for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                height, overflow = page.evaluate(
                    "() => [document.documentElement.scrollHeight, "
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth]"
                )
                if overflow > 0:
                    found.append(f"{scheme}: at {viewport['width']} px it scrolls {overflow} px sideways")
                file = self.folder / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=file, full_page=height <= TALLEST_PICTURE, animations="disabled")
            page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
        assert not found, f"{page.url}:\n" + "\n".join(dict.fromkeys(found))


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return what axe finds on the page against WCAG 2.2 AA, a line for each place.

    `colours_only` asks for what another colour scheme can change, and costs a fraction of all.
    """
    if not page.evaluate("() => 'axe' in window"):
        # By the browser's own tools, to which the policy of the page does not apply; nothing of the page is changed.
        page.evaluate(AXE_SCRIPT)
    asked = {"type": "rule", "values": COLOURS} if colours_only else {"type": "tag", "values": WCAG}
    options = {"runOnly": asked, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def type_password(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in as people do, from the page that asks for the address."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter(page: Page, site: Site, account_id: str, organization_id: str | None = None) -> None:
    """Be signed in without typing anything, as after a login just now; needs an application context."""
    secret = sign_in(account_id, organization_id)
    page.context.add_cookies([{"name": "signed_in", "value": secret, "url": site.url, "httpOnly": True}])


def add_authenticator(page: Page, *, agrees: bool = True) -> CDPSession:
    """Put a security key into the page's machine, one that makes passkeys and agrees to everything (WebAuthn §11).

    One that does not agree cannot tell people from each other, and so makes no passkey.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": agrees,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools
