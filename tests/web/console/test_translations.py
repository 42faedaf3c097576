"""Texts of pages: none escapes translation, all have their German, and what is translated is what is compiled."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from scim_server.web.pages.details import pattern_of
from scim_server.web.pages.sentences import SENTENCES
from scim_server.web.pages.translations import LANGUAGES

WEB = Path(__file__).parents[3] / "scim_server" / "web"
# The reference of the management API is English, as its names are.
TEMPLATES = sorted(path for path in WEB.rglob("templates/**/*.html") if "management" not in path.parts)
MODULES = sorted(
    path
    for folder in ("auth", "console", "invitations", "pages")
    for path in (WEB / folder).rglob("*.py")
    # Guides hold names that the identity providers gave to their fields.
    if path.parent.name != "guides"
)
OTHERS = sorted(set(LANGUAGES) - {"en"})
MARKS = {"_", "gettext", "ngettext", "lazy_gettext"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
# What views say to programs alone, or to whoever wrote a link by hand, and a name that is the same everywhere.
FOR_PROGRAMS = {
    "Samsung Internet",
    "The answer names a parameter twice.",
    "This logout token is not accepted.",
    "Sign in with the invited address first, or open the link in a browser.",
    ": nothing yet\n\n",
    "e-mail address",
}
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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_text_of_a_view_escapes_translation(path: Path) -> None:
    spoken = [pattern_of(sentence) for sentence in SENTENCES]
    found = [text for text in unmarked(ast.parse(path.read_text(encoding="utf-8"))) if WORDS.search(text)]
    told = [text for text in found if not any(pattern.fullmatch(text) for pattern in spoken)]

    assert [text for text in told if text not in FOR_PROGRAMS] == []


def unmarked(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a module that no call marks: neither docstrings, nor what is for the log."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in MARKS:
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="_log"))) | ast.Expr(value=ast.Constant()):
            return
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)
            return
    for child in ast.iter_child_nodes(node):
        yield from unmarked(child)


@pytest.fixture(scope="module")
def marked() -> set[tuple[str, ...]]:
    """Give every text that is marked, as `make translations` finds it."""
    keywords = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
    with (WEB / "translations" / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    pages = extract_from_dir(WEB, methods, options, keywords)
    remedies = extract_from_file("python", WEB.parent / "connections" / "remedies.py", keywords)
    return {forms(each[2]) for each in pages} | {forms(each[1]) for each in remedies}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str, marked: set[tuple[str, ...]]) -> None:
    """`make translations` takes new texts into the catalogue; the language is written there by hand."""
    with (WEB / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = {forms(each.id): each for each in read_po(source) if each.id}

    assert marked - set(catalogue) == set()
    assert set(catalogue) - marked == set()
    assert [english for english, each in catalogue.items() if each.fuzzy or not all(forms(each.string))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_names_that_are_put_in_are_the_same(language: str) -> None:
    with (WEB / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = [each for each in read_po(source) if each.id]

    for each in catalogue:
        wanted = {name for text in forms(each.id) for name in PLACEHOLDER.findall(text)}
        for text in forms(each.string):
            assert set(PLACEHOLDER.findall(text)) == wanted, each.id
            assert not set("%") & set(PLACEHOLDER.sub("", text)) or not wanted, each.id


@pytest.mark.parametrize("language", OTHERS)
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
    found = {forms(each.id): forms(each.string) for each in catalogue if each.id}
    return {english: text for english, text in found.items() if all(text) and text != english}


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    """Return the forms of a text: one, or those of one and of many."""
    return (text,) if isinstance(text, str) else tuple(text)
