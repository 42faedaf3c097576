"""Texts in the reader's language, and the appearance that they chose: both kept in cookies of their own."""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, get_translations

LANGUAGES = {"en": "English", "de": "Deutsch"}
THEMES = ("light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "language", "theme"
# How days and numbers are written; English ones as mails write them.
_FORMATS = {"en": "en_GB"}
_DIRECTORY = Path(__file__).parents[1] / "translations"
_YEAR_IN_SECONDS = 365 * 24 * 60 * 60


def set_up_translations(app: Flask) -> None:
    """Have templates say `_("...")` in the language of whoever reads them."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(_DIRECTORY)
    Babel(app, locale_selector=language, configure_jinja=False)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Flask-Babel's own look for the catalogue at each text, of which a list has hundreds.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, number: _catalogue().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(language=language, theme=theme, languages=LANGUAGES, same_page=same_page)
    app.jinja_env.filters.update(day=day, moment=moment, number=number)


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def language() -> str:
    """Return the language that was chosen, else the best of those that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    # Not `best_match`, for which `de-AT, en;q=0.5` is English.
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in wanted if tag in LANGUAGES), "en")


def moment(text: str) -> str:
    """Return a moment of the database in words, such as `2 December 2026, 16:10 UTC`, for pages without scripts."""
    value = datetime.fromisoformat(text).astimezone(UTC)
    return f"{_date(value.date(), 'long', language())}, {value:%H:%M} UTC"


def day(text: str) -> str:
    """Return a day in its short form, such as `2 Dec 2026`."""
    return _date(date.fromisoformat(text), "medium", language())


def number(value: float, digits: int = 0) -> str:
    """Return a number with its thousands set off, and as many digits behind the point."""
    return f"{value:,.{digits}f}".translate(_signs(language()))


def same_page() -> str | None:
    """Return the path by which the present page is opened anew; the start where it answers forms alone.

    None where the path names something: it may be a secret, which no page holds (IN10).
    """
    if request.view_args:
        return None
    is_opened = "GET" in current_app.url_map.bind("").allowed_methods(request.path)
    return request.full_path.rstrip("?") if is_opened else "/"


# Babel takes its time, and a page may show hundreds.
@lru_cache(maxsize=1_000)
def _date(value: date, form: str, code: str) -> str:
    return format_date(value, form, _FORMATS.get(code, code))


@cache
def _signs(code: str) -> dict[int, str]:
    """Return what stands in a language in place of Python's comma and point."""
    locale = Locale.parse(_FORMATS.get(code, code))
    return str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})


def theme() -> str:
    """Return `light` or `dark` where one was chosen; empty where the system decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def prefer(response: Response, cookie: str, value: str) -> None:
    """Remember a preference with this answer; an empty one is forgotten."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    if value:
        response.set_cookie(cookie, value, max_age=_YEAR_IN_SECONDS, httponly=True, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(cookie, httponly=True, samesite="Lax", secure=secure)
