"""Looking for a proof in a real DNS: what it answers, and what it may cost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scim_server.domains import verification
from scim_server.domains.policy import Finding
from scim_server.domains.verification import Resolvers, record_name, record_value, waiting_for_dns
from scim_server.protocol.errors import Unavailable
from tests.support.dns import DnsServer, closed_port, dns_server

PROVED, MISSING, UNKNOWN = Finding.PROVED, Finding.MISSING, Finding.UNKNOWN
NAME, PROOF = "acme.example", "0123456789abcdef"
RECORD = record_name(NAME)
VALUE = record_value(PROOF)
# What silence costs a test, in seconds; others answer in less, also where machines are busy.
LIFETIME = 1.0


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with dns_server() as server:
        yield server


def ask(*servers: DnsServer, lifetime: float = verification.LIFETIME) -> list[Finding]:
    return Resolvers([server.address for server in servers], lifetime=lifetime).findings(NAME, PROOF)


def test_the_record() -> None:
    assert RECORD == "_scim-server-challenge.acme.example."
    assert VALUE == "scim-server-verification=0123456789abcdef"


@pytest.mark.parametrize(
    ("texts", "finding"),
    [
        ([VALUE], PROVED),
        (["v=spf1 -all", VALUE, "other"], PROVED),
        ([f"{VALUE} "], MISSING),
        ([VALUE.upper()], MISSING),
        ([VALUE[:-1]], MISSING),
        ([PROOF], MISSING),
        (["x" * 300 + VALUE], MISSING),
        (["x" * 60_000], MISSING),
        (["x" * 60_000, VALUE], PROVED),
    ],
    ids=range(9),
)
def test_only_the_whole_value_proves(dns: DnsServer, texts: list[str], finding: Finding) -> None:
    dns.texts[RECORD] = texts
    assert ask(dns) == [finding]


def test_a_large_answer_comes_over_tcp(dns: DnsServer) -> None:
    dns.texts[RECORD] = ["x" * 60_000, VALUE]
    assert ask(dns) == [PROVED]
    assert [protocol for _, protocol in dns.asked] == ["udp", "tcp"]


def test_a_value_in_several_strings(dns: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.dns.quoted", lambda text: f'"{text[:9]}" "{text[9:]}"')
    dns.texts[RECORD] = [VALUE]
    assert ask(dns) == [PROVED]


def test_the_record_stands_below_the_domain_and_nowhere_else(dns: DnsServer) -> None:
    dns.texts[f"{NAME}."] = [VALUE]
    dns.texts["example."] = [VALUE]
    assert ask(dns) == [MISSING]
    assert {name for name, _ in dns.asked} == {RECORD}


def test_a_name_without_the_record(dns: DnsServer) -> None:
    dns.empty.add(RECORD)
    assert ask(dns) == [MISSING]


def test_a_wildcard_record_is_the_domains_own(dns: DnsServer) -> None:
    dns.texts[f"*.{NAME}."] = [VALUE]
    assert ask(dns) == [PROVED]


def test_an_alias_proves_nothing(dns: DnsServer) -> None:
    """Who is trusted with all names below a domain by `* CNAME` must not become its owner here."""
    dns.aliases[RECORD] = "customers.saas.example."
    dns.texts["customers.saas.example."] = [VALUE]
    assert ask(dns) == [MISSING]


def test_circles_of_aliases_end(dns: DnsServer) -> None:
    dns.aliases |= {RECORD: "a.example.", "a.example.": "b.example.", "b.example.": RECORD}
    assert ask(dns) == [UNKNOWN]
    dns.aliases = {RECORD: RECORD}
    assert ask(dns) == [UNKNOWN]
    dns.aliases = {RECORD: "a0.example."} | {f"a{n}.example.": f"a{n + 1}.example." for n in range(200)}
    assert ask(dns) == [UNKNOWN]


def test_failures_say_nothing(dns: DnsServer) -> None:
    dns.failing.add(RECORD)
    assert ask(dns) == [UNKNOWN]
    assert Resolvers([("127.0.0.1", closed_port())], lifetime=LIFETIME).findings(NAME, PROOF) == [UNKNOWN]


def test_two_are_asked_at_once_and_one_may_be_silent(dns: DnsServer) -> None:
    with dns_server() as silent, dns_server() as third:
        silent.silent = True
        dns.texts[RECORD] = [VALUE]
        assert ask(silent, dns, third, lifetime=LIFETIME) == [UNKNOWN, PROVED]
        assert silent.asked
        assert third.asked == []


def test_silence_is_waited_for_five_seconds_and_no_longer() -> None:
    assert verification.LIFETIME == 5


def test_the_systems_resolvers_are_asked_where_none_are_set() -> None:
    found = verification._system_resolvers()
    assert len(found) <= verification.MAX_RESOLVERS
    assert all(port == 53 for _, port in found)


def test_few_requests_wait_for_the_dns_at_a_time() -> None:
    with waiting_for_dns(), waiting_for_dns():
        with ThreadPoolExecutor(1) as pool, pytest.raises(Unavailable) as caught:
            pool.submit(waiting_for_dns().__enter__).result()
        assert caught.value.retry_after == 5
    with waiting_for_dns():
        pass
