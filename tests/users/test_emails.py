"""Where mail to people goes."""

from typing import Any

import pytest

from scim_server.users.emails import owner_emails, primary_email
from scim_server.users.policy import Status
from tests.conftest import Cast, Organization
from tests.support.people import insert_person


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"userName": "ann@a.example"}, "ann@a.example"),
        ({"userName": "ann"}, None),
        ({"userName": "ann", "emails": [{"value": "b@a.example"}, {"value": "c@a.example"}]}, "b@a.example"),
        (
            {
                "userName": "u@a.example",
                "emails": [{"value": "b@a.example"}, {"value": "c@a.example", "primary": True}],
            },
            "c@a.example",
        ),
        ({"userName": "u@a.example", "emails": [{"value": "none", "primary": True}, {"type": "work"}]}, "u@a.example"),
        ({"userName": "ann@mail.intranet"}, "ann@mail.intranet"),
        ({"userName": "ann@a.example\r\nBcc: x@b.example"}, None),
    ],
)
def test_primary_email(attributes: dict[str, Any], expected: str | None) -> None:
    assert primary_email(attributes) == expected


def test_owner_emails_are_those_of_active_owners_here(organization: Organization, cast: Cast) -> None:
    owner = "ORGANIZATION_OWNER"
    for name, status, role in (
        ("second@acme.example", Status.ACTIVE, owner),
        ("no address", Status.ACTIVE, owner),
        ("invited@acme.example", Status.PENDING, owner),
        ("gone@acme.example", Status.INACTIVE, owner),
        ("member@acme.example", Status.ACTIVE, "ORGANIZATION_MEMBER"),
    ):
        insert_person(cast.acme.organization_id, name, status, role)

    assert owner_emails(cast.acme.organization_id) == ["alice@acme.example", "second@acme.example"]
    assert owner_emails(organization.id) == []
