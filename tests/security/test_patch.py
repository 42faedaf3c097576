"""Attacks through PATCH and Groups (security catalogue PT01 to PT20), on both databases."""

import functools
import gc
import inspect
from typing import Any

import pytest
from sqlalchemy import literal, select

from scim_server.directory.statements import MAX_STATEMENTS, StatementCache
from scim_server.protocol.limits import MAX_MEMBER_VALUES, MAX_PATCH_OPERATIONS
from tests.conftest import Cast, Organization
from tests.support.answers import assert_error, body
from tests.support.api import ApiClient, good
from tests.support.client import ENTERPRISE, GROUP, PATCH, USER, ScimClient
from tests.support.people import standing


@pytest.fixture
def people(scim: ScimClient) -> list[str]:
    """Give the ids of five Users."""
    return [scim.create_user(f"user{index}")["id"] for index in range(5)]


def members(scim: ScimClient, group_id: str) -> list[str]:
    """Return the ids of a Group's members, sorted."""
    return sorted(member["value"] for member in body(scim.get(f"/Groups/{group_id}")).get("members", []))


def version(scim: ScimClient, path: str) -> str:
    return scim.get(path).headers["ETag"]


def values(*ids: str) -> list[dict[str, str]]:
    return [{"value": each} for each in ids]


def test_PT01_put_of_no_members_is_nobody(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", *people)["id"]

    answer = scim.put(f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Team", "members": []})

    assert "members" not in body(answer)
    assert members(scim, team) == []


def test_PT01_post_of_no_members_is_nobody(scim: ScimClient, people: list[str]) -> None:
    assert members(scim, scim.create_group("Team")["id"]) == []


def test_PT01_put_without_members_leaves_them(scim: ScimClient, people: list[str]) -> None:
    """idp-wire O57."""
    team = scim.create_group("Team", *people)["id"]

    scim.put(f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Renamed"})

    assert members(scim, team) == people


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": 'members[value eq "nobody"]'},
        {"op": "remove", "path": 'members[display eq "nobody"]'},
        {"op": "remove", "path": 'members[type eq "Group"]'},
        {"op": "remove", "path": "members", "value": [{"value": "nobody"}]},
        {"op": "remove", "path": "members", "value": []},
        {"op": "add", "path": "members", "value": []},
        {"op": "add", "path": "members", "value": [{"value": "nobody"}]},
        {"op": "add", "value": {"members": []}},
        {"op": "add", "path": "members", "value": None},
    ],
    ids=str,
)
def test_PT02_who_is_not_named_stays(scim: ScimClient, people: list[str], operation: dict[str, Any]) -> None:
    team = scim.create_group("Team", *people)["id"]

    answer = scim.patch(f"/Groups/{team}", operation)

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or operation.get("value", 1) is None
    assert members(scim, team) == people
    assert version(scim, f"/Groups/{team}") == 'W/"1"'


def test_PT03_remove_all(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", *people)["id"]

    assert scim.patch(f"/Groups/{team}", {"op": "remove", "path": "members"}).status_code == 200

    assert members(scim, team) == []


def test_PT03_entras_form_removes_only_those(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", *people)["id"]

    scim.patch(f"/Groups/{team}", {"op": "Remove", "path": "members", "value": values(*people[:2])})

    assert members(scim, team) == people[2:]


@pytest.mark.parametrize(("number", "is_told"), [(50, False), (51, True)])
@pytest.mark.parametrize("form", ["remove", "put"])
def test_PT03_removing_very_many_is_obeyed_and_told(
    scim: ScimClient, api: ApiClient, number: int, is_told: bool, form: str
) -> None:
    team = scim.create_group("Team", *(scim.create_user(f"many{each}")["id"] for each in range(number)))["id"]
    if form == "put":
        scim.put(f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Team", "members": []})
    else:
        scim.patch(f"/Groups/{team}", {"op": "remove", "path": "members"})

    assert members(scim, team) == []
    found = good(api.get("/audit-events", action="scim:team:mass-removal"))["auditEvents"]
    assert [each["changes"] for each in found] == (
        [{name: {"before": None, "after": number} for name in ("#membersRemoved", "#membersBefore")}] if is_told else []
    )


@pytest.mark.parametrize("form", ["path", "pathless", "put"])
def test_PT04_replace_is_exact(scim: ScimClient, people: list[str], form: str) -> None:
    team = scim.create_group("Team", *people[:2])["id"]
    wanted = people[1:4]

    match form:
        case "path":
            scim.patch(f"/Groups/{team}", {"op": "replace", "path": "members", "value": values(*wanted)})
        case "pathless":
            scim.patch(f"/Groups/{team}", {"op": "replace", "value": {"members": values(*wanted)}})
        case _:
            scim.put(f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Team", "members": values(*wanted)})

    assert members(scim, team) == wanted


def test_PT04_replace_by_nobody_empties(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", *people)["id"]

    scim.patch(f"/Groups/{team}", {"op": "replace", "path": "members", "value": []})

    assert members(scim, team) == []


def test_PT05_add_twice(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", people[0])["id"]
    again = {"op": "add", "path": "members", "value": values(people[0], people[0])}

    for operations in ([again], [again, again]):
        assert scim.patch(f"/Groups/{team}", *operations).status_code == 200
    scim.patch(f"/Users/{people[0]}", {"op": "add", "path": "userName", "value": "user0"})

    assert members(scim, team) == [people[0]]
    assert version(scim, f"/Groups/{team}") == 'W/"1"'
    assert version(scim, f"/Users/{people[0]}") == 'W/"1"'


def test_PT06_many_removes_in_one_call(scim: ScimClient) -> None:
    ids = [scim.create_user(f"user{index}")["id"] for index in range(60)]
    team = scim.create_group("Team", *ids)["id"]

    scim.patch(f"/Groups/{team}", *({"op": "remove", "path": f'members[value eq "{each}"]'} for each in ids[5:55]))

    assert members(scim, team) == ids[:5] + ids[55:]


ESCAPES = [
    "__class__",
    "__dict__",
    "__proto__.x",
    "constructor.prototype",
    "_sa_instance_state.x",
    "meta.version.x",
    "urn:evil:x",
    "urn:evil:x:title",
    f"{USER}:__class__",
    f"{ENTERPRISE}:unknown",
    "name.__class__",
    "name.givenName.x",
    "emails.0.value",
    "emails[0]",
    "emails[0].value",
    "title\x00",
    "title; drop",
    "..",
    "/title",
    "$.title",
    " ",
    "members",
]


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("path", ESCAPES)
def test_PT07_attribute_escape(scim: ScimClient, people: list[str], path: str, op: str) -> None:
    before = scim.get(f"/Users/{people[0]}").get_data()

    answer = scim.patch(f"/Users/{people[0]}", {"op": op, "path": path, "value": "x"})

    assert answer.status_code in {200, 400}, answer.get_data(as_text=True)
    assert scim.get(f"/Users/{people[0]}").get_data() == before


@pytest.mark.parametrize("path", ["id", "meta.version", "meta.created", "groups", "schemas"])
def test_PT07_read_only_attributes(scim: ScimClient, people: list[str], path: str) -> None:
    before = scim.get(f"/Users/{people[0]}").get_data()

    answer = scim.patch(f"/Users/{people[0]}", {"op": "remove", "path": path})

    assert answer.status_code == 200 or assert_error(answer, 400, "mutability")
    assert scim.get(f"/Users/{people[0]}").get_data() == before


PATH_BOMBS = {
    "open brackets": "members[" * 30,
    "closed brackets": "members[" * 30 + 'value eq "x"' + "]" * 30,
    "long filter": 'members[value eq "' + "x" * 8_192 + '"]',
    "wide filter": "members[" + " or ".join(['value eq "x"'] * 10_000) + "]",
    "deep filter": "members[" + "(" * 1_000 + 'value eq "x"' + ")" * 1_000 + "]",
    "dots": "members" + ".value" * 10_000,
    "colons": "urn:" * 100_000,
    "unclosed": "members[value eq " + '"' * 9_999,
    "after the bracket": 'members[value eq "x"].value.value',
    "two brackets": 'members[value eq "x"][value eq "y"]',
}


@pytest.mark.parametrize("name", PATH_BOMBS)
def test_PT08_path_filter_bombs(scim: ScimClient, people: list[str], name: str) -> None:
    team = scim.create_group("Team", *people)["id"]

    answer = scim.patch(f"/Groups/{team}", {"op": "remove", "path": PATH_BOMBS[name]})

    assert answer.status_code == 400
    assert body(answer)["scimType"] in {"invalidPath", "invalidFilter"}
    assert members(scim, team) == people


def test_PT08_unknown_attribute_in_a_path_filter_removes_nobody(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", *people)["id"]

    for condition in ('unknown eq "x"', 'not (unknown eq "x")', "not (unknown pr)", 'value ne "x" or unknown pr'):
        answer = scim.patch(f"/Groups/{team}", {"op": "remove", "path": f"members[{condition}]"})
        assert answer.status_code == 400
    assert members(scim, team) == people


def test_PT09_memory_of_statements_is_bounded() -> None:
    """Paths and filters of ever new shapes push old ones out."""
    cache = StatementCache()
    for shape in range(MAX_STATEMENTS * 2):
        cache.get(shape, lambda: select(literal(1)))

    assert len(cache._statements) == MAX_STATEMENTS


def test_PT09_memory_of_parsed_texts_is_bounded() -> None:
    """Nothing that a client sends is remembered without a bound."""
    caches = [
        function
        for function in gc.get_objects()
        if isinstance(function, functools._lru_cache_wrapper)
        and (function.__module__ or "").startswith("scim_server.protocol")
    ]

    assert caches
    for function in caches:
        if inspect.signature(function).parameters:
            assert function.cache_parameters()["maxsize"] is not None, function.__qualname__


def test_PT10_too_many_operations(scim: ScimClient, people: list[str]) -> None:
    operations = [{"op": "replace", "path": "title", "value": str(index)} for index in range(MAX_PATCH_OPERATIONS + 1)]

    detail = assert_error(scim.patch(f"/Users/{people[0]}", *operations), 413)

    assert str(MAX_PATCH_OPERATIONS) in detail
    assert "title" not in body(scim.get(f"/Users/{people[0]}"))
    assert scim.patch(f"/Users/{people[0]}", *operations[:-1]).status_code == 200


@pytest.mark.parametrize("spread", [1, 50])
def test_PT10_too_many_members(scim: ScimClient, people: list[str], spread: int) -> None:
    team = scim.create_group("Team", *people)["id"]
    ids = [f"{index:x}" for index in range(MAX_MEMBER_VALUES + 1)]
    size = -(-len(ids) // spread)
    operations = [
        {"op": "add", "path": "members", "value": values(*ids[start : start + size])}
        for start in range(0, len(ids), size)
    ]

    detail = assert_error(scim.patch(f"/Groups/{team}", *operations), 413)

    assert str(MAX_MEMBER_VALUES) in detail
    assert members(scim, team) == people


@pytest.mark.parametrize(
    "third",
    [
        {"op": "replace", "path": "active", "value": "perhaps"},
        {"op": "replace", "path": "unknown.attribute[", "value": "x"},
        {"op": "replace", "path": "userName", "value": "user1"},
        {"op": "remove", "path": "userName"},
        {"op": "explode", "path": "title"},
    ],
    ids=str,
)
def test_PT11_third_of_three_is_wrong(scim: ScimClient, people: list[str], third: dict[str, Any]) -> None:
    before = scim.get(f"/Users/{people[0]}").get_data()

    answer = scim.patch(
        f"/Users/{people[0]}",
        {"op": "replace", "path": "title", "value": "x"},
        {"op": "replace", "path": "active", "value": False},
        third,
    )

    assert answer.status_code in {400, 409}
    assert scim.get(f"/Users/{people[0]}").get_data() == before
    assert standing(scim.organization_id, people[0])[0] == "ACTIVE"


def test_PT11_third_of_three_is_wrong_in_a_group(scim: ScimClient, people: list[str]) -> None:
    scim.create_group("Taken")
    team = scim.create_group("Team", *people[:3])["id"]
    before = scim.get(f"/Groups/{team}").get_data()

    answer = scim.patch(
        f"/Groups/{team}",
        {"op": "add", "path": "members", "value": values(people[3])},
        {"op": "remove", "path": f'members[value eq "{people[0]}"]'},
        {"op": "replace", "path": "displayName", "value": "Taken"},
    )

    assert_error(answer, 409, "uniqueness")
    assert scim.get(f"/Groups/{team}").get_data() == before


def test_PT12_order(scim: ScimClient, people: list[str]) -> None:
    team = scim.create_group("Team", people[0])["id"]
    path = f"/Groups/{team}"

    def add(each: str) -> dict[str, Any]:
        return {"op": "add", "path": "members", "value": values(each)}

    def remove(each: str) -> dict[str, Any]:
        return {"op": "remove", "path": f'members[value eq "{each}"]'}

    scim.patch(path, add(people[1]), remove(people[1]))
    assert members(scim, team) == [people[0]]
    scim.patch(path, remove(people[0]), add(people[0]))
    assert members(scim, team) == [people[0]]
    scim.patch(path, {"op": "remove", "path": "members"}, add(people[2]))
    assert members(scim, team) == [people[2]]
    scim.patch(path, add(people[3]), {"op": "replace", "path": "members", "value": values(people[4])})
    assert members(scim, team) == [people[4]]


@pytest.mark.parametrize("op", ["add", "Add", "ADD", "replace", "REPLACE", "Replace"])
def test_PT13_op_in_any_letter_case(scim: ScimClient, people: list[str], op: str) -> None:
    answer = scim.patch(f"/Users/{people[0]}", {"op": op, "path": "title", "value": "x"})

    assert body(answer)["title"] == "x"


@pytest.mark.parametrize("op", ["delete", "move", "test", "", " add ", "\u0430dd", "add;remove", None, 5, ["add"], {}])
def test_PT13_op_that_is_none(scim: ScimClient, people: list[str], op: Any) -> None:
    answer = scim.patch(f"/Users/{people[0]}", {"op": op, "path": "title", "value": "x"})

    assert_error(answer, 400, "invalidSyntax")
    assert_error(scim.patch(f"/Users/{people[0]}", {"path": "title", "value": "x"}), 400, "invalidSyntax")


@pytest.mark.parametrize("operations", [None, [], {}, "x", 5, [[]], ["add"], [None]])
def test_PT13_operations_that_are_none(scim: ScimClient, people: list[str], operations: Any) -> None:
    sent = {"schemas": [PATCH], "Operations": operations}

    assert_error(scim.request("PATCH", f"/Users/{people[0]}", json=sent), 400, "invalidSyntax")


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "add", "path": "title"}, "invalidValue"),
        ({"op": "add"}, "invalidValue"),
        ({"op": "replace"}, "invalidValue"),
        ({"op": "replace", "path": "title"}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": ""}, "noTarget"),
        ({"op": "add", "value": "x"}, "invalidValue"),
        ({"op": "add", "value": [1]}, "invalidValue"),
    ],
    ids=str,
)
def test_PT14_missing_value_or_path(
    scim: ScimClient, people: list[str], operation: dict[str, Any], scim_type: str
) -> None:
    before = scim.get(f"/Users/{people[0]}").get_data()

    assert_error(scim.patch(f"/Users/{people[0]}", operation), 400, scim_type)

    assert scim.get(f"/Users/{people[0]}").get_data() == before


def test_PT15_oktas_id_inside_the_value(scim: ScimClient, people: list[str]) -> None:
    team, other = scim.create_group("Team", *people)["id"], scim.create_group("Other")["id"]

    for sent in (team, other, "nonsense"):
        answer = scim.patch(f"/Groups/{team}", {"op": "replace", "value": {"id": sent, "displayName": f"To {sent}"}})
        assert body(answer)["id"] == team
        assert body(answer)["displayName"] == f"To {sent}"
    assert body(scim.get(f"/Groups/{other}"))["displayName"] == "Other"
    assert members(scim, team) == people


def test_PT16_group_in_group(scim: ScimClient) -> None:
    first, second, third = (scim.create_group(name)["id"] for name in ("first", "second", "third"))

    def put_into(outer: str, inner: str) -> Any:
        operation = {"op": "add", "path": "members", "value": [{"value": inner, "type": "Group"}]}
        return scim.patch(f"/Groups/{outer}", operation)

    assert_error(put_into(first, first), 400, "invalidValue")
    assert put_into(first, second).status_code == 200
    assert put_into(second, third).status_code == 200
    assert_error(put_into(third, first), 400, "invalidValue")
    assert_error(put_into(second, first), 400, "invalidValue")
    assert [members(scim, each) for each in (first, second, third)] == [[second], [third], []]
    (nested,) = body(scim.get(f"/Groups/{first}"))["members"]
    assert nested["type"] == "Group"
    assert nested["$ref"].endswith(f"/Groups/{second}")


OWNERS = ["Owners", "ORGANIZATION_OWNER", "Organization Owner", "admins", "root"]


@pytest.mark.parametrize("name", OWNERS)
def test_PT17_name_of_a_group_gives_no_rights(scim: ScimClient, people: list[str], name: str) -> None:
    team = scim.create_group(name, *people)["id"]

    scim.patch(f"/Groups/{team}", {"op": "replace", "path": "displayName", "value": f"{name} 2"})

    assert {standing(scim.organization_id, each)[1] for each in people} == {"ORGANIZATION_MEMBER"}


@pytest.mark.parametrize(
    "attributes",
    [
        {"roles": [{"value": "ORGANIZATION_OWNER", "primary": True}]},
        {"entitlements": [{"value": "ORGANIZATION_OWNER"}]},
        {"userType": "ORGANIZATION_OWNER"},
        {"title": "ORGANIZATION_OWNER"},
        {"role": "ORGANIZATION_OWNER"},
        {"organizationRole": "ORGANIZATION_OWNER"},
    ],
    ids=str,
)
def test_PT20_push_gives_itself_no_role(
    organization: Organization, scim: ScimClient, attributes: dict[str, Any]
) -> None:
    user_id = scim.create_user("ada", **attributes)["id"]
    scim.put(f"/Users/{user_id}", {"schemas": [USER], "userName": "ada", **attributes})
    for name, value in attributes.items():
        scim.patch(f"/Users/{user_id}", {"op": "add", "path": name, "value": value})

    assert standing(organization.id, user_id) == ("ACTIVE", "ORGANIZATION_MEMBER", "scim", True)


def test_PT20_reactivation_and_renaming_raise_nobody(cast: Cast) -> None:
    """Taking over an Owner's name after the Owner is gone does not take over the role."""
    organization_id = cast.acme.organization_id
    cast.acme.patch(f"/Users/{cast.alice}", {"op": "replace", "path": "userName", "value": "old@acme.example"})
    cast.acme.patch(f"/Users/{cast.bob}", {"op": "replace", "path": "userName", "value": "alice@acme.example"})
    cast.acme.patch(f"/Users/{cast.dora}", {"op": "replace", "path": "active", "value": True})

    assert standing(organization_id, cast.bob)[1] == "ORGANIZATION_MEMBER"
    assert standing(organization_id, cast.dora)[:2] == ("ACTIVE", "ORGANIZATION_MEMBER")
    assert standing(organization_id, cast.alice)[1] == "ORGANIZATION_OWNER"
