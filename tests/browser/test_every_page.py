"""A page without a browser test fails: whoever adds one writes it, and says so by `@shows`."""

import importlib
from pathlib import Path

from flask import Flask

# What answers GET and is no page of its own.
NO_PAGES = {
    "assets.static": "styles and scripts, which all pages load",
    "bootstrap.static": "as above",
    "docs.openapi": "for programs",
    "docs.style": "a style, which the reference loads",
    "oauth.metadata": "for programs",
    "operations.healthz": "for programs",
    "operations.readyz": "for programs",
}
PROGRAMS = ("/scim/", "/v1/organizations", "/v1/users")


def shown() -> set[str]:
    modules = [path.stem for path in Path(__file__).parent.glob("test_*.py")]
    tests = [vars(importlib.import_module(f"tests.browser.{module}")) for module in modules]
    return {endpoint for each in tests for test in each.values() for endpoint in getattr(test, "shown", ())}


def test_every_page_is_shown(app: Flask) -> None:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.rule.startswith(PROGRAMS)
    }

    assert pages - set(NO_PAGES) - shown() == set()
    assert set(NO_PAGES) - pages == set()
