"""Texts in the reader's language, and the appearance that they chose: both kept in cookies of their own."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
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
    app.jinja_env.filters.update(moment=moment, number=number)


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def language() -> str:
    """Return the language that was chosen, else the best of those that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def moment(text: str) -> str:
    """Return a moment of the database in words, such as `2 December 2026, 16:10 UTC`, for pages without scripts."""
    value = datetime.fromisoformat(text).astimezone(UTC)
    return f"{format_date(value, 'long', _format())}, {value:%H:%M} UTC"


def number(value: int) -> str:
    """Return a number with its thousands set off."""
    # Most are small, and Babel takes its time.
    return str(value) if abs(value) < 1000 else format_decimal(value, locale=_format())  # noqa: PLR2004 - a thousand


def same_page() -> str:
    """Return the path by which the present page is opened anew; the start where it answers forms alone."""
    is_opened = "GET" in current_app.url_map.bind("").allowed_methods(request.path)
    return request.full_path.rstrip("?") if is_opened else "/"


def _format() -> str:
    return _FORMATS.get(language(), language())


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
