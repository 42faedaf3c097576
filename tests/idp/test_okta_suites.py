"""Okta's published suites, step by step and in order, against an Organization as quickstart founds it.

The first is the SPEC suite that every integration must pass before a review (idp-wire O80 to O84), the second the
life cycle of people and Groups that the CRUD suite and the review plan drive (O85, O86, section 7b Q2).
"""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.conftest import make_organization
from tests.support.client import ERROR, GROUP, LIST, USER, ScimClient

SUITE_HEADERS = {"Accept": "application/scim+json; charset=utf-8", "Content-Type": "application/json"}
ABSENT_ID = "010101001010101011001010101011"


@pytest.fixture
def seeded(app: Flask) -> ScimClient:
    """Give a client of an Organization that has its first Owner and nobody else."""
    organization = make_organization(f"Okta {uuid.uuid4().hex[:8]}", "ann.owner@example.test")
    return ScimClient(app, organization.id, organization.token)


def _list(scim: ScimClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = scim.get(path, query_string=parameters, headers=SUITE_HEADERS)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json(force=True)
    assert found["schemas"] == [LIST]
    assert found["itemsPerPage"] == len(found["Resources"])
    assert {type(found[name]) for name in ("totalResults", "startIndex", "itemsPerPage")} == {int}
    return found


def test_q1_spec_suite(seeded: ScimClient) -> None:
    read_who_is_there(seeded)
    create_somebody(seeded)
    meet_errors(seeded)


def read_who_is_there(seeded: ScimClient) -> None:
    """Play steps 1 to 4."""
    # 1: somebody with these attributes must be there already
    first = _list(seeded, "/Users", count=1, startIndex=1)
    assert first["totalResults"] == 1
    (user,) = first["Resources"]
    assert user["id"]
    assert user["userName"]
    assert user["active"] is True
    assert user["name"]["givenName"]
    assert user["name"]["familyName"]
    assert user["emails"][0]["value"]
    # 2: the same by id
    assert seeded.get(f"/Users/{user['id']}").get_json(force=True)["userName"] == user["userName"]
    # 3: nobody is an empty list
    assert _list(seeded, "/Users", filter='userName eq "invalid-name"')["totalResults"] == 0
    # 4: an id that nobody has
    absent = seeded.get(f"/Users/{ABSENT_ID}")
    assert absent.status_code == 404
    assert absent.get_json(force=True)["schemas"] == [ERROR]
    assert absent.get_json(force=True)["detail"]


def create_somebody(seeded: ScimClient) -> None:
    """Play steps 5 to 10."""
    # 5: a random name
    name = f"Runscope.{uuid.uuid4().hex}@Atko.com"
    assert _list(seeded, "/Users", filter=f'userName eq "{name}"')["totalResults"] == 0
    # 6: create, and the letter case stays
    body = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Runscope", "familyName": "Atko"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Runscope Atko",
        "active": True,
    }
    created = seeded.post("/Users", body, headers=SUITE_HEADERS)
    assert created.status_code == 201
    made = created.get_json(force=True)
    assert made["active"] is True
    assert made["schemas"] == [USER]
    assert {key: made[key] for key in ("userName", "name")} == {key: body[key] for key in ("userName", "name")}
    # 7: read it
    read = seeded.get(f"/Users/{made['id']}", headers=SUITE_HEADERS)
    assert read.status_code == 200
    assert read.get_json(force=True) == made
    # 8: create it again
    assert seeded.post("/Users", body, headers=SUITE_HEADERS).status_code == 409
    # 9: find it in another letter case
    assert _list(seeded, "/Users", filter=f'userName eq "{name.upper()}"')["Resources"] == [made]
    # 10: Groups are a list, too
    assert isinstance(_list(seeded, "/Groups")["Resources"], list)


def meet_errors(seeded: ScimClient) -> None:
    """Play steps 11 and 12."""
    # 11: an Authorization header that is no token
    stranger = seeded.get("/Users", headers={**SUITE_HEADERS, "Authorization": "non-token"})
    assert stranger.status_code == 401
    refused = stranger.get_json(force=True)
    assert (refused["schemas"], refused["status"]) == ([ERROR], "401")
    assert refused["detail"]
    # 12: another id that nobody has
    missing = seeded.get("/Users/00919288221112222", headers=SUITE_HEADERS)
    assert missing.status_code == 404
    assert missing.get_json(force=True)["status"] == "404"


def test_q2_life_cycle_in_order(seeded: ScimClient) -> None:
    ada = walk_the_life_of_a_person(seeded)
    push_a_group(seeded, ada)


def walk_the_life_of_a_person(seeded: ScimClient) -> dict[str, Any]:
    """Play steps 1 to 13 and return the User."""
    name = "ada.byron@example.test"
    # 1, 2: test the credentials; look for the person
    assert _list(seeded, "/Users", startIndex=1, count=1)["itemsPerPage"] == 1
    assert _list(seeded, "/Users", filter=f'userName eq "{name}"', startIndex=1, count=100)["Resources"] == []
    # 3, 4, 5: create, read, and meet the duplicate
    body = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "externalId": "00u1EXAMPLE",
        "groups": [],
        "password": "q8Zl20ax",
        "active": True,
    }
    ada = seeded.post("/Users", body).get_json(force=True)
    path = f"/Users/{ada['id']}"
    assert seeded.get(path).get_json(force=True) == ada
    assert seeded.post("/Users", body).get_json(force=True)["scimType"] == "uniqueness"
    # 6: the profile changes
    renamed = seeded.put(path, {**ada, "name": {"givenName": "Augusta", "familyName": "Byron"}})
    assert renamed.status_code == 200
    assert renamed.get_json(force=True)["name"]["givenName"] == "Augusta"
    # 7, 8: unassigned, and still to be found
    assert seeded.patch(path, {"op": "replace", "value": {"active": False}}).status_code == 200
    (found,) = _list(seeded, "/Users", filter=f'userName eq "{name}"')["Resources"]
    assert (found["id"], found["active"]) == (ada["id"], False)
    # 9: assigned again, under the same id
    again = seeded.patch(path, {"op": "replace", "value": {"active": True}}).get_json(force=True)
    assert (again["id"], again["active"]) == (ada["id"], True)
    # 10: password sync leaves no trace
    synchronised = seeded.patch(path, {"op": "replace", "value": {"password": "n3w"}})
    assert synchronised.get_json(force=True) == again
    # 11: a PUT that does not mention active
    without = {key: value for key, value in again.items() if key != "active"}
    assert seeded.put(path, without).get_json(force=True)["active"] is True
    # 12, 13: import, and the page behind the last
    pages = [_list(seeded, "/Users", startIndex=start, count=1) for start in (1, 2)]
    assert {page["totalResults"] for page in pages} == {2}
    assert len({page["Resources"][0]["id"] for page in pages}) == 2
    behind = _list(seeded, "/Users", startIndex=101, count=100)
    assert (behind["totalResults"], behind["itemsPerPage"], behind["Resources"]) == (2, 0, [])
    return ada


def push_a_group(seeded: ScimClient, ada: dict[str, Any]) -> None:
    """Play steps 14 to 22."""
    # 14, 15: the Group is not there, so it is made empty
    assert _list(seeded, "/Groups", filter='displayName eq "Engineers"', startIndex=1, count=100)["Resources"] == []
    pushed = seeded.post("/Groups", {"schemas": [GROUP], "displayName": "Engineers", "members": []})
    assert pushed.status_code == 201
    group_path = f"/Groups/{pushed.get_json(force=True)['id']}"
    other = seeded.create_user("bob@example.test")

    def members() -> set[str]:
        return {each["value"] for each in seeded.get(group_path).get_json(force=True).get("members", [])}

    def change(*operations: dict[str, Any]) -> set[str]:
        assert seeded.patch(group_path, *operations).status_code == 200
        return members()

    # 16 to 20: name with id, add, remove and add, set, empty
    by_id = {"id": group_path.rpartition("/")[2], "displayName": "Engineers"}
    assert change({"op": "replace", "value": by_id}) == set()
    member = {"value": ada["id"], "display": ada["userName"]}
    assert change({"op": "add", "path": "members", "value": [member]}) == {ada["id"]}
    swap = {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'}
    assert change(swap, {"op": "add", "path": "members", "value": [{"value": other["id"]}]}) == {other["id"]}
    assert change({"op": "replace", "path": "members", "value": [member]}) == {ada["id"]}
    assert change({"op": "replace", "path": "members", "value": []}) == set()
    # 21: the whole Group by PUT
    whole = {"schemas": [GROUP], **by_id, "members": [{"value": ada["id"], "display": None}]}
    assert seeded.put(group_path, whole).status_code == 200
    assert members() == {ada["id"]}
    # 22: the Group goes, its member stays
    assert seeded.delete(group_path).status_code == 204
    assert seeded.get(f"/Users/{ada['id']}").get_json(force=True)["active"] is True
