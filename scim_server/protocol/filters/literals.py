"""Lift the literals out of a filter, so that filters of one shape share one text.

What is left of `userName eq "ada" and active eq true` is `userName eq "" and active eq true`. Numbers, booleans and
null stay, as they are few and belong to the grammar; a bare word after a comparison operator is lifted like a string,
since some clients do not quote (idp-wire E10, A3).
"""

import json
import math
import re
from functools import lru_cache

from scim_server.protocol.errors import InvalidFilter

PLACEHOLDER = '""'

NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
# No database column takes more.
_LARGEST_INTEGER = 2**63 - 1
_OPERATOR = r"(?i:eq|ne|co|sw|ew|gt|ge|lt|le)"
_NAME_CHARACTER = r"[A-Za-z0-9_$:.-]"

# Possessive all over: no text can make these go back, so they are linear. A string without its end is matched too,
# with an empty last group, or else each of its quotes would start another search to the end.
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)("?)', re.DOTALL)
_MAY_HOLD_BARE_WORD = re.compile(rf'[ \t]{_OPERATOR}[ \t]++[^ \t"]')
_BARE_WORD = re.compile(
    rf"{PLACEHOLDER}"
    # A logical operator may stand before an attribute that is called like a comparison operator.
    rf"|(?i:and|or|not)(?!{_NAME_CHARACTER})"
    rf"|{_NAME_CHARACTER}++(?:(?P<operator>[ \t]++{_OPERATOR}[ \t]++)"
    rf"(?!(?:(?i:true|false|null)|{NUMBER})(?:[ \t()\[\]]|$))(?P<word>[^\x00-\x20\x7f\"'`\\()\[\]]++))?+"
)

# A client's keys are few and short: whether one holds a bare word is found out once.
_REMEMBERED_KEYS, _REMEMBERED_LENGTH = 1_000, 512

# Longer ones are no numbers of a directory, and cost time to convert.
_LONGEST_NUMBER = 400


def lift(text: str) -> tuple[str, list[str]]:
    r"""Return the text with `\"\"` for each string, and the strings decoded, in order.

    Raises InvalidFilter for a string that JSON does not allow (RFC 7159 §7), and for NUL and lone surrogates, which
    no database takes.
    """
    if "\\" not in text and text.isprintable():
        # As nearly all are: each quotation mark begins or ends a string, and each string is what it writes.
        parts = text.split('"')
        if len(parts) % 2 == 0:
            raise _unterminated()
        key, literals = PLACEHOLDER.join(parts[0::2]), parts[1::2]
    else:
        parts = _STRING.split(text)
        encoded = parts[1::3]
        if encoded and not parts[-2]:
            raise _unterminated()
        key, literals = PLACEHOLDER.join(parts[0::3]), [_decode(string) for string in encoded]
    holds_bare_word = _holds_bare_word if len(key) <= _REMEMBERED_LENGTH else _search_bare_word
    return _lift_bare_words(key, literals) if holds_bare_word(key) else (key, literals)


def _unterminated() -> InvalidFilter:
    return InvalidFilter("The filter holds a string that does not end; close it with a quotation mark.")


def _search_bare_word(key: str) -> bool:
    may_hold = _MAY_HOLD_BARE_WORD.search(key) is not None
    return may_hold and any(match["word"] is not None for match in _BARE_WORD.finditer(key))


_holds_bare_word = lru_cache(_REMEMBERED_KEYS)(_search_bare_word)


def read_number(text: str) -> int | float:
    """Return the number that `text`, matched by NUMBER, writes. Raises InvalidFilter for one beyond 64 bits."""
    number: int | float = json.loads(text) if len(text) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(number) or (isinstance(number, int) and abs(number) > _LARGEST_INTEGER):
        raise InvalidFilter("The filter holds a number that is too large.")
    return number


def _lift_bare_words(key: str, quoted: list[str]) -> tuple[str, list[str]]:
    strings = iter(quoted)
    literals: list[str] = []

    def replace(match: re.Match[str]) -> str:
        word = match["word"]
        if match[0] == PLACEHOLDER:
            literals.append(next(strings))
        elif word is not None:
            literals.append(_decode(word))
            return match[0].removesuffix(word) + PLACEHOLDER
        return match[0]

    return _BARE_WORD.sub(replace, key), literals


def _decode(encoded: str) -> str:
    if "\\" not in encoded and encoded.isprintable():
        return encoded
    try:
        text: str = json.loads(f'"{encoded}"')
        text.encode()
    except ValueError as error:
        raise InvalidFilter("The filter holds a string that is no JSON string; check its escapes.") from error
    if "\0" in text:
        raise InvalidFilter("The filter holds a string with the character U+0000, which no attribute can have.")
    return text
