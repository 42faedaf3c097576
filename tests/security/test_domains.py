"""Attacks on domains (security catalogue DM01 to DM08), with a real DNS on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, select

from scim_server.audit.models import AuditEvent
from scim_server.database import reading
from scim_server.domains.service import DomainRecord
from scim_server.domains.verification import Resolvers
from tests.conftest import make_api, make_organization
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.support.dns import DnsServer, dns_server, recheck_all


@pytest.fixture
def dns(app: Flask) -> Iterator[DnsServer]:
    with dns_server() as server:
        before = app.extensions["dns_resolvers"]
        app.extensions["dns_resolvers"] = Resolvers([server.address])
        yield server
        app.extensions["dns_resolvers"] = before


@pytest.fixture
def rival(app: Flask) -> ApiClient:
    return make_api(app, make_organization("Rival"))


def claim(api: ApiClient, name: str) -> dict[str, str]:
    made = good(api.post("/domains", {"name": name}))
    return {"path": f"/domains/{made['id']}", "id": made["id"], **made["dnsRecord"]}


def prove(dns: DnsServer, *claims: dict[str, str]) -> None:
    for each in claims:
        dns.texts.setdefault(f"{each['name']}.", []).append(each["value"])


def status(api: ApiClient, domain: dict[str, str]) -> str:
    return str(good(api.get(domain["path"]))["status"])


def test_DM01_a_claim_without_proof_decides_nothing(
    api: ApiClient, rival: ApiClient, dns: DnsServer, scim: ScimClient
) -> None:
    squatted = claim(rival, "bigcorp.example")
    assert status(rival, squatted) == "PENDING"
    # Neither the identity provider of whoever owns it is hindered, nor its claim.
    assert scim.create_user("ann@bigcorp.example")["userName"] == "ann@bigcorp.example"
    rightful = claim(api, "bigcorp.example")
    prove(dns, rightful)
    assert good(api.post(f"{rightful['path']}/verify"))["status"] == "VERIFIED"
    refused(rival.post(f"{squatted['path']}/verify"), 409)
    assert status(rival, squatted) == "PENDING"


@pytest.mark.parametrize(
    "name", ["co.uk", "github.io", "gmail.com", "mail.gmail.com", "localhost", "192.0.2.1", "[2001:db8::1]", "corp"]
)
def test_DM02_public_suffixes_and_free_mailers(api: ApiClient, name: str) -> None:
    refused(api.post("/domains", {"name": name}), 400, "name")
    assert good(api.get("/domains"))["totalCount"] == 0


def test_DM03_a_proof_is_of_one_name(api: ApiClient, dns: DnsServer) -> None:
    below, exact, above = (claim(api, name) for name in ("a.dm03.example", "dm03.example", "b.a.dm03.example"))
    prove(dns, below)
    assert good(api.post(f"{below['path']}/verify"))["status"] == "VERIFIED"
    for other in (exact, above):
        refused(api.post(f"{other['path']}/verify"), 409)
        # Nor does the value of one prove the other.
        dns.texts[f"{other['name']}."] = [below["value"]]
        refused(api.post(f"{other['path']}/verify"), 409)
        assert status(api, other) == "PENDING"


def test_DM04_a_proof_that_goes_away(api: ApiClient, dns: DnsServer) -> None:
    lost, kept = claim(api, "lost.dm04.example"), claim(api, "kept.dm04.example")
    prove(dns, lost, kept)
    for domain in (lost, kept):
        good(api.post(f"{domain['path']}/verify"))
    del dns.texts[f"{lost['name']}."]
    told: list[str] = []

    def tell(connection: Connection, domain: DomainRecord) -> None:
        # In the transaction that suspends: a mail is lost with it, or sent with it.
        assert connection.in_transaction()
        told.append(domain.id)

    start = datetime.now(UTC)
    for day, expected in [(1, "VERIFIED"), (2, "VERIFIED"), (3, "SUSPENDED"), (4, "SUSPENDED")]:
        with time_machine.travel(start + timedelta(days=day, minutes=day)):
            recheck_all(Resolvers([dns.address]), tell)
            assert (status(api, lost), status(api, kept)) == (expected, "VERIFIED")
    assert [each for each in told if each in {lost["id"], kept["id"]}] == [lost["id"]]
    event = select(AuditEvent.actor_type, AuditEvent.changes).where(
        AuditEvent.organization_id == api.organization_id, AuditEvent.action == "system:domain:suspended"
    )
    with reading() as connection:
        (found,) = connection.execute(event)
    assert (found.actor_type, found.changes) == ("system", {"status": ["VERIFIED", "SUSPENDED"]})

    prove(dns, lost)
    assert good(api.post(f"{lost['path']}/verify"))["status"] == "VERIFIED"


def test_DM04_a_miss_between_is_forgiven(api: ApiClient, dns: DnsServer) -> None:
    domain = claim(api, "shaky.dm04.example")
    prove(dns, domain)
    good(api.post(f"{domain['path']}/verify"))
    start, value = datetime.now(UTC), dns.texts[f"{domain['name']}."]
    for day, visible in enumerate([False, False, True, False, False], 1):
        dns.texts[f"{domain['name']}."] = value if visible else []
        with time_machine.travel(start + timedelta(days=day, minutes=day)):
            recheck_all(Resolvers([dns.address]))
            assert status(api, domain) == "VERIFIED"
    dns.failing.add(f"{domain['name']}.")
    with time_machine.travel(start + timedelta(days=7)):
        recheck_all(Resolvers([dns.address]))
        assert status(api, domain) == "VERIFIED"


def test_DM05_the_first_to_prove_keeps_a_domain(api: ApiClient, rival: ApiClient, dns: DnsServer) -> None:
    first, second = claim(api, "dm05.example"), claim(rival, "dm05.example")
    prove(dns, first, second)
    good(api.post(f"{first['path']}/verify"))
    message = refused(rival.post(f"{second['path']}/verify"), 409)
    assert "another Organization" in message
    assert api.organization_id not in message
    assert status(rival, second) == "PENDING"
    good(api.delete(first["path"]), 204)
    assert good(rival.post(f"{second['path']}/verify"))["status"] == "VERIFIED"


def test_DM05_a_claim_does_not_tell_whether_a_domain_is_proved(
    api: ApiClient, rival: ApiClient, dns: DnsServer
) -> None:
    domain = claim(api, "dm05b.example")
    prove(dns, domain)
    good(api.post(f"{domain['path']}/verify"))
    proved, free = claim(rival, "dm05b.example"), claim(rival, "dm05c.example")
    answers = [rival.post(f"{each['path']}/verify").get_json()["message"] for each in (proved, free)]
    told = [
        answer.replace(each["value"], "").replace(each["name"], "")
        for answer, each in zip(answers, (proved, free), strict=True)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("game", ["loop", "giant", "failure", "alias"])
def test_DM06_games_with_the_dns(api: ApiClient, dns: DnsServer, game: str) -> None:
    domain = claim(api, f"{game}.dm06.example")
    record = f"{domain['name']}."
    if game == "loop":
        dns.aliases |= {record: "loop.example.", "loop.example.": record}
    elif game == "giant":
        dns.texts[record] = ["x" * 64_000]
    elif game == "alias":
        dns.aliases[record] = "elsewhere.example."
        dns.texts["elsewhere.example."] = [domain["value"]]
    else:
        dns.failing.add(record)
    assert api.post(f"{domain['path']}/verify").status_code in {409, 503}
    assert status(api, domain) == "PENDING"


def test_DM06_a_resolver_that_lies_proves_nothing(app: Flask, api: ApiClient, dns: DnsServer) -> None:
    domain = claim(api, "lied.dm06.example")
    with dns_server() as liar:
        prove(liar, domain)
        app.extensions["dns_resolvers"] = Resolvers([liar.address, dns.address])
        refused(api.post(f"{domain['path']}/verify"), 409)
    assert status(api, domain) == "PENDING"


def test_DM06_a_slow_server_holds_up_few(app: Flask, api: ApiClient, dns: DnsServer) -> None:
    domain = claim(api, "slow.dm06.example")
    dns.silent = True
    app.extensions["dns_resolvers"] = Resolvers([dns.address], lifetime=0.2)
    refused(api.post(f"{domain['path']}/verify"), 503)
    assert status(api, domain) == "PENDING"


def test_DM07_a_value_is_of_one_organization_and_one_domain(api: ApiClient, rival: ApiClient, dns: DnsServer) -> None:
    ours, theirs, another = claim(api, "dm07.example"), claim(rival, "dm07.example"), claim(api, "other.dm07.example")
    assert len({ours["value"], theirs["value"], another["value"]}) == 3
    prove(dns, ours)
    refused(rival.post(f"{theirs['path']}/verify"), 409)
    # Deleted and claimed again it is another claim.
    good(api.delete(ours["path"]), 204)
    again = claim(api, "dm07.example")
    assert again["value"] != ours["value"]
    refused(api.post(f"{again['path']}/verify"), 409)


def test_DM08_letters_that_look_alike(api: ApiClient, dns: DnsServer) -> None:
    real = claim(api, "exampie-dm08.com")
    cyrillic = good(api.post("/domains", {"name": "exаmpie-dm08.com"}))
    assert cyrillic["name"].startswith("xn--")
    assert cyrillic["dnsRecord"]["name"] == f"_scim-server-challenge.{cyrillic['name']}"
    prove(dns, real)
    good(api.post(f"{real['path']}/verify"))
    assert good(api.get(f"/domains/{cyrillic['id']}"))["status"] == "PENDING"
    assert {domain["name"] for domain in good(api.get("/domains"))["domains"]} == {
        "exampie-dm08.com",
        cyrillic["name"],
    }
