"""Texts of the console: none escapes translation, and what is translated is what is compiled."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from scim_server.web.pages.translations import LANGUAGES

WEB = Path(__file__).parents[3] / "scim_server" / "web"
TEMPLATES = sorted((WEB / "console" / "templates").rglob("*.html"))
# What is no language: signs, commands, and the names of units.
NO_TEXT = re.compile(r"<code>[^<{]*</code>|&#?\w+;|UTC")
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# With those attributes that macros write by themselves.
TAG = re.compile(r"<[^>]*>|[\w-]+=\"[^\"]*\"", re.DOTALL)
ATTRIBUTE = re.compile(r'(?:aria-label|title|placeholder|alt|data-copied)="([^"{]*[A-Za-z]{2}[^"{]*)"')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_text_escapes_translation(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    bare = TAG.sub(" ", JINJA.sub(" ", NO_TEXT.sub(" ", text)))

    assert re.findall(r"[A-Za-z]{2,}", bare) == []
    assert ATTRIBUTE.findall(JINJA.sub("{", text)) == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_what_is_compiled_is_what_is_translated(language: str) -> None:
    folder = WEB / "translations" / language / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as source:
        translated = texts(read_po(source))
    with (folder / "messages.mo").open("rb") as source:
        compiled = texts(read_mo(source))

    assert translated
    assert compiled == translated


def texts(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return what is translated, all forms of it, by the English: what is not is compiled as English at times."""

    def forms(text: str | Sequence[str]) -> tuple[str, ...]:
        return (text,) if isinstance(text, str) else tuple(text)

    found = {forms(each.id): forms(each.string) for each in catalogue if each.id}
    return {english: text for english, text in found.items() if all(text) and text != english}
