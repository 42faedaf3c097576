"""Organizations in the tenant matrix."""

from tests.web.management.entries import Entry

CHANGE = {"name": "Acme", "billingEmail": "billing@acme.example", "isScimEnabled": True}

TABLE = {
    ("Organizations.list_organizations", "GET"): [Entry("/v1/organizations")],
    ("Organizations.read_organization", "GET"): [Entry("")],
    ("Organizations.update_organization", "POST"): [Entry("", CHANGE)],
}
