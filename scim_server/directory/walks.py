"""Remember where an index walk stopped, so that its next page starts after the row it ended with.

A client that pages by `startIndex` skips rows when others delete rows before its place, as every later row moves up.
So the end of each page is remembered for a while under the same caller's same query, and the next `startIndex`
continues from that row by its key (peers.md §3 item 18). A walk that is not remembered falls back to counting.
"""

import threading
import time
from collections import OrderedDict

from scim_server.directory.ordering import Position

# Seconds that a client may take between two pages.
REMEMBERED_FOR = 600
# Walks that a worker remembers at a time.
MAX_REMEMBERED = 10_000


class Walks:
    """A bounded memory of walks, safe for threads; each worker has its own."""

    def __init__(self) -> None:
        self._stops: OrderedDict[tuple[str, int], tuple[float, Position]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, query: str, next_index: int, position: Position) -> None:
        """Note that the page before `next_index` of this caller's query ended at the position."""
        with self._lock:
            self._stops[query, next_index] = (time.monotonic() + REMEMBERED_FOR, position)
            self._stops.move_to_end((query, next_index))
            if len(self._stops) > MAX_REMEMBERED:
                self._stops.popitem(last=False)

    def recall(self, query: str, start_index: int) -> Position | None:
        """Return where the page before `start_index` ended, or None where nobody remembers."""
        with self._lock:
            deadline, position = self._stops.get((query, start_index), (0.0, None))
        return position if deadline > time.monotonic() else None
