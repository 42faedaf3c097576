"""Entity tags: each version of a resource is a number, its tag `W/"3"` (RFC 7644 §3.14).

Comparison is weak for If-Match too, as RFC 7644 only knows weak tags. A header that is no list of tags names no
version: it fails an If-Match and never holds for an If-None-Match (security CC04).
"""

import re
from dataclasses import dataclass
from typing import Final

# RFC 9110 §8.8.3: printable characters but the quote; those above ASCII are obsolete, yet harmless.
_TAG = r'(?:[Ww]/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_FIRST_TAG = re.compile(_TAG)
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_LONGEST_HEADER: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class EntityTags:
    """What If-Match or If-None-Match names: any version, or these tags without `W/` and quotes."""

    any: bool
    tags: frozenset[str]


def entity_tag(version: int) -> str:
    """Return the tag of a version, the same in the ETag header and in `meta.version`."""
    return f'W/"{version}"'


def parse_entity_tags(header: str) -> EntityTags:
    """Return what the header names; nothing for one that is malformed or unreasonably long."""
    text = header.strip()
    if text == "*":
        return EntityTags(any=True, tags=frozenset())
    if len(text) > _LONGEST_HEADER or not _LIST.fullmatch(text):
        return EntityTags(any=False, tags=frozenset())
    return EntityTags(any=False, tags=frozenset(_FIRST_TAG.findall(text)))


def matches(header: str, version: int) -> bool:
    """Tell whether the header names this version of a resource that exists.

    If-Match is met where this is true, If-None-Match where it is false.
    """
    named = parse_entity_tags(header)
    return named.any or str(version) in named.tags
