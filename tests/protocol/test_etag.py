"""Entity tags and the headers that name them (RFC 7644 §3.14, RFC 9110 §13.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.etag import EntityTags, entity_tag, matches, parse_entity_tags


@given(st.integers(min_value=0), st.integers(min_value=0))
def test_a_tag_matches_its_own_version_alone(version: int, other: int) -> None:
    assert matches(entity_tag(version), version)
    assert matches(entity_tag(version), other) == (version == other)


@pytest.mark.parametrize(
    "header",
    ['W/"3"', '"3"', 'w/"3"', ' W/"3" ', 'W/"2", W/"3"', 'W/"2",W/"3"', ', "x" ,, "3",', '"a,b", "3"', "*", " * "],
)
def test_headers_that_name_version_3(header: str) -> None:
    """CC04: weak and strong, one and many."""
    assert matches(header, 3)
    assert matches(header, 4) == (header.strip() == "*")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "3",
        "W/3",
        '"3',
        '3"',
        '"3" "3"',
        '"3" x',
        'x, "3"',
        '*, "3"',
        '"3", *',
        "**",
        'W/ "3"',
        '"03"',
        '" 3"',
        '"3 "',
        "'3'",
        'W/"3"\n, "3"',
        ",",
        '"3",' * 4000,
    ],
)
def test_garbage_names_no_version(header: str) -> None:
    """CC04."""
    assert not matches(header, 3)


@given(st.text() | st.text(alphabet='W/", *3\t'))
def test_any_header_is_read(header: str) -> None:
    named = parse_entity_tags(header)
    assert named.any == (header.strip() == "*")
    assert matches(header, 3) == (named.any or "3" in named.tags)


def test_tags_of_other_servers_are_kept_whole() -> None:
    assert parse_entity_tags('W/"a,b", "c d", "\xe9", ""') == EntityTags(False, frozenset())
    assert parse_entity_tags('W/"a,b", "\xe9", ""') == EntityTags(False, frozenset({"a,b", "\xe9", ""}))
