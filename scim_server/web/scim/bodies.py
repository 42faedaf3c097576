"""Read the body of a SCIM request: size, media type and encoding first, then bounded JSON."""

from functools import lru_cache
from typing import Any

from werkzeug.http import parse_options_header

from scim_server.protocol.errors import PayloadTooLarge, UnsupportedMediaType
from scim_server.protocol.json_body import read_object
from scim_server.protocol.limits import MAX_BODY_BYTES
from scim_server.web.requests import BODY, current_request

_MEDIA_TYPES = {"application/scim+json", "application/json"}
_CHARSETS = {"", "utf-8", "utf8"}


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    """Judge a Content-Type; remembered, as clients send always the same."""
    media_type, options = parse_options_header(content_type)
    return media_type.lower() in _MEDIA_TYPES and options.get("charset", "").strip('"').lower() in _CHARSETS


def body(max_bytes: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Return the JSON object of the request.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidSyntax.
    """
    request = current_request()
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
    if not _is_json(request.environ.get("CONTENT_TYPE", "")):
        raise UnsupportedMediaType
    if (request.content_length or 0) > max_bytes:
        raise PayloadTooLarge(f"The body is larger than {max_bytes} bytes.")
    # A body without a length is cut off there, silently: with one byte more it is seen to be too large.
    request.max_content_length = max_bytes + 1
    data = request.environ[BODY] = request.get_data(cache=True)
    return read_object(data, max_bytes=max_bytes)
