"""What services say when they refuse, in the reader's language: by the sentence itself, with the names put back in.

Services know no language, and what they say is the same in the API, on the command line and in the audit log.
"""

import re
from functools import cache

from flask_babel import gettext

from scim_server.protocol.errors import ScimError
from scim_server.web.pages.sentences import SENTENCES

# No sentence is longer, unless it repeats what somebody sent.
MAX_LENGTH = 2_000
_NAME = re.compile(r"%\((\w+)\)s")


def detail_of(error: ScimError) -> str:
    """Return what an error says."""
    return said(error.detail)


def said(text: str) -> str:
    """Return a sentence of a service in the reader's language; the sentence itself where it is none that we know."""
    if text in _whole():
        return str(gettext(text))
    if len(text) > MAX_LENGTH:
        return text
    for sentence, pattern in _patterns():
        match = pattern.fullmatch(text)
        if match is not None:
            return str(gettext(sentence, **{name: said(value) for name, value in match.groupdict().items()}))
    return text


def pattern_of(sentence: str) -> re.Pattern[str]:
    """Return what finds a sentence with any names in it."""
    parts = _NAME.split(sentence)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)), re.DOTALL
    )


@cache
def _whole() -> frozenset[str]:
    return frozenset(sentence for sentence in SENTENCES if _NAME.search(sentence) is None)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(sentence, pattern_of(sentence)) for sentence in SENTENCES if sentence not in _whole()]
