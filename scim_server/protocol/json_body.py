"""JSON as this server accepts it: UTF-8, bounded in size and depth, one meaning for every reader.

The limits hold before anything is parsed, so that no body costs more than its length.
"""

import json
import math
import re
from typing import Any, NoReturn

from scim_server.protocol.errors import InvalidSyntax, PayloadTooLarge
from scim_server.protocol.limits import MAX_JSON_DEPTH

# A string, also one that never ends; possessive, so that it is read once whatever it holds.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# U+0000, or half of a surrogate pair, which may have its other half.
_FORBIDDEN_ESCAPE = re.compile(rb"\\u(?:0000|[Dd][89A-Fa-f])")
_BRACKETS = bytes.maketrans(b"[{]}", b"(())")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# What SQLite, PostgreSQL and orjson hold alike.
_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**63 - 1
_LONGEST_INTEGER = len(str(_SMALLEST_INTEGER))


def read_json(body: bytes, *, max_bytes: int) -> Any:
    """Return the value that a request body holds.

    Refuses what readers understand differently or a database cannot hold: other encodings than UTF-8, duplicate
    keys, NaN, infinities, integers beyond 64 bits, U+0000 and lone surrogates (RFC 8259 §4, §6, §8). Raises
    PayloadTooLarge over `max_bytes`, InvalidSyntax for the rest, also for more than MAX_JSON_DEPTH levels.
    """
    if len(body) > max_bytes:
        raise PayloadTooLarge(f"The body holds {len(body)} bytes; at most {max_bytes} are accepted.")
    if body.startswith(b"\xef\xbb\xbf"):
        raise InvalidSyntax("The body begins with a byte order mark; send plain UTF-8.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidSyntax(f"The body is not UTF-8: byte {error.start} does not fit.") from None
    if not text.strip():
        raise InvalidSyntax("The body is empty; send a JSON object.")
    _check_depth(body)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise InvalidSyntax(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    # Nothing but an escape brings in what UTF-8 and JSON forbid to write plainly.
    if _FORBIDDEN_ESCAPE.search(body):
        _check_characters(value)
    return value


def read_object(body: bytes, *, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object that a request body holds; raises as `read_json`, and InvalidSyntax for other values."""
    value = read_json(body, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise InvalidSyntax("The body must be a JSON object, written in braces.")
    return value


def _check_depth(body: bytes) -> None:
    """Refuse more than MAX_JSON_DEPTH levels, in linear time and without recursion."""
    if body.count(b"[") + body.count(b"{") <= MAX_JSON_DEPTH:
        return
    brackets = _STRING.sub(b"", body).translate(_BRACKETS, _NOT_BRACKETS)
    for _ in range(MAX_JSON_DEPTH):
        # Takes away the innermost level, all over the body at once.
        brackets = brackets.replace(b"()", b"")
        if not brackets:
            return
    raise InvalidSyntax(f"The body is nested deeper than {MAX_JSON_DEPTH} levels, or a bracket is left open.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise InvalidSyntax(f"The key {_quoted(name)} stands twice in one object.")
            seen.add(name)
    return value


def _integer(digits: str) -> int:
    # The length first: Python itself refuses to convert thousands of digits.
    if len(digits) <= _LONGEST_INTEGER and _SMALLEST_INTEGER <= (number := int(digits)) <= _LARGEST_INTEGER:
        return number
    raise InvalidSyntax("The body holds an integer beyond 64 bits.")


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidSyntax("The body holds a number that is too large.")
    return number


def _constant(name: str) -> NoReturn:
    raise InvalidSyntax(f"{name} is no JSON value.")


def _check_characters(value: Any) -> None:
    """Refuse U+0000 and lone surrogates in all keys and strings; recursion is not needed."""
    todo = [("", value)]
    while todo:
        key, current = todo.pop()
        if isinstance(current, str):
            _check_text(current, key)
        elif isinstance(current, list):
            todo.extend((key, element) for element in current)
        elif isinstance(current, dict):
            for name in current:
                _check_text(name, key)
            todo.extend(current.items())


def _check_text(text: str, key: str) -> None:
    where = f"in {_quoted(key)}" if key else "in the body"
    if "\0" in text:
        raise InvalidSyntax(f"A string {where} holds the character U+0000.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidSyntax(f"A string {where} holds half of a surrogate pair.") from None


def _quoted(name: str) -> str:
    """Return a key as a detail may show it: short, and in ASCII whatever it holds."""
    return json.dumps(name[:100])
