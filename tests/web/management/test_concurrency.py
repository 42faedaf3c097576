"""Owners and an identity provider at the same moment, with threads on both databases: nothing is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from scim_server.database import reading, transaction
from scim_server.directory.totals import ResourceTotal
from scim_server.teams.models import Team, TeamMember
from scim_server.users.models import User
from tests.conftest import Cast, Organization
from tests.security.test_concurrency import member, people
from tests.support.api import ApiClient, good
from tests.support.client import USER, ScimClient
from tests.support.people import standing
from tests.web.management.entries_teams import by_hand

ROUNDS = 8

Send = Callable[[ScimClient, ApiClient], TestResponse]


def together(scim: ScimClient, api: ApiClient, *sends: Send) -> list[int]:
    """Send requests at the same moment, each with clients and a thread of its own; return their statuses."""
    start = threading.Barrier(len(sends))

    def run(send: Send) -> int:
        clients = (
            ScimClient(scim.app, scim.organization_id, scim.token),
            ApiClient(api.app, api.organization_id, api.token),
        )
        start.wait()
        return send(*clients).status_code

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(run, sends))


def push(user_name: str) -> Send:
    return lambda scim, _: scim.post("/Users", {"schemas": [USER], "userName": user_name})


def active(user_id: str, value: bool) -> Send:
    return lambda scim, _: scim.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": value})


def deleted_by_scim(user_id: str) -> Send:
    return lambda scim, _: scim.delete(f"/Users/{user_id}")


def owner(method: str, path: str) -> Send:
    return lambda _, api: api.request(method, path)


def test_owner_and_identity_provider_change_one_person(scim: ScimClient, api: ApiClient) -> None:
    """Whoever comes last has the last word; there is one User, and status and `active` agree."""
    for number in range(ROUNDS):
        eve = scim.create_user(f"eve{number}")["id"]
        statuses = together(
            scim,
            api,
            owner("POST", f"/users/{eve}/deactivate"),
            active(eve, True),
            owner("POST", f"/users/{eve}/reactivate"),
            active(eve, False),
            push(f"eve{number}"),
        )

        assert statuses == [200, 200, 200, 200, 409]
        is_active = scim.get(f"/Users/{eve}").get_json(force=True)["active"]
        expected = ("ACTIVE" if is_active else "INACTIVE", "ORGANIZATION_MEMBER")
        assert standing(api.organization_id, eve)[:2] == expected
    assert people_stored(api.organization_id) == (ROUNDS, ROUNDS)


def test_owner_removes_whom_the_identity_provider_changes_or_pushes_anew(scim: ScimClient, api: ApiClient) -> None:
    for number in range(ROUNDS):
        eve = scim.create_user(f"eve{number}")["id"]
        team = scim.create_group(f"Team {number}", eve)["id"]
        removed, deleted, *others = together(
            scim,
            api,
            owner("DELETE", f"/users/{eve}"),
            deleted_by_scim(eve),
            active(eve, False),
            scim_member(team, "add", eve),
            push(f"eve{number}"),
        )

        assert sorted([removed, deleted]) == [204, 404]
        assert others[0] in {200, 404}
        assert others[1] == 200
        assert others[2] in {201, 409}
        if others[2] == 409:
            scim.create_user(f"eve{number}")
        assert "members" not in scim.get(f"/Groups/{team}").get_json(force=True)
    assert people_stored(api.organization_id) == (ROUNDS, ROUNDS)


def people_stored(organization_id: str) -> tuple[int, int]:
    """Return the number of Users, by their rows and by the total."""
    rows = select(func.count()).select_from(User).where(User.organization_id == organization_id)
    total = select(ResourceTotal.total).where(
        ResourceTotal.organization_id == organization_id, ResourceTotal.resource_type == "User"
    )
    with reading() as connection:
        return connection.execute(rows).scalar_one(), connection.execute(total).scalar_one()


def test_two_owners_cannot_remove_one_another(cast: Cast) -> None:
    api = cast.api
    for number in range(ROUNDS):
        owners = [user["id"] for user in good(api.get("/users", organizationRole="ORGANIZATION_OWNER"))["users"]]
        if len(owners) < 2:
            owners.append(cast.acme.create_user(f"owner-{number}")["id"])
            make_owner(api.organization_id, owners[1])
        statuses = together(
            cast.acme, api, owner("DELETE", f"/users/{owners[0]}"), owner("POST", f"/users/{owners[1]}/deactivate")
        )

        assert sorted(statuses) in ([200, 409], [204, 409])
        left = good(api.get("/users", organizationRole="ORGANIZATION_OWNER", status="ACTIVE"))
        assert left["totalCount"] == 1


def make_owner(organization_id: str, user_id: str) -> None:
    with transaction() as connection:
        of_user = (User.organization_id == organization_id, User.id == user_id)
        connection.execute(update(User).where(*of_user).values(role="ORGANIZATION_OWNER"))


def test_members_that_an_owner_removes_while_scim_pushes(
    organization: Organization, scim: ScimClient, api: ApiClient
) -> None:
    """CC01 says so of SCIM alone: deltas and the Team's lock hold across both ways in."""
    ids = people(scim, 4 * ROUNDS)
    stay, pushed, removed, pulled = (ids[part * ROUNDS : (part + 1) * ROUNDS] for part in range(4))
    team = scim.create_group("Team", *stay, *removed, *pulled)["id"]

    statuses = together(
        scim,
        api,
        *(scim_member(team, "add", each) for each in pushed),
        *(owner("DELETE", f"/teams/{team}/members/{each}") for each in removed),
        *(scim_member(team, "remove", each) for each in pulled),
    )

    assert set(statuses) == {200, 204}
    assert stored_members(organization.id, team) == (set(stay + pushed), 2 * ROUNDS)


def test_members_that_owners_add_and_remove_at_once(
    organization: Organization, scim: ScimClient, api: ApiClient
) -> None:
    ids = people(scim, 2 * ROUNDS)
    team = scim.create_group("Team", *ids[:ROUNDS])["id"]
    by_hand(api)

    statuses = together(
        scim,
        api,
        *(owner("DELETE", f"/teams/{team}/members/{each}") for each in ids[:ROUNDS]),
        *(added_by_hand(team, each) for each in ids[ROUNDS:]),
        # Twice: one of the two changes nothing.
        *(added_by_hand(team, each) for each in ids[ROUNDS:]),
    )

    assert set(statuses) == {204}
    assert stored_members(organization.id, team) == (set(ids[ROUNDS:]), ROUNDS)


def test_one_name_is_taken_once(scim: ScimClient, api: ApiClient) -> None:
    by_hand(api)

    statuses = together(scim, api, *([lambda _, api: api.post("/teams", {"name": "Engineers"})] * ROUNDS))

    assert sorted(statuses) == [200] + [409] * (ROUNDS - 1)
    assert good(api.get("/teams"))["totalCount"] == 1


def scim_member(team: str, op: str, user_id: str) -> Send:
    return lambda scim, _: scim.patch(f"/Groups/{team}", member(op, user_id))


def added_by_hand(team: str, user_id: str) -> Send:
    return lambda _, api: api.post(f"/teams/{team}/members", {"memberIds": [user_id]})


def stored_members(organization_id: str, team: str) -> tuple[set[str], int]:
    """Return the members of a Team by their rows, and their number as the Team has it."""
    rows = select(TeamMember.member_id).where(TeamMember.organization_id == organization_id, TeamMember.team_id == team)
    counted = select(Team.member_count).where(Team.organization_id == organization_id, Team.id == team)
    with reading() as connection:
        return set(connection.execute(rows).scalars()), connection.execute(counted).scalar_one()
