"""Every page there is, against whoever is not signed in."""

import re
import uuid

import pytest
from flask import Flask

from scim_server.web.request_log import shown_path
from tests.support.browser import Browser

BLUEPRINTS = ("auth.", "console.", "preferences.", "sign_on.", "provider_calls.", "assets.")
ONE_OF_TWO = "<any(users, teams):kind>"
# Pages that need no session, and why.
ANONYMOUS = {
    ("assets.static", "GET"): "style sheets and scripts, the same for everyone",
    ("console.root", "GET"): "leads to signing in, or says what the operator does first",
    ("preferences.choose", "POST"): "appearance and language of this browser",
    ("auth.login", "GET"): "signing in begins here",
    ("auth.login_email", "POST"): "the first step",
    ("auth.bypass_sign_on", "GET"): "the link that Owners keep is the secret",
    ("auth.leave_for_sign_on", "GET"): "the way to the identity provider of one's address",
    ("auth.login_password", "GET"): "the second step",
    ("auth.check_password", "POST"): "the second step",
    ("auth.login_second_factor", "GET"): "the third step, named by a secret in a cookie",
    ("auth.check_second_factor", "POST"): "the third step",
    ("auth.logout", "POST"): "whoever is not signed in is signed out",
    ("auth.forgotten", "GET"): "a new password, by mail",
    ("auth.ask_for_reset", "POST"): "a new password, by mail",
    ("auth.choose_password", "GET"): "the link of a mail is the secret",
    ("auth.reset_password", "POST"): "the link of a mail is the secret",
    ("auth.show_proof", "GET"): "the link of a mail is the secret",
    ("auth.prove_email", "POST"): "the link of a mail is the secret",
    ("auth.show_change", "GET"): "the link of a mail is the secret",
    ("auth.confirm_change", "POST"): "the link of a mail is the secret",
    ("auth.show_set_up", "GET"): "the link that the operator hands out is the secret",
    ("auth.set_up", "POST"): "the link that the operator hands out is the secret",
    ("sign_on.begin_sso", "GET"): "signing in at an identity provider begins here",
    ("sign_on.finish_sso", "GET"): "where the identity provider sends the browser back, named by state and cookie",
    ("sign_on.show_confirmation", "GET"): "the link of a mail is the secret, in the browser that signed in",
    ("sign_on.confirm_identity", "POST"): "the link of a mail is the secret, in the browser that signed in",
    ("provider_calls.back_channel_logout", "POST"): "the token that the identity provider signs is the secret",
}


def pages(app: Flask) -> dict[tuple[str, str], str]:
    """Return every page with its method, and its path with ids that nobody has."""
    return {
        (rule.endpoint, method): re.sub(r"<[^>]*>", str(uuid.uuid4()), rule.rule.replace(ONE_OF_TWO, "users"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(BLUEPRINTS)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_page_without_a_session_has_a_reason(app: Flask) -> None:
    assert set(ANONYMOUS) <= set(pages(app))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_all_others_are_for_those_who_are_signed_in(app: Flask, method: str) -> None:
    asked = [path for route, path in pages(app).items() if route[1] == method and route not in ANONYMOUS]

    assert len(asked) > 3
    for path in asked:
        browser = Browser(app)
        browser.get("/login")
        answered = browser.get(path) if method == "GET" else browser.post(path)
        if answered.status_code == 404:
            # Browsers keep passkeys for addresses with https alone, so there are none here.
            assert "passkey" in path
            continue
        assert answered.status_code == 401, path
        assert browser.title == "Sign in", path


def test_forms_of_other_sites_are_refused_everywhere(app: Flask) -> None:
    ours = ("auth.", "console.", "preferences.")
    asked = [path for (endpoint, method), path in pages(app).items() if method == "POST" and endpoint.startswith(ours)]

    for path in asked:
        assert Browser(app).open("POST", path, data={"name": "x"}).status_code == 403, path


def test_secrets_of_links_are_not_logged(app: Flask) -> None:
    """Every part of a path that varies is an id that means nothing, or is called what the log leaves out."""
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith((*BLUEPRINTS, "invitations.")) or not rule.arguments:
            continue
        if rule.endpoint.startswith("console."):  # ids and names, of which none opens anything
            continue
        path = re.sub(r"<[^>]+>", "the-secret", rule.rule)
        with app.test_request_context(path, method=sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})[0]):
            if rule.arguments & {"secret", "token", "user_code"}:
                assert "the-secret" not in shown_path(), rule.rule
            else:
                assert all(name.endswith("_id") or name in {"filename", "kind"} for name in rule.arguments), rule.rule
