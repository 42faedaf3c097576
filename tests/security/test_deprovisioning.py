"""Deprovisioning (security catalogue OI19): what a person held is dead at the next request, on whichever path."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from scim_server.database import reading
from scim_server.invitations.models import Invitation
from scim_server.roles.models import RoleBinding
from scim_server.users.emails import owner_emails
from scim_server.users.policy import Status
from tests.conftest import Cast
from tests.support.api import good
from tests.support.people import insert_person, standing
from tests.users.test_administration import insert_binding, insert_invitation

GONE: dict[str, Callable[[Cast, str], object]] = {
    "an Owner": lambda cast, user_id: good(cast.api.delete(f"/users/{user_id}"), 204),
    "SCIM": lambda cast, user_id: cast.acme.delete(f"/Users/{user_id}"),
}
DEACTIVATED: dict[str, Callable[[Cast, str], object]] = {
    "an Owner": lambda cast, user_id: good(cast.api.post(f"/users/{user_id}/deactivate")),
    "SCIM": lambda cast, user_id: cast.acme.patch(
        f"/Users/{user_id}", {"op": "replace", "path": "active", "value": False}
    ),
}


@pytest.mark.parametrize("path", GONE)
def test_OI19_nothing_of_a_removed_user_is_left(cast: Cast, path: str) -> None:
    eve = insert_person(cast.api.organization_id, "eve", Status.PENDING, "ORGANIZATION_MEMBER")
    insert_invitation(cast.api.organization_id, eve)
    insert_binding(cast.api.organization_id, eve)

    GONE[path](cast, eve)

    roles = (RoleBinding.organization_id == cast.api.organization_id, RoleBinding.user_id == eve)
    invitations = (Invitation.organization_id == cast.api.organization_id, Invitation.user_id == eve)
    with reading() as connection:
        assert connection.execute(select(RoleBinding.id).where(*roles)).first() is None
        # What is left of an invitation is that it was taken back.
        assert connection.execute(select(Invitation.state).where(*invitations)).scalars().all() == ["REVOKED"]


@pytest.mark.parametrize("path", DEACTIVATED)
def test_OI19_deactivated_person_is_no_owner_and_no_invited_person_any_more(cast: Cast, path: str) -> None:
    organization_id = cast.api.organization_id
    second = insert_person(organization_id, "second@acme.example", Status.ACTIVE, "ORGANIZATION_OWNER")
    invited = insert_person(organization_id, "invited", Status.PENDING, "ORGANIZATION_OWNER")

    for each in (second, invited):
        DEACTIVATED[path](cast, each)

    assert owner_emails(organization_id) == ["alice@acme.example"]
    # An invitation is for one who is PENDING.
    assert standing(organization_id, invited)[0] == "INACTIVE"
    owners = good(cast.api.get("/users", organizationRole="ORGANIZATION_OWNER"))["users"]
    assert [user["id"] for user in owners] == [cast.alice]
