"""What an Owner does with Users by hand, and what the identity provider sees of it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select

from scim_server.audit.models import AuditEvent
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.service import read_connection
from scim_server.database import reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.invitations.models import Invitation
from scim_server.protocol.errors import Forbidden, NotFound
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.models import RoleBinding
from scim_server.users.administration import NoMembership, deactivate, reactivate, remove, remove_self
from scim_server.users.ownership import LastOwner
from scim_server.users.policy import Status
from scim_server.workspaces.models import Workspace
from tests.conftest import Cast, Organization
from tests.support.api import ApiClient, good
from tests.support.client import ENTERPRISE, ScimClient
from tests.support.people import insert_person, standing

OWNER, MEMBER = "ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"


def requester(organization_id: str, role: str | None = OWNER, *, user_id: str | None = None) -> Requester:
    """Return a token, or the person of this id."""
    origin = Origin(ActorType.USER, user_id) if user_id else Origin(ActorType.TOKEN, "a-token", "script")
    return Requester(organization_id, Authority(role), origin)


def back(organization_id: str, user_id: str) -> None:
    reactivate(requester(organization_id), user_id, connection_id=read_connection(organization_id).id)


def events(organization_id: str, user_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what was recorded about a User, the newest last."""
    statement = (
        select(AuditEvent.action, AuditEvent.changes)
        .where(AuditEvent.organization_id == organization_id, AuditEvent.target_id == user_id)
        .order_by(AuditEvent.id)
    )
    with reading() as connection:
        return [(row.action, row.changes) for row in connection.execute(statement)]


def insert_binding(organization_id: str, user_id: str) -> str:
    """Write a Workspace and a User's role on it; return the Workspace's id."""
    moment, workspace = now(), new_id()
    made = {"organization_id": organization_id, "created_at": moment, "created_by_type": "operator"}
    changed = {"modified_at": moment, "updated_by_type": "operator"}
    binding = {
        "organization_id": organization_id,
        "id": new_id(),
        "user_id": user_id,
        "scope": "WORKSPACE",
        "workspace_id": workspace,
        "place": f"workspace/{workspace}",
        "role": "WORKSPACE_AUTHOR",
        "is_automatic": False,
        "granted_at": moment,
        "granted_by_type": "operator",
    }
    with transaction() as connection:
        row = {**made, **changed, "id": workspace, "name": workspace, "name_folded": workspace}
        connection.execute(insert(Workspace), row)
        connection.execute(insert(RoleBinding), binding)
    return workspace


def insert_invitation(organization_id: str, user_id: str) -> str:
    moment, invitation = now(), new_id()
    row = {
        "organization_id": organization_id,
        "id": invitation,
        "user_id": user_id,
        "email": "eve@acme.example",
        "email_folded": "eve@acme.example",
        "role": MEMBER,
        "state": "OPEN",
        "secret_digest": "0",
        "invited_by_type": "operator",
        "created_at": moment,
        "sent_at": moment,
        "sent_count": 1,
        "expires_at": moment,
    }
    with transaction() as connection:
        connection.execute(insert(Invitation), row)
    return invitation


def rows_of(organization_id: str, model: Any) -> int:
    with reading() as connection:
        return len(connection.execute(select(model.id).where(model.organization_id == organization_id)).all())


def state_of(organization_id: str, invitation_id: str) -> str | None:
    statement = select(Invitation.state).where(
        Invitation.organization_id == organization_id, Invitation.id == invitation_id
    )
    with reading() as connection:
        return connection.execute(statement).scalar()


def test_removed_user_takes_everything_along_and_nobody_else(cast: Cast) -> None:
    organization_id = cast.api.organization_id
    eve = insert_person(organization_id, "eve", Status.PENDING, MEMBER)
    invitation = insert_invitation(organization_id, eve)
    insert_binding(organization_id, cast.bob)
    insert_binding(organization_id, cast.alice)
    version = cast.acme.get(f"/Groups/{cast.team}").get_json(force=True)["meta"]["version"]

    remove(requester(organization_id), cast.bob)
    remove(requester(organization_id), eve)

    assert state_of(organization_id, invitation) == "REVOKED"
    assert rows_of(organization_id, RoleBinding) == 1
    team = cast.acme.get(f"/Groups/{cast.team}").get_json(force=True)
    assert [member["value"] for member in team["members"]] == [cast.dora]
    assert team["meta"]["version"] != version
    assert cast.acme.get(f"/Users/{cast.bob}").status_code == 404
    action, changes = events(organization_id, cast.bob)[-1]
    assert action == "owner:user:removed"
    assert changes["userName"] == ["bob@acme.example", None]
    assert changes["#role"] == [MEMBER, None]
    assert good(cast.api.get("/users"))["totalCount"] == 2


def test_identity_provider_pushes_a_removed_user_anew(cast: Cast) -> None:
    remove(requester(cast.api.organization_id), cast.bob)

    assert cast.acme.create_user("bob@acme.example")["id"] != cast.bob


def test_deactivated_user_is_inactive_for_the_identity_provider_and_comes_back_whole(cast: Cast) -> None:
    organization_id = cast.api.organization_id
    insert_binding(organization_id, cast.bob)
    before = cast.acme.get(f"/Users/{cast.bob}").get_json(force=True)

    deactivate(requester(organization_id), cast.bob)

    seen = cast.acme.get(f"/Users/{cast.bob}").get_json(force=True)
    assert (before["active"], seen["active"]) == (True, False)
    assert (before["meta"]["version"], seen["meta"]["version"]) == ('W/"1"', 'W/"2"')
    assert seen["meta"]["lastModified"] > before["meta"]["lastModified"]
    assert cast.bob in found(cast.acme, "active eq false")
    assert standing(organization_id, cast.bob) == ("INACTIVE", MEMBER, "scim", True)
    assert good(cast.api.get(f"/users/{cast.bob}"))["workspaceRoles"] == []

    back(organization_id, cast.bob)

    again = cast.acme.get(f"/Users/{cast.bob}").get_json(force=True)
    assert (again["active"], again["groups"], again["meta"]["version"]) == (True, before["groups"], 'W/"3"')
    assert standing(organization_id, cast.bob) == ("ACTIVE", MEMBER, "scim", True)
    assert [role["role"] for role in good(cast.api.get(f"/users/{cast.bob}"))["workspaceRoles"]] == ["WORKSPACE_AUTHOR"]
    told = events(organization_id, cast.bob)[1:]
    assert told == [
        ("owner:user:deactivated", {"active": [True, False], "#status": ["ACTIVE", "INACTIVE"]}),
        ("owner:user:reactivated", {"active": [False, True], "#status": ["INACTIVE", "ACTIVE"]}),
    ]


def found(scim: ScimClient, filter_: str) -> list[str]:
    return [user["id"] for user in scim.filter("/Users", filter_).get_json(force=True)["Resources"]]


def test_what_is_done_already_changes_nothing(cast: Cast) -> None:
    organization_id = cast.api.organization_id
    before = [cast.acme.get(f"/Users/{each}").get_data() for each in (cast.bob, cast.dora)]

    back(organization_id, cast.bob)
    deactivate(requester(organization_id), cast.dora)

    assert [cast.acme.get(f"/Users/{each}").get_data() for each in (cast.bob, cast.dora)] == before
    assert not [action for action, _ in events(organization_id, cast.bob) if action.startswith("owner:")]


def test_identity_provider_that_still_says_active_brings_a_user_back(cast: Cast) -> None:
    deactivate(requester(cast.api.organization_id), cast.bob)

    cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": "active", "value": True})

    assert standing(cast.api.organization_id, cast.bob)[0] == "ACTIVE"


def test_update_that_does_not_mention_active_leaves_a_user_deactivated(cast: Cast) -> None:
    deactivate(requester(cast.api.organization_id), cast.bob)

    cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": "title", "value": "Dr"})

    assert standing(cast.api.organization_id, cast.bob)[0] == "INACTIVE"


def test_attributes_of_extensions_survive(organization: Organization, scim: ScimClient) -> None:
    manager = {ENTERPRISE: {"department": "R&D", "manager": {"value": "26118915"}}}
    eve = scim.create_user("eve", **manager)

    deactivate(requester(organization.id), eve["id"])

    kept = scim.get(f"/Users/{eve['id']}").get_json(force=True)
    assert kept[ENTERPRISE]["department"] == "R&D"
    assert found(scim, f'{ENTERPRISE}:department eq "r&d"') == [eve["id"]]


@pytest.mark.parametrize(("toggle", "expected"), [(None, ("AWAITING_INVITATION", None)), (MEMBER, ("ACTIVE", MEMBER))])
def test_who_never_had_a_role_comes_back_by_the_toggle(
    organization: Organization, scim: ScimClient, toggle: str | None, expected: tuple[str, str | None]
) -> None:
    eve = scim.create_user("eve", active=False)["id"]
    organization.set_jit(toggle)

    back(organization.id, eve)

    assert standing(organization.id, eve)[:2] == expected


LEAVING: dict[str, Callable[[str, str], None]] = {
    "remove": lambda organization_id, user_id: remove(requester(organization_id), user_id),
    "deactivate": lambda organization_id, user_id: deactivate(requester(organization_id), user_id),
    "remove_self": lambda organization_id, user_id: remove_self(requester(organization_id, user_id=user_id)),
}


@pytest.mark.parametrize("way", LEAVING)
def test_last_owner_stays(cast: Cast, way: str) -> None:
    organization_id = cast.api.organization_id
    # Neither of these is an active Owner.
    insert_person(organization_id, "invited", Status.PENDING, OWNER)
    insert_person(organization_id, "gone", Status.INACTIVE, OWNER, active=False)
    before = cast.acme.get(f"/Users/{cast.alice}").get_data()

    with pytest.raises(LastOwner, match="Make another User an Organization Owner first"):
        LEAVING[way](organization_id, cast.alice)

    assert cast.acme.get(f"/Users/{cast.alice}").get_data() == before
    action, changes = events(organization_id, cast.alice)[-1]
    assert action == "owner:user:refused"
    assert "only active Organization Owner" in changes["#reason"][1]

    insert_person(organization_id, "second", Status.ACTIVE, OWNER)
    LEAVING[way](organization_id, cast.alice)
    assert cast.alice not in found(cast.acme, "active eq true")


def test_person_leaves_without_any_permission(cast: Cast) -> None:
    organization_id = cast.api.organization_id

    remove_self(requester(organization_id, MEMBER, user_id=cast.bob))

    assert events(organization_id, cast.bob)[-1][0] == "self:user:removed"
    assert cast.acme.get(f"/Users/{cast.bob}").status_code == 404


def test_token_is_nobody_who_could_leave(cast: Cast) -> None:
    with pytest.raises(NoMembership):
        remove_self(requester(cast.api.organization_id))


@pytest.mark.parametrize("role", [None, MEMBER, "ORGANIZATION_BILLING_ADMIN"])
def test_only_owners_may(cast: Cast, role: str | None) -> None:
    asks = requester(cast.api.organization_id, role)

    for attempt in (remove, deactivate):
        with pytest.raises(Forbidden):
            attempt(asks, cast.bob)
    with pytest.raises(Forbidden):
        reactivate(asks, cast.dora, connection_id="")


def test_people_of_other_organizations_are_nobody(cast: Cast, api: ApiClient) -> None:
    for attempt in (remove, deactivate):
        with pytest.raises(NotFound):
            attempt(requester(api.organization_id), cast.bob)
    with pytest.raises(NotFound):
        back(api.organization_id, cast.dora)
    assert standing(cast.api.organization_id, cast.bob)[0] == "ACTIVE"
