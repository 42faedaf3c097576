from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.projection import MAX_NAMES, Projection
from scim_server.protocol.schemas import GROUP, USER
from tests.protocol.patching import CORE, ENTERPRISE, FILLED, OWN, OWN_USER

WIRE: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE, OWN],
    "id": "u-1",
    **FILLED,
    OWN: {
        "tag": "t",
        "pin": "secret",
        "notes": "n",
        "number": "7",
        "desk": {"floor": "2", "room": "1", "key": "k", "building": "B"},
    },
    "groups": [{"value": "g", "display": "G"}],
    "meta": {"resourceType": "User", "version": 'W/"1"'},
}
PLAIN = {key: value for key, value in WIRE.items() if key != OWN}
HEAD = {"schemas": WIRE["schemas"], "id": "u-1"}


def shown(attributes: Any = None, excluded: Any = None, *, wire: dict[str, Any] = PLAIN) -> dict[str, Any]:
    return Projection.from_parameters(attributes, excluded, USER if wire is PLAIN else OWN_USER).apply(wire)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("userName", {"userName": "ada"}),
        pytest.param("USERNAME", {"userName": "ada"}, id="R13-case"),
        pytest.param(" userName , title ", {"userName": "ada", "title": "Countess"}, id="R13-blanks"),
        pytest.param(["userName", "title"], {"userName": "ada", "title": "Countess"}, id="R55-list"),
        pytest.param("name.givenName", {"name": {"givenName": "Augusta"}}, id="R13-sub"),
        pytest.param("name.givenName,name", {"name": FILLED["name"]}, id="sub-then-whole"),
        pytest.param("name,name.givenName", {"name": FILLED["name"]}, id="whole-then-sub"),
        pytest.param("emails.value", {"emails": [{"value": "ada@work.test"}, {"value": "ada@home.test"}]}, id="plural"),
        pytest.param("emails.display", {"emails": [{"display": "Home"}]}, id="plural-some"),
        pytest.param(f"{CORE}:title", {"title": "Countess"}, id="R13-core-urn"),
        pytest.param(f"{ENTERPRISE}:department", {ENTERPRISE: {"department": "Engines"}}, id="R13-urn"),
        pytest.param(f"{ENTERPRISE}:manager.value", {ENTERPRISE: {"manager": {"value": "m-1"}}}, id="urn-sub"),
        pytest.param(ENTERPRISE, {ENTERPRISE: FILLED[ENTERPRISE]}, id="R14"),
        pytest.param(ENTERPRISE.upper(), {ENTERPRISE: FILLED[ENTERPRISE]}, id="R14-case"),
        pytest.param("shoeSize", {}, id="R13-unknown"),
        pytest.param("nickName", {}, id="unassigned"),
        pytest.param("id", {}, id="E79"),
        pytest.param("meta.version", {"meta": {"version": 'W/"1"'}}, id="meta-sub"),
        pytest.param("groups", {"groups": PLAIN["groups"]}, id="groups"),
    ],
)
def test_attributes_add_to_what_is_always_returned(attributes: Any, expected: dict[str, Any]) -> None:
    assert shown(attributes) == {**HEAD, **expected}


def test_naming_the_core_schema_shows_all_of_it() -> None:
    assert shown(CORE) == {key: value for key, value in PLAIN.items() if key not in ("externalId", "meta", ENTERPRISE)}


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        ("title", ["title"]),
        pytest.param("groups, EMAILS", ["groups", "emails"], id="R13"),
        pytest.param(ENTERPRISE, [ENTERPRISE], id="R14"),
        pytest.param("id,schemas", [], id="R10-always"),
        pytest.param("shoeSize", [], id="R13-unknown"),
        pytest.param("meta", ["meta"], id="meta"),
    ],
)
def test_excluded_attributes_are_left_out(excluded: str, gone: list[str]) -> None:
    assert shown(None, excluded) == {key: value for key, value in PLAIN.items() if key not in gone}


def test_excluded_sub_attributes_are_left_out() -> None:
    after = shown(None, f"name.givenName,emails.value,emails.type,emails.primary,{ENTERPRISE}:manager.$ref")
    assert after["name"] == {"familyName": "Byron", "middleName": "A"}
    assert after["emails"] == [{"display": "Home"}]
    assert after[ENTERPRISE] == {**FILLED[ENTERPRISE], "manager": {"value": "m-1"}}


def test_an_attribute_without_anything_left_is_left_out() -> None:
    assert "name" not in shown(None, "name.givenName,name.familyName,name.middleName")


@pytest.mark.parametrize(
    ("attributes", "excluded", "expected"),
    [
        (None, None, {"tag": "t", "number": "7", "desk": {"floor": "2", "room": "1", "building": "B"}}),
        (None, f"{OWN}:number,{OWN}:tag", {"number": "7", "desk": {"floor": "2", "room": "1", "building": "B"}}),
        (f"{OWN}:notes", None, {"notes": "n", "number": "7"}),
        (f"{OWN}:pin", None, {"number": "7"}),
        (f"{OWN}:desk", None, {"number": "7", "desk": {"floor": "2", "room": "1", "building": "B"}}),
        (f"{OWN}:desk.key", None, {"number": "7", "desk": {"key": "k", "building": "B"}}),
        ("userName", None, {"number": "7"}),
        (None, OWN, {"number": "7"}),
        (OWN, None, {"tag": "t", "number": "7", "desk": {"floor": "2", "room": "1", "building": "B"}}),
    ],
)
def test_always_never_and_request(attributes: Any, excluded: Any, expected: dict[str, Any]) -> None:  # R10
    assert shown(attributes, excluded, wire=WIRE)[OWN] == expected


@pytest.mark.parametrize("both", [("userName", "title"), (["userName"], ["shoeSize"])])
def test_both_parameters_contradict_each_other(both: tuple[Any, Any]) -> None:  # R11
    with pytest.raises(InvalidValue, match="excludedAttributes"):
        Projection.from_parameters(*both, USER)


@pytest.mark.parametrize("nothing", [None, "", " , ", []])
def test_without_names_the_resource_is_shown_as_it_is(nothing: Any) -> None:
    projection = Projection.from_parameters(nothing, nothing, USER)
    assert projection.is_default
    assert projection.apply(PLAIN) == PLAIN


def test_a_type_with_attributes_on_request_is_never_shown_as_it_is() -> None:
    assert not Projection.from_parameters(None, None, OWN_USER).is_default


@pytest.mark.parametrize(
    ("attributes", "excluded", "returned"),
    [
        (None, None, True),
        ("members", None, True),
        ("Members.value", None, True),
        ("displayName", None, False),
        ("shoeSize", None, False),
        (None, "MEMBERS", False),
        (None, "members.display", True),
        (None, "displayName", True),
        (GROUP.schema.id, None, True),
    ],
)
def test_members_need_not_be_read_where_they_cannot_appear(attributes: Any, excluded: Any, returned: bool) -> None:
    projection = Projection.from_parameters(attributes, excluded, GROUP)  # E70, E73
    assert projection.returns("members") is returned
    wire = {"schemas": [], "id": "g", "displayName": "d", "members": [{"value": "a", "display": "b"}]}
    assert ("members" in projection.apply(wire)) is returned


def test_too_many_names() -> None:
    with pytest.raises(InvalidValue, match=str(MAX_NAMES)):
        Projection.from_parameters("a," * (MAX_NAMES + 1), None, USER)


_NAMES = st.lists(
    st.sampled_from([*(str(path) for path in OWN_USER.walk()), ENTERPRISE, OWN, CORE, "shoeSize"]) | st.text(),
    max_size=8,
)


@given(_NAMES)
def test_what_is_shown_is_part_of_the_resource(names: list[str]) -> None:
    for parameters in ((names, None), (None, names)):
        after = Projection.from_parameters(*parameters, OWN_USER).apply(WIRE)
        assert after.keys() <= WIRE.keys()
        assert after.keys() >= HEAD.keys()
        assert "pin" not in after[OWN]
        assert after[OWN]["number"] == "7"
