"""Keys of objects: any letter case, no twins, and nothing unknown or readOnly gets through."""

from typing import Any

import pytest

from scim_server.protocol.errors import InvalidSyntax
from scim_server.protocol.folding import fold_keys, table_of
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.schemas import USER

TABLE = table_of(USER.attributes)


def fold(*pairs: tuple[str, Any], prefix: str = "") -> tuple[dict[str, Any], list[tuple[Quirk, str]]]:
    quirks = Quirks()
    return fold_keys(pairs, TABLE, prefix, quirks), list(quirks.counts)


@pytest.mark.parametrize("key", ["userName", "username", "USERNAME"])
def test_keys_take_the_letter_case_of_the_schema(key: str) -> None:
    """idp-wire R1."""
    assert fold((key, "ada")) == ({"userName": "ada"}, [])


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_unassigned_attributes_are_left_out(value: Any) -> None:
    assert fold(("title", value)) == ({}, [])


@pytest.mark.parametrize("value", [0, False, " ", [None], {"value": None}])
def test_other_values_stay(value: Any) -> None:
    assert fold(("title", value)) == ({"title": value}, [])


@pytest.mark.parametrize("name", ["id", "meta", "schemas", "groups", "password", "ID"])
def test_what_clients_always_send_is_dropped_silently(name: str) -> None:
    """idp-wire O23, O24, O28."""
    assert fold((name, "x")) == ({}, [])


def test_unknown_attributes_are_dropped_and_recorded() -> None:
    assert fold(("department", "x"), prefix="a.") == ({}, [(Quirk.UNKNOWN_ATTRIBUTE, "a.department")])


@pytest.mark.parametrize("second", ["a", None, ""])
def test_twins_are_refused(second: Any) -> None:
    """BD09."""
    with pytest.raises(InvalidSyntax, match="'userName' and 'USERNAME' name the same attribute"):
        fold(("userName", "a"), ("USERNAME", second))


def test_a_hostile_key_makes_a_short_ascii_detail() -> None:
    with pytest.raises(InvalidSyntax) as caught:
        fold(("id", 1), ("ID", 2), prefix="\ud800" * 10_000)
    assert caught.value.detail.isascii()
    assert len(caught.value.detail) < 3_000
