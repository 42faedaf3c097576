"""JSON bodies: one meaning for every reader, whatever the bytes (security BD01 to BD06)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.errors import InvalidSyntax, PayloadTooLarge, ScimError
from scim_server.protocol.json_body import read_json, read_object
from scim_server.protocol.limits import MAX_JSON_DEPTH

ENOUGH = 8 * 1024 * 1024


def read(body: bytes) -> object:
    return read_json(body, max_bytes=ENOUGH)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8", min_codepoint=1)), inner),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_a_value_comes_back_as_it_was_written(value: object, ascii_only: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0d8 1e-', max_size=200).map(str.encode))
def test_any_bytes_are_a_value_or_a_scim_error(body: bytes) -> None:
    try:
        read(body)
    except ScimError as error:
        assert error.detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param(b'{"active":false,"active":true}', '"active" stands twice', id="BD03 duplicate key"),
        pytest.param(b'[{"a":{"b":1,"c":2,"b":3}}]', '"b" stands twice', id="BD03 duplicate key, nested"),
        pytest.param(b'{"\\u0061":1,"a":2}', '"a" stands twice', id="BD03 duplicate key, escaped"),
        pytest.param(b"[NaN]", "NaN", id="BD04 NaN"),
        pytest.param(b"[Infinity]", "Infinity", id="BD04 Infinity"),
        pytest.param(b"[-Infinity]", "-Infinity", id="BD04 -Infinity"),
        pytest.param(b"[1e999]", "too large", id="BD04 1e999"),
        pytest.param(b"[-1e999]", "too large", id="BD04 -1e999"),
        pytest.param(b"1" * 5000, "64 bits", id="BD04 5,000 digits"),
        pytest.param(str(2**63).encode(), "64 bits", id="BD04 2**63"),
        pytest.param(str(-(2**63) - 1).encode(), "64 bits", id="BD04 -2**63 - 1"),
        pytest.param('{"a":1}'.encode("utf-16"), "not UTF-8", id="BD05 UTF-16"),
        pytest.param('{"a":1}'.encode("utf-16-le"), "not JSON", id="BD05 UTF-16 without a mark"),
        pytest.param('{"a":1}'.encode("utf-32"), "UTF-8", id="BD05 UTF-32"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', "byte order mark", id="BD05 BOM"),
        pytest.param(b'{"a":"\xff"}', "byte 6", id="BD05 bad UTF-8"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', "not UTF-8", id="BD05 encoded surrogate"),
        pytest.param(b'{"name":{"x":["\\ud800"]}}', '"x" holds half', id="BD05 lone surrogate"),
        pytest.param(b'{"\\udfff":1}', "half of a surrogate", id="BD05 lone surrogate in a key"),
        pytest.param(b'"\\ud83d\\ud83d"', "half of a surrogate", id="BD05 two high surrogates"),
        pytest.param(b'{"userName":"a\\u0000"}', '"userName" holds the character U+0000', id="BD05 NUL"),
        pytest.param(b'{"a\\u0000":1}', "U+0000", id="BD05 NUL in a key"),
        pytest.param(b'{"a":"\0"}', "not JSON", id="BD05 plain NUL"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \n", "empty", id="blank"),
        pytest.param(b'{"a":1', "not JSON", id="cut off"),
        pytest.param(b'{"a":1} x', "line 1, column 9", id="trailing text"),
        pytest.param(b"{'a':1}", "not JSON", id="single quotes"),
    ],
)
def test_what_readers_understand_differently_is_refused(body: bytes, detail: str) -> None:
    with pytest.raises(InvalidSyntax) as caught:
        read(body)
    assert detail in caught.value.detail


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\\\ud800"', "\\ud800"),
        (str(2**63 - 1).encode(), 2**63 - 1),
        (str(-(2**63)).encode(), -(2**63)),
        (b"1.5e3", 1500.0),
    ],
)
def test_what_only_looks_like_it_is_read(body: bytes, value: object) -> None:
    assert read(body) == value


def nested(levels: int, inside: str = "") -> bytes:
    return ("[" * levels + inside + "]" * levels).encode()


@pytest.mark.parametrize(
    "body",
    [
        nested(MAX_JSON_DEPTH),
        b'{"a":' * MAX_JSON_DEPTH + b"1" + b"}" * MAX_JSON_DEPTH,
        b"[" + b"[[]]," * 10_000 + b"[]]",
        nested(MAX_JSON_DEPTH - 1, '"' + "[{" * 1000 + '\\"]"'),
    ],
    ids=["arrays", "objects", "wide", "brackets in a string"],
)
def test_the_deepest_body_is_read(body: bytes) -> None:
    assert read(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        nested(MAX_JSON_DEPTH + 1),
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b"[{" * 1_000_000,
        nested(20, nested(20).decode()),
        b"[" * 40 + b"}" * 40,
        b'["' + b'\\"' * 1_000_000 + b"[" * 100,
        b'["\\' + b"[" * 100,
    ],
    ids=["arrays", "objects", "BD01", "open", "mixed", "mismatched", "endless string", "endless escape"],
)
def test_a_deeper_body_is_refused_before_it_is_parsed(body: bytes) -> None:
    with pytest.raises(InvalidSyntax):
        read(body)


def test_the_size_is_limited() -> None:
    """BD02."""
    assert read_json(b"[1,2]", max_bytes=5) == [1, 2]
    with pytest.raises(PayloadTooLarge, match="6 bytes; at most 5"):
        read_json(b"[1,23]", max_bytes=5)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"5", b"true"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    """BD06."""
    with pytest.raises(InvalidSyntax, match="must be a JSON object"):
        read_object(body, max_bytes=ENOUGH)


def test_an_object_is_returned() -> None:
    assert read_object(b'{"a":[1]}', max_bytes=ENOUGH) == {"a": [1]}
