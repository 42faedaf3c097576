"""The pages behind the link of an invitation: for people, and as JSON for programs."""

import re
from collections.abc import Callable
from contextvars import Context
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.api import ApiClient, good
from tests.support.invitations import JSON, answer, look, newest_token, person_of

BOB = "bob@acme.example"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def token(api: ApiClient) -> str:
    good(api.post("/invites", {"inviteeEmail": BOB, "role": "ORGANIZATION_BILLING_ADMIN"}))
    return newest_token(api.organization_id, BOB)


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "input", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def browse(app: Flask, token: str, chosen: str | None = None) -> TestResponse:
    """Look at the page, or answer on it as the invited person, who is signed in."""
    if chosen is None:
        client = app.test_client()
        return Context().run(lambda: client.get(f"/invitations/{token}", headers=BROWSER))
    client = person_of(app, token)
    # Outside the test's own application context, or requests would share who is signed in.
    return Context().run(lambda: client.post(f"/invitations/{token}", data={"answer": chosen}, headers=BROWSER))


def styles_of(app: Flask, page: TestResponse) -> str:
    """Return the style sheets of a page, which come from this server."""
    sheets = [link["href"] for link in Outline(page.get_data(as_text=True)).named("link")]
    assert sheets
    assert all(sheet and sheet.startswith("/") for sheet in sheets)
    texts = []
    for sheet in sheets:
        with app.test_client().get(sheet) as answered:
            texts.append(answered.get_data(as_text=True))
    return "".join(texts)


def test_the_page_says_who_invites_to_what_and_asks(app: Flask, api: ApiClient, token: str) -> None:
    page = browse(app, token)
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    html = page.get_data(as_text=True)
    name = good(api.get("/invites"))["invites"][0]["organizationName"]
    for told in (f"Join {name}", BOB, "Organization Billing Admin", "ORGANIZATION_OWNER api", "UTC"):
        assert told in html
    outline = Outline(html)
    assert outline.named("html") == [{"lang": "en"}]
    assert outline.named("form") == [{"method": "post"}]
    buttons = [(button["name"], button["value"], button["type"]) for button in outline.named("button")]
    assert buttons == [("answer", "accept", "submit"), ("answer", "reject", "submit")]
    assert len(outline.named("h1")) == len(outline.named("main")) == 1


def pages() -> dict[str, Callable[[Flask, str], TestResponse]]:
    return {
        "invitation": browse,
        "accepted": lambda app, token: browse(app, token, "accept"),
        "rejected": lambda app, token: browse(app, token, "reject"),
        "refused": lambda app, token: browse(app, "no.such"),
    }


@pytest.mark.parametrize("name", pages())
def test_every_page_is_for_all_people(app: Flask, token: str, name: str) -> None:
    """Light and dark, on small screens, with keys alone, and safe."""
    page = pages()[name](app, token)
    html = page.get_data(as_text=True)
    outline = Outline(html)
    meta = {attributes.get("name"): attributes.get("content") for attributes in outline.named("meta")}
    assert meta["viewport"] == "width=device-width, initial-scale=1"
    assert meta["color-scheme"] == "light dark"
    styles = styles_of(app, page)
    assert "color-scheme: light dark" in styles
    assert "focus-visible" in styles
    assert outline.named("script") == []
    assert re.search(r"<title>[^<]+</title>", html)
    assert "Content-Security-Policy" in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read(app: Flask, token: str) -> None:
    """WCAG 2.2 asks for 4.5:1, in the light and in the dark."""
    styles = styles_of(app, browse(app, token))
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", styles)
    for scheme in (1, 2):
        colours = {colour[0]: colour[scheme] for colour in found}
        for text, ground in (
            *((text, ground) for text in ("text", "quiet", "wrong") for ground in ("card", "ground", "raised")),
            *((text, f"{text}-soft") for text in ("strong", "good", "warn", "wrong")),
            ("on-strong", "strong"),
            ("on-strong", "strong-over"),
            ("on-wrong", "wrong"),
        ):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_people_accept(app: Flask, api: ApiClient, token: str) -> None:
    page = browse(app, token, "accept")
    assert page.status_code == 200
    assert "Welcome to" in page.get_data(as_text=True)
    assert good(api.get("/invites"))["invites"][0]["state"] == "ACCEPTED"
    again = browse(app, token, "accept")
    assert again.status_code == 410
    assert "This invitation was used already." in again.get_data(as_text=True)


def test_people_decline(app: Flask, api: ApiClient, token: str) -> None:
    page = browse(app, token, "reject")
    assert page.status_code == 200
    assert "Invitation declined" in page.get_data(as_text=True)
    assert good(api.get("/invites"))["invites"][0]["state"] == "REJECTED"
    assert "declined" in browse(app, token).get_data(as_text=True)
    assert browse(app, token).status_code == 410


def test_programs(app: Flask, api: ApiClient, token: str) -> None:
    seen = good(look(app, token))
    assert set(seen) == {
        "inviteId",
        "organizationId",
        "organizationName",
        "inviteeEmail",
        "inviterName",
        "role",
        "expiresAt",
    }
    assert seen["inviteeEmail"] == BOB
    joined = good(answer(app, token))
    assert joined["organizationId"] == api.organization_id
    assert (joined["inviteStatus"], joined["role"]) == ("accept", "ORGANIZATION_BILLING_ADMIN")
    gone = look(app, token)
    assert (gone.status_code, gone.mimetype) == (410, "application/problem+json")
    assert gone.get_json(force=True)["detail"] == "This invitation was used already."


def test_who_says_nothing_of_media_types_is_a_person(app: Flask, token: str) -> None:
    for accepted in ("*/*", "", "text/html;q=0.9,application/json;q=0.8"):
        page = app.test_client().get(f"/invitations/{token}", headers={"Accept": accepted})
        assert page.mimetype == "text/html", accepted


@pytest.mark.parametrize("body", [{}, {"inviteStatus": "maybe"}, {"inviteStatus": None}, {"inviteStatus": ["accept"]}])
def test_an_answer_is_one_of_two(app: Flask, token: str, body: dict) -> None:
    refused = app.test_client().post(f"/invitations/{token}", json=body, headers=JSON)
    assert refused.status_code == 400
    assert "inviteStatus" in refused.get_json(force=True)["detail"]
    good(look(app, token))


def test_a_server_that_fails_says_so_to_people(
    app: Flask, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret reason")

    monkeypatch.setattr("scim_server.invitations.answers.accept", fail)
    page = browse(app, token, "accept")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "nothing was changed" in page.get_data(as_text=True)
    assert page.headers["X-Request-Id"] in page.get_data(as_text=True)
    assert "a secret reason" not in page.get_data(as_text=True)
    monkeypatch.undo()
    good(answer(app, token))


@pytest.mark.parametrize(("data", "status"), [(b"{", 400), (b"[]", 400), (b"x" * 2_000_000, 413)])
def test_a_body_that_is_none(app: Flask, token: str, data: bytes, status: int) -> None:
    client = app.test_client()
    sent = client.post(f"/invitations/{token}", data=data, content_type="application/json", headers=JSON)
    assert sent.status_code == status
    good(look(app, token))
