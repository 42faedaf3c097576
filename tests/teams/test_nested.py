"""Nested Teams: indirect memberships show in `groups`, are found by filters, and never close a circle."""

import pytest

from tests.support.client import ScimClient


def groups_of(scim: ScimClient, user_id: str) -> dict[str, str]:
    """Return the Groups that a User shows, each with its kind of membership."""
    groups = scim.get(f"/Users/{user_id}").get_json(force=True).get("groups", [])
    return {group["display"]: group["type"] for group in groups}


def found_by(scim: ScimClient, text: str) -> set[str]:
    """Return the userNames that a filter finds."""
    resources = scim.filter("/Users", text).get_json(force=True)["Resources"]
    return {resource["userName"] for resource in resources}


def test_user_shows_direct_and_indirect_groups(scim: ScimClient) -> None:
    ada, bob = scim.create_user("ada")["id"], scim.create_user("bob")["id"]
    engineers = scim.create_group("Engineers", ada)["id"]
    staff = scim.create_group("Staff", engineers, bob)["id"]
    scim.create_group("Everybody", staff)
    assert groups_of(scim, ada) == {"Engineers": "direct", "Staff": "indirect", "Everybody": "indirect"}
    assert groups_of(scim, bob) == {"Staff": "direct", "Everybody": "indirect"}


def test_direct_membership_hides_the_indirect_one(scim: ScimClient) -> None:
    ada = scim.create_user("ada")["id"]
    engineers = scim.create_group("Engineers", ada)["id"]
    scim.create_group("Staff", engineers, ada)
    assert groups_of(scim, ada) == {"Engineers": "direct", "Staff": "direct"}


def test_filters_find_indirect_members(scim: ScimClient) -> None:
    ada = scim.create_user("ada")["id"]
    scim.create_user("bob")
    engineers = scim.create_group("Engineers", ada)["id"]
    staff = scim.create_group("Staff", engineers)["id"]
    assert found_by(scim, f'groups.value eq "{staff}"') == {"ada"}
    assert found_by(scim, f'groups[type eq "indirect" and display eq "STAFF"].value eq "{staff}"') == {"ada"}
    assert found_by(scim, f'groups[type eq "direct"].value eq "{staff}"') == set()


def test_members_show_their_kind_and_name(scim: ScimClient) -> None:
    ada = scim.create_user("ada", displayName="Ada")["id"]
    engineers = scim.create_group("Engineers")["id"]
    members = scim.create_group("Staff", ada, engineers)["members"]
    assert {(member["type"], member["display"]) for member in members} == {("User", "Ada"), ("Group", "Engineers")}
    assert all(member["$ref"].endswith(f"/{member['type']}s/{member['value']}") for member in members)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_pt16_no_group_contains_itself(scim: ScimClient, depth: int) -> None:
    first = scim.create_group("0")["id"]
    last = first
    for level in range(depth):
        last = scim.create_group(str(level + 1), last)["id"]
    answer = scim.patch(f"/Groups/{first}", {"op": "add", "path": "members", "value": [{"value": last}]})
    assert answer.status_code == 400
    assert answer.get_json(force=True)["scimType"] == "invalidValue"
    assert "members" not in scim.get(f"/Groups/{first}").get_json(force=True)


def test_deleted_group_leaves_the_groups_above_it(scim: ScimClient) -> None:
    ada = scim.create_user("ada")["id"]
    engineers = scim.create_group("Engineers", ada)["id"]
    staff = scim.create_group("Staff", engineers)["id"]
    version = scim.get(f"/Groups/{staff}").headers["ETag"]
    scim.delete(f"/Groups/{engineers}")
    answer = scim.get(f"/Groups/{staff}")
    assert "members" not in answer.get_json(force=True)
    assert answer.headers["ETag"] != version
    assert groups_of(scim, ada) == {}
