"""The lexer and parser of scim2-filter-parser with their faults repaired, and bounds on what they are given.

Repaired: `and` binds tighter than `or`; numbers of more than one digit; keywords as the beginning of names; keywords
in any letter case; URNs with anything after them; names that are also operators (libraries.md §1.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser

from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters.literals import NUMBER, PLACEHOLDER, read_number
from scim_server.protocol.limits import MAX_FILTER_COMPARISONS, MAX_FILTER_DEPTH

_END_OF_WORD = r"(?![A-Za-z0-9_$.:-])"
# sly takes any name in capitals inside a lexer for that of a token, so patterns go by names that begin with _.
_NUMBER = NUMBER + _END_OF_WORD
_PLACEHOLDER = PLACEHOLDER
_COMPARISONS = frozenset({"EQ", "NE", "CO", "SW", "EW", "GT", "GE", "LT", "LE", "PR"})
_WORDS = _COMPARISONS | {"AND", "OR", "TRUE", "FALSE", "NULL"}
# After these an attribute must follow, whatever it is called.
_BEFORE_ATTRIBUTE = frozenset({"", "LPAREN", "LBRACKET", "AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Lifted:
    """Stands in the library's tree for the literal of this number that was lifted out."""

    number: int


class FilterLexer(SCIMLexer):  # type: ignore[misc]
    """Tokens of a filter whose strings have been lifted out."""

    tokens = SCIMLexer.tokens

    TRUE = rf"(?i:true){_END_OF_WORD}"
    FALSE = rf"(?i:false){_END_OF_WORD}"
    NULL = rf"(?i:null){_END_OF_WORD}"
    NUMBER = _NUMBER
    COMP_VALUE = _PLACEHOLDER

    # A URN holds dots and ends where only the schemas know: it stays one token with its attribute.
    @_(r"[a-zA-Z]+:[a-zA-Z0-9_$:.-]+")  # type: ignore[name-defined, untyped-decorator] # noqa: F821
    def SCHEMA_URI(self, token: Any) -> Any:  # noqa: N802 - sly names tokens so
        token.type = "ATTRNAME"
        return token

    def error(self, token: Any) -> None:
        """Refuse a character that begins no token."""
        raise _unreadable(self.text, self.index)


class FilterParser(SCIMParser):  # type: ignore[misc]
    """The library's rules with the precedence of RFC 7644 §3.4.2.2; sly builds no parser without rules of its own."""

    tokens = FilterLexer.tokens
    precedence = (("left", "OR"), ("left", "AND"), ("right", "NOT"))

    filter = SCIMParser.filter
    value_path = SCIMParser.value_path
    attr_exp = SCIMParser.attr_exp
    log_exp = SCIMParser.log_exp
    comp_value = SCIMParser.comp_value
    attr_path = SCIMParser.attr_path
    sub_attr = SCIMParser.sub_attr

    def __init__(self, text: str) -> None:
        self.text = text

    def error(self, token: Any) -> None:
        """Refuse a token that cannot stand where it stands, or the missing rest of a filter."""
        raise _unreadable(self.text, token.index if token else len(self.text))


def read(text: str) -> ast.Filter:
    """Return the library's tree of a filter whose literals have been lifted out by `literals.lift`.

    Values are None, bool, int, float or `Lifted`. Raises InvalidFilter for all that is no filter, nests deeper than
    MAX_FILTER_DEPTH or compares more than MAX_FILTER_COMPARISONS times.
    """
    # Both hold state, so each parse has its own.
    tree: ast.Filter = FilterParser(text).parse(_bounded(FilterLexer().tokenize(text)))
    return tree


def _bounded(tokens: Iterator[Any]) -> Iterator[Any]:
    """Pass the tokens on with types and values made right; stop at the first that goes over a bound."""
    previous = ""
    comparisons = lifted = 0
    for token in _balanced(tokens):
        if token.type in _WORDS and previous in _BEFORE_ATTRIBUTE:
            token.type = "ATTRNAME"
        match token.type:
            case "LBRACKET" if previous in ("SUBATTR", "RBRACKET"):
                raise InvalidFilter("The filter has square brackets after something that is no plain attribute.")
            case "TRUE" | "FALSE":
                token.value = token.type == "TRUE"
            case "NULL":
                token.value = None
            case "NUMBER":
                token.value = read_number(token.value)
            case "COMP_VALUE":
                token.value = Lifted(lifted)
                lifted += 1
        if token.type in _COMPARISONS:
            comparisons += 1
            if comparisons > MAX_FILTER_COMPARISONS:
                raise InvalidFilter(
                    f"The filter compares more than {MAX_FILTER_COMPARISONS} times; split it into several queries."
                )
        previous = token.type
        yield token


def _balanced(tokens: Iterator[Any]) -> Iterator[Any]:
    """Pass the tokens on; stop where brackets nest too deep, or square ones at all (errata 4690 and 7322)."""
    opened: list[str] = []
    for token in tokens:
        match token.type:
            case "LPAREN" | "LBRACKET":
                if token.type == "LBRACKET" and "LBRACKET" in opened:
                    raise InvalidFilter("The filter nests square brackets; SCIM has one level of sub-attributes.")
                opened.append(token.type)
                if len(opened) > MAX_FILTER_DEPTH:
                    raise InvalidFilter(f"The filter nests deeper than {MAX_FILTER_DEPTH} levels; make it flatter.")
            case "RPAREN" | "RBRACKET":
                # One too many, or of the wrong kind, is for the parser to say.
                del opened[-1:]
        yield token


def _unreadable(text: str, index: int) -> InvalidFilter:
    """Say where reading ended; the client's literals have been lifted out and so are not repeated."""
    before = _readable(text[max(0, index - 40) : index])
    after = _readable(text[index : index + 40])
    where = f"after '{before}'" if before else "at its beginning"
    what = f"'{after}' is not expected there." if after else "something is missing there."
    return InvalidFilter(f"The filter cannot be read {where}: {what}")


def _readable(excerpt: str) -> str:
    text = excerpt.replace(PLACEHOLDER, '"…"').strip()
    return text.encode("utf-8", "backslashreplace").decode()
