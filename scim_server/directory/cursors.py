"""Sealed cursors (RFC 9865): signed, timed, and bound to the Organization, the caller and the query."""

from collections.abc import Sequence

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from scim_server.directory.ordering import Position
from scim_server.protocol.errors import ExpiredCursor, InvalidCount, InvalidCursor
from scim_server.protocol.limits import CURSOR_TIMEOUT

_PURPOSE = "scim-cursor:"


class CursorSeal:
    """Makes and opens cursors; the first key signs, the others are still accepted."""

    def __init__(self, keys: Sequence[str]) -> None:
        # The serializer takes the oldest first and signs with the last.
        self._keys = list(reversed(keys))

    def seal(self, query: str, count: int, position: Position) -> str:
        """Return the cursor of the page after a position of this caller's query."""
        return str(self._serializer(query).dumps([count, position.key, position.id]))

    def open(self, query: str, count: int, cursor: str) -> Position:
        """Return the position of a cursor; raises InvalidCursor, ExpiredCursor or InvalidCount."""
        try:
            sealed_count, key, resource_id = self._serializer(query).loads(cursor, max_age=CURSOR_TIMEOUT)
        except SignatureExpired:
            raise ExpiredCursor from None
        except (BadData, TypeError, ValueError):
            raise InvalidCursor from None
        if sealed_count != count:
            raise InvalidCount(f"count was {sealed_count} on the first page of this cursor and must stay so.")
        return Position(key, resource_id)

    def _serializer(self, query: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._keys, salt=_PURPOSE + query)
