"""Values of each data type: what is stored, what is understood all the same, what is refused."""

from typing import Any

import pytest

from scim_server.protocol.attributes import Attribute
from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.limits import (
    MAX_INDEXED_STRING_LENGTH,
    MAX_MEMBER_VALUES,
    MAX_MULTI_VALUES,
    MAX_STRING_LENGTH,
)
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.resources import load_element, load_value
from scim_server.protocol.schemas import GROUP, USER
from tests.protocol.examples import CUSTOM_USER


def attribute(name: str) -> Attribute:
    for resource_type in (CUSTOM_USER, GROUP):
        path = resource_type.resolve(name)
        if path is not None and path.leaf is not None:
            return path.leaf
    for extension in CUSTOM_USER.extensions:
        if found := extension.attribute(name):
            return found
    raise AssertionError(name)


def load(name: str, value: Any) -> tuple[Any, dict[tuple[Quirk, str], int]]:
    quirks = Quirks()
    return load_value(attribute(name), value, quirks), dict(quirks.counts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", " Dr. \u200dNo\n"),
        ("title", "x" * MAX_STRING_LENGTH),
        ("userName", " Ada  Byron "),
        ("userName", "\u00e4" * MAX_INDEXED_STRING_LENGTH),
        ("active", True),
        ("active", False),
        ("badge", 0),
        ("badge", -7),
        ("score", 1.5),
        ("score", 2),
        ("hired", "2024-05-17T09:30:00Z"),
        ("hired", "2024-05-17t09:30:00.25+02:00"),
        ("key", "not base64"),
        ("page", "javascript:alert(1)"),
        ("profileUrl", "no url"),
        ("locale", "\u00fcber"),
        ("name", {"givenName": "Ada", "familyName": "Byron"}),
        ("emails", [{"value": "no address", "type": "<script>", "primary": True}]),
        ("emails", [{"value": "a"}, {"value": "a"}]),
        ("photos", [{"value": "data:image/png;base64,AAAA"}]),
        ("roles", [{"value": '{"id":"06b0","value":"Admin"}', "primary": False}]),
        ("tags", ["a", "b"]),
        ("flags", [True, False]),
        ("desk", {"floor": "2"}),
    ],
)
def test_a_value_that_fits_is_kept_as_sent(name: str, value: Any) -> None:
    """idp-wire E24, E65, V5; security BD13."""
    assert load(name, value) == (value, {})


@pytest.mark.parametrize(
    ("name", "value", "loaded", "quirk"),
    [
        pytest.param("active", "True", True, Quirk.TEXT_BOOLEAN, id="E40 BD11"),
        pytest.param("active", "False", False, Quirk.TEXT_BOOLEAN, id="E40"),
        pytest.param("active", "true", True, Quirk.TEXT_BOOLEAN, id="E40 lower"),
        pytest.param("active", "false", False, Quirk.TEXT_BOOLEAN, id="E40 lower false"),
        pytest.param("active", ["False"], False, Quirk.TEXT_BOOLEAN, id="text in an array"),
        pytest.param("manager", "b7c1", {"value": "b7c1"}, Quirk.TEXT_FOR_COMPLEX, id="E48"),
        pytest.param(
            "manager", [{"$ref": None, "value": "b7c1"}], {"value": "b7c1"}, Quirk.ARRAY_FOR_SINGULAR, id="E49"
        ),
        pytest.param("manager", ["b7c1"], {"value": "b7c1"}, Quirk.ARRAY_FOR_SINGULAR, id="E48 and E49"),
        pytest.param("title", ["Dr."], "Dr.", Quirk.ARRAY_FOR_SINGULAR, id="simple in an array"),
        pytest.param("emails", ["a@b"], [{"value": "a@b"}], Quirk.TEXT_FOR_COMPLEX, id="bare e-mail"),
        pytest.param("members", ["u1"], [{"value": "u1"}], Quirk.TEXT_FOR_COMPLEX, id="bare member"),
        pytest.param(
            "manager", {"displayName": "x", "value": "b"}, {"value": "b"}, Quirk.READ_ONLY_ATTRIBUTE, id="0.8"
        ),
        pytest.param("emails", [{"value": "a", "x": 1}], [{"value": "a"}], Quirk.UNKNOWN_ATTRIBUTE, id="unknown"),
    ],
)
def test_what_clients_really_send_is_understood_and_recorded(name: str, value: Any, loaded: Any, quirk: Quirk) -> None:
    result, quirks = load(name, value)
    assert result == loaded
    assert quirk in {each for each, _ in quirks}


@pytest.mark.parametrize(
    ("name", "value", "loaded"),
    [
        ("emails", {"value": "a"}, [{"value": "a"}]),
        ("emails", [{"VALUE": "a", "Type": "work"}], [{"value": "a", "type": "work"}]),
        ("members", [{"$ref": None, "value": "f648"}], [{"value": "f648"}]),
        ("members", [{"value": "23a3", "display": "x@y"}], [{"value": "23a3"}]),
        ("tags", "a", ["a"]),
        ("flags", True, [True]),
        ("flags", [None, "", True], [True]),
    ],
    ids=["object for array", "E47", "E75", "O53", "tags", "flags", "empty flags"],
)
def test_other_spellings_are_no_news(name: str, value: Any, loaded: Any) -> None:
    result, quirks = load(name, value)
    assert result == loaded
    assert set(quirks) <= {(Quirk.TEXT_BOOLEAN, name)}


@pytest.mark.parametrize("value", [None, "", [], {}, [None], [""]])
@pytest.mark.parametrize(
    ("name", "unassigned"), [("title", None), ("manager", None), ("emails", []), ("members", []), ("tags", [])]
)
def test_empty_values_unassign(name: str, unassigned: Any, value: Any) -> None:
    """idp-wire R15."""
    assert load(name, value)[0] == unassigned


@pytest.mark.parametrize(
    ("name", "value"),
    [("manager", {"value": ""}), ("manager", [{"value": ""}]), ("name", {"givenName": None, "familyName": ""})],
)
def test_an_object_without_a_value_unassigns(name: str, value: Any) -> None:
    """idp-wire E50."""
    assert load(name, value)[0] is None


@pytest.mark.parametrize("value", [None, ""])
def test_a_boolean_is_unassigned_by_null_and_empty_text(value: Any) -> None:
    assert load("active", value) == (None, {})


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        pytest.param("active", "yes", "'active' must be true or false, not a string.", id="BD11 yes"),
        pytest.param("active", 1, "'active' must be true or false, not a number.", id="BD11 1"),
        pytest.param("active", [], "'active' must be true or false, not an array.", id="BD11 []"),
        pytest.param("active", {}, "'active' must be true or false, not an object.", id="BD11 {}"),
        pytest.param("active", "TRUE", "'active' must be true or false, not a string.", id="BD11 TRUE"),
        pytest.param("title", 5, "'title' must be a string, not a number.", id="number for text"),
        pytest.param("title", True, "'title' must be a string, not a boolean.", id="boolean for text"),
        pytest.param("title", ["a", "b"], "'title' must be a string, not an array.", id="two titles"),
        pytest.param("title", {"value": "a"}, "'title' must be a string, not an object.", id="object for text"),
        pytest.param("title", [["a"]], "'title' must be a string, not an array.", id="array in an array"),
        pytest.param("title", "x" * (MAX_STRING_LENGTH + 1), "longer than 65536", id="long text"),
        pytest.param("badge", "5", "'badge' must be an integer, not a string.", id="text for integer"),
        pytest.param("badge", 5.9, "without fraction", id="fraction for integer"),
        pytest.param("badge", True, "'badge' must be an integer, not a boolean.", id="boolean for integer"),
        pytest.param("score", "1.5", "'score' must be a number, not a string.", id="text for decimal"),
        pytest.param("score", float("inf"), "'score' must be a number", id="infinite"),
        pytest.param("hired", "2024-05-17", "'hired' must be a dateTime", id="date"),
        pytest.param("hired", "2024-05-17T09:30:00", "with a zone", id="no zone"),
        pytest.param("hired", "2024-02-30T09:30:00Z", "'hired' must be a dateTime", id="no such day"),
        pytest.param("hired", 1715938200, "not a number", id="number for dateTime"),
        pytest.param("name", "Ada", "'name' must be an object, not a string.", id="text for an object without value"),
        pytest.param("name", {"givenName": 5}, "'name.givenName' must be a string, not a number.", id="sub-attribute"),
        pytest.param("emails", "a@b", "'emails' must be an array, not a string.", id="BD12 string for list"),
        pytest.param("emails", [[]] + [5], "'emails[1]' must be an object, not a number.", id="element"),
        pytest.param(
            "emails",
            [{"value": "a"}, {"primary": "yes"}],
            "'emails[1].primary' must be true or false, not a string.",
            id="BD12 path",
        ),
        pytest.param(
            "emails",
            [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}],
            "'emails' must not hold more than one value with primary true.",
            id="BD12 two primary",
        ),
        pytest.param("tags", [["a"]], "'tags[0]' must be a string, not an array.", id="array in tags"),
        pytest.param("tags", {"a": 1}, "'tags' must be an array, not an object.", id="object for simple list"),
        pytest.param("userName", "a\tb", "control characters", id="JT14 control"),
        pytest.param("userName", "a\x85", "control characters", id="JT14 C1"),
        pytest.param("userName", "a\u202eb", "writing direction", id="JT14 override"),
        pytest.param("userName", "a\u2066b", "writing direction", id="JT14 isolate"),
        pytest.param("userName", " \u3000", "'userName' must not be blank.", id="JT14 blank"),
    ],
)
def test_what_does_not_fit_is_refused_by_path(name: str, value: Any, detail: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        load(name, value)
    assert detail in caught.value.detail


@pytest.mark.parametrize("name", ["userName", "externalId", "displayName", "emails.value", "manager.value"])
def test_values_that_are_looked_up_are_shorter(name: str) -> None:
    sub_attribute = attribute(name) if "manager" not in name else attribute("manager").sub_attribute("value")
    assert sub_attribute is not None
    assert load_value(sub_attribute, "x" * MAX_INDEXED_STRING_LENGTH, Quirks())
    # U+1D164 is one character that folds to three, of twelve bytes: too many for an index.
    for value in ("x" * (MAX_INDEXED_STRING_LENGTH + 1), "\U0001d164" * MAX_INDEXED_STRING_LENGTH):
        with pytest.raises(InvalidValue, match="longer than 512"):
            load_value(sub_attribute, value, Quirks())


@pytest.mark.parametrize(("name", "most"), [("emails", MAX_MULTI_VALUES), ("members", MAX_MEMBER_VALUES)])
def test_the_number_of_values_is_limited(name: str, most: int) -> None:
    """BD12."""
    assert len(load(name, [{"value": "a"}] * most)[0]) == most
    with pytest.raises(InvalidValue, match=f"'{name}' must not hold more than {most} values"):
        load(name, [{"value": "a"}] * (most + 1))


def test_details_take_the_name_that_the_caller_knows() -> None:
    email = USER.attribute("emails")
    assert email is not None
    with pytest.raises(InvalidValue, match=r"^'emails\[0\].value' must be"):
        load_value(email.sub_attributes[0], 5, Quirks(), name="emails[0].value")


@pytest.mark.parametrize(
    ("name", "value", "loaded"),
    [
        ("emails", {"Type": "work"}, {"type": "work"}),
        ("emails", "a@b", {"value": "a@b"}),
        ("emails", {"value": None}, None),
        ("emails", None, None),
        ("tags", "a", "a"),
        ("title", "Dr.", "Dr."),
    ],
)
def test_one_element_is_loaded_alone(name: str, value: Any, loaded: Any) -> None:
    assert load_element(attribute(name), value, Quirks()) == loaded


@pytest.mark.parametrize(("name", "value"), [("emails", ["a"]), ("emails", 5), ("tags", ["a"])])
def test_an_array_is_no_element(name: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        load_element(attribute(name), value, Quirks())
