"""Authentication in the console: each flow as an Owner goes through it, and what everybody else is shown of it."""

import re
import uuid
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from flask import Flask
from flask_babel import force_locale

from scim_server.connections.service import read_connection
from scim_server.domains.verification import Resolvers
from scim_server.outbound.client import Outbound
from scim_server.web.console.membership import People, consequences
from tests.conftest import Cast
from tests.support.dns import DnsServer, dns_server
from tests.support.logins import prove, set_up_sso
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, serving
from tests.web.console.conftest import Seat

MEMBER, OWNER = "ORGANIZATION_MEMBER", "ORGANIZATION_OWNER"


@pytest.fixture
def dns(app: Flask) -> Iterator[DnsServer]:
    with dns_server() as server:
        before = app.extensions["dns_resolvers"]
        app.extensions["dns_resolvers"] = Resolvers([server.address])
        yield server
        app.extensions["dns_resolvers"] = before


@pytest.fixture
def op(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestProvider]:
    """Give an OpenID provider that this application may call."""
    monkeypatch.setitem(app.extensions, "outbound", Outbound([ip_network("127.0.0.0/8")]))
    with serving() as provider:
        provider.subject = uuid.uuid4().hex
        yield provider


@pytest.fixture
def connection_id(cast: Cast) -> str:
    return read_connection(cast.acme.organization_id).id


def domain_id_in(text: str) -> str:
    found = re.search(r"/authentication/domains/([0-9a-f-]{36})", text)
    assert found is not None, text
    return found[1]


def sso_form(issuer: str, **changes: str) -> dict[str, str]:
    values = {"issuer": issuer, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "scopes": "openid email profile"}
    return {**values, "emailClaim": "email", "nameClaim": "name", **changes}


def test_the_page_says_what_there_is(alice: Seat) -> None:
    alice.get("/authentication")

    for text in ("SSO Configuration", "Configure SSO", "Managed Domains", "SSO Bypass Link", "Automatic Membership"):
        assert text in alice.text
    assert "People join as Organization Member" in alice.text


def test_single_sign_on_is_configured_tested_and_activated(
    alice: Seat, op: TestProvider, connection_id: str, cast: Cast
) -> None:
    base = f"/authentication/connections/{connection_id}"
    alice.get(f"{base}/sso")
    assert f"/login/sso/{connection_id}/callback" in alice.text
    alice.post(f"{base}/sso", **sso_form(op.issuer, groupsClaim="groups"))
    assert "nobody signs in by them before" in alice.text
    assert "Not tested" in alice.text
    assert CLIENT_SECRET not in alice.text

    alice.get(f"{base}/activate")
    assert alice.post(f"{base}/activate").status_code == 409
    assert "have them tested" in alice.text
    prove(cast.acme.organization_id, alice.email.rpartition("@")[2])
    op.claims = {"email": alice.email, "groups": ["Engineers"]}
    alice.browser.post(f"/login/sso/{connection_id}/test")
    leaving = re.search(r'<p><a href="([^"]+)"', alice.text)
    assert leaving is not None
    answer = op.authorize(leaving[1].replace("&amp;", "&"))
    alice.browser.get(f"/login/sso/{connection_id}/callback", query_string=answer)
    assert alice.browser.title == "The test worked"
    assert "Taken for the e-mail address." in alice.text
    assert "You would enter as Organization Owner." in alice.text
    alice.browser.post(f"/organizations/{cast.acme.organization_id}{base}/activate")
    assert "Single sign-on is active." in alice.text

    alice.get(f"{base}/deactivate")
    alice.post(f"{base}/deactivate")
    assert "Tested, not active" in alice.text
    alice.get(f"{base}/sso/delete")
    alice.post(f"{base}/sso/delete")
    assert "Not configured" in alice.text


def test_the_secret_is_kept_unless_another_is_typed(alice: Seat, connection_id: str, cast: Cast) -> None:
    set_up_sso(cast.acme.organization_id, issuer="https://idp.acme.example")
    path = f"/authentication/connections/{connection_id}/sso"
    alice.get(path)
    assert CLIENT_SECRET not in alice.text
    alice.post(path, **sso_form("https://idp.acme.example", clientSecret=""))
    assert "The settings are saved." in alice.text
    assert "Active" in alice.text

    alice.get(path)
    alice.post(path, **sso_form("https://idp.acme.example", clientSecret="", forgetSecret="on"))
    assert "Not tested" in alice.text


@pytest.mark.parametrize(
    ("field", "value"), [("issuer", "idp.example"), ("clientId", ""), ("scopes", ""), ("emailClaim", "")]
)
def test_what_is_wrong_stands_beside_its_field(alice: Seat, connection_id: str, field: str, value: str) -> None:
    path = f"/authentication/connections/{connection_id}/sso"
    alice.get(path)

    assert alice.post(path, **{**sso_form("https://idp.acme.example"), field: value}).status_code == 400
    assert f'id="{field}-error"' in alice.text
    assert CLIENT_SECRET not in alice.text


def test_a_change_of_the_toggle_is_told_before_it_is_saved(
    app: Flask, alice: Seat, connection_id: str, cast: Cast
) -> None:
    path = f"/authentication/connections/{connection_id}/membership"
    alice.get(path)
    assert "Nothing changes" in alice.text
    alice.get(f"{path}?role=DISABLED")
    assert "All 2 members stay members." in alice.text
    alice.post(path, role="DISABLED")
    assert "Automatic membership is disabled." in alice.text

    waiting = cast.acme.create_user("erin@acme.example")["id"]
    alice.get(f"{path}?role={MEMBER}")
    assert "1 person waits for an invitation now." in alice.text
    alice.post(path, role=MEMBER, waiting="admit")
    assert "1 person has joined." in alice.text
    assert cast.api.get(f"/users/{waiting}").get_json()["status"] == "ACTIVE"


def test_waiting_people_stay_so_where_nobody_says_otherwise(
    app: Flask, alice: Seat, connection_id: str, cast: Cast
) -> None:
    alice.get("/authentication")
    alice.post(f"/authentication/connections/{connection_id}/membership", role="DISABLED")
    waiting = cast.acme.create_user("erin@acme.example")["id"]
    path = f"/authentication/connections/{connection_id}/membership"
    alice.get(path)
    alice.post(path, role=MEMBER, waiting="keep")

    assert cast.api.get(f"/users/{waiting}").get_json()["status"] == "AWAITING_INVITATION"


def test_nobody_becomes_an_owner_by_themselves(alice: Seat, connection_id: str) -> None:
    path = f"/authentication/connections/{connection_id}/membership"
    alice.get(path)

    assert alice.post(path, role=OWNER).status_code == 400
    assert "choose a role that is less" in alice.text


@pytest.mark.parametrize(
    ("before", "after", "people", "told"),
    [
        (MEMBER, MEMBER, People(3, 0), "Nothing changes"),
        (MEMBER, None, People(1, 0), "1 member stays a member."),
        (None, MEMBER, People(3, 2), "2 people wait for an invitation now."),
        (None, MEMBER, People(3, 0), "Nobody waits for an invitation now."),
        (MEMBER, "ORGANIZATION_BILLING_ADMIN", People(3, 0), "All 3 members keep their roles."),
    ],
)
def test_each_consequence(app: Flask, before: str | None, after: str | None, people: People, told: str) -> None:
    with app.test_request_context(), force_locale("en"):
        assert any(told in sentence for sentence in consequences(before, after, people))


def test_the_life_of_a_domain(alice: Seat, dns: DnsServer, cast: Cast) -> None:
    name = f"b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher-{uuid.uuid4().hex[:8]}.example"
    alice.get("/authentication/domains/new")
    alice.post("/authentication/domains/new", name=name)
    assert alice.browser.title.startswith(name)
    path = f"/authentication/domains/{domain_id_in(alice.text)}"

    assert alice.post(f"{path}/verify").status_code == 409
    assert "The record is not there yet" in alice.text
    domain = cast.api.get("/domains").get_json()["domains"][0]
    assert domain["dnsRecord"]["value"] in alice.text
    dns.texts[f"{domain['dnsRecord']['name']}."] = [domain["dnsRecord"]["value"]]
    alice.post(f"{path}/verify")
    assert f"{name} is verified." in alice.text

    alice.get(path)
    alice.post(path, connectionId="")
    assert cast.api.get(f"/domains/{domain['id']}").get_json()["connectionId"] is None
    alice.get(f"{path}/delete")
    assert "Members stay members" in alice.text
    alice.post(f"{path}/delete")
    assert f"The domain {name} is deleted." in alice.text


def test_each_reason_that_a_domain_is_not_verified(alice: Seat, dns: DnsServer, cast: Cast) -> None:
    name = f"{uuid.uuid4().hex[:8]}.example"
    alice.get("/authentication/domains/new")
    alice.post("/authentication/domains/new", name=name)
    path = f"/authentication/domains/{domain_id_in(alice.text)}/verify"
    record = cast.api.get("/domains").get_json()["domains"][0]["dnsRecord"]
    dns.texts[f"{record['name']}."] = [record["value"]]
    prove(cast.elsewhere.organization_id, name)
    alice.post(path)
    assert "Another Organization has proved this domain" in alice.text
    dns.silent = True
    alice.browser.app.extensions["dns_resolvers"] = Resolvers([dns.address], lifetime=0.2)
    assert alice.post(path).status_code == 503
    assert "No DNS resolver answered" in alice.text


@pytest.mark.parametrize("name", ["", "co.uk", "gmail.com", "127.0.0.1"])
def test_names_that_nobody_can_claim(alice: Seat, name: str) -> None:
    alice.get("/authentication/domains/new")

    assert alice.post("/authentication/domains/new", name=name).status_code == 400
    assert 'id="name-error"' in alice.text


def test_single_sign_on_alone_needs_a_test_first(alice: Seat, connection_id: str, cast: Cast) -> None:
    prove(cast.acme.organization_id, f"{uuid.uuid4().hex[:8]}.example", connection_id=connection_id)
    alice.get("/authentication")
    assert "switch single sign-on of its Connection on first" in alice.text
    path = f"/authentication/domains/{domain_id_in(alice.text)}"
    alice.get(f"{path}/only-sso")
    assert alice.post(f"{path}/only-sso").status_code == 409
    assert "Single sign-on cannot be the only way yet" in alice.text
    alice.post(f"{path}/allow-passwords")
    assert "can sign in with a password again" in alice.text


def test_the_bypass_link_is_shown_once(alice: Seat) -> None:
    alice.get("/authentication")
    alice.post("/authentication/bypass")
    found = re.search(r"http://[^/]+(/login/bypass/[\w-]+)", alice.text)
    assert found is not None
    alice.get("/authentication")
    assert found[1] not in alice.text
    alice.get("/authentication/bypass/regenerate")
    alice.post("/authentication/bypass")
    assert found[1] not in alice.text
    alice.get("/authentication/bypass/delete")
    alice.post("/authentication/bypass/delete")
    assert "The SSO Bypass Link is deleted." in alice.text
    assert "Create SSO Bypass Link" in alice.text


def paths(connection_id: str, domain_id: str) -> dict[str, list[str]]:
    connection, domain = f"/authentication/connections/{connection_id}", f"/authentication/domains/{domain_id}"
    both = [f"{connection}/{name}" for name in ("sso", "activate", "deactivate", "sso/delete", "membership")]
    both += [domain, f"{domain}/only-sso", f"{domain}/delete"]
    both += ["/authentication/domains/new", "/authentication/bypass/delete"]
    posts = [f"{domain}/verify", f"{domain}/allow-passwords", "/authentication/bypass"]
    return {"GET": [*both, "/authentication", "/authentication/bypass/regenerate"], "POST": [*both, *posts]}


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 403), ("carla", 403), ("charlie", 404), ("dora", 404)]
)
def test_who_may_see_and_do_what(
    request: pytest.FixtureRequest, who: str, status: int, connection_id: str, cast: Cast
) -> None:
    set_up_sso(cast.acme.organization_id, issuer="https://idp.acme.example")
    made = cast.api.post("/domains", {"name": f"{uuid.uuid4().hex[:8]}.example"}).get_json()["id"]
    seat: Seat = request.getfixturevalue(who)
    asked = paths(connection_id, made)
    for path in asked["GET"]:
        assert seat.get(path).status_code == status, path
    if who != "alice":
        for path in asked["POST"]:
            seat.browser.get("/me")
            assert seat.browser.send(f"{seat.base}{path}", name="x.example").status_code == status, path
    for path in asked["POST"]:
        assert seat.browser.open("POST", f"{seat.base}{path}").status_code == 403, path


def test_ids_of_another_organization_are_unknown(alice: Seat, cast: Cast) -> None:
    theirs = read_connection(cast.elsewhere.organization_id).id
    made = cast.charlies_api.post("/domains", {"name": f"{uuid.uuid4().hex[:8]}.example"}).get_json()["id"]
    asked = paths(theirs, made)
    alice.get("/authentication")
    for method, each in asked.items():
        for path in each:
            if theirs in path or made in path:
                answer = (
                    alice.get(path) if method == "GET" else alice.post(path, role=MEMBER, **sso_form("https://x.y.z"))
                )
                assert answer.status_code == 404, path
                alice.get("/authentication")
