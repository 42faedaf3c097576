"""What services say when they refuse, on pages in German: each sentence is one that a service really says."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from zxcvbn import feedback

import scim_server
from scim_server.web.pages.details import MAX_LENGTH, pattern_of, said
from scim_server.web.pages.sentences import SENTENCES

ROOT = Path(scim_server.__file__).parent


def texts(path: Path) -> set[str]:
    """Return the texts of a module, with an x for what is put in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values))
    return found


def tables(declared: Any) -> Iterator[dict[str, Any]]:
    """Yield all tables of a TOML file."""
    if isinstance(declared, dict):
        yield declared
    for each in declared.values() if isinstance(declared, dict) else declared if isinstance(declared, list) else ():
        yield from tables(each)


@cache
def spoken() -> frozenset[str]:
    """Return all that services may say, and how the roles are described."""
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        if path.name != "sentences.py":
            found |= texts(path)
    # Reasons that are put in: of a domain behind what begins the sentence, of a password without its full stop.
    domains = {f"This name {text}" for text in texts(ROOT / "domains" / "policy.py")}
    passwords = {text.rstrip(".") for text in found | texts(Path(str(feedback.__file__)))}
    declared = tomllib.loads((ROOT.parent / "config" / "roles.toml").read_text(encoding="utf-8"))
    roles = {each["description"] for each in tables(declared) if "description" in each}
    refusals = {text.replace("-", " ") for text in texts(ROOT / "sso" / "policy.py")}
    return frozenset(found | domains | passwords | refusals | roles)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_is_what_a_service_says(sentence: str) -> None:
    pattern = pattern_of(sentence)

    assert any(pattern.fullmatch(text) for text in spoken())


def test_none_stands_twice() -> None:
    assert len(set(SENTENCES)) == len(SENTENCES)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("That is not your password.", "Das ist nicht Ihr Passwort."),
        (
            "Nobody grants a role above their own: ORGANIZATION_OWNER stands above ORGANIZATION_MEMBER.",
            "Niemand vergibt eine Rolle über der eigenen: ORGANIZATION_OWNER steht über ORGANIZATION_MEMBER.",
        ),
        (
            "Single sign-on cannot be the only way yet: prove the domain first.",
            "Single Sign-on kann noch nicht der einzige Weg sein: Weisen Sie zuerst die Domain nach.",
        ),
        (
            "There is a Connection 100% (x)s already; choose another name.",
            "Es gibt schon eine Verbindung 100% (x)s; wählen Sie einen anderen Namen.",
        ),
        ("A sentence that nobody knows.", "A sentence that nobody knows."),
    ],
)
def test_names_are_put_back(app: Flask, english: str, german: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert said(english) == german


def test_what_repeats_a_long_text_is_not_searched(app: Flask) -> None:
    long = f"There is a Connection {'x' * MAX_LENGTH} already; choose another name."
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert said(long) == long


def test_english_stays_as_it_is(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr, en"}):
        for sentence in SENTENCES:
            assert said(sentence) == sentence
