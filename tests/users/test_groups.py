"""What `groups` shows on a page of many, where all Teams are read at once."""

from typing import Any

import orjson
import pytest
from flask import Flask

from scim_server.database import reading
from scim_server.users.memberships import complete_groups
from tests.conftest import Organization
from tests.support.client import ScimClient

NAMES = ("Engineers", 'Team "Zoë" \\ 雪', "Nobody's")


@pytest.mark.parametrize("nested", [False, True])
def test_pages_show_what_each_user_shows(scim: ScimClient, nested: bool) -> None:
    people = [scim.create_user(f"user{number}")["id"] for number in range(3)]
    first, second, _ = (
        scim.create_group(name, *members)["id"]
        for name, members in zip(NAMES, (people[:1], people[:2], ()), strict=True)
    )
    if nested:
        scim.create_group("Everybody", first, second, people[0])

    page = [_in_order(each) for each in scim.get("/Users").get_json(force=True)["Resources"]]

    assert page == [_in_order(scim.get(f"/Users/{each}").get_json(force=True)) for each in people]
    assert [len(user.get("groups", ())) for user in page] == ([3, 2, 0] if nested else [2, 1, 0])


def _in_order(user: dict[str, Any]) -> dict[str, Any]:
    """Return the User with its Teams in one order, as PostgreSQL promises none."""
    groups = user.get("groups", ())
    return {**user, "groups": sorted(groups, key=lambda group: (group["display"], group["type"]))}


def test_a_team_deleted_since_is_left_out(app: Flask, organization: Organization, scim: ScimClient) -> None:
    team = scim.create_group(NAMES[1])["id"]
    with app.app_context(), reading() as connection:
        found = complete_groups(connection, organization.id, "base", [f"gone,{team}", "indirect gone", None])

    (element,) = orjson.loads(found[0] or "")
    assert element == {"value": team, "$ref": f"base/Groups/{team}", "type": "direct", "display": NAMES[1]}
    assert found[1:] == [None, None]
