from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.attributes import Attribute, Type
from scim_server.protocol.values import comparable, fold, sortable_date_time


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ada", "ada"),
        ("ÉTÉ", "été"),
        ("E\u0301te\u0301", "été"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("ı", "ı"),
        ("", ""),
    ],
)
def test_folds_to_one_form(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_the_short_way_for_ascii_folds_as_the_long_one(text: str) -> None:
    assert fold(text) == text.casefold()


@pytest.mark.parametrize(
    ("text", "sortable"),
    [
        ("2024-05-17T09:30:00Z", "2024-05-17T09:30:00.000000Z"),
        ("2024-05-17T09:30:00.5Z", "2024-05-17T09:30:00.500000Z"),
        ("2024-05-17T09:30:00.123456789Z", "2024-05-17T09:30:00.123456Z"),
        ("2024-05-17T09:30:00+02:00", "2024-05-17T07:30:00.000000Z"),
        ("2024-05-17T23:30:00-01:30", "2024-05-18T01:00:00.000000Z"),
        ("2024-05-17T09:30:00+14:00", "2024-05-16T19:30:00.000000Z"),
        ("2024-05-17T09:30:00-00:00", "2024-05-17T09:30:00.000000Z"),
        ("2024-05-17T09:30:00", "2024-05-17T09:30:00.000000Z"),
        ("2024-05-17t09:30:00z", "2024-05-17T09:30:00.000000Z"),
        ("2024-12-31T24:00:00Z", "2025-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_date_times_become_sortable(text: str, sortable: str) -> None:
    assert sortable_date_time(text) == sortable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2024-05-17",
        "2024-05-17 09:30:00Z",
        "2024-05-17T09:30Z",
        "2024-05-17T09:30:00.Z",
        "2024-05-17T09:30:00Z ",
        "2024-05-17T09:30:00+0200",
        "2024-05-17T09:30:00+14:01",
        "2024-05-17T09:30:00+02:60",
        "2024-02-30T09:30:00Z",
        "2024-05-17T24:00:01Z",
        "2024-05-17T25:00:00Z",
        "2024-05-17T09:30:60Z",
        "0000-05-17T09:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T24:00:00Z",
        "-2024-05-17T09:30:00Z",
        "20240-05-17T09:30:00Z",
        "２０２４-05-17T09:30:00Z",
    ],
)
def test_what_is_no_date_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        sortable_date_time(text)


moments = st.datetimes(
    min_value=datetime(2, 1, 1),
    max_value=datetime(9998, 1, 1),
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(moments, moments)
def test_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    texts = sortable_date_time(one.isoformat()), sortable_date_time(other.isoformat())
    assert (texts[0] < texts[1]) == (one < other)
    assert len(texts[0]) == len(texts[1])
    assert datetime.fromisoformat(texts[0]) == one.astimezone(UTC)


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (Attribute("a"), "Ada", "ada"),
        (Attribute("a", case_exact=True), "Ada", "Ada"),
        (Attribute("a", Type.REFERENCE), "Urn:X", "urn:x"),
        (Attribute("a", Type.BINARY), "QQ==", "QQ=="),
        (Attribute("a", Type.BOOLEAN), False, False),
        (Attribute("a", Type.INTEGER), 5, 5),
        (Attribute("a", Type.DECIMAL), 5.5, 5.5),
        (Attribute("a", Type.DATE_TIME), "2024-05-17T09:30:00+02:00", "2024-05-17T07:30:00.000000Z"),
    ],
)
def test_values_are_compared_by_the_type_of_their_attribute(
    attribute: Attribute, value: object, expected: object
) -> None:
    assert comparable(attribute, value) == expected


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (Type.STRING, 5),
        (Type.STRING, None),
        (Type.REFERENCE, True),
        (Type.BINARY, 5),
        (Type.BOOLEAN, "true"),
        (Type.BOOLEAN, 1),
        (Type.INTEGER, True),
        (Type.INTEGER, "5"),
        (Type.DATE_TIME, "yesterday"),
        (Type.DATE_TIME, 5),
        (Type.COMPLEX, {}),
    ],
)
def test_values_of_another_type_are_refused(type: Type, value: object) -> None:
    with pytest.raises(ValueError):
        comparable(Attribute("a", type), value)
