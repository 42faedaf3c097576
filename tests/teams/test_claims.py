"""Groups that an identity provider names at a login, and the Teams of these names."""

import itertools
import uuid
from typing import Any

import pytest

from scim_server.accounts.rights import rotate_for_users
from scim_server.accounts.sessions import recognise
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.service import read_connection
from scim_server.database import transaction
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.effective import effective_roles
from scim_server.sso.configuration import configure
from scim_server.teams import administration
from scim_server.teams.claims import Move, Standing, move
from tests.conftest import Organization
from tests.support.answers import body
from tests.support.api import ApiClient, good
from tests.support.client import ScimClient
from tests.support.logins import actions, entered, prove, set_up_sso, somebody

OWNER, BILLING = "ORGANIZATION_OWNER", "ORGANIZATION_BILLING_ADMIN"
FLAGS = ("is_idp_managed", "is_named", "is_member", "claimed_here")
JOINS = {(False, True, False, False), (False, True, False, True)}
LEAVES = {(False, False, True, True)}


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=4)))
def test_truth_table(flags: tuple[bool, ...]) -> None:
    expected = Move.JOIN if flags in JOINS else Move.LEAVE if flags in LEAVES else Move.STAY
    assert move(Standing(**dict(zip(FLAGS, flags, strict=True)))) is expected


@pytest.fixture
def ann(organization: Organization) -> str:
    """Give an address on a proved domain, in an Organization whose Teams no identity provider pushes."""
    domain = f"{uuid.uuid4().hex[:8]}.example"
    prove(organization.id, domain)
    connection_id = set_up_sso(organization.id, issuer="https://idp.acme.example", groups_claim="groups")
    configure(_owner(organization), connection_id, {"groups_to_teams": True})
    return f"ann@{domain}"


@pytest.fixture(autouse=True)
def _by_hand(organization: Organization, api: ApiClient) -> None:
    provision(organization, api, "OFF")


def provision(organization: Organization, api: ApiClient, state: str) -> None:
    good(api.patch(f"/connections/{read_connection(organization.id).id}", {"provisioning": state}))


def _owner(organization: Organization) -> Requester:
    return Requester(organization.id, Authority(OWNER), Origin(ActorType.OPERATOR, "tests"))


def team(organization: Organization, name: str, role: str | None = None) -> str:
    """Make a Team by hand."""
    return administration.create(_owner(organization), name=name, organization_role=role)


def teams_of(api: ApiClient, user_id: str) -> set[str]:
    return {each["name"] for each in good(api.get(f"/users/{user_id}/teams"))["teams"]}


def test_people_come_and_go_as_their_groups_say(organization: Organization, api: ApiClient, ann: str) -> None:
    for name in ("sales", "Support"):
        team(organization, name)
    by_hand = team(organization, "on call")
    user_id = entered(organization.id, somebody(ann, groups=("sales", "nothing", "support"))).user_id
    # Names are compared as they are written, and no login makes a Team.
    assert teams_of(api, user_id) == {"sales"}
    assert "sso:team:updated" in actions(organization.id)
    administration.add_members(_owner(organization), by_hand, [user_id])

    entered(organization.id, somebody(ann, groups=("Support",)))
    assert teams_of(api, user_id) == {"Support", "on call"}

    entered(organization.id, somebody(ann, groups=None))
    assert teams_of(api, user_id) == {"Support", "on call"}
    entered(organization.id, somebody(ann, groups=()))
    assert teams_of(api, user_id) == {"on call"}
    counts = {each["name"]: each["membersCount"] for each in good(api.get("/teams"))["teams"] if "membersCount" in each}
    assert all(count == (1 if name == "on call" else 0) for name, count in counts.items())


def test_whom_an_owner_added_no_login_removes(organization: Organization, api: ApiClient, ann: str) -> None:
    sales = team(organization, "sales")
    user_id = entered(organization.id, somebody(ann, groups=())).user_id
    administration.add_members(_owner(organization), sales, [user_id])
    for groups in (("sales",), ()):
        entered(organization.id, somebody(ann, groups=groups))
        assert teams_of(api, user_id) == {"sales"}
    # Taken out and brought back by a login, the membership is the login's.
    administration.remove_member(_owner(organization), sales, user_id)
    entered(organization.id, somebody(ann, groups=("sales",)))
    entered(organization.id, somebody(ann, groups=()))
    assert teams_of(api, user_id) == set()


def test_a_team_of_owners_is_an_owners_doing(organization: Organization, api: ApiClient, ann: str) -> None:
    """No group makes an Owner by itself; an Owner binds the role to the Team first, and then it does (JT07)."""
    groups = (OWNER, "owners", "Organization Owner", "admin")
    user_id = entered(organization.id, somebody(ann, groups=groups)).user_id
    assert _role(organization, user_id) == "ORGANIZATION_MEMBER"
    admins = team(organization, "admin")
    entered(organization.id, somebody(ann, groups=("admin",)))
    assert _role(organization, user_id) == "ORGANIZATION_MEMBER"
    good(api.post(f"/teams/{admins}/roles", {"organizationRole": OWNER}))
    assert _role(organization, user_id) == OWNER
    secret = entered(organization.id, somebody(ann, groups=("admin",))).secret

    entered(organization.id, somebody(ann, groups=()))

    # Rights that go have the sessions there are renewed.
    assert _role(organization, user_id) == "ORGANIZATION_MEMBER"
    signed_in = recognise(secret)
    assert signed_in is not None
    assert signed_in.rotation_due


def _role(organization: Organization, user_id: str) -> Any:
    return effective_roles(organization.id, user_id).organization.role  # type: ignore[union-attr]


@pytest.mark.parametrize("switch", [{"groups_to_teams": False}, {"groups_claim": None}])
def test_off_unless_an_owner_says_so(
    organization: Organization, api: ApiClient, ann: str, switch: dict[str, Any]
) -> None:
    team(organization, "sales")
    configure(_owner(organization), read_connection(organization.id).id, switch)
    groups = None if "groups_claim" in switch else ("sales",)
    assert teams_of(api, entered(organization.id, somebody(ann, groups=groups)).user_id) == set()


@pytest.mark.parametrize("state", ["ON", "PAUSED"])
def test_never_beside_scim(organization: Organization, api: ApiClient, ann: str, state: str) -> None:
    team(organization, "sales")
    provision(organization, api, state)
    user_id = entered(organization.id, somebody(ann, groups=("sales",))).user_id
    assert teams_of(api, user_id) == set()


def test_never_what_scim_has_made(organization: Organization, api: ApiClient, scim: ScimClient, ann: str) -> None:
    provision(organization, api, "ON")
    pushed = scim.create_group("sales")["id"]
    provision(organization, api, "OFF")
    user_id = entered(organization.id, somebody(ann, groups=("sales",))).user_id
    assert teams_of(api, user_id) == set()
    provision(organization, api, "ON")
    assert "members" not in body(scim.get(f"/Groups/{pushed}"))


def test_rotation_of_many(organization: Organization, ann: str) -> None:
    found = entered(organization.id, somebody(ann))
    with transaction() as connection:
        rotate_for_users(connection, str(uuid.uuid4()), [found.user_id])
        rotate_for_users(connection, organization.id, [])
    assert not recognise(found.secret).rotation_due  # type: ignore[union-attr]
    with transaction() as connection:
        rotate_for_users(connection, organization.id, [found.user_id, "nobody"])
    assert recognise(found.secret).rotation_due  # type: ignore[union-attr]
