"""Domains in the tenant matrix."""

import uuid
from functools import cache

from scim_server.domains.verification import Resolvers
from tests.conftest import Cast
from tests.support.api import good
from tests.support.dns import DnsServer
from tests.web.management.entries import Entry


@cache
def dns() -> DnsServer:
    """Start the DNS that knows every claim of the matrix; it ends with the tests."""
    server = DnsServer()
    server.start()
    return server


def a_domain(cast: Cast, theirs: bool) -> str:
    """Claim a domain, publish its record, and return its id."""
    api = cast.charlies_api if theirs else cast.api
    made = good(api.post("/domains", {"name": f"{uuid.uuid4().hex}.example"}))
    dns().texts[f"{made['dnsRecord']['name']}."] = [made["dnsRecord"]["value"]]
    cast.api.app.extensions["dns_resolvers"] = Resolvers([dns().address])
    return str(made["id"])


ONE = "/domains/{id}"
TABLE = {
    ("Domains.list_domains", "GET"): [Entry("/domains")],
    ("Domains.claim_domain", "POST"): [Entry("/domains", {"name": "matrix.example"})],
    ("Domains.read_domain", "GET"): [Entry(ONE, own=a_domain)],
    ("Domains.change_domain", "POST"): [Entry(ONE, {"enforcedLogins": ["PASSWORD"]}, own=a_domain)],
    ("Domains.delete_domain", "DELETE"): [Entry(ONE, status=204, own=a_domain)],
    ("Domains.verify_domain", "POST"): [Entry(f"{ONE}/verify", own=a_domain)],
}
