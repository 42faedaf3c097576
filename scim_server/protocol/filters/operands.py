"""Which operators and literals an attribute takes, by its type (RFC 7644 §3.4.2.2, RFC 7643 §2.3)."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from scim_server.protocol.attributes import Attribute, AttributePath, Type
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters.literals import NUMBER, read_number
from scim_server.protocol.filters.tree import Operator
from scim_server.protocol.values import Literal, comparable, fold

# Takes what the client wrote; returns it as raw and as compared, see `tree.Filter`.
Reader: TypeAlias = Callable[[Any], tuple[Literal, Literal]]

_UNORDERED = (Type.BOOLEAN, Type.BINARY)
_PARTIAL = (Operator.CO, Operator.SW, Operator.EW)
_ORDERING = (Operator.GT, Operator.GE, Operator.LT, Operator.LE)
_NUMBER = re.compile(NUMBER)
_WANTED = {
    Type.STRING: "a string in quotation marks",
    Type.REFERENCE: "a string in quotation marks",
    Type.BINARY: "a base64 string in quotation marks",
    Type.BOOLEAN: "true or false",
    Type.INTEGER: "a number",
    Type.DECIMAL: "a number",
    Type.DATE_TIME: 'a dateTime such as "2024-05-17T09:30:00Z"',
}


def check_operator(path: AttributePath, attribute: Attribute, operator: Operator) -> None:
    """Raise InvalidFilter where values of the attribute's type have no order or no parts to compare."""
    if attribute.is_textual:
        return
    refused = operator in _PARTIAL or (operator in _ORDERING and attribute.type in _UNORDERED)
    if refused:
        raise InvalidFilter(f"'{path}' is of type {attribute.type}, which '{operator}' does not compare.")


def reader(path: AttributePath, attribute: Attribute) -> Reader:
    """Return the function that reads literals for the attribute; it raises InvalidFilter for those of another type.

    A string is read as the boolean or number that it writes where the attribute wants one (idp-wire E43).
    """

    def read(written: Any) -> tuple[Literal, Literal]:
        literal = _of_type(attribute, written)
        try:
            return literal, comparable(attribute, literal)
        except ValueError as error:
            raise _unfit(path, attribute) from error

    return read


def text_reader(attribute: Attribute) -> Reader:
    """Return the function that reads text, as most literals are, for an attribute that holds text."""
    return _read_exact if attribute.case_exact else _read_folded


def _read_exact(written: str) -> tuple[str, str]:
    return written, written


def _read_folded(written: str) -> tuple[str, str]:
    return written, fold(written)


def _of_type(attribute: Attribute, written: Any) -> Any:
    if not isinstance(written, str):
        return written
    if attribute.type is Type.BOOLEAN:
        return {"true": True, "false": False}.get(written.lower(), written)
    if attribute.type in (Type.INTEGER, Type.DECIMAL) and _NUMBER.fullmatch(written):
        return read_number(written)
    return written


def _unfit(path: AttributePath, attribute: Attribute) -> InvalidFilter:
    return InvalidFilter(f"'{path}' is of type {attribute.type}; compare it with {_WANTED[attribute.type]}.")
