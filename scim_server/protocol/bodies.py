"""What the loaders of all bodies share: words for values, details from marshmallow's errors, the `schemas` check."""

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from scim_server.protocol.errors import InvalidSyntax

REQUIRED = "is required"
_MOST_ERRORS = 5
_LONGEST_NAME = 200


def kind(value: Any) -> str:
    """Return what a JSON value is, in words; the value itself may be secret or long."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def quoted(name: str) -> str:
    """Return a name that a client wrote as a detail may show it: short, and in ASCII whatever it holds."""
    return ascii(name[:_LONGEST_NAME])


def twins(first: str, second: str) -> InvalidSyntax:
    """Return the error for two keys that differ in letter case or prefix alone."""
    return InvalidSyntax(f"The keys {quoted(first)} and {quoted(second)} name the same attribute; send one of them.")


def check_schemas(schemas: Any, urn: str) -> None:
    """Demand `urn` in the `schemas` of a body, without regard to letter case; others are tolerated (idp-wire R2, E71).

    Raises InvalidSyntax, also where `schemas` is missing.
    """
    if schemas is None:
        raise InvalidSyntax(f'\'schemas\' is missing; send "schemas": ["{urn}"].')
    if not isinstance(schemas, list) or not all(isinstance(each, str) for each in schemas):
        raise InvalidSyntax(f"'schemas' must be an array of strings, such as [\"{urn}\"].")
    if urn.lower() not in {each.lower() for each in schemas}:
        raise InvalidSyntax(f"'schemas' lacks {urn!r}.")


def detail(error: ValidationError, prefix: str = "") -> str:
    """Return the first few errors as sentences: a path such as 'emails[1].primary', then marshmallow's message.

    The messages are predicates ("must be a string"). `prefix` is what stands before each path.
    """
    sentences = []
    for path, text in _flatten(error.messages, prefix):
        sentences.append(f"{quoted(path)} {text}.")
        if len(sentences) == _MOST_ERRORS:
            break
    return " ".join(sentences)


def _flatten(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and message of each error; its depth is that of the schema, never that of the body."""
    if not isinstance(messages, dict):
        for text in messages:
            yield path, text
        return
    for key, inner in messages.items():
        if isinstance(key, int):
            yield from _flatten(inner, f"{path}[{key}]")
        else:
            yield from _flatten(inner, path + key if not path or path.endswith(":") else f"{path}.{key}")
