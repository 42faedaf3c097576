"""Users who wait for an invitation: counted, and let in together."""

import orjson
import pytest
from sqlalchemy import select

from scim_server.audit.models import AuditEvent
from scim_server.connections.service import joining_policy, read_connection
from scim_server.database import reading
from scim_server.users.models import User
from scim_server.users.waiting import AutomaticMembershipDisabled, admit_all_waiting, count_waiting
from tests.conftest import OPERATOR, Organization
from tests.support.client import ScimClient


def admit(organization: Organization) -> int:
    connection_id = read_connection(organization.id).id
    return admit_all_waiting(
        organization.id, OPERATOR, lambda connection: joining_policy(connection, organization.id, connection_id)
    )


def standings(organization: Organization) -> dict[str, tuple[str, str | None]]:
    statement = select(User.user_name_folded, User.status, User.role).where(User.organization_id == organization.id)
    with reading() as connection:
        return {row.user_name_folded: (row.status, row.role) for row in connection.execute(statement)}


def test_those_who_wait_join_and_no_others(
    organization: Organization, scim: ScimClient, other_scim: ScimClient
) -> None:
    member = ("ACTIVE", "ORGANIZATION_MEMBER")
    scim.create_user("member")
    organization.set_jit(None)
    other_scim.create_user("charlie")
    waiting = [scim.create_user(name) for name in ("bob", "carol")]
    gone = scim.create_user("gone")
    scim.patch(f"/Users/{gone['id']}", {"op": "replace", "path": "active", "value": False})
    assert count_waiting(organization.id) == 2
    organization.set_jit("ORGANIZATION_BILLING_ADMIN")
    assert standings(organization)["bob"] == ("AWAITING_INVITATION", None)

    assert admit(organization) == 2
    billing = ("ACTIVE", "ORGANIZATION_BILLING_ADMIN")
    assert standings(organization) == {
        "member": member,
        "bob": billing,
        "carol": billing,
        "gone": ("INACTIVE", None),
    }
    assert count_waiting(organization.id) == 0
    assert admit(organization) == 0
    for user in waiting:
        assert scim.get(f"/Users/{user['id']}").get_json(force=True) == user


def test_each_has_an_audit_event(organization: Organization, scim: ScimClient) -> None:
    organization.set_jit(None)
    ids = {scim.create_user(name)["id"] for name in ("bob", "carol")}
    organization.set_jit("ORGANIZATION_MEMBER")
    admit(organization)
    statement = select(AuditEvent.target_id, AuditEvent.actor_type, AuditEvent.changes).where(
        AuditEvent.organization_id == organization.id, AuditEvent.action == "owner:user:admitted"
    )
    with reading() as connection:
        events = connection.execute(statement).all()
    assert {event.target_id for event in events} == ids
    for event in events:
        changes = event.changes if isinstance(event.changes, dict) else orjson.loads(event.changes)
        assert changes == {"#status": ["AWAITING_INVITATION", "ACTIVE"], "#role": [None, "ORGANIZATION_MEMBER"]}
        assert event.actor_type == "operator"


def test_without_a_role_nobody_joins(organization: Organization, scim: ScimClient) -> None:
    organization.set_jit(None)
    scim.create_user("bob")
    with pytest.raises(AutomaticMembershipDisabled):
        admit(organization)
    assert standings(organization)["bob"] == ("AWAITING_INVITATION", None)
