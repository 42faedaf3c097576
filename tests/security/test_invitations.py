"""Attacks on invitations and mail (security catalogue IN01 to IN21, OB04, AV07)."""

import re
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.invitations.limits import MAX_MAILS_PER_ADDRESS
from scim_server.invitations.policy import LIFETIME
from scim_server.outbox.delivery import MAX_ATTEMPTS, MAX_PAUSE, deliver_due
from scim_server.outbox.models import OutboxMessage
from scim_server.roles.authority import Authority, Requester
from scim_server.tokens.service import MANAGEMENT_SCOPE, create_token, revoke_token
from scim_server.users.models import User
from scim_server.web.invitations.pages import MISSES_AT_ONCE
from scim_server.web.rate_limit import RateLimiter
from tests.conftest import OPERATOR, Organization, make_api, make_organization
from tests.support.accounts import PASSWORD, address, make_account
from tests.support.api import ApiClient, good, refused
from tests.support.browser import Browser
from tests.support.client import USER, ScimClient
from tests.support.invitations import answer, link_in, look, mails_to, newest_token, person_of
from tests.support.outbox import Outbox, certificate, outbox  # noqa: F401 - fixtures
from tests.support.people import standing
from tests.support.smtp import mail_server

BOB, MEMBER, OWNER = "bob@acme.example", "ORGANIZATION_MEMBER", "ORGANIZATION_OWNER"
PARALLEL = 64


@pytest.fixture(autouse=True)
def nobody_has_guessed_yet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "invitation_rate_limiter", RateLimiter(1, MISSES_AT_ONCE))


def invite(api: ApiClient, email: str = BOB, role: str = MEMBER, **arguments) -> str:
    return str(good(api.post("/invites", {"inviteeEmail": email, "role": role}, **arguments))["inviteId"])


def token(api: ApiClient, email: str = BOB) -> str:
    return newest_token(api.organization_id, email)


def users(organization_id: str) -> int:
    with reading() as connection:
        statement = select(func.count()).select_from(User).where(User.organization_id == organization_id)
        return int(connection.execute(statement).scalar_one())


def test_IN01_a_link_works_once(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    good(answer(api.app, link))
    for again in (answer(api.app, link), answer(api.app, link, "reject"), look(api.app, link)):
        assert again.status_code == 410
        assert "used already" in again.get_data(as_text=True)
    assert users(api.organization_id) == 1


def test_IN02_of_many_at_once_one_wins(api: ApiClient, organization: Organization) -> None:
    invite(api)
    link = token(api)
    start = threading.Barrier(PARALLEL)

    def accept(_: int) -> int:
        start.wait()
        return answer(api.app, link).status_code

    with ThreadPoolExecutor(PARALLEL) as pool:
        statuses = Counter(pool.map(accept, range(PARALLEL)))
    assert statuses == {200: 1, 410: PARALLEL - 1}
    with reading() as connection:
        joined = select(func.count()).where(
            AuditEvent.organization_id == organization.id, AuditEvent.action == "user:user:joined"
        )
        assert connection.execute(joined).scalar_one() == 1


def test_IN02_acceptance_push_and_another_invitation_at_once(api: ApiClient, scim: ScimClient) -> None:
    """However they fall, there is one User and it is a member."""
    for turn in range(8):
        email = f"bob{turn}@acme.example"
        invite(api, email)
        link = token(api, email)
        body = {"inviteeEmail": email, "role": MEMBER}
        mine = (
            ApiClient(api.app, api.organization_id, api.token),
            ScimClient(api.app, scim.organization_id, scim.token),
        )
        works = [
            lambda: answer(api.app, link).status_code,  # noqa: B023 - done within the turn
            lambda: mine[0].post("/invites", body).status_code,  # noqa: B023
            lambda: mine[1].post("/Users", {"userName": email, "schemas": [USER]}).status_code,  # noqa: B023
            lambda: _adopt(scim, email),  # noqa: B023
        ]
        start = threading.Barrier(len(works))

        def run(work, start=start):
            start.wait()
            return work()

        with ThreadPoolExecutor(len(works)) as pool:
            statuses = list(pool.map(run, works))
        assert all(status < 500 for status in statuses), statuses
        (found,) = scim.filter("/Users", f'userName eq "{email}"').get_json(force=True)["Resources"]
        status, role, _, _ = standing(api.organization_id, found["id"])
        assert (status, role) == ("ACTIVE", MEMBER), statuses


def _adopt(scim: ScimClient, email: str) -> int:
    client = ScimClient(scim.app, scim.organization_id, scim.token)
    (found,) = client.filter("/Users", f'userName eq "{email}"').get_json(force=True)["Resources"]
    change = {"op": "replace", "path": "displayName", "value": "Bob"}
    return client.patch(f"/Users/{found['id']}", change).status_code


def test_IN03_expired_by_one_second(api: ApiClient) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        invite(api)
        link = token(api)
        clock.shift(LIFETIME - (LIFETIME / 604_800))
        assert look(api.app, link).status_code == 200
        clock.shift(1)
        for late in (look(api.app, link), answer(api.app, link), answer(api.app, link, "reject")):
            assert late.status_code == 410
            assert "expired" in late.get_data(as_text=True)


def test_IN04_only_the_newest_link_works(api: ApiClient) -> None:
    invitation = invite(api)
    old = token(api)
    good(api.post(f"/invites/{invitation}/resend"))
    new = token(api)
    assert {answer(api.app, old).status_code, look(api.app, old).status_code} == {404}
    api.delete(f"/invites/{invitation}")
    assert answer(api.app, old).status_code == 404
    assert answer(api.app, new).status_code == 410


def test_IN05_signed_in_as_somebody_else(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    eve = address("eve")
    make_account(eve)
    browser = Browser(api.app)
    browser.sign_in(eve)
    browser.get(f"/invitations/{link}")
    assert eve in browser.text
    answered = browser.open("POST", f"/invitations/{link}", data={"answer": "accept"})
    assert answered.status_code == 403
    assert "sent to b***@acme.example" in browser.text
    told = browser.open("POST", f"/invitations/{link}", json={"inviteStatus": "accept"})
    assert told.status_code == 403
    assert good(api.get("/invites", state="OPEN"))["totalCount"] == 1
    browser.open("POST", f"/invitations/{link}", data={"answer": "accept"})
    browser.post("/logout")
    good(answer(api.app, link))


def test_IN05_nobody_signed_in_is_nobody(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    answered = api.app.test_client().post(f"/invitations/{link}", json={"inviteStatus": "accept"})
    assert answered.status_code == 401
    assert good(api.get("/invites", state="OPEN"))["totalCount"] == 1


def test_IN05_only_this_browser_makes_the_account(api: ApiClient) -> None:
    """Else another site could sign somebody in as whom it was invited as."""
    email = address()
    invite(api, email)
    browser = Browser(api.app)
    values = {"answer": "accept", "name": "Bob", "password": "grey turtles ride at night"}
    path = f"/invitations/{token(api, email)}"
    assert browser.open("POST", path, data=values).status_code == 403
    browser.get(path)
    assert browser.post(path, **{**values, "password": "acme acme"}).status_code == 400
    assert 'aria-invalid="true"' in browser.text
    assert browser.post(path, **values).status_code == 200
    browser.get("/me")
    assert email in browser.text
    assert browser.get(path).status_code == 410


def test_IN05_whoever_has_an_account_signs_in(api: ApiClient) -> None:
    email = address()
    make_account(email)
    invite(api, email)
    browser = Browser(api.app)
    path = f"/invitations/{token(api, email)}"
    browser.get(path)
    values = {"answer": "accept", "name": "M", "password": "grey turtles ride at night"}
    browser.get(browser.open("POST", path, data=values).headers["Location"])
    assert email in browser.text
    browser.post("/login/password", password=PASSWORD)
    assert f"signed in as {email}" in browser.text
    assert browser.open("POST", path, data={"answer": "accept"}).status_code == 200
    browser.get("/me")
    assert "not a member of any Organization" not in browser.text


def test_IN06_a_changed_link_is_no_link(api: ApiClient) -> None:
    other = make_api(api.app, make_organization(f"Other {uuid.uuid4().hex[:8]}"))
    invite(api)
    invite(other)
    mine, theirs = token(api), token(other)
    (id_, secret), (other_id, other_secret) = (link.split(".", 1) for link in (mine, theirs))
    flipped = chr(ord(secret[5]) ^ 1) if secret[5] not in "-_" else "x"
    wrong = [
        f"{id_}.{secret[:5]}{flipped}{secret[6:]}",
        f"{id_}.{secret}x",
        f"{id_}.{secret[:-1]}",
        f"{id_}.{other_secret}",
        f"{other_id}.{secret}",
        f"{id_}.",
        f".{secret}",
        id_,
        f"{id_.upper()}.{secret}",
        f"{uuid.uuid4()}.{secret}",
        f"{id_}.{secret}" + "A" * 1_000,
        f"{id_}.\N{SNOWMAN}",
        f"{api.organization_id}.{secret}",
    ]
    shapes = {
        (sent.status_code, sent.content_type, re.sub(r'"requestId":"[^"]*"', "", sent.get_data(as_text=True)))
        for link in wrong
        for sent in (look(api.app, link), answer(api.app, link))
    }
    assert len(shapes) == 1
    assert shapes.pop()[0] == 404
    good(answer(api.app, mine))


def test_IN07_guessing_is_hopeless_and_slow(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    id_, secret = link.split(".", 1)
    assert len(secret) >= 43, "256 bits"
    statuses = Counter(look(api.app, f"{id_}.{uuid.uuid4().hex}").status_code for _ in range(2 * MISSES_AT_ONCE))
    assert set(statuses) == {404, 429}
    assert statuses[404] >= MISSES_AT_ONCE
    limited = look(api.app, "nothing.at-all")
    assert int(limited.headers["Retry-After"]) >= 1
    # Who has a link is not kept out by somebody who guesses from the same address.
    good(answer(api.app, link))


def test_IN08_links_come_from_the_public_url_alone(api: ApiClient) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    invite(api, headers={**forged, "Host": "localhost"})
    refused(api.post("/invites", {"inviteeEmail": BOB, "role": MEMBER}, headers={"Host": "evil.example"}), 400)
    (mail,) = mails_to(api.organization_id, BOB)
    for part in mail:
        assert "evil" not in part
        assert f"{api.app.config['PUBLIC_URL']}/invitations/" in part
    assert link_in(mail[0]).startswith(api.app.config["PUBLIC_URL"])


def test_IN09_looking_changes_nothing(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    client = api.app.test_client()
    for method in ("GET", "HEAD", "GET"):
        assert client.open(f"/invitations/{link}", method=method).status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        assert client.open(f"/invitations/{link}", method=method).status_code == 405
    assert client.get(f"/invitations/{link}?answer=accept").status_code == 200
    assert client.post(f"/invitations/{link}").status_code == 400
    assert good(api.get("/invites", state="OPEN"))["totalCount"] == 1
    good(answer(api.app, link))


def test_IN10_the_page_tells_nobody_of_the_link(api: ApiClient) -> None:
    invite(api)
    link = token(api)
    page = look(api.app, link, Accept="text/html")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    html = page.get_data(as_text=True)
    assert not re.search(r"https?://|src=|url\(|@import|<script", html)
    links = re.findall(r'href="([^"]*)"', html)
    assert links
    assert all(each.startswith("/assets/") for each in links), links
    assert link not in html, "the form goes to where the page came from"
    assert policy["style-src"] == "'self'"


def test_IN11_no_answer_and_no_event_holds_a_secret(api: ApiClient) -> None:
    invitation = invite(api)
    answered = [
        api.get("/invites"),
        api.get(f"/invites/{invitation}"),
        api.post(f"/invites/{invitation}/resend"),
        api.post("/invites/bulk", {"invites": [{"email": "erin@acme.example", "role": MEMBER}]}),
        api.get("/messages", state="WAITING"),
    ]
    secrets = [newest_token(api.organization_id, email).split(".", 1)[1] for email in (BOB, "erin@acme.example")]
    with reading() as connection:
        rows = connection.execute(select(AuditEvent).where(AuditEvent.organization_id == api.organization_id)).all()
        stored = connection.execute(select(OutboxMessage)).all()
    for text in (*(each.get_data(as_text=True) for each in answered), str(rows), str(stored)):
        assert "/invitations/" not in text
        assert not any(secret in text for secret in secrets)


def test_IN12_invitations_of_another_organization(api: ApiClient, cast) -> None:
    theirs = good(cast.charlies_api.post("/invites", {"inviteeEmail": BOB, "role": MEMBER}))
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/resend")):
        refused(api.request(method, f"/invites/{theirs['inviteId']}{path}"), 404)
    (outcome,) = good(api.post("/users/invite-waiting", {"userIds": [theirs["userId"]]}))["results"]
    assert outcome["error"]["statusCode"] == 404
    (message,) = good(cast.charlies_api.get("/messages", state="WAITING"))["messages"]
    refused(api.post(f"/messages/{message['id']}/retry"), 404)
    assert good(cast.charlies_api.get(f"/invites/{theirs['inviteId']}")) == theirs


def test_IN13_nobody_invites_above_their_own_role(app: Flask, organization: Organization, api: ApiClient) -> None:
    from scim_server.invitations import service
    from scim_server.protocol.errors import Forbidden

    for role in ("ORGANIZATION_BILLING_ADMIN", MEMBER, None):
        client = make_api(app, organization, role)
        refused(client.post("/invites", {"inviteeEmail": BOB, "role": OWNER}), 403)
        # Even where a catalogue of its own let this role invite.
        requester = Requester(organization.id, Authority(role), OPERATOR)
        with pytest.raises(Forbidden):
            service.invite(requester, email=BOB, role=OWNER)
        with pytest.raises(Forbidden):
            service.invite_waiting(requester, user_ids=None, role=OWNER)
        (outcome,) = service.bulk_invite(requester, [service.Line(BOB, OWNER)])
        assert outcome.error is not None
        assert outcome.error.status == 403
    invitation = invite(api, role=OWNER)
    with pytest.raises(Forbidden):
        service.resend(Requester(organization.id, Authority("ORGANIZATION_BILLING_ADMIN"), OPERATOR), invitation)
    assert len(mails_to(organization.id, BOB)) == 1


def test_IN14_an_inviter_who_lost_the_right(app: Flask, organization: Organization) -> None:
    made, text = create_token(organization.id, OPERATOR, name="leaked", role=OWNER, scopes=(MANAGEMENT_SCOPE,))
    api = ApiClient(app, organization.id, text)
    invitation = invite(api, role=OWNER)
    link = token(api)
    revoke_token(organization.id, made.id, OPERATOR)
    page = answer(app, link)
    assert page.status_code == 403
    assert "invite you again" in page.get_data(as_text=True)
    assert users(organization.id) == 1
    # Somebody who may takes it over.
    other = make_api(app, organization)
    assert good(other.get(f"/invites/{invitation}"))["state"] == "OPEN"
    good(other.post(f"/invites/{invitation}/resend"))
    assert good(answer(app, token(other)))["role"] == OWNER


def test_IN14_a_token_that_merely_expired_did_its_work(app: Flask, organization: Organization) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        _, text = create_token(
            organization.id, OPERATOR, name="day", role=OWNER, scopes=(MANAGEMENT_SCOPE,), expires_in_days=1
        )
        api = ApiClient(app, organization.id, text)
        invite(api)
        clock.shift(86_400 * 3)
        refused(api.get("/invites"), 401)
        good(answer(app, token(api)))


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_IN15_the_landing_page_is_fixed(api: ApiClient, target: str) -> None:
    invite(api)
    link = token(api)
    client = person_of(api.app, link)
    query = dict.fromkeys(("next", "redirect", "url", "return_to"), target)
    for sent in (
        Context().run(lambda: client.get(f"/invitations/{link}", query_string=query)),
        Context().run(
            lambda: client.post(f"/invitations/{link}", query_string=query, data={"answer": "accept", **query})
        ),
    ):
        assert sent.status_code == 200
        assert "Location" not in sent.headers
        assert target not in sent.get_data(as_text=True)


def test_IN16_no_header_is_injected(app: Flask, api: ApiClient) -> None:
    for email in (f"{BOB}\r\nBcc: v@x.example", f"{BOB}\nBcc: v@x.example", f"{BOB}%0aBcc: v@x.example"):
        refused(api.post("/invites", {"inviteeEmail": email, "role": MEMBER}), 400, "inviteeEmail")
    from scim_server.organizations.service import OrganizationError

    organization = make_organization("Evil Bcc: v@x.example")
    assert invite(make_api(app, organization))
    with pytest.raises(OrganizationError):
        make_organization("x\x00Bcc: v@x.example")


def test_IN17_html_in_names_is_shown(app: Flask) -> None:
    name = '<img src=x onerror=alert(1)> "&'
    api = make_api(app, make_organization(name))
    invite(api)
    text, html = mails_to(api.organization_id, BOB)[-1]
    escaped = "&lt;img src=x onerror=alert(1)&gt; &#34;&amp;"
    assert name in text
    assert escaped in html
    link = token(api)
    person = person_of(app, link)
    pages = [
        look(app, link, Accept="text/html"),
        Context().run(lambda: person.post(f"/invitations/{link}", data={"answer": "accept"})),
    ]
    for page in (html, *(each.get_data(as_text=True) for each in pages)):
        assert "<img" not in page
        assert escaped in page


def test_IN18_mail_bombing(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = Counter(
        api.post("/invites", {"inviteeEmail": email, "role": MEMBER}).status_code
        for email in [BOB, BOB.upper()] * MAX_MAILS_PER_ADDRESS
    )
    assert statuses == {200: MAX_MAILS_PER_ADDRESS, 429: MAX_MAILS_PER_ADDRESS}
    (invitation,) = good(api.get("/invites"))["invites"]
    refused(api.post(f"/invites/{invitation['inviteId']}/resend"), 429)
    # Revoking and inviting anew is no way round.
    api.delete(f"/invites/{invitation['inviteId']}")
    refused(api.post("/invites", {"inviteeEmail": BOB, "role": MEMBER}), 429)
    monkeypatch.setattr("scim_server.invitations.limits.MAX_MAILS_PER_ORGANIZATION", MAX_MAILS_PER_ADDRESS + 2)
    body = {"invites": [{"email": f"user{number}@acme.example", "role": MEMBER} for number in range(4)]}
    results = good(api.post("/invites/bulk", body))["results"]
    assert [line["error"] and line["error"]["statusCode"] for line in results] == [None, None, 429, 429]
    with time_machine.travel(datetime.now(UTC)) as clock:
        clock.shift(3_601)
        invite(api)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example,b@y.example",
        "a@x.example b@y.example",
        "a@x.example;b@y.example",
        '"<v@x.example> a"@e.example',
        "Bob <bob@acme.example>",
        "a" * 300 + "@x.example",
        "a@" + "b" * 300 + ".example",
        '"quoted local"@x.example',
        "a@b",
        "a@[127.0.0.1]",
        "a@localhost",
        "@x.example",
        "a@@x.example",
        "a@x..example",
        "a@x.example\x00",
        "a\u202e@x.example",
        "a@\u202ex.example",
    ],
)
def test_IN19_tricks_with_addresses(api: ApiClient, address: str) -> None:
    assert api.post("/invites", {"inviteeEmail": address, "role": MEMBER}).status_code == 400
    assert users(api.organization_id) == 0


def test_IN19_what_is_written_otherwise_is_one_address(api: ApiClient) -> None:
    ids = {invite(api, email) for email in ("bob@bücher.example", "bob@xn--bcher-kva.example", " BOB@BÜCHER.example ")}
    assert len(ids) == 1
    assert users(api.organization_id) == 1


def test_IN20_plus_and_dots_are_part_of_an_address(api: ApiClient) -> None:
    ids = {invite(api, email) for email in ("a@x.example", "a+1@x.example", "a.b@x.example", "ab@x.example")}
    assert len(ids) == 4
    assert users(api.organization_id) == 4


def test_IN21_nobody_learns_who_is_elsewhere(api: ApiClient, other_scim: ScimClient) -> None:
    """A person of another Organization is invited as one whom nobody knows; both kinds have the same statements."""
    other_scim.create_user("known@elsewhere.example")
    known, unknown = (
        good(api.post("/invites", {"inviteeEmail": f"{name}@elsewhere.example", "role": MEMBER}))
        for name in ("known", "strange")
    )
    changing = {"inviteId", "invitee", "userId", "inviteeEmail", "createdAt", "sentAt", "expiresAt"}
    assert {k: v for k, v in known.items() if k not in changing} == {
        k: v for k, v in unknown.items() if k not in changing
    }
    assert set(known) == set(unknown)


def test_OB04_encryption_is_never_left_out(outbox: Outbox, certificate) -> None:  # noqa: F811
    """The tests of real mail servers are in tests/outbox/test_smtp.py; this is their sum."""
    with mail_server("none") as server:
        for security in ("tls", "starttls"):
            outbox.send_to(server.port, smtp_security=security)
            outbox.write()
            assert deliver_due().sent == 0
    with mail_server("tls", certificate) as server:
        outbox.send_to(server.port, smtp_security="tls")
        outbox.write()
        assert deliver_due().sent == 0
    assert server.received == []


def test_AV07_a_mail_that_always_fails(outbox: Outbox) -> None:  # noqa: F811
    with mail_server() as server, time_machine.travel(datetime(2026, 11, 25, tzinfo=UTC), tick=False) as clock:
        server.recipient_fault = lambda address: "550 no" if address.startswith("poison") else None
        outbox.send_to(server.port)
        poison = outbox.write("poison@acme.example")
        for number in range(MAX_ATTEMPTS + 3):
            outbox.write(f"user{number}@acme.example")
            assert deliver_due().sent == 1
            clock.shift(2 * MAX_PAUSE)
        dead = outbox.all()[poison]
    assert (dead.state, dead.attempts) == ("DEAD", MAX_ATTEMPTS)
