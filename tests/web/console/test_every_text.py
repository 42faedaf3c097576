"""Every screen in a language of brackets: what stands outside of them was not marked for translation, or is no text."""

import re

import pytest
from flask import Flask

from scim_server.roles.catalogue import catalogue
from scim_server.web.console.guides import GUIDES
from tests.support.brackets import forgotten, speak_in_brackets
from tests.web.console.conftest import Seat
from tests.web.console.test_every_screen import ELSEWHERE, screens

SCOPES = catalogue().scopes.values()
PERMISSIONS = {word for scope in SCOPES for each in scope.custom_permissions for word in each.split(".")}
TITLES = {each.title for scope in SCOPES for each in scope.roles} | {
    each.name for scope in SCOPES for each in scope.templates
}
# What screens show as it is in every language, and why.
AS_IT_IS = {
    r"\S+@\S+|[0-9a-f-]{36}": "addresses and ids",
    r"\S+\.example": "domains",
    r"2001:db8:\S+|Werkzeug/\S+": "network addresses and programs",
    r"Acme \w+|A[EO]": "the Organization, and initials",
    r"Alice (Owner|Example)|Engineers|Runner|one|tests|Identity provider": "what people called things",
    r"ORGANIZATION_\w+ api": "names that tests give to tokens",
    r"UTC|NDJSON|gzip|CSV|GET|POST|PUT|PATCH|DELETE": "names of zones, formats and methods",
    **{re.escape(str(guide.name)): "identity providers" for guide in GUIDES},
    **{re.escape(title): "titles of roles, which the operator declares" for title in TITLES},
}
ROLE_FORMS = ("role", "ask_for_role", "create_role", "update_role")
# The same, on single screens.
ON_ONE = {
    **{name: {rf"[\w.]*\b({'|'.join(PERMISSIONS)})": "permissions"} for name in ROLE_FORMS},
    "audit_event": {r"connectionId|name|status": "names of attributes"},
    "user": {r"True|ACTIVE|scim|ORGANIZATION_MEMBER": "values before and after"},
    "ask_to_delete_token": {"Delete": "the word that is typed, the same in every language"},
    "export_audit_log": {r".+": "a file for programs"},
}
# And on those that answer a form, which may be any.
ANSWERED = {
    r"ORGANIZATION_\w+( api)?|organization": "roles as on the wire",
    r"True|False|(IN)?ACTIVE|PENDING|scim": "values before and after",
    r"Delete": "the word that is typed",
}


def test_no_screen_holds_a_text_that_is_not_marked(
    app: Flask, alice: Seat, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_in_brackets(app, monkeypatch)
    alice.browser.client.set_cookie("language", "de")
    paths = {name: path for name, path in screens(app, "GET", ids).items() if name not in ELSEWHERE}

    found = {}
    for name, path in paths.items():
        assert alice.get(path).status_code == 200, name
        found[name] = forgotten(alice.text, {*AS_IT_IS, *ON_ONE.get(name, ())})

    assert {name: texts for name, texts in found.items() if texts} == {}


def test_nor_does_what_an_empty_form_is_answered_with(
    app: Flask, alice: Seat, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_in_brackets(app, monkeypatch)
    alice.browser.client.set_cookie("language", "de")

    found = {}
    # What ends something comes last.
    paths = sorted(screens(app, "POST", ids).items(), key=lambda each: each[0].startswith(("delete", "remove")))
    for name, path in paths:
        alice.get("/general")
        assert alice.post(path).status_code < 500, name
        found[name] = forgotten(alice.text, {*AS_IT_IS, *ANSWERED, *ON_ONE.get(name, ())})

    assert {name: texts for name, texts in found.items() if texts} == {}
