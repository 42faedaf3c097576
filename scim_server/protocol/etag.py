"""Entity tags (RFC 7644 §3.14): weak tags made of a version number, and the conditions that clients send."""

import re

from scim_server.protocol.errors import InvalidSyntax

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')
# As many tags as a client may name in one header.
MAX_TAGS = 100


def entity_tag(version: int) -> str:
    """Return the weak entity tag of a version, the same in the header and in `meta.version`."""
    return f'W/"{version}"'


def if_match_holds(header: str | None, version: int) -> bool:
    """Tell whether an If-Match header allows a change of this version; a missing header and `*` always do.

    Tags are compared weakly: the version numbers are exact, so the `W/` that SCIM prescribes takes nothing away.
    Raises InvalidSyntax for a header that is no list of tags.
    """
    return header is None or _names(header, version, "If-Match")


def if_none_match_holds(header: str | None, version: int) -> bool:
    """Tell whether an If-None-Match header wants this version sent; a header that is no list of tags does too."""
    if header is None:
        return True
    try:
        return not _names(header, version, "If-None-Match")
    except InvalidSyntax:
        return True


def _names(header: str, version: int, name: str) -> bool:
    if header.strip() == "*":
        return True
    tags = header.split(",")
    matches = [_TAG.fullmatch(tag) for tag in tags[:MAX_TAGS]]
    if len(tags) > MAX_TAGS or not all(matches):
        raise InvalidSyntax(f'{name} must be * or a list of entity tags such as W/"3".')
    return any(match is not None and match.group(1) == str(version) for match in matches)
