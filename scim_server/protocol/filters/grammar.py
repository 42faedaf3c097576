"""The lexer and parser of scim2-filter-parser with their faults repaired, and bounds on what they are given.

Repaired: `and` binds tighter than `or`; numbers of more than one digit; keywords as the beginning of names; keywords
in any letter case; URNs with anything after them; names that are also operators (libraries.md §1.1).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

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
_BRACKETS = frozenset({"LPAREN", "LBRACKET", "RPAREN", "RBRACKET"})
_VALUES: dict[str, Callable[[str], Any]] = {
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "NULL": lambda _: None,
    "NUMBER": read_number,
}


@dataclass(frozen=True, slots=True)
class Lifted:
    """Stands in the tree for the literal of this number that was lifted out."""

    number: int


class Test(NamedTuple):
    """`path operator literal`, or `path pr`; operators are in lower case."""

    path: "str | Bracketed"
    operator: str
    literal: Any


class Chain(NamedTuple):
    """Two parts joined by `and` or `or`; longer chains nest to the left."""

    joined_by: str
    left: "Written"
    right: "Written"


class Negated(NamedTuple):
    """`not (part)`."""

    part: "Written"


class Bracketed(NamedTuple):
    """`path[condition]`, and what follows as in `path[condition].then eq "x"`."""

    path: str
    condition: "Written"
    then: str | None = None


Written: TypeAlias = Test | Chain | Negated | Bracketed


@dataclass(slots=True)
class Token:
    """What the parser takes: a word of the filter, and where it begins."""

    type: str
    value: Any
    index: int


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

    def tokenize(self, text: str, lineno: int = 1, index: int = 0) -> Iterator[Token]:
        """Yield the tokens, as sly does, without the states and lines that no filter has; raises InvalidFilter."""
        words, functions = self._remapping["ATTRNAME"], self._token_funcs
        while match := _TOKEN.match(text, index):
            kind = str(match.lastgroup)
            value = match[kind]
            token = Token(words.get(value, kind) if kind == "ATTRNAME" else kind, value, match.start(kind))
            yield functions[kind](self, token) if kind in functions else token
            index = match.end()
        if rest := text[index:].lstrip(self.ignore):
            raise _unreadable(text, len(text) - len(rest))


_TOKEN = re.compile(rf"[{FilterLexer.ignore}]*+(?:{FilterLexer._master_re.pattern})")  # noqa: SLF001 - all there is


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

    def parse(self, tokens: Iterator[Token]) -> Written:
        """Follow the tables that sly made of the rules, and make a tree that is smaller than the library's.

        The first error is the last, so nothing is kept to go on after one (docs/decisions/0068).
        """
        rules, table = self._grammar.Productions, self._lrtable
        actions, gotos, defaults = table.lr_action, table.lr_goto, table.defaulted_states
        state, states, values = 0, [0], list[Any]()
        end = Token("$end", None, len(self.text))
        token = next(tokens, end)
        while True:
            action = defaults.get(state) or actions[state].get(token.type)
            if action is None:
                raise _unreadable(self.text, token.index)
            if action > 0:
                state = action
                values.append(token.value)
                token = next(tokens, end)
            elif action < 0:
                rule = rules[-action]
                length = rule.len
                # A rule of one part stands for that part.
                if length > 1:
                    values[-length:] = [_MADE[rule.name, length](*values[-length:])]
                del states[-length:]
                state = gotos[states[-1]][rule.name]
            else:
                tree: Written = values[-1]
                return tree
            states.append(state)


# What rules of several parts make of these, by name and number of parts.
_MADE: dict[tuple[str, int], Callable[..., Any]] = {
    ("filter", 3): lambda _open, inner, _close: inner,
    ("filter", 4): lambda _not, _open, inner, _close: Negated(inner),
    ("value_path", 4): lambda path, _open, inner, _close: Bracketed(path, inner),
    ("attr_exp", 2): lambda path, operator: Test(path, operator.lower(), None),
    ("attr_exp", 3): lambda path, operator, literal: Test(path, operator.lower(), literal),
    ("log_exp", 3): lambda left, word, right: Chain(word.lower(), left, right),
    ("attr_path", 2): lambda path, name: path._replace(then=name) if isinstance(path, Bracketed) else f"{path}.{name}",
}


def read(text: str) -> Written:
    """Return the tree of a filter whose literals have been lifted out by `literals.lift`.

    Literals are None, bool, int, float or `Lifted`. Raises InvalidFilter for all that is no filter, nests deeper than
    MAX_FILTER_DEPTH or compares more than MAX_FILTER_COMPARISONS times.
    """
    return FilterParser(text).parse(_bounded(FilterLexer().tokenize(text)))


def _bounded(tokens: Iterator[Token]) -> Iterator[Token]:
    """Pass the tokens on with types and values made right; stop at the first that goes over a bound."""
    previous, opened = "", list[str]()
    comparisons = lifted = 0
    for token in tokens:
        kind = token.type
        if kind in _WORDS and previous in _BEFORE_ATTRIBUTE:
            kind = token.type = "ATTRNAME"
        elif kind in _COMPARISONS:
            comparisons += 1
            if comparisons > MAX_FILTER_COMPARISONS:
                raise InvalidFilter(
                    f"The filter compares more than {MAX_FILTER_COMPARISONS} times; split it into several queries."
                )
        elif kind == "COMP_VALUE":
            token.value = Lifted(lifted)
            lifted += 1
        elif kind in _VALUES:
            token.value = _VALUES[kind](token.value)
        elif kind in _BRACKETS:
            _follow(kind, previous, opened)
        previous = kind
        yield token


def _follow(bracket: str, previous: str, opened: list[str]) -> None:
    """Note a bracket; raises InvalidFilter where they nest too deep, or square ones at all (errata 4690 and 7322)."""
    if bracket in ("RPAREN", "RBRACKET"):
        # One too many, or of the wrong kind, is for the parser to say.
        del opened[-1:]
        return
    if bracket == "LBRACKET" and "LBRACKET" in opened:
        raise InvalidFilter("The filter nests square brackets; SCIM has one level of sub-attributes.")
    opened.append(bracket)
    if len(opened) > MAX_FILTER_DEPTH:
        raise InvalidFilter(f"The filter nests deeper than {MAX_FILTER_DEPTH} levels; make it flatter.")
    if bracket == "LBRACKET" and previous in ("SUBATTR", "RBRACKET"):
        raise InvalidFilter("The filter has square brackets after something that is no plain attribute.")


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
