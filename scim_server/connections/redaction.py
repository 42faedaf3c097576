"""What the request journal keeps of a body, a path or a query: no secret, and no more than a few thousand characters.

Pure. The answers of this server hold no secrets, so they are only cut; what clients send may hold a password, which
Okta sends with each User (idp-wire O23), or anything at all.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import orjson

MAX_BODY = 4_096
# A longer body that may hold a secret is not taken apart to find it.
MAX_SEARCHED_BODY = 65_536
MAX_ADDRESS = 1_024
REMOVED = "(removed)"
# Deeper than any body that was understood.
_MAX_DEPTH = 40

_SECRET_NAME = re.compile(r"passw|secret|token|credential|authorization|api[-_]?key|private[-_]?key", re.IGNORECASE)
# A body with none of these has no such name: quicker to look for than the names. An escape could spell any of them.
_WORDS = ("passw", "secret", "token", "credential", "authorization", "api", "private")
_TRACES = (*(word.encode() for word in _WORDS), b"\\u")
# What in a query string may be a letter: every escape but those of blanks, signs, digits, @ and brackets.
_ESCAPED_LETTER = re.compile(r"%(?![23][0-9a-f]|40|5b|5d)")
# A token of this server, and whatever else is sent as a bearer.
_TOKEN = re.compile(
    r"scim_[0-9A-Za-z]{20}_[0-9A-Za-z_-]+|bearer(?: |\+|%20)\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*", re.IGNORECASE
)


def plain(text: str, longest: int = MAX_ADDRESS) -> str:
    """Return a text as one line without tokens in it."""
    if not text:
        return ""
    shown = text[:longest]
    if not shown.isprintable():
        shown = "".join(character if character.isprintable() else "?" for character in shown)
    return _without_tokens(shown)


def names_secret(query: str) -> bool:
    """Tell whether a query string, as a filter on a password does, names a secret.

    Then it may hold one, and so may an answer that repeats it.
    """
    lowered = query.lower()
    if not any(word in lowered for word in _WORDS) and not _ESCAPED_LETTER.search(lowered):
        return False
    return _SECRET_NAME.search(unquote_plus(query).lower()) is not None


def answer_shown(body: bytes, longest: int = MAX_BODY) -> str:
    """Return the beginning of an answer."""
    return _cut(body, longest)


def body_shown(body: bytes) -> str:
    """Return what a client sent, without the values of all that is named like a secret."""
    lowered = body.lower()
    if not any(trace in lowered for trace in _TRACES):
        return _cut(body, MAX_BODY)
    if len(body) > MAX_SEARCHED_BODY:
        return f"({len(body):,} bytes: not kept, as they may hold a secret)"
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"({len(body):,} bytes that are no JSON: not kept, as they may hold a secret)"
    return _cut(orjson.dumps(_without_secrets(value)), MAX_BODY)


def _cut(body: bytes, longest: int) -> str:
    text = body[: 4 * longest].decode("utf-8", errors="replace")
    if "\0" in text:
        text = text.replace("\0", "?")
    shown = _without_tokens(text)
    if len(body) <= 4 * longest and len(shown) <= longest:
        return shown
    return f"{shown[:longest]}… ({len(body):,} bytes)"


def _without_tokens(text: str) -> str:
    lowered = text.lower()
    # Written out, as each request of the journal asks it several times.
    has_traces = "scim_" in lowered or "bearer" in lowered or "eyj" in lowered
    return _TOKEN.sub(REMOVED, text) if has_traces else text


def _without_secrets(value: Any, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        return REMOVED
    if isinstance(value, dict):
        return _object_without_secrets(value, depth)
    if isinstance(value, list):
        return [_without_secrets(each, depth + 1) for each in value]
    # Entra writes JSON into strings (idp-wire E65).
    return REMOVED if isinstance(value, str) and "{" in value and _SECRET_NAME.search(value) else value


def _object_without_secrets(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Remove what stands under the name of a secret, and what a PATCH operation writes to such a path."""
    is_secret_operation = any(
        name.lower() == "path" and isinstance(path, str) and _SECRET_NAME.search(path) for name, path in value.items()
    )
    return {
        name: REMOVED
        if _SECRET_NAME.search(name) or (is_secret_operation and name.lower() == "value")
        else _without_secrets(each, depth + 1)
        for name, each in value.items()
    }
