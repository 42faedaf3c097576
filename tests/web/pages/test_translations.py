"""Which language a page speaks, how it writes days and numbers, and how it is opened anew in another one."""

import pytest
from flask import Flask

from scim_server.web.pages.translations import day, language, moment, number, same_page


@pytest.mark.parametrize(
    ("asked", "chosen", "spoken"),
    [
        ("", "", "en"),
        ("de-AT, en;q=0.5", "", "de"),
        ("fr, de;q=0.5, en;q=0.4", "", "de"),
        ("fr", "", "en"),
        ("*", "", "en"),
        ("de;q=0", "", "en"),
        ("DE-de", "", "de"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("de", "xx", "de"),
    ],
)
def test_the_language(app: Flask, asked: str, chosen: str, spoken: str) -> None:
    headers = {"Accept-Language": asked, "Cookie": f"language={chosen}"}
    with app.test_request_context(headers=headers):
        assert language() == spoken


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("en", ("2 December 2026, 16:10 UTC", "2 Dec 2026", "12,345", "7", "1,234.5")),
        ("de", ("2. Dezember 2026, 16:10 UTC", "02.12.2026", "12.345", "7", "1.234,5")),
    ],
)
def test_days_and_numbers(app: Flask, spoken: str, written: tuple[str, ...]) -> None:
    with app.test_request_context(headers={"Accept-Language": spoken}):
        told = moment("2026-12-02T18:10:59+02:00"), day("2026-12-02"), number(12_345), number(7), number(1_234.5, 1)
    assert told == written


@pytest.mark.parametrize(
    ("method", "path", "anew"),
    [
        ("GET", "/login?next=/me", "/login?next=/me"),
        ("POST", "/login", "/login"),
        ("GET", "/set-up/secret", None),
        ("GET", "/invitations/secret?next=https://evil.example", None),
        ("POST", "/logout", "/"),
        ("POST", "/me/password", "/me/password"),
    ],
)
def test_the_present_page_in_another_language(app: Flask, method: str, path: str, anew: str | None) -> None:
    with app.test_request_context(path, method=method):
        assert same_page() == anew
