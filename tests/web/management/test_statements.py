"""How many statements the lists of the management API cost: as many for a hundred rows as for one."""

from typing import Any

from tests.conftest import Organization
from tests.support.api import ApiClient, good
from tests.support.client import ScimClient
from tests.users.test_administration import insert_binding
from tests.web.test_statements import TOKEN, count, populate, populate_more

# Path and query; then statements beside the token's look-up.
LISTS: dict[str, tuple[str, dict[str, Any], int]] = {
    # page, total, roles
    "Users": ("/users", {"limit": 100}, 3),
    "Users by name": ("/users", {"limit": 100, "sorts": "fullName:asc", "search": "m"}, 3),
    "Users of a Team": ("/users", {"limit": 100, "teamId": "{team}"}, 3),
    # page, total, roles, who made and changed them
    "Teams": ("/teams", {"limit": 100}, 4),
    "Teams by name": ("/teams", {"limit": 100, "sorts": "name:asc", "search": "m"}, 4),
    # is there such a Team, page, total
    "members": ("/teams/{team}/members", {"limit": 100}, 3),
}


def costs(api: ApiClient, team: str) -> dict[str, int]:
    """Return what each list costs."""

    def cost(path: str, query: dict[str, Any]) -> int:
        filled = {key: str(value).format(team=team) for key, value in query.items()}
        return count(lambda: api.get(path.format(team=team), **filled))

    return {name: cost(path, query) for name, (path, query, _) in LISTS.items()}


def test_lists_of_a_hundred_cost_what_lists_of_one_cost(
    organization: Organization, scim: ScimClient, api: ApiClient
) -> None:
    expected = {name: TOKEN + statements for name, (_, _, statements) in LISTS.items()}
    (user,), (team, *_) = populate(scim, 1)
    insert_binding(organization.id, user)
    # The first use of the token is written.
    good(api.get("/users"))
    assert costs(api, team) == expected

    populate_more(scim, 99)
    everybody = [each["id"] for each in scim.get("/Users?count=100").get_json(force=True)["Resources"]]
    for each in everybody[1:]:
        insert_binding(organization.id, each)
    scim.patch(f"/Groups/{team}", {"op": "add", "path": "members", "value": [{"value": each} for each in everybody]})
    for number in range(94):
        scim.create_group(f"Mass {number}", user)

    assert costs(api, team) == expected
    for path, items in (("/users", "users"), ("/teams", "teams"), (f"/teams/{team}/members", "teamMembers")):
        assert len(good(api.get(path, limit=100))[items]) == 100


def test_single_reads(scim: ScimClient, api: ApiClient) -> None:
    users, teams = populate(scim, 2)
    good(api.get("/users"))

    assert {
        "User": count(lambda: api.get(f"/users/{users[0]}")),
        "Team": count(lambda: api.get(f"/teams/{teams[0]}")),
        "Organization": count(lambda: api.get("")),
        "oneself": count(lambda: api.get("/v1/users/self")),
    } == {
        # and its Teams, its roles
        "User": TOKEN + 3,
        # and its roles, who made and changed it
        "Team": TOKEN + 3,
        # and its domains
        "Organization": TOKEN + 2,
        "oneself": TOKEN,
    }
