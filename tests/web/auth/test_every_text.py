"""Pages beside the console in a language of brackets, those of signing in, invitations and errors too.

Words outside of the brackets were not marked for translation, or they are no text.
"""

import html
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
import time_machine
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from scim_server.users.logins import offer_login
from scim_server.users.policy import Status
from tests.conftest import OPERATOR, Organization, make_organization
from tests.support.accounts import address, link, link_in, mails_to, make_account
from tests.support.api import ApiClient, good
from tests.support.brackets import forgotten, speak_in_brackets
from tests.support.browser import Browser
from tests.support.devices import Device
from tests.support.invitations import newest_token
from tests.support.logins import set_up_sso
from tests.support.people import insert_person
from tests.support.provider import TestProvider

OWNER, MEMBER = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"
NEW = "grey turtles ride at night"
# What pages show as it is in every language, and why.
AS_IT_IS = {
    r"\S+@\S+": "addresses",
    r"[A-Z]{4}-[A-Z]{4}|([a-z2-7]{4}-){3}[a-z2-7]{4}": "codes",
    r"2001:db8:\S+|Werkzeug/\S+": "network addresses and programs",
    r"Organization (Member|Owner)|ORGANIZATION_OWNER api": "titles of roles, and the name of a token",
    r"Some Body|Ann( &lt;Lee&gt;| <Lee>)?|SB|Test \w+|build-7|iPhone": "what people called themselves and things",
    r"\d+\. \w+ \d{4}|UTC": "days, which Babel writes",
    r"iss|sub|aud|exp|iat|nonce|sid|email|name|auth_time|acr|amr|department|scim-server": "names and values of claims",
    r"at_hash|https?://\S+|[\w-]{20,}": "the same",
}
# Views that answer a GET and that this walk does not come to, and why.
ELSEWHERE = {"auth.leave_for_sign_on": "shows what all do that leave for a provider: test_ways.py"}
PARTS = ("auth.", "sign_on.", "invitations.")


class Reader(Browser):
    """A browser that reads each page that it comes to; `seen` are the views that answered."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.client.set_cookie("language", "de")
        self.found: dict[str, list[str]] = {}
        self.seen: set[str] = set()

    def open(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request, and read what comes."""
        answer = super().open(method, path, **arguments)
        view = self._view(method, path)
        self.seen.add(view)
        texts = forgotten(answer.text, AS_IT_IS) if answer.mimetype == "text/html" else []
        if texts and answer.status_code not in {302, 303}:
            self.found[f"{method} {view} {answer.status_code}"] = texts
        return answer

    def _view(self, method: str, path: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(urlsplit(path).path, method)[0])
        except HTTPException:
            return "none"


def new_reader(readers: list[Reader], app: Flask) -> Reader:
    """Return another browser at an address of its own."""
    readers.append(Reader(app))
    return readers[-1]


def read_signing_in(reader: Reader, email: str) -> None:
    """Sign in, after some tries that fail."""
    reader.get("/me")
    reader.get("/login")
    reader.post("/login", email="nobody")
    reader.sign_in(email, "wrong")
    reader.get("/password/forgotten")
    reader.post("/password/forgotten", email="nobody")
    reader.get("/password/forgotten")
    reader.post("/password/forgotten", email=email)
    path = link_in(mails_to(email)[-1][1])
    reader.get(path)
    for weak in ("short", "password1", email, "aaaaaaaaaa", "abcdefghij"):
        reader.post(path, password=weak)
    reader.post(path, password=NEW)
    reader.get(path)
    reader.get("/login/bypass/unknown")
    reader.get("/nowhere")
    reader.open("POST", "/login", data={"email": email})


def read_ones_own_pages(reader: Reader, email: str, new: str) -> None:
    """Change what is one's own."""
    reader.sign_in(email)
    reader.post("/me/name", name=" ")
    reader.get("/me/email")
    reader.post("/me/email", email=email)
    reader.get("/me/email")
    reader.post("/me/email", email=new)
    for each in (email, new):
        path = link_in(mails_to(each)[-1][1])
        reader.get(path)
        reader.post(path)
    reader.get("/me")
    reader.post("/me/factors/authenticator")
    key, factor = re.findall(r"<code>([A-Z2-7 ]+)</code>", reader.text)[0], reader.hidden("factor")
    confirm = "/me/factors/authenticator/confirm"
    reader.post(confirm, factor=factor, code="1", name="P")
    reader.post(confirm, factor=factor, code=pyotp.TOTP(key.replace(" ", "")).now(), name="build-7")
    reader.get("/me")
    reader.get("/me/password")
    reader.post("/me/password", password="short")
    reader.post("/me/password", password=NEW)


def read_late(reader: Reader) -> None:
    """Come back after a time to what asks who it is."""
    reader.get("/me/password")
    reader.post("/me/confirm", password="wrong", next="/me/password")


def read_second_step(reader: Reader, email: str) -> None:
    """Be asked for a code."""
    reader.sign_in(email, NEW)
    reader.post("/login/second-factor", code="123")


def read_devices(reader: Reader, app: Flask, organization: Organization) -> None:
    """Let a device in, and keep one out."""
    email = address()
    link(organization.id, insert_person(organization.id, email, Status.ACTIVE, MEMBER), make_account(email))
    reader.sign_in(email)
    reader.get("/device")
    reader.post("/device", user_code="WDJB-MJHT")
    for answer in ("approve", "deny"):
        page = f"/device/{Device(app).begin().begun['user_code']}"
        reader.get(page)
        reader.post(page, answer=answer, organization=organization.id)
    stranger = address()
    make_account(stranger)
    reader.get("/me")
    reader.post("/logout")
    reader.sign_in(stranger)
    reader.get(f"/device/{Device(app).begin().begun['user_code']}")


def read_links_of_mails(reader: Reader, organization: Organization, owner: str) -> None:
    """Follow the links of the operator and of a proof."""
    path = offer_login(organization.id, owner, OPERATOR).removeprefix("http://127.0.0.1:8000")
    reader.get(path)
    reader.post(path, name="", password=NEW)
    reader.post(path, name="Ann", password=NEW)
    reader.get(path)
    unproved = address()
    make_account(unproved, is_proved=False)
    reader.sign_in(unproved)
    path = link_in(mails_to(unproved)[-1][1])
    reader.get(path)
    reader.post(path)


def read_invitations(reader: Reader, organization: Organization, api: ApiClient) -> None:
    """Be invited, decline, accept, come too late, and as somebody else."""
    paths = []
    for email in (address(), address(), address()):
        good(api.post("/invites", {"inviteeEmail": email, "role": MEMBER}))
        paths.append(f"/invitations/{newest_token(organization.id, email)}")
    reader.get(paths[0])
    reader.open("POST", paths[0], data={"answer": "reject"})
    reader.get(paths[0])
    reader.get(f"/invitations/{uuid.uuid4()}.nothing")
    reader.get(paths[1])
    reader.post(paths[1], answer="accept", name="Ann", password="short")
    reader.post(paths[1], answer="accept", name="Ann", password=NEW)
    reader.get(paths[2])
    reader.open("POST", paths[2], data={"answer": "accept"})


def read_single_sign_on(reader: Reader, organization: Organization, op: TestProvider, owner: str) -> None:
    """Test a Connection as an Owner, and be refused by it as a stranger."""
    connection_id = set_up_sso(organization.id, issuer=op.issuer)
    path = f"/login/sso/{connection_id}"
    reader.sign_in(owner)
    reader.get(f"{path}/test")
    reader.post(f"{path}/test")
    (url,) = set(re.findall(r'<a href="([^"]*)"', reader.text))
    reader.open("GET", f"{path}/callback", query_string=op.authorize(html.unescape(url)))
    reader.open("GET", f"{path}/callback", query_string={"state": "x", "code": "y"})
    reader.get(f"/login/sso/{uuid.uuid4()}")
    # An address that the provider may not speak for; its owner is sent a mail.
    guest = address()
    insert_person(organization.id, guest, Status.ACTIVE, MEMBER)
    make_account(guest)
    for email in (guest, address()):
        op.subject, op.claims = uuid.uuid4().hex, {"email": email, "name": "Ann"}
        away = reader.open("GET", path).headers["Location"]
        reader.open("GET", f"{path}/callback", query_string=op.authorize(away))
    link_to_confirm = re.findall(r"https?://[^/\s]+(/login/confirm/\S+)", mails_to(guest)[-1][1])[0]
    Reader.get(reader, link_to_confirm)


def test_no_page_holds_a_text_that_is_not_marked(
    app: Flask,
    organization: Organization,
    api: ApiClient,
    op: TestProvider,
    email: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speak_in_brackets(app, monkeypatch)
    readers: list[Reader] = []
    person, new = address(), address()
    make_account(person)
    founded = address()
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        read_signing_in(new_reader(readers, app), email)
        own = new_reader(readers, app)
        read_ones_own_pages(own, person, new)
        read_second_step(new_reader(readers, app), new)
        clock.shift(3_600)
        read_late(own)
    read_devices(new_reader(readers, app), app, organization)
    read_links_of_mails(new_reader(readers, app), make_organization("Test founded", founded), founded)
    read_invitations(new_reader(readers, app), organization, api)
    owner = address()
    link(organization.id, insert_person(organization.id, owner, Status.ACTIVE, OWNER), make_account(owner))
    read_single_sign_on(new_reader(readers, app), organization, op, owner)

    assert {view: texts for reader in readers for view, texts in reader.found.items()} == {}
    views = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith(PARTS)
    }
    assert views - {view for reader in readers for view in reader.seen} == set(ELSEWHERE)
