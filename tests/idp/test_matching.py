"""The matchers of the golden exchanges, so that no exchange passes by mistake."""

from typing import Any

import pytest

from tests.idp.matching import ABSENT, mismatches, resolve


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ([{"a": 1}], [{"a": 1, "b": 2}]),
        ({"a": "$absent"}, {"b": 2}),
        ({"a": "$any"}, {"a": None}),
        ({"$exact": {"a": [1]}}, {"a": [1]}),
        ({"$set": [{"a": 1}, {"a": 2}]}, [{"a": 2}, {"a": 1, "b": 0}]),
        ({"$matches": "^a.c$"}, "abc"),
        ({"$not": "a"}, "b"),
    ],
)
def test_matches(expected: Any, actual: Any) -> None:
    assert mismatches(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": True}),
        ({"a": "1"}, {"a": 1}),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"a": "$absent"}, {"a": None}),
        ("$any", ABSENT),
        ({"$exact": {"a": 1}}, {"a": 1, "b": 2}),
        ({"$set": [1, 1]}, [1, 2]),
        ({"$set": [1]}, [1, 1]),
        ({"$set": []}, ABSENT),
        ({"$matches": "^a"}, "ba"),
        ({"$matches": "1"}, 1),
        ({"$not": "a"}, "a"),
    ],
)
def test_tells_a_difference(expected: Any, actual: Any) -> None:
    assert mismatches(expected, actual) != []


def test_references_are_replaced_in_keys_texts_and_as_whole_values() -> None:
    names = {"ada": {"id": "1", "meta": {"version": 2}}}
    template = {"/Users/${ada.id}": ["${ada.meta.version}", "x${ada.id}y", "${ada.meta}", 3]}
    assert resolve(template, names) == {"/Users/1": [2, "x1y", {"version": 2}, 3]}
