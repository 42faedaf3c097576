"""Sessions are told apart by what people call their browsers."""

import pytest
from flask import Flask

from scim_server.web.pages.browsers import browser_name

_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_SAFARI = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) {} Safari/605.1.15"
_WINDOWS = "Windows NT 10.0; Win64; x64"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (_CHROME.format(_WINDOWS), "Chrome on Windows"),
        (_CHROME.format("Linux; Android 10; K"), "Chrome on Android"),
        (_CHROME.format("X11; CrOS x86_64 14541.0.0"), "Chrome on ChromeOS"),
        (f"{_CHROME.format(_WINDOWS)} Edg/142.0.0.0", "Edge on Windows"),
        (f"{_CHROME.format('X11; Linux x86_64')} OPR/120.0.0.0", "Opera on Linux"),
        (f"Mozilla/5.0 ({_WINDOWS}; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        (_SAFARI.format("Macintosh; Intel Mac OS X 10_15_7", "Version/26.0"), "Safari on macOS"),
        (_SAFARI.format("iPhone; CPU iPhone OS 18_6 like Mac OS X", "CriOS/142.0.0.0"), "Chrome on iPhone"),
        ("scim-server/1.0", "scim-server/1.0"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
        (None, "Unknown browser"),
    ],
)
def test_a_browser_has_a_name(app: Flask, user_agent: str | None, name: str) -> None:
    with app.test_request_context():
        assert browser_name(user_agent) == name
