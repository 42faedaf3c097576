"""Who is who (security catalogue §2.3, the rows that SCIM answers); logins are in test_logins.py."""

import unicodedata

import pytest
from sqlalchemy import select

from scim_server.accounts.members import link_user
from scim_server.accounts.service import find_account
from scim_server.audit.models import AuditEvent
from scim_server.database import reading, transaction
from scim_server.protocol.limits import MAX_INDEXED_STRING_LENGTH, MAX_STRING_LENGTH
from scim_server.roles.models import RoleBinding
from tests.conftest import Cast, Organization
from tests.support.accounts import make_account
from tests.support.answers import assert_error, body
from tests.support.api import good
from tests.support.client import USER, ScimClient


def test_JT11_an_account_keeps_its_address_whatever_scim_pushes(scim: ScimClient, organization: Organization) -> None:
    user = scim.create_user("ada@example.com", emails=[{"value": "ada@example.com", "type": "work"}])
    account = make_account("ada@example.com")
    with transaction() as connection:
        link_user(connection, organization.id, user["id"], account)

    changed = scim.patch(
        f"/Users/{user['id']}",
        {"op": "replace", "path": "userName", "value": "mallory@example.com"},
        {"op": "replace", "path": "emails", "value": [{"value": "mallory@example.com", "type": "work"}]},
    )

    assert changed.status_code == 200
    found = find_account(account)
    assert found is not None
    assert found.email == "ada@example.com"


def test_JT12_a_password_goes_nowhere(scim: ScimClient) -> None:
    made = scim.create_user("ada", password="canary-7d1f")

    assert "canary-7d1f" not in scim.get(f"/Users/{made['id']}").get_data(as_text=True)
    assert "password" not in made
    assert (
        scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "password", "value": "canary-7d1f"}).status_code
        == 200
    )
    with reading() as connection:
        told = connection.execute(select(AuditEvent.changes).where(AuditEvent.target_id == made["id"])).scalars().all()
    assert "canary-7d1f" not in str(told)


@pytest.mark.parametrize(
    "twin",
    ["ALICÉ", "Alicé", unicodedata.normalize("NFD", "alicé")],
    ids=["upper case", "mixed case", "decomposed"],
)
def test_JT13_user_names_that_look_the_same_are_the_same(scim: ScimClient, twin: str) -> None:
    scim.create_user("alicé")

    assert_error(scim.post("/Users", {"schemas": [USER], "userName": twin}), 409, "uniqueness")


def test_JT13_letters_that_look_alike_are_other_letters(scim: ScimClient) -> None:
    assert scim.create_user("alice")["id"] != scim.create_user("\u0430lice")["id"]


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"], ids=["NUL", "lone surrogate"])
def test_JT14_characters_that_no_database_takes(scim: ScimClient, name: str) -> None:
    assert scim.post("/Users", {"schemas": [USER], "userName": name}).status_code == 400


@pytest.mark.parametrize(
    ("attribute", "length"), [("userName", MAX_INDEXED_STRING_LENGTH), ("title", MAX_STRING_LENGTH)]
)
def test_JT15_values_that_are_too_long(scim: ScimClient, attribute: str, length: int) -> None:
    sent = {"schemas": [USER], "userName": "ada", attribute: "x" * (length + 1)}

    assert attribute in assert_error(scim.post("/Users", sent), 400, "invalidValue")


def test_JT16_nobody_takes_the_name_of_another(scim: ScimClient) -> None:
    scim.create_user("ada@example.com")
    bob = scim.create_user("bob@example.com")["id"]

    taken = scim.patch(f"/Users/{bob}", {"op": "replace", "path": "userName", "value": "ADA@example.com"})

    assert_error(taken, 409, "uniqueness")
    assert body(scim.get(f"/Users/{bob}"))["userName"] == "bob@example.com"


def test_JT17_a_name_that_is_free_again_brings_nothing_along(cast: Cast) -> None:
    workspace = good(cast.api.post("/workspaces", {"name": "Data"}))["id"]
    roles = {"workspaceRoles": [{"workspaceId": workspace, "role": "WORKSPACE_OWNER"}]}
    good(cast.api.post(f"/users/{cast.bob}/roles", {"organizationRole": "ORGANIZATION_BILLING_ADMIN", **roles}))
    assert cast.acme.delete(f"/Users/{cast.bob}").status_code == 204

    again = cast.acme.create_user("bob@acme.example")["id"]

    assert again != cast.bob
    shown = good(cast.api.get(f"/users/{again}"))
    assert (shown["organizationRole"], shown["workspaceRoles"], shown["teams"]) == ("ORGANIZATION_MEMBER", [], [])
    with reading() as connection:
        assert connection.execute(select(RoleBinding.id).where(RoleBinding.user_id == cast.bob)).first() is None
        told = select(AuditEvent.action).where(AuditEvent.target_id == cast.bob)
        assert "scim:user:deleted" in connection.execute(told).scalars().all()
