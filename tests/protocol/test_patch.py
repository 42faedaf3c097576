"""What operations compile to; `test_apply.py` specifies what comes of a resource."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol import errors
from scim_server.protocol.changes import (
    AddValues,
    MergeAttribute,
    RemoveAttribute,
    RemoveMatching,
    RemoveValues,
    SetAttribute,
    SetMatching,
)
from scim_server.protocol.limits import MAX_MEMBER_VALUES, MAX_PATCH_OPERATIONS
from scim_server.protocol.patch import compile_operations
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.schemas import GROUP, USER
from tests.protocol.patching import CORE, ENTERPRISE, OWN, OWN_USER, op, seen

MEMBERS, DISPLAY_NAME = GROUP.resolve("members"), GROUP.resolve("displayName")
assert MEMBERS
assert DISPLAY_NAME


def compiled(*operations: dict[str, Any], of: Any = OWN_USER) -> tuple[Any, ...]:
    return compile_operations(operations, of, Quirks())


# What a Team service meets: all of it is done on rows, so the exact changes matter.
@pytest.mark.parametrize(
    ("operations", "changes"),
    [
        pytest.param(
            [op("Add", "members", [{"$ref": None, "value": "a"}])], [AddValues(MEMBERS, ({"value": "a"},))], id="E75"
        ),
        pytest.param(
            [op("Remove", "members", [{"$ref": None, "value": "a"}])],
            [RemoveValues(MEMBERS, ({"value": "a"},))],
            id="E76",
        ),
        pytest.param([op("remove", 'members[value eq "a"]')], [RemoveValues(MEMBERS, ({"value": "a"},))], id="E62-R33"),
        pytest.param(
            [op("replace", "members", [{"value": "a", "display": None}])],
            [SetAttribute(MEMBERS, [{"value": "a"}])],
            id="E77-O54",
        ),
        pytest.param([op("replace", "members", [])], [RemoveAttribute(MEMBERS)], id="E77-empty-PT01"),
        pytest.param([op("replace", "members", None)], [RemoveAttribute(MEMBERS)], id="E77-null"),
        pytest.param([op("replace", None, {"members": []})], [RemoveAttribute(MEMBERS)], id="PT01-pathless"),
        pytest.param([op("remove", "members")], [RemoveAttribute(MEMBERS)], id="R32-PT03-7.4"),
        pytest.param([op("remove", "members", [])], [], id="7.3-nothing-named"),
        pytest.param([op("add", "members", [])], [], id="PT02"),
        pytest.param([op("add", "members", None)], [], id="add-null"),
        pytest.param([op("add", "members", {"value": "a"})], [AddValues(MEMBERS, ({"value": "a"},))], id="R29"),
        pytest.param([op("add", "members", ["a"])], [AddValues(MEMBERS, ({"value": "a"},))], id="bare-ids"),
        pytest.param([op("add", "members", "a")], [AddValues(MEMBERS, ({"value": "a"},))], id="bare-id"),
        pytest.param(
            [op("add", "members", [{"value": "a", "display": "x@y"}])],
            [AddValues(MEMBERS, ({"value": "a"},))],
            id="O53-display",
        ),
        pytest.param(
            [op("add", "members", [{"value": each}]) for each in "abc"],
            [AddValues(MEMBERS, ({"value": "a"}, {"value": "b"}, {"value": "c"}))],
            id="A6-adds-joined",
        ),
        pytest.param(
            [
                op("remove", "members", [{"value": "a"}]),
                op("remove", 'members[value eq "b"]'),
                op("add", "members", [{"value": "b"}]),
                op("remove", "members", [{"value": "c"}]),
            ],
            [
                RemoveValues(MEMBERS, ({"value": "a"}, {"value": "b"})),
                AddValues(MEMBERS, ({"value": "b"},)),
                RemoveValues(MEMBERS, ({"value": "c"},)),
            ],
            id="A6-PT12-order-kept",
        ),
        pytest.param([op("Replace", "displayName", "E")], [SetAttribute(DISPLAY_NAME, "E")], id="E74"),
        pytest.param(
            [op("replace", None, {"id": "other", "displayName": "E"})],
            [SetAttribute(DISPLAY_NAME, "E")],
            id="O52-O57-PT15",
        ),
        pytest.param(
            [op("replace", None, {"schemas": [GROUP.schema.id], "id": "g", "displayName": "E"})],
            [SetAttribute(DISPLAY_NAME, "E")],
            id="A5",
        ),
    ],
)
def test_changes_of_a_group(operations: list[dict[str, Any]], changes: list[Any]) -> None:
    assert compiled(*operations, of=GROUP) == tuple(changes)


def test_a_filter_on_more_than_the_value_stays_a_filter() -> None:
    (change,) = compiled(op("remove", 'members[value eq "a" and type eq "User"]'), of=GROUP)
    assert isinstance(change, RemoveMatching)
    assert change.path == MEMBERS


def test_an_operation_on_another_attribute_parts_what_could_be_joined() -> None:
    changes = compiled(op("add", "emails", ["a"]), op("add", "roles", ["b"]), op("add", "emails", ["c"]))
    assert [str(change.path) for change in changes] == ["emails", "roles", "emails"]


@pytest.mark.parametrize(
    ("operation", "kinds"),
    [
        (op("replace", "name", {"givenName": "A"}), [MergeAttribute]),
        (op("replace", "name", {"givenName": "A", "middleName": None}), [RemoveAttribute, MergeAttribute]),
        (op("replace", "name", {}), []),
        (op("add", 'emails[type eq "work"]', {"value": "x"}), [SetMatching]),
        (op("replace", 'emails[type eq "work"].value', "x"), [SetMatching]),
        (op("replace", 'emails[type eq "work"].value', None), [RemoveMatching]),
        (op("replace", ENTERPRISE, {"department": "D", "manager": "m"}), [SetAttribute, MergeAttribute]),
        (op("replace", None, {ENTERPRISE: {"manager": {"displayName": "Boss"}}}), []),
        (op("remove", ENTERPRISE), [RemoveAttribute]),
        (op("replace", None, {CORE: {"title": "x"}}), [SetAttribute]),
        (op("replace", CORE, {"title": "x"}), [SetAttribute]),
        (op("replace", None, [{"title": "x"}]), [SetAttribute]),
        (op("replace", "", {"title": "x"}), [SetAttribute]),
    ],
)
def test_kinds_of_change(operation: dict[str, Any], kinds: list[type]) -> None:
    assert [type(change) for change in compiled(operation)] == kinds


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(op("replace", None, {"password": "q8Zl20ax"}), id="O34"),
        op("replace", "password", "x"),
        op("replace", f"{CORE}:password", "x"),
        op("replace", None, {f"{CORE}:PASSWORD": "x", CORE: {"password": "x"}}),
        op("remove", "password"),
    ],
)
def test_a_password_is_accepted_and_dropped_without_a_word(operation: dict[str, Any]) -> None:
    assert compiled(operation) == ()
    assert set(seen(operation)) <= {Quirk.PATHLESS}


@pytest.mark.parametrize(
    "operation",
    [
        op("add", f"{OWN}:pin", "1"),
        op("replace", OWN, {"pin": "1"}),
        op("replace", None, {f"{OWN}:pin": "1", OWN: {"PIN": "1"}}),
        op("remove", f"{OWN}:pin"),
    ],
)
def test_what_is_never_returned_is_never_kept(operation: dict[str, Any]) -> None:
    assert compiled(operation) == ()


def test_a_group_has_no_password_either() -> None:
    assert compiled(op("replace", None, {"password": "x"}), op("replace", "password", "x"), of=GROUP) == ()


@pytest.mark.parametrize("resource_type", [USER, GROUP], ids=["User", "Group"])
@pytest.mark.parametrize(
    ("value", "quirk"),
    [
        ({"id": "x"}, Quirk.READ_ONLY_ATTRIBUTE),
        ({"meta": {"version": "1"}}, Quirk.READ_ONLY_ATTRIBUTE),
        ({"meta.version": "1"}, Quirk.READ_ONLY_ATTRIBUTE),
        ({"shoeSize": 43}, Quirk.UNKNOWN_ATTRIBUTE),
        ({"not a name": 43}, Quirk.UNKNOWN_ATTRIBUTE),
        ({"urn:evil:x": {"a": 1}}, Quirk.UNKNOWN_ATTRIBUTE),
        ({'shoes[type eq "left"].size': 43}, Quirk.UNKNOWN_ATTRIBUTE),
        ({"__class__": "x"}, Quirk.UNKNOWN_ATTRIBUTE),
    ],
)
def test_unknown_and_read_only_keys_are_passed_over_and_counted(
    resource_type: Any, value: dict[str, Any], quirk: Quirk
) -> None:
    operation = op("replace", None, value)
    assert compiled(operation, of=resource_type) == ()
    assert seen(operation, of=resource_type)[quirk] == 1


@pytest.mark.parametrize(
    ("operation", "quirks"),
    [
        pytest.param(op("Replace", "active", "False"), {Quirk.OPERATION_CASE, Quirk.TEXT_BOOLEAN}, id="E40"),
        pytest.param(op("replace", "active", False), set(), id="E60"),
        pytest.param(op("add", f"{ENTERPRISE}:manager", "m"), {Quirk.TEXT_FOR_COMPLEX}, id="E48"),
        pytest.param(op("add", f"{ENTERPRISE}:manager", [{"value": "m"}]), {Quirk.ARRAY_FOR_SINGULAR}, id="E49"),
        pytest.param(op("replace", "title", ["x"]), {Quirk.ARRAY_FOR_SINGULAR}, id="peers-6.5"),
        pytest.param(op("remove", 'emails[type eq "work"].value', "x"), {Quirk.REMOVE_WITH_VALUE}, id="E51"),
        pytest.param(op("remove", "emails", [{"value": "x"}]), {Quirk.REMOVE_WITH_VALUE}, id="E76"),
        pytest.param(op("replace", None, {"name.givenName": "x"}), {Quirk.PATHLESS, Quirk.PATH_AS_KEY}, id="E61"),
        pytest.param(op("replace", None, {"active": False}), {Quirk.PATHLESS}, id="O33"),
        pytest.param(op("add", ENTERPRISE, {"schemas": [ENTERPRISE], "department": "x"}), set(), id="tester-trap-2"),
    ],
)
def test_each_repair_is_counted(operation: dict[str, Any], quirks: set[Quirk]) -> None:
    assert set(seen(operation)) == quirks


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        pytest.param([op("delete", "title")], errors.InvalidSyntax, id="PT13-delete"),
        pytest.param([{"path": "title", "value": "x"}], errors.InvalidSyntax, id="PT13-missing"),
        pytest.param([{"op": None, "path": "title"}], errors.InvalidSyntax, id="PT13-null"),
        pytest.param([{"op": ["add"], "path": "title"}], errors.InvalidSyntax, id="PT13-array"),
        pytest.param([{"op": "add", "path": 1, "value": "x"}], errors.InvalidSyntax, id="path-number"),
        pytest.param([op("add", "title")], errors.InvalidValue, id="PT14-add"),
        pytest.param([op("replace", "title")], errors.InvalidValue, id="PT14-replace"),
        pytest.param([op("replace")], errors.InvalidValue, id="PT14-nothing"),
        pytest.param([op("replace", None, "x")], errors.InvalidValue, id="pathless-text"),
        pytest.param([op("replace", None, None)], errors.InvalidValue, id="pathless-null"),
        pytest.param([op("remove")], errors.NoTarget, id="R31-PT14"),
        pytest.param([op("remove", None, {"title": "x"})], errors.NoTarget, id="R31-with-value"),
        pytest.param([op("replace", "meta.version", "1")], errors.Mutability, id="PT07-meta"),
        pytest.param([op("replace", "__class__", "1")], errors.InvalidPath, id="PT07-dunder"),
        pytest.param([op("remove", "urn:evil:x")], errors.InvalidPath, id="PT07-urn"),
        pytest.param([op("replace", "shoeSize", 43)], errors.InvalidPath, id="E55"),
        pytest.param([op("replace", "id", "x")], errors.Mutability, id="R20-id"),
        pytest.param([op("add", "schemas", [ENTERPRISE])], errors.Mutability, id="R20-schemas"),
        pytest.param([op("add", "groups", [{"value": "g"}])], errors.Mutability, id="R20-groups"),
        pytest.param([op("remove", 'groups[value eq "g"]')], errors.Mutability, id="R34-groups"),
        pytest.param([op("add", f"{ENTERPRISE}:manager.displayName", "x")], errors.Mutability, id="R20-manager"),
        pytest.param([op("add", f"{OWN}:score", 1)], errors.Mutability, id="R20-extension"),
        pytest.param([op("remove", "userName")], errors.Mutability, id="R34-userName"),
        pytest.param([op("replace", "userName", "")], errors.Mutability, id="R34-emptied"),
        pytest.param([op("replace", None, {"userName": None})], errors.Mutability, id="R34-pathless"),
        pytest.param([op("remove", f"{OWN}:units")], errors.Mutability, id="R34-multi-valued"),
        pytest.param([op("replace", "active", "maybe")], errors.InvalidValue, id="active-text"),
        pytest.param([op("replace", "title", {"x": 1})], errors.InvalidValue, id="title-object"),
        pytest.param([op("replace", "name", "Ada")], errors.InvalidValue, id="name-text"),
        pytest.param([op("replace", ENTERPRISE, "x")], errors.InvalidValue, id="extension-text"),
        pytest.param(
            [op("add", f'emails[value eq "{"x" * 600}"].type', "x")], errors.InvalidValue, id="template-checked"
        ),
        pytest.param([op("add", 'emails[type eq "x"', "x")], errors.InvalidPath, id="R39-path"),
        pytest.param([op("add", "emails[type eq].value", "x")], errors.InvalidFilter, id="R39-filter"),
        pytest.param([op("replace", None, {"emails[type": "x"})], errors.InvalidPath, id="R39-key"),
        pytest.param([op("add", "title", "x"), op("add", "shoeSize", 1)], errors.InvalidPath, id="PT11-E53"),
    ],
)
def test_what_is_refused_names_its_position(operations: list[dict[str, Any]], error: type[errors.ScimError]) -> None:
    with pytest.raises(error, match=rf"Operations\[{len(operations) - 1}\]: "):
        compiled(*operations)


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", 'members[value eq "a"]', {"value": "b"}),
        op("replace", 'members[value eq "a"].value', "b"),
        op("remove", 'members[value eq "a"].type'),
        op("replace", "members.value", "b"),
        op("replace", 'members[value eq "a"].display', "b"),
    ],
)
def test_members_are_immutable(operation: dict[str, Any]) -> None:  # R65
    with pytest.raises(errors.Mutability):
        compiled(operation, of=GROUP)


def test_a_group_keeps_its_name() -> None:  # R34
    with pytest.raises(errors.Mutability, match="displayName"):
        compiled(op("remove", "displayName"), of=GROUP)


def test_too_many_operations() -> None:  # PT10
    operations = [op("replace", "title", "x")] * MAX_PATCH_OPERATIONS
    assert len(compiled(*operations)) == MAX_PATCH_OPERATIONS
    with pytest.raises(errors.PayloadTooLarge, match=str(MAX_PATCH_OPERATIONS)):
        compiled(*operations, op("replace", "title", "x"))


@pytest.mark.parametrize("name", ["add", "remove", "replace"])
def test_too_many_members_in_all_operations_together(name: str) -> None:  # PT10, E82, J1
    half = [{"value": str(number)} for number in range(MAX_MEMBER_VALUES // 2)]
    operations = [op(name, "members", half), op(name, "members", half)]
    changes = compiled(*operations, of=GROUP)
    assert sum(len(c.value if isinstance(c, SetAttribute) else c.values) for c in changes) == MAX_MEMBER_VALUES
    with pytest.raises(errors.PayloadTooLarge, match=str(MAX_MEMBER_VALUES)):
        compiled(*operations, op(name, "members", [{"value": "one more"}]), of=GROUP)


def test_one_operation_with_too_many_members() -> None:
    with pytest.raises(errors.PayloadTooLarge):
        compiled(op("add", "members", ["m"] * (MAX_MEMBER_VALUES + 1)), of=GROUP)


_KEYS = st.text(max_size=8) | st.sampled_from(
    ["value", "type", "primary", "emails", "name", "active", "members", "schemas", "id", "password", "name.givenName"]
    + [
        CORE,
        ENTERPRISE,
        f"{ENTERPRISE}:manager",
        f"{OWN}:tags",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)
_OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "Remove", "REPLACE"]) | _JSON,
        "path": _KEYS | _JSON,
        "value": _JSON,
    },
)


@given(st.lists(_OPERATIONS, max_size=4))
def test_any_json_compiles_or_gives_a_scim_error(operations: list[dict[str, Any]]) -> None:
    for resource_type in (OWN_USER, GROUP):
        try:
            compiled(*operations, of=resource_type)
        except errors.ScimError:
            continue
