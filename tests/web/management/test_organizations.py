"""The Organization over the management API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from scim_server.audit.models import AuditEvent
from scim_server.connections.models import Connection
from scim_server.database import reading, transaction
from scim_server.domains.models import Domain
from scim_server.identifiers import new_id, now
from scim_server.organizations.service import find_organization
from tests.conftest import Organization, make_api, make_organization
from tests.support.api import ApiClient, good, refused

WHOLE = {"name": "Acme Corporation", "billingEmail": "billing@acme.example", "isScimEnabled": True}


def events(organization: Organization) -> list[tuple[str, dict[str, Any]]]:
    """Return what Owners changed of the Organization and its Connection."""
    statement = (
        select(AuditEvent.action, AuditEvent.changes)
        .where(
            AuditEvent.organization_id == organization.id, AuditEvent.target_type.in_(["Organization", "Connection"])
        )
        .order_by(AuditEvent.id)
    )
    with reading() as connection:
        rows = connection.execute(statement).all()
    return [(row.action, row.changes) for row in rows if row.action.startswith("owner:")]


def provisioning(organization: Organization) -> list[str]:
    statement = select(Connection.provisioning).where(Connection.organization_id == organization.id)
    with reading() as connection:
        return list(connection.execute(statement.order_by(Connection.id)).scalars())


def test_organization_as_it_is_shown(organization: Organization, api: ApiClient) -> None:
    moment = now()
    domain = {
        "organization_id": organization.id,
        "id": new_id(),
        "name": f"{organization.slug}.example",
        "state": "VERIFIED",
        "proof": "secret proof",
        "enforced_logins": ["sso"],
        "missed_checks": 0,
        "created_at": moment,
        "modified_at": moment,
    }
    with transaction() as connection:
        connection.execute(insert(Domain), domain)

    shown = good(api.get(""))

    assert shown.pop("createdAt") == shown.pop("updatedAt")
    assert shown.pop("name").startswith("Test ")
    assert shown == {
        "id": organization.id,
        "slug": organization.slug,
        "status": "ACTIVE",
        "isScimEnabled": True,
        "billingEmail": None,
        "auditRetentionDays": None,
        "managedDomains": [
            {
                "id": domain["id"],
                "name": domain["name"],
                "status": "VERIFIED",
                "enforcedLogins": ["sso"],
                "createdAt": moment,
                "updatedAt": moment,
            }
        ],
    }
    assert [each["id"] for each in good(api.get("/v1/organizations"))["organizations"]] == [organization.id]


def test_change_replaces_and_is_recorded(organization: Organization, api: ApiClient) -> None:
    before = good(api.get(""))
    sent = {"name": "Ärzte  GmbH", "billingEmail": "Pay@ACME.example", "isScimEnabled": False, "auditRetentionDays": 90}

    changed = good(api.post("", sent))

    assert changed == {
        **before,
        "name": "Ärzte GmbH",
        "billingEmail": "Pay@acme.example",
        "isScimEnabled": False,
        "auditRetentionDays": 90,
        "updatedAt": changed["updatedAt"],
    }
    assert changed["updatedAt"] > before["updatedAt"]
    assert good(api.get("")) == changed
    told = {
        "name": [before["name"], "Ärzte GmbH"],
        "billingEmail": [None, "Pay@acme.example"],
        "auditRetentionDays": [None, 90],
    }
    assert events(organization) == [
        ("owner:organization:updated", told),
        ("owner:connection:updated", {"provisioning": ["ON", "OFF"]}),
    ]

    good(api.post("", sent))
    assert len(events(organization)) == 2
    # What is not sent stays, null is for ever.
    del sent["auditRetentionDays"]
    assert good(api.post("", sent))["auditRetentionDays"] == 90
    assert good(api.post("", {**sent, "auditRetentionDays": None}))["auditRetentionDays"] is None


def test_scim_is_switched_on_the_connections(organization: Organization, api: ApiClient) -> None:
    def set_second(state: str) -> None:
        moment = now()
        row = {"organization_id": organization.id, "id": new_id(), "name": "second", "provisioning": state}
        with transaction() as connection:
            connection.execute(
                insert(Connection), {**row, "unknown_members": "skip", "created_at": moment, "modified_at": moment}
            )

    def switch(*, on: bool) -> list[str]:
        assert good(api.post("", {**WHOLE, "isScimEnabled": on}))["isScimEnabled"] is on
        return provisioning(organization)

    assert switch(on=True) == ["ON"]
    set_second("PAUSED")
    assert switch(on=False) == ["OFF", "OFF"]
    assert switch(on=True) == ["ON", "OFF"]
    assert switch(on=False) == ["OFF", "OFF"]
    set_second("PAUSED")
    # What is paused goes on being so: it is provisioned, only not now.
    assert switch(on=True) == ["OFF", "OFF", "PAUSED"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " Acme"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": None}, "name"),
        ({"billingEmail": "acme"}, "billingEmail"),
        ({"billingEmail": "a@b.example\r\nBcc: x@y.example"}, "billingEmail"),
        ({"billingEmail": None}, "billingEmail"),
        ({"isScimEnabled": "true"}, "isScimEnabled"),
        ({"isScimEnabled": None}, "isScimEnabled"),
        ({"auditRetentionDays": 0}, "auditRetentionDays"),
        ({"auditRetentionDays": 3651}, "auditRetentionDays"),
        ({"auditRetentionDays": "90"}, "auditRetentionDays"),
        ({"slug": "acme"}, "slug"),
        ({"id": "x"}, "id"),
    ],
    ids=str,
)
def test_wrong_fields_are_named_and_nothing_changes(api: ApiClient, wrong: dict[str, Any], field: str) -> None:
    before = good(api.get(""))

    refused(api.post("", {**WHOLE, **wrong}), 400, field)

    assert good(api.get("")) == before


@pytest.mark.parametrize("missing", WHOLE)
def test_every_field_is_required(api: ApiClient, missing: str) -> None:
    refused(api.post("", {name: value for name, value in WHOLE.items() if name != missing}), 400, missing)


def test_only_owners_change_it(app: Flask, organization: Organization) -> None:
    for role in ("ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"):
        client = make_api(app, organization, role)
        good(client.get(""))
        refused(client.post("", WHOLE), 403)


def test_name_that_spells_anothers_id_is_in_nobodys_way(organization: Organization, api: ApiClient, app: Flask) -> None:
    victim = make_organization("Victim")
    for name in (victim.id, victim.slug):
        good(api.post("", {**WHOLE, "name": name}))

        assert find_organization(name).id == victim.id
        assert good(make_api(app, victim).get(""))["name"] == "Victim"
