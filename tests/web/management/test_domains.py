"""The endpoints of domains, with a real DNS behind them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.connections.service import read_connection
from scim_server.database import reading
from scim_server.domains import service
from scim_server.domains.service import DomainRecord, recheck_due
from scim_server.domains.verification import Resolvers
from tests.support.api import ApiClient, good, refused
from tests.support.dns import DnsServer, dns_server, recheck_all


@pytest.fixture
def dns(app: Flask) -> Iterator[DnsServer]:
    with dns_server() as server:
        before = app.extensions["dns_resolvers"]
        app.extensions["dns_resolvers"] = resolvers(server)
        yield server
        app.extensions["dns_resolvers"] = before


def resolvers(server: DnsServer) -> Resolvers:
    return Resolvers([server.address])


def claim(api: ApiClient, name: str) -> dict[str, object]:
    return dict(good(api.post("/domains", {"name": name})))


def publish(dns: DnsServer, domain: dict[str, object]) -> None:
    record = domain["dnsRecord"]
    assert isinstance(record, dict)
    dns.texts[f"{record['name']}."] = [record["value"]]


def actions(organization_id: str) -> list[tuple[str, str]]:
    statement = select(AuditEvent.action, AuditEvent.actor_type).where(
        AuditEvent.organization_id == organization_id, AuditEvent.target_type == "Domain"
    )
    with reading() as connection:
        return [(row.action, row.actor_type) for row in connection.execute(statement.order_by(AuditEvent.id))]


def test_the_life_of_a_domain(api: ApiClient, dns: DnsServer) -> None:
    made = claim(api, "Bücher.Example")
    assert made == {
        "id": made["id"],
        "organizationId": api.organization_id,
        "name": "xn--bcher-kva.example",
        "unicodeName": "bücher.example",
        "status": "PENDING",
        "enforcedLogins": [],
        "connectionId": read_connection(api.organization_id).id,
        "dnsRecord": {
            "type": "TXT",
            "name": "_scim-server-challenge.xn--bcher-kva.example",
            "value": made["dnsRecord"]["value"],
        },
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
        "verifiedAt": None,
        "checkedAt": None,
    }
    path = f"/domains/{made['id']}"
    message = refused(api.post(f"{path}/verify"), 409)
    assert made["dnsRecord"]["name"] in message
    assert made["dnsRecord"]["value"] in message
    looked = good(api.get(path))
    assert looked["status"] == "PENDING"
    assert looked["checkedAt"] > made["createdAt"]

    publish(dns, made)
    verified = good(api.post(f"{path}/verify"))
    assert verified["status"] == "VERIFIED"
    assert verified["verifiedAt"] == verified["updatedAt"] == verified["checkedAt"]
    assert "switch single sign-on" in refused(api.post(path, {"enforcedLogins": ["SSO"]}), 409)
    changed = good(api.post(path, {"enforcedLogins": ["PASSWORD"], "connectionId": None}))
    assert (changed["enforcedLogins"], changed["connectionId"]) == (["PASSWORD"], None)
    assert good(api.get("/domains"))["domains"] == [changed]

    assert good(api.delete(path), 204) is None
    refused(api.get(path), 404)
    refused(api.delete(path), 404)
    assert good(api.get("/domains")) == {"domains": [], "limit": 20, "offset": 0, "totalCount": 0}
    assert actions(api.organization_id) == [
        ("owner:domain:claimed", "token"),
        ("owner:domain:verified", "token"),
        ("owner:domain:updated", "token"),
        ("owner:domain:deleted", "token"),
    ]


def test_lists_come_in_pages_by_name(api: ApiClient) -> None:
    for name in ("c.example", "a.example", "b.example"):
        claim(api, name)
    answer = good(api.get("/domains", limit=2, offset=1))
    assert [domain["name"] for domain in answer["domains"]] == ["b.example", "c.example"]
    assert answer["totalCount"] == 3


def test_a_name_is_claimed_once_in_an_organization(api: ApiClient) -> None:
    claim(api, "acme.example")
    assert "already" in refused(api.post("/domains", {"name": "ACME.example."}), 409, "name")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a" * 254}, "name"),
        ({"name": "acme.example", "status": "VERIFIED"}, "status"),
        ({"name": "acme.example", "enforcedLogins": ["carrier pigeon"]}, "enforcedLogins.0"),
    ],
)
def test_wrong_fields(api: ApiClient, body: dict[str, object], field: str) -> None:
    refused(api.post("/domains", body), 400, field)


def test_too_many(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_DOMAINS", 1)
    claim(api, "acme.example")
    assert "at most 1" in refused(api.post("/domains", {"name": "b.example"}), 409)


def test_a_silent_dns_changes_nothing(app: Flask, api: ApiClient, dns: DnsServer) -> None:
    dns.silent = True
    app.extensions["dns_resolvers"] = Resolvers([dns.address], lifetime=0.2)
    made = claim(api, "silent.example")
    answer = api.post(f"/domains/{made['id']}/verify")
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "30"
    assert good(api.get(f"/domains/{made['id']}")) == made


def test_looking_again_by_hand_takes_nothing_away(api: ApiClient, dns: DnsServer) -> None:
    made = claim(api, "again.example")
    publish(dns, made)
    good(api.post(f"/domains/{made['id']}/verify"))
    dns.texts.clear()
    checked_at = good(api.get(f"/domains/{made['id']}"))["checkedAt"]
    for _ in range(4):
        refused(api.post(f"/domains/{made['id']}/verify"), 409)
    looked = good(api.get(f"/domains/{made['id']}"))
    assert looked["status"] == "VERIFIED"
    # Nor does it put off the daily check, which goes by that moment.
    assert looked["checkedAt"] == checked_at


def test_a_domain_that_changes_while_it_is_rechecked(api: ApiClient, dns: DnsServer) -> None:
    """What was found out about a claim that has been verified again, or deleted, meanwhile counts for nothing."""
    made = claim(api, "meanwhile.example")
    publish(dns, made)
    good(api.post(f"/domains/{made['id']}/verify"))
    suspended: list[str] = []

    class Meanwhile(Resolvers):
        def findings(self, name: str, proof: str) -> list[service.Finding]:
            if name == made["name"]:
                good(api.delete(f"/domains/{made['id']}"), 204)
            return [service.Finding.MISSING]

    with time_machine.travel(service.datetime.now(service.UTC) + timedelta(days=2)):
        recheck_all(Meanwhile(), lambda connection, domain: suspended.append(domain.id))
    assert suspended == []
    assert actions(api.organization_id)[-1] == ("owner:domain:deleted", "token")


def test_a_run_of_the_daily_check_ends_when_it_must(api: ApiClient, dns: DnsServer) -> None:
    for name in ("one.run.example", "two.run.example"):
        made = claim(api, name)
        publish(dns, made)
        good(api.post(f"/domains/{made['id']}/verify"))
    dns.asked.clear()
    with time_machine.travel(service.datetime.now(service.UTC) + timedelta(days=1, minutes=1)):
        answers = iter([True, False])
        assert recheck_due(resolvers(dns), lambda connection, domain: None, lambda: next(answers)) == 1
        assert len({name for name, _ in dns.asked}) == 1


def test_the_daily_check_begins_with_what_waited_longest(api: ApiClient, dns: DnsServer) -> None:
    checked: list[DomainRecord] = []
    for name in ("b.example", "a.example"):
        made = claim(api, name)
        publish(dns, made)
        good(api.post(f"/domains/{made['id']}/verify"))
    dns.asked.clear()
    recheck_all(resolvers(dns), lambda connection, domain: checked.append(domain))
    assert dns.asked == []
    with time_machine.travel(service.datetime.now(service.UTC) + timedelta(days=1, minutes=1)):
        recheck_all(resolvers(dns))
        ours = [name for name, _ in dns.asked if name.endswith((".a.example.", ".b.example."))]
        assert ours == ["_scim-server-challenge.b.example.", "_scim-server-challenge.a.example."]
        recheck_all(resolvers(dns))
        assert len([name for name, _ in dns.asked if name.endswith((".a.example.", ".b.example."))]) == 2
    assert checked == []
