"""A language that puts each translated text in brackets: words outside of them are data, or somebody forgot them."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from flask import Flask
from flask_babel import get_babel

import scim_server.web

CATALOGUE = Path(scim_server.web.__file__).parent / "translations" / "de" / "LC_MESSAGES" / "messages.po"
_READ_OUT = ("aria-label", "title", "placeholder", "alt", "data-copied", "data-told")
_AS_IT_IS = frozenset({"script", "style", "code", "pre", "time"})
_PLACEHOLDER = re.compile(r"(%\(\w+\)[sd])")
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Bracketed(NullTranslations):
    """The language; it knows what is in the catalogue."""

    def __init__(self, known: frozenset[str]) -> None:
        super().__init__()
        self._known = known

    def gettext(self, message: str) -> str:
        """Return a text that is in the catalogue in brackets, and outside of them what is put into it."""
        parts = _PLACEHOLDER.split(message) if message in self._known else []
        return "".join(part if index % 2 else f"⟦{part}⟧" for index, part in enumerate(parts)) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form of a number."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    ugettext, ungettext = gettext, ngettext


class _Visible(HTMLParser):
    """What people see of a page, or have read out to them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unread: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave out what is no text, and the names of languages, each in its own."""
        attributes = dict(attrs)
        if tag in _AS_IT_IS or ("lang" in attributes and tag != "html"):
            self._unread.append(tag)
        self.texts += [attributes[name] or "" for name in _READ_OUT if name in attributes]

    def handle_endtag(self, tag: str) -> None:
        """Read on."""
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if not self._unread:
            self.texts.append(data)


def speak_in_brackets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever asks for German get brackets."""
    with CATALOGUE.open("rb") as source:
        messages = [message.id for message in read_po(source)]
    known = frozenset(text for each in messages for text in ((each,) if isinstance(each, str) else each))
    monkeypatch.setitem(get_babel(app).instance.domain_instance.cache, ("de", "messages"), _Bracketed(known))


def forgotten(page: str, names: Iterable[str]) -> list[str]:
    """Return the texts of a page with words outside of brackets; `names` are patterns of what is data."""
    data = re.compile("|".join(rf"(?<!\w)(?:{name})(?!\w)" for name in sorted(names, key=len, reverse=True)))
    texts = [" ".join(text.split()) for text in _Visible(page).texts]
    return [text for text in texts if _WORD.search(data.sub(" ", re.sub(r"⟦[^⟦⟧]*⟧", " ", text)))]
