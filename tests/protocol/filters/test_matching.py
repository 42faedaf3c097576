from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.filters import equality_template, matches, matches_element, parse, parse_condition
from scim_server.protocol.schemas import USER

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADA: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "id": "8a-1",
    "externalId": "Ext-1",
    "userName": "Ada@Example.test",
    "name": {"givenName": "Ada", "familyName": "Lovelace", "honorificPrefix": ""},
    "displayName": "",
    "ims": [],
    "active": False,
    "emails": [
        {"value": "ada@work.example", "type": "work", "primary": True},
        {"value": "ada@home.example", "type": "home"},
        {"value": "ada@none.example"},
    ],
    "meta": {"resourceType": "User", "created": "2024-05-17T09:30:00Z", "version": 'W/"a1"'},
    ENTERPRISE: {"department": "R&D 100%", "manager": {"value": "b7C1", "displayName": "Bob"}},
}
BARE: dict[str, Any] = {"userName": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "ADA@example.TEST"', True),
        ('userName sw "ada@"', True),
        ('userName ew ".test"', True),
        ('userName co "@EX"', True),
        ('userName co "%"', False),
        ('userName sw "_"', False),
        ('userName eq "{0.__class__}"', False),
        ('externalId eq "Ext-1"', True),
        ('externalId eq "ext-1"', False),
        ('userName gt "ada"', True),
        ('userName lt "ADA@example.test"', False),
        ('userName le "ADA@example.test"', True),
        ('userName ge "ADB"', False),
        ("active eq false", True),
        ("active eq true", False),
        ("active pr", True),
        ("displayName pr", False),
        ("ims pr", False),
        ("name.honorificPrefix pr", False),
        ("name pr", True),
        ("emails.primary pr", True),
        ("emails.display pr", False),
        ('title eq "x"', False),
        ('title gt ""', False),
        ("title eq null", True),
        ("userName ne null", True),
        ('emails eq "ADA@home.example"', True),
        ('emails.type eq "work" and emails.value co "@home"', True),
        ('emails[type eq "work" and value co "@home"]', False),
        ('emails[type eq "home" and value co "@home"]', True),
        ('emails[type eq "work"].value eq "ada@work.example"', True),
        ('emails[type eq "work"].value eq "ada@home.example"', False),
        ('emails[type ne "work" and value co "@none"]', True),
        ("emails[not (type pr)]", True),
        ("emails[primary eq true]", True),
        ("emails[primary eq false]", False),
        ('phoneNumbers[type eq "work"]', False),
        ('not (phoneNumbers[type eq "work"])', True),
        ('meta.created eq "2024-05-17T11:30:00+02:00"', True),
        ('meta.created gt "2024-05-17T11:29:59.999+02:00"', True),
        ('meta.created lt "2024-05-17T09:30:00Z"', False),
        ('meta.resourceType eq "User"', True),
        (f'schemas eq "{ENTERPRISE.upper()}"', True),
        (f'{ENTERPRISE}:department co "100%"', True),
        (f'{ENTERPRISE}:manager eq "b7C1"', True),
        (f'{ENTERPRISE}:manager eq "B7c1"', False),
        (f'{ENTERPRISE}:manager[value eq "b7C1" and displayName eq "bob"]', True),
        (f'{ENTERPRISE}:costCenter eq "x"', False),
    ],
)
def test_a_resource_matches(text: str, expected: bool) -> None:
    assert matches(parse(text, USER), ADA) is expected


@pytest.mark.parametrize(
    ("text", "ada", "bare"),
    [
        pytest.param('not (title eq "x")', True, True, id="FL13 negation"),
        pytest.param('title ne "x"', True, True, id="FL13 ne"),
        pytest.param('emails.type ne "work"', False, True, id="R45 an element equals"),
        pytest.param('emails.type ne "other"', True, True, id="R45 no element equals"),
        pytest.param(f'{ENTERPRISE}:department ne "x"', True, True, id="FL13 in an extension"),
        pytest.param('userName ne "x"', True, False, id="equal"),
    ],
)
def test_ne_means_that_no_value_equals(text: str, ada: bool, bare: bool) -> None:
    filter = parse(text, USER)
    assert (matches(filter, ADA), matches(filter, BARE)) == (ada, bare)


@pytest.mark.parametrize(("text", "expected"), [('members eq "x"', False), ('not (members eq "x")', True)])
def test_an_unknown_attribute_is_never_true(text: str, expected: bool) -> None:
    assert matches(parse(text, USER, lenient_unknown=True), ADA) is expected


@pytest.mark.parametrize(
    "resource",
    [
        {"userName": 5},
        {"userName": {"value": "x"}},
        {"emails": "x"},
        {"emails": [None, "x", 5]},
        {"meta": {"created": "yesterday"}},
        {"active": "true"},
        {ENTERPRISE: []},
        {"name": None},
    ],
)
def test_values_of_another_type_never_match(resource: dict[str, Any]) -> None:
    text = (
        'userName eq "x" or emails.value eq "x" or emails[value eq "x"] or meta.created gt "2000-01-01T00:00:00Z"'
        f' or active eq true or {ENTERPRISE}:department pr or name.givenName co "x"'
    )
    assert matches(parse(text, USER), resource) is False


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ('type eq "WORK"', [0]),
        ('type ne "work"', [1, 2]),
        ("type pr", [0, 1]),
        ('type eq "work" or value co "@none"', [0, 2]),
        ("primary eq true", [0]),
        ("not (primary eq true)", [1, 2]),
        ('value eq "nobody"', []),
    ],
)
def test_an_element_matches(text: str, matching: list[int]) -> None:
    path = USER.resolve("emails")
    assert path
    condition = parse_condition(text, path)
    assert [i for i, element in enumerate(ADA["emails"]) if matches_element(condition, element)] == matching


def test_an_element_of_an_extension_matches() -> None:
    path = USER.resolve(f"{ENTERPRISE}:manager")
    assert path
    assert matches_element(parse_condition('value eq "b7C1"', path), ADA[ENTERPRISE]["manager"])


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ('type eq "Work"', {"type": "Work"}),
        ('type eq "Work" and primary eq "True"', {"type": "Work", "primary": True}),
        ('TYPE eq Work and (value eq "X" and display eq "D")', {"type": "Work", "value": "X", "display": "D"}),
        ('(TYPE eq Work and value eq "X") and display eq "D"', {"type": "Work", "value": "X", "display": "D"}),
        ('type eq "work" and type eq "work"', {"type": "work"}),
        ('type eq "work" and type eq "home"', None),
        ('type eq "work" or type eq "home"', None),
        ('type ne "work"', None),
        ('not (type eq "work")', None),
        ("type pr", None),
        ("type eq null", None),
        ('type eq "work" and value sw "x"', None),
    ],
)
def test_a_condition_of_equalities_is_a_template(text: str, template: dict[str, Any] | None) -> None:
    path = USER.resolve("emails")
    assert path
    assert equality_template(parse_condition(text, path)) == template


NAMES = ("title", "locale", "timezone", "userType")
Tree = str | tuple[Any, ...]
trees = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner, inner),
    ),
    max_leaves=15,
)
STRENGTH = {"or": 0, "and": 1}


def render(tree: Tree, around: int = -1) -> str:
    """Write the tree with no more parentheses than the precedence of the RFC asks for."""
    if isinstance(tree, str):
        return f"{tree} pr"
    joined_by, *operands = tree
    if joined_by == "not":
        return f"not ({render(operands[0])})"
    text = f" {joined_by} ".join(render(operand, STRENGTH[joined_by]) for operand in operands)
    return f"({text})" if STRENGTH[joined_by] < around else text


def evaluate(tree: Tree, present: frozenset[str]) -> bool:
    if isinstance(tree, str):
        return tree in present
    joined_by, *operands = tree
    results = [evaluate(operand, present) for operand in operands]
    return not results[0] if joined_by == "not" else all(results) if joined_by == "and" else any(results)


@given(trees)
def test_fl02_not_binds_tighter_than_and_which_binds_tighter_than_or(tree: Tree) -> None:
    filter = parse(render(tree), USER)
    for truth in product([True, False], repeat=len(NAMES)):
        present = frozenset(name for name, there in zip(NAMES, truth, strict=True) if there)
        assert matches(filter, dict.fromkeys(present, "x")) is evaluate(tree, present)
