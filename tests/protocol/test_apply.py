"""What comes of a resource by PATCH, from an empty and from a filled one; the ids are items of the wire catalogue."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from scim_server.protocol.apply import apply
from scim_server.protocol.errors import InvalidValue, Mutability, NoTarget, ScimError
from scim_server.protocol.limits import MAX_MULTI_VALUES
from scim_server.protocol.patch import compile_operations
from scim_server.protocol.quirks import Quirks
from scim_server.protocol.schemas import GROUP
from tests.protocol.patching import CORE, EMPTY, ENTERPRISE, FILLED, OWN, OWN_USER, TEAM, having, op, patched

WORK, HOME = FILLED["emails"]
NO_EXTENSION = having(FILLED, ENTERPRISE, None)
NO_MANAGER = having(FILLED, f"{ENTERPRISE}/manager", None)
WORK_ELEMENT = 'emails[type eq "work"]'
WORK_MAIL = 'emails[type eq "work"].value'
ROLE = 'roles[primary eq "True"].value'


def from_empty(path: str, value: Any) -> dict[str, Any]:
    return having(EMPTY, path, value)


def from_filled(path: str, value: Any) -> dict[str, Any]:
    return having(FILLED, path, value)


def with_work_mail(address: str) -> dict[str, Any]:
    return from_filled("emails", [{**WORK, "value": address}, HOME])


ON_BOTH = [
    pytest.param(
        [op("Replace", "active", "False")], from_empty("active", False), from_filled("active", False), id="E40"
    ),
    pytest.param(
        [op("Replace", "active", "false")], from_empty("active", False), from_filled("active", False), id="E40b"
    ),
    pytest.param(
        [op("Add", WORK_MAIL, "n@w.test")],
        from_empty("emails", [{"type": "work", "value": "n@w.test"}]),
        with_work_mail("n@w.test"),
        id="E41",
    ),
    pytest.param(
        [op("Replace", WORK_MAIL, "n@w.test")],
        from_empty("emails", [{"type": "work", "value": "n@w.test"}]),
        with_work_mail("n@w.test"),
        id="E42-7.1",
    ),
    pytest.param(
        [op("Add", ROLE, "admin")],
        from_empty("roles", [{"primary": True, "value": "admin"}]),
        from_filled("roles", [{"primary": True, "value": "admin"}]),
        id="E43-E65-single",
    ),
    pytest.param(
        [op("Add", "name.givenName", "Ada")],
        from_empty("name/givenName", "Ada"),
        from_filled("name/givenName", "Ada"),
        id="E44",
    ),
    pytest.param(
        [op("Add", f"{ENTERPRISE}:department", "R&D")],
        from_empty(f"{ENTERPRISE}/department", "R&D"),
        from_filled(f"{ENTERPRISE}/department", "R&D"),
        id="E45",
    ),
    pytest.param(
        [op("Replace", f"{CORE}:active", False)],
        from_empty("active", False),
        from_filled("active", False),
        id="E46-R41",
    ),
    pytest.param(
        [op("Add", 'emails[type eq "other"].Value', "o@x.test")],
        from_empty("emails", [{"type": "other", "value": "o@x.test"}]),
        from_filled("emails", [WORK, HOME, {"type": "other", "value": "o@x.test"}]),
        id="E47",
    ),
    pytest.param(
        [op("Add", f"{ENTERPRISE}:manager", "b7")],
        from_empty(f"{ENTERPRISE}/manager", {"value": "b7"}),
        from_filled(f"{ENTERPRISE}/manager/value", "b7"),
        id="E48",
    ),
    pytest.param(
        [op("Add", f"{ENTERPRISE}:manager.value", "b7")],
        from_empty(f"{ENTERPRISE}/manager", {"value": "b7"}),
        from_filled(f"{ENTERPRISE}/manager/value", "b7"),
        id="E49-sub",
    ),
    pytest.param(
        [op("Add", f"{ENTERPRISE}:manager", {"value": "b7", "displayName": "ignored"})],
        from_empty(f"{ENTERPRISE}/manager", {"value": "b7"}),
        from_filled(f"{ENTERPRISE}/manager/value", "b7"),
        id="E49-object",
    ),
    pytest.param(
        [op("Add", f"{ENTERPRISE}:manager", [{"$ref": None, "value": "b7"}])],
        from_empty(f"{ENTERPRISE}/manager", {"value": "b7"}),
        from_filled(f"{ENTERPRISE}/manager", {"value": "b7"}),
        id="E49-array",
    ),
    pytest.param([op("Remove", f"{ENTERPRISE}:manager")], EMPTY, NO_MANAGER, id="E50-remove"),
    pytest.param([op("Replace", f"{ENTERPRISE}:manager", "")], EMPTY, NO_MANAGER, id="E50-text"),
    pytest.param([op("Replace", f"{ENTERPRISE}:manager", {"value": ""})], EMPTY, NO_MANAGER, id="E50-object"),
    pytest.param([op("Remove", f'{ENTERPRISE}:manager[value eq "m-1"]')], EMPTY, NO_MANAGER, id="E50-filter"),
    pytest.param([op("Remove", f'{ENTERPRISE}:manager[value eq "other"]')], EMPTY, FILLED, id="E50-other-manager"),
    pytest.param([op("Replace", f"{ENTERPRISE}:manager", None)], EMPTY, NO_MANAGER, id="E50-null"),
    pytest.param(
        [op("Replace", None, {ENTERPRISE: {"manager": {"displayName": "Boss"}}})], EMPTY, FILLED, id="R3-manager-name"
    ),
    pytest.param([op("Remove", WORK_MAIL, "ada@work.test")], EMPTY, from_filled("emails", [HOME]), id="E51"),
    pytest.param(
        [op("Remove", 'addresses[type eq "work"].locality', "London")],
        EMPTY,
        from_filled("addresses", [{"type": "work", "country": "GB"}]),
        id="E51-more-left",
    ),
    pytest.param([op("replace", "active", False)], from_empty("active", False), from_filled("active", False), id="E60"),
    pytest.param(
        [
            op(
                "replace",
                None,
                {
                    "displayName": "Ada K",
                    "name.givenName": "Ada",
                    "name.familyName": "King",
                    WORK_MAIL: "ada.king@example.test",
                    'addresses[type eq "work"].locality': "Ockham",
                    f"{ENTERPRISE}:department": "Analysis",
                    ENTERPRISE: {"costCenter": "7"},
                },
            )
        ],
        {
            **EMPTY,
            "displayName": "Ada K",
            "name": {"givenName": "Ada", "familyName": "King"},
            "emails": [{"type": "work", "value": "ada.king@example.test"}],
            "addresses": [{"type": "work", "locality": "Ockham"}],
            ENTERPRISE: {"department": "Analysis", "costCenter": "7"},
        },
        {
            **FILLED,
            "displayName": "Ada K",
            "name": {"givenName": "Ada", "familyName": "King", "middleName": "A"},
            "emails": [{**WORK, "value": "ada.king@example.test"}, HOME],
            "addresses": [{"type": "work", "locality": "Ockham", "country": "GB"}],
            ENTERPRISE: {**FILLED[ENTERPRISE], "department": "Analysis", "costCenter": "7"},
        },
        id="E61",
    ),
    pytest.param(
        [op("Add", "roles", [{"value": '{"id":"06b0","value":"Admin"}'}])],
        from_empty("roles", [{"value": '{"id":"06b0","value":"Admin"}'}]),
        from_filled("roles", [*FILLED["roles"], {"value": '{"id":"06b0","value":"Admin"}'}]),
        id="E65",
    ),
    pytest.param(
        [op("Replace", "roles", [{"value": "a"}, {"value": "b", "primary": "True"}])],
        from_empty("roles", [{"value": "a"}, {"value": "b", "primary": True}]),
        from_filled("roles", [{"value": "a"}, {"value": "b", "primary": True}]),
        id="E65-assertive",
    ),
    pytest.param(
        [op("Add", f"{OWN}:tag", "x")], from_empty(f"{OWN}/tag", "x"), from_filled(f"{OWN}/tag", "x"), id="E66"
    ),
    pytest.param(
        [op("replace", None, {"active": False})], from_empty("active", False), from_filled("active", False), id="O33"
    ),
    pytest.param([op("replace", None, {"password": "q8"})], EMPTY, FILLED, id="O34"),
    pytest.param([op("replace", "emails", None)], EMPTY, from_filled("emails", None), id="R15-null"),
    pytest.param([op("replace", "emails", [])], EMPTY, from_filled("emails", None), id="R15-array"),
    pytest.param([op("replace", "title", "")], EMPTY, from_filled("title", None), id="R15-text"),
    pytest.param([op("add", "emails", [])], EMPTY, FILLED, id="add-of-nothing"),
    pytest.param(
        [op("replace", None, {ENTERPRISE: {"department": None}})],
        EMPTY,
        from_filled(f"{ENTERPRISE}/department", None),
        id="R15-in-extension",
    ),
    pytest.param([op("replace", None, {ENTERPRISE: {}})], EMPTY, FILLED, id="R36-empty-extension"),
    pytest.param(
        [op("replace", "name", {"middleName": None, "givenName": "Ada"})],
        from_empty("name", {"givenName": "Ada"}),
        from_filled("name", {"familyName": "Byron", "givenName": "Ada"}),
        id="R15-R36-in-complex",
    ),
    pytest.param(
        [op("replace", "name", {"middleName": ""})],
        EMPTY,
        from_filled("name", {"familyName": "Byron", "givenName": "Augusta"}),
        id="R15-only-emptied",
    ),
    pytest.param([op("replace", "name", {"shoeSize": 1})], EMPTY, FILLED, id="R36-only-unknown"),
    pytest.param(
        [op("add", "emails", {"value": "n@x.test", "primary": True})],
        from_empty("emails", [{"value": "n@x.test", "primary": True}]),
        from_filled("emails", [{**WORK, "primary": False}, HOME, {"value": "n@x.test", "primary": True}]),
        id="R18-add-R29",
    ),
    pytest.param(
        [op("replace", 'emails[type eq "home"].primary', True)],
        from_empty("emails", [{"type": "home", "primary": True}]),
        from_filled("emails", [{**WORK, "primary": False}, {**HOME, "primary": True}]),
        id="R18-sub",
    ),
    pytest.param(
        [op("add", 'emails[type eq "home"]', {"primary": "True"})],
        from_empty("emails", [{"type": "home", "primary": True}]),
        from_filled("emails", [{**WORK, "primary": False}, {**HOME, "primary": True}]),
        id="R18-element",
    ),
    pytest.param(
        [op("add", "ims[primary eq true].value", "i"), op("add", 'ims[type eq "xmpp" and primary eq true].value', "j")],
        from_empty("ims", [{"primary": False, "value": "i"}, {"type": "xmpp", "primary": True, "value": "j"}]),
        from_filled("ims", [{"primary": False, "value": "i"}, {"type": "xmpp", "primary": True, "value": "j"}]),
        id="R18-template",
    ),
    pytest.param(
        [op("add", "title", "x"), op("replace", "title", "y"), op("remove", "title"), op("add", "title", "z")],
        from_empty("title", "z"),
        from_filled("title", "z"),
        id="R27-V4-E53",
    ),
    pytest.param(
        [op("add", "emails", [{"value": "z@x.test"}]), op("remove", 'emails[value eq "z@x.test"]')],
        EMPTY,
        FILLED,
        id="R27-PT12",
    ),
    pytest.param(
        [op("add", "name", {"givenName": "Ada"})],
        from_empty("name", {"givenName": "Ada"}),
        from_filled("name/givenName", "Ada"),
        id="R29-complex",
    ),
    pytest.param(
        [op("add", ENTERPRISE, {"schemas": [ENTERPRISE], "division": "D"})],
        from_empty(f"{ENTERPRISE}/division", "D"),
        from_filled(f"{ENTERPRISE}/division", "D"),
        id="R30-tester-trap-2",
    ),
    pytest.param([op("remove", ENTERPRISE)], EMPTY, NO_EXTENSION, id="R30-extension-removed"),
    pytest.param(
        [op("remove", f"{ENTERPRISE}:{name}") for name in ("employeeNumber", "department", "manager")],
        EMPTY,
        NO_EXTENSION,
        id="R30-last-attribute",
    ),
    pytest.param(
        [
            op("remove", ENTERPRISE),
            op("remove", f"{ENTERPRISE}:department"),
            op("remove", f"{ENTERPRISE}:manager.value"),
        ],
        EMPTY,
        NO_EXTENSION,
        id="tester-trap-3",
    ),
    pytest.param([op("remove", "active")], EMPTY, from_filled("active", None), id="tester-trap-4"),
    pytest.param([op("remove", "emails")], EMPTY, from_filled("emails", None), id="R32"),
    pytest.param(
        [op("replace", "nickName", "Countess")],
        from_empty("nickName", "Countess"),
        from_filled("nickName", "Countess"),
        id="R35",
    ),
    pytest.param([op("replace", "title", ["x"])], from_empty("title", "x"), from_filled("title", "x"), id="peers-6.5"),
    pytest.param(
        [op("add", 'phoneNumbers[type eq "fax"]', {"value": "1"})],
        from_empty("phoneNumbers", [{"type": "fax", "value": "1"}]),
        from_filled("phoneNumbers", [{"type": "fax", "value": "1"}]),
        id="7.2",
    ),
    pytest.param(
        [op("Add", 'emails[type eq "untyped"].value', "u@x.test")],
        from_empty("emails", [{"type": "untyped", "value": "u@x.test"}]),
        from_filled("emails", [WORK, HOME, {"type": "untyped", "value": "u@x.test"}]),
        id="V6",
    ),
    pytest.param(
        [op("replace", "roles.display", "R")],
        from_empty("roles", [{"display": "R"}]),
        from_filled("roles", [{**FILLED["roles"][0], "display": "R"}]),
        id="no-filter",
    ),
    pytest.param(
        [op("add", f"{OWN}:tags", ["A", "b"]), op("add", f"{OWN}:tags", ["a", "c"]), op("remove", f"{OWN}:tags", "B")],
        from_empty(f"{OWN}/tags", ["A", "c"]),
        from_filled(f"{OWN}/tags", ["A", "c"]),
        id="simple-values",
    ),
]


@pytest.mark.parametrize(("operations", "after_empty", "after_filled"), ON_BOTH)
def test_one_patch(operations: list[dict[str, Any]], after_empty: dict[str, Any], after_filled: dict[str, Any]) -> None:
    assert patched(EMPTY, *operations) == after_empty
    assert patched(FILLED, *operations) == after_filled


@pytest.mark.parametrize(("operations", "after_empty", "after_filled"), ON_BOTH)
def test_the_same_patch_again_changes_nothing(
    operations: list[dict[str, Any]], after_empty: dict[str, Any], after_filled: dict[str, Any]
) -> None:
    for after in (after_empty, after_filled):
        assert patched(after, *operations) == after


@pytest.mark.parametrize(
    ("operations", "after"),
    [
        pytest.param(
            [op("add", "emails", [{"value": "ADA@work.test", "type": "Work"}, {"value": "ada@home.test"}])],
            FILLED,
            id="R28-E78",
        ),
        pytest.param(
            [op("add", "emails", [{"value": "ada@work.test", "type": "other"}])],
            from_filled("emails", [WORK, HOME, {"value": "ada@work.test", "type": "other"}]),
            id="R17-other-type",
        ),
        pytest.param(
            [op("add", "emails", [{"value": "ada@home.test", "display": "At home"}])],
            from_filled("emails", [WORK, {**HOME, "display": "At home"}]),
            id="R28-more-is-said",
        ),
        pytest.param([op("add", "addresses", [{"locality": "london"}])], FILLED, id="R28-without-value"),
        pytest.param(
            [op("add", "addresses", [{"type": "work", "locality": "Paris"}])],
            from_filled("addresses", [*FILLED["addresses"], {"type": "work", "locality": "Paris"}]),
            id="other-address",
        ),
        pytest.param(
            [op("add", "ims", [{"value": "i", "type": "xmpp"}, {"value": "I", "type": "XMPP"}, {"value": "i"}])],
            from_filled("ims", [{"value": "i", "type": "xmpp"}]),
            id="PT05-twice-in-one",
        ),
        pytest.param(
            [op("replace", 'emails[type eq "home"]', {"value": "n@x.test"})],
            from_filled("emails", [WORK, {"value": "n@x.test"}]),
            id="R38-whole",
        ),
        pytest.param(
            [op("replace", 'emails[type eq "home"]', "n@x.test")],
            from_filled("emails", [WORK, {**HOME, "value": "n@x.test"}]),
            id="R38-bare-text",
        ),
        pytest.param([op("remove", 'emails[type eq "home"]')], from_filled("emails", [WORK]), id="remove-element"),
        pytest.param([op("replace", 'emails[type eq "home"]', None)], from_filled("emails", [WORK]), id="R15-element"),
        pytest.param([op("remove", 'emails[type eq "fax"]')], FILLED, id="R33"),
        pytest.param(
            [op("remove", 'emails[type eq "home"].display')],
            from_filled("emails", [WORK, {"value": "ada@home.test", "type": "home"}]),
            id="remove-sub",
        ),
        pytest.param([op("remove", "emails", [{"type": "HOME"}])], from_filled("emails", [WORK]), id="named-by-type"),
        pytest.param(
            [op("remove", "emails", [{"value": "ADA@HOME.test", "type": "x"}, "nobody@x.test"])],
            from_filled("emails", [WORK]),
            id="named-by-value",
        ),
        pytest.param([op("remove", "emails", [])], FILLED, id="7.3"),
        pytest.param([op("remove", "emails", [{"shoeSize": 1}])], FILLED, id="7.3-nothing-known"),
        pytest.param(
            [op("replace", "emails.type", "other")],
            from_filled("emails", [{**WORK, "type": "other"}, {**HOME, "type": "other"}]),
            id="every-element",
        ),
    ],
)
def test_a_filled_user(operations: list[dict[str, Any]], after: dict[str, Any]) -> None:
    assert patched(FILLED, *operations) == after


@pytest.mark.parametrize(
    ("operations", "members"),
    [
        pytest.param([op("Add", "members", [{"$ref": None, "value": "d"}])], "abcd", id="E75"),
        pytest.param([op("Remove", "members", [{"$ref": None, "value": "b"}])], "ac", id="E76-7.3"),
        pytest.param([op("remove", 'members[value eq "b"]')], "ac", id="E62"),
        pytest.param([op("replace", "members", [{"value": "x"}, {"value": "y"}])], "xy", id="E77-O54-PT04"),
        pytest.param([op("replace", "members", [])], "", id="E77-PT01"),
        pytest.param([op("add", "members", [{"value": "b"}])], "abc", id="E78-PT05"),
        pytest.param([op("remove", "members", [{"value": "z"}])], "abc", id="E78-PT02"),
        pytest.param([op("remove", 'members[value eq "z"]')], "abc", id="R33-PT02"),
        pytest.param([op("remove", 'members[value eq ""]')], "abc", id="R33-empty"),
        pytest.param([op("remove", "members")], "", id="R32-PT03"),
        pytest.param([op("remove", "members", [])], "abc", id="7.3-none"),
        pytest.param(
            [op("remove", 'members[value eq "a"]'), op("add", "members", [{"value": "d", "display": "x@y"}])],
            "bcd",
            id="O53",
        ),
        pytest.param([op("add", "members", [{"value": each}]) for each in "de"], "abcde", id="A6-add"),
        pytest.param([op("remove", "members", [{"value": each}]) for each in "ab"], "c", id="A6-remove"),
        pytest.param([op("replace", None, {"id": "g", "displayName": "Engineers"})], "abc", id="O52-O57-A5"),
        pytest.param([op("add", "members", ["x"]), op("remove", "members", ["x"])], "abc", id="PT12"),
        pytest.param([op("remove", "members", ["b"]), op("add", "members", ["b"])], "acb", id="PT12-back"),
        pytest.param([op("remove", "members", [{"value": "B"}])], "abc", id="case-exact"),
        pytest.param([op("remove", 'members[value eq "a" or value eq "b"]')], "c", id="PT06"),
    ],
)
def test_a_group_of_three(operations: list[dict[str, Any]], members: str) -> None:
    after = having(TEAM, "members", [{"value": each} for each in members] or None)
    assert patched(TEAM, *operations, of=GROUP) == after


@pytest.mark.parametrize(
    ("before", "operation", "error"),
    [
        pytest.param(EMPTY, op("replace", 'emails[type eq "work"]', {"value": "x"}), NoTarget, id="R37"),
        pytest.param(EMPTY, op("replace", 'emails[type co "work"].value', "x"), NoTarget, id="R37-7.1"),
        pytest.param(EMPTY, op("add", 'emails[type eq "a" or type eq "b"].value', "x"), NoTarget, id="7.1-or"),
        pytest.param(
            EMPTY, op("add", 'emails[type eq "a" and type eq "b"].value', "x"), NoTarget, id="7.1-contradiction"
        ),
        pytest.param(
            FILLED, op("add", f'{ENTERPRISE}:manager[value eq "x"].$ref', "y"), NoTarget, id="singular-filter"
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/badge", "1"), op("replace", f"{OWN}:badge", "2"), Mutability, id="R20-changed"
        ),
        pytest.param(having(EMPTY, f"{OWN}/badge", "1"), op("remove", f"{OWN}:badge"), Mutability, id="R20-removed"),
        pytest.param(
            having(EMPTY, f"{OWN}/desk", {"room": "1"}),
            op("replace", f"{OWN}:desk.room", "2"),
            Mutability,
            id="R20-sub",
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/desk", {"room": "1"}),
            op("add", f"{OWN}:desk", {"room": "2"}),
            Mutability,
            id="R20-merge",
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/desk", {"room": "1"}),
            op("remove", f"{OWN}:desk.room"),
            Mutability,
            id="R20-sub-removed",
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/units", ["u"]), op("remove", f"{OWN}:units", ["u"]), Mutability, id="R34-last-value"
        ),
    ],
)
def test_what_the_resource_does_not_allow(
    before: dict[str, Any], operation: dict[str, Any], error: type[ScimError]
) -> None:
    with pytest.raises(error):
        patched(before, operation)


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        pytest.param(EMPTY, op("add", f"{OWN}:badge", "1"), having(EMPTY, f"{OWN}/badge", "1"), id="set-when-empty"),
        pytest.param(
            having(EMPTY, f"{OWN}/badge", "1"),
            op("replace", f"{OWN}:badge", "1"),
            having(EMPTY, f"{OWN}/badge", "1"),
            id="equal",
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/desk", {"room": "1"}),
            op("replace", f"{OWN}:desk", {"room": "1", "floor": "2"}),
            having(EMPTY, f"{OWN}/desk", {"room": "1", "floor": "2"}),
            id="equal-sub",
        ),
        pytest.param(
            having(EMPTY, f"{OWN}/desk", {"floor": "2"}),
            op("add", f"{OWN}:desk.room", "1"),
            having(EMPTY, f"{OWN}/desk", {"floor": "2", "room": "1"}),
            id="sub-when-empty",
        ),
    ],
)
def test_immutable_attributes_are_set_once(
    before: dict[str, Any], operation: dict[str, Any], after: dict[str, Any]
) -> None:
    assert patched(before, operation) == after


def test_more_values_than_the_limit() -> None:
    before = having(EMPTY, "emails", [{"value": str(number)} for number in range(MAX_MULTI_VALUES)])
    assert patched(before, op("add", "emails", [{"value": "0"}])) == before
    for operation in (op("add", "emails", [{"value": "x"}]), op("add", 'emails[type eq "x"].value', "x")):
        with pytest.raises(InvalidValue, match="emails"):
            patched(before, operation)


def test_a_large_group_in_memory() -> None:
    many = [{"value": str(number)} for number in range(20_000)]
    full = patched({"displayName": "d"}, op("add", "members", many), of=GROUP)
    assert full["members"] == many
    assert patched(full, op("add", "members", many), of=GROUP) == full
    assert patched(full, op("remove", "members", many[1:]), of=GROUP)["members"] == many[:1]


def test_attributes_stand_in_the_order_of_the_schema() -> None:
    after = patched(
        EMPTY, op("add", f"{OWN}:tag", "t"), op("add", f"{ENTERPRISE}:division", "d"), op("add", "externalId", "x")
    )
    assert list(after) == ["externalId", "userName", ENTERPRISE, OWN]


def test_nothing_is_changed_by_a_patch_that_fails_late() -> None:  # R26, PT11
    before = deepcopy(FILLED)
    with pytest.raises(NoTarget):
        patched(
            before,
            op("replace", "title", "x"),
            op("add", 'emails[type eq "home"].value', "x"),
            op("replace", 'emails[type eq "fax"]', {"value": "x"}),
        )
    assert before == FILLED


_TEXTS = st.sampled_from(["", "a", "A", "b", "ada@work.test"])
_ELEMENTS = st.fixed_dictionaries(
    {},
    optional={"value": _TEXTS, "type": st.sampled_from(["work", "home"]), "primary": st.booleans(), "display": _TEXTS},
)
_PLACES: dict[str, Any] = {
    "title": _TEXTS,
    "active": st.booleans() | st.sampled_from(["True", "False"]),
    "name": st.dictionaries(st.sampled_from(["givenName", "familyName"]), _TEXTS),
    "name.givenName": _TEXTS,
    "emails": st.lists(_ELEMENTS, max_size=3),
    WORK_ELEMENT: _ELEMENTS,
    'emails[type eq "work"].value': _TEXTS,
    'emails[value eq "a"].primary': st.booleans(),
    "emails.display": _TEXTS,
    f"{ENTERPRISE}:manager": _TEXTS,
    f"{ENTERPRISE}:manager.value": _TEXTS,
    ENTERPRISE: st.dictionaries(st.sampled_from(["department", "division"]), _TEXTS),
    f"{OWN}:tags": st.lists(_TEXTS, max_size=3),
}


@st.composite
def operations(draw: st.DrawFn, paths: tuple[str, ...] = tuple(_PLACES)) -> dict[str, Any]:
    name, path = draw(st.sampled_from(["add", "replace", "remove"])), draw(st.sampled_from(paths))
    value = draw(_PLACES[path])
    if name == "remove":
        return op("remove", path)
    return op(name, None, {path: value}) if draw(st.booleans()) else op(name, path, value)


# A filter need not find again the element that was replaced as a whole.
_IDEMPOTENT = operations(tuple(path for path in _PLACES if path != WORK_ELEMENT))


@given(st.sampled_from([EMPTY, FILLED]), st.lists(operations(), max_size=6))
def test_input_is_never_mutated_and_results_are_sound(before: dict[str, Any], patch: list[dict[str, Any]]) -> None:
    given_before = deepcopy(before)
    try:
        changes = compile_operations(patch, OWN_USER, Quirks())
        given_changes = deepcopy([getattr(change, "value", None) for change in changes])
        after = apply(changes, before, OWN_USER)
    except ScimError:
        assert before == given_before
        return
    assert before == given_before
    assert [getattr(change, "value", None) for change in changes] == given_changes
    assert apply(changes, given_before, OWN_USER) == after
    assert sum(email.get("primary", False) for email in after.get("emails", [])) <= 1
    assert all(value not in (None, "", [], {}) for value in after.values())
    assert all(email for email in after.get("emails", []))


@given(st.sampled_from([EMPTY, FILLED]), _IDEMPOTENT)
def test_one_operation_twice_equals_once(before: dict[str, Any], operation: dict[str, Any]) -> None:
    try:
        once = patched(before, operation)
    except InvalidValue:  # two elements with primary true
        reject()
    assert patched(once, operation) == once


def test_joined_operations_do_what_they_do_one_by_one() -> None:
    patch = [op("add", WORK_MAIL, "x"), op("add", "emails", [{"value": "y"}]), op("add", "emails", [{"value": "z"}])]
    after = FILLED
    for operation in patch:
        after = patched(after, operation)
    assert patched(FILLED, *patch) == after
