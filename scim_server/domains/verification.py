"""Ask the DNS for the proof of a claim: a TXT record that two resolvers see (docs/decisions/0030).

Nothing that a DNS server answers can cost more than `LIFETIME`, or than the 64 KiB that a DNS message holds: aliases
are not followed, and records beyond the first few are not looked at.
"""

import hmac
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import dns.exception
import dns.resolver

from scim_server.domains.policy import CHALLENGE_LABEL, Finding
from scim_server.protocol.errors import Unavailable

# Seconds after which a resolver counts as silent.
LIFETIME = 5.0
# Resolvers that are asked, all of them at the same time.
MAX_RESOLVERS = 2
MAX_RECORDS = 100
# Checks that requests wait for at the same time: each may keep a thread of the server for all of LIFETIME.
MAX_WAITING_REQUESTS = 2
DNS_PORT = 53
PREFIX = "scim-server-verification="

_waiting = threading.BoundedSemaphore(MAX_WAITING_REQUESTS)


class Resolvers:
    """The resolvers that are asked for proofs: `addresses` with their ports, or else the system's."""

    def __init__(self, addresses: Iterable[tuple[str, int]] = (), *, lifetime: float = LIFETIME) -> None:
        self._addresses = tuple(addresses)[:MAX_RESOLVERS]
        self._lifetime = lifetime

    def findings(self, name: str, proof: str) -> list[Finding]:
        """Return what each resolver says of a domain's proof, all asked at once."""
        addresses = self._addresses or _system_resolvers()
        if not addresses:
            return [Finding.UNKNOWN]
        with ThreadPoolExecutor(len(addresses), thread_name_prefix="dns") as pool:
            return list(pool.map(lambda address: self._ask(address, name, proof), addresses))

    def _ask(self, address: tuple[str, int], name: str, proof: str) -> Finding:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address[0]]
        resolver.port = address[1]
        try:
            answer = resolver.resolve(
                record_name(name), "TXT", lifetime=self._lifetime, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return Finding.MISSING
        except (dns.exception.DNSException, OSError, ValueError):
            # Silence, a refusal, SERVFAIL, a circle of aliases, or no DNS message at all.
            return Finding.UNKNOWN
        # An alias may lead to whoever is trusted with some other name of the domain; only its own records count.
        if answer.rrset is None or answer.rrset.name != answer.qname:
            return Finding.MISSING
        expected = record_value(proof).encode()
        texts = (b"".join(record.strings) for record in list(answer.rrset)[:MAX_RECORDS])
        found = [hmac.compare_digest(text, expected) for text in texts]
        return Finding.PROVED if any(found) else Finding.MISSING


def record_name(name: str) -> str:
    """Return the name that the TXT record of a domain's proof stands at."""
    return f"{CHALLENGE_LABEL}.{name}."


def record_value(proof: str) -> str:
    """Return the text that the record must have, all of it."""
    return f"{PREFIX}{proof}"


@contextmanager
def waiting_for_dns() -> Iterator[None]:
    """Let a request wait for the DNS; raises Unavailable where as many do as may, so that others are still served."""
    if not _waiting.acquire(blocking=False):
        raise Unavailable("Other domains are being checked; nothing was changed, try again.", retry_after=int(LIFETIME))
    try:
        yield
    finally:
        _waiting.release()


def _system_resolvers() -> Sequence[tuple[str, int]]:
    try:
        system = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ()
    addresses = [server for server in system.nameservers if isinstance(server, str)]
    return [(address, DNS_PORT) for address in addresses[:MAX_RESOLVERS]]
