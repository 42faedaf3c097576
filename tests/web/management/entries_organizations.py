"""Organizations in the tenant matrix."""

from tests.web.management.entries import Entry

TABLE = {
    ("Organizations.list_organizations", "GET"): [Entry("/v1/organizations")],
    ("Organizations.read_organization", "GET"): [Entry("")],
}
