"""Which refused requests become audit events: the first of a kind in a minute at once, the others as a number.

An identity provider that meets one error repeats it thousands of times (docs/decisions/0034).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

# Seconds in which refusals of one kind are one event.
WINDOW = 60.0
# Kinds of refusals of one token that are events within a window; what is beyond is only counted.
MAX_EVENTS = 10
# Tokens that are remembered; the one that was refused longest ago is forgotten.
MAX_TOKENS = 1_000


class RefusalLimit:
    """Decides for the refusals of each token whether they are written now; safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens: OrderedDict[str, _Window] = OrderedDict()
        self._clock = clock
        self._lock = threading.Lock()

    def count(self, token_id: str, kind: Hashable) -> int | None:
        """Count a refusal; return None where it is not written, else how many before it were not."""
        moment = self._clock()
        with self._lock:
            window = self._tokens.get(token_id)
            if window is None:
                window = self._tokens[token_id] = _Window(moment)
                if len(self._tokens) > MAX_TOKENS:
                    self._tokens.popitem(last=False)
            self._tokens.move_to_end(token_id)
            if moment - window.began >= WINDOW:
                window.began = moment
                window.written.clear()
            if kind in window.written or len(window.written) >= MAX_EVENTS:
                window.unwritten += 1
                return None
            window.written.add(kind)
            unwritten, window.unwritten = window.unwritten, 0
            return unwritten


class _Window:
    """What one token was refused lately."""

    __slots__ = ("began", "unwritten", "written")

    def __init__(self, began: float) -> None:
        self.began = began
        self.written: set[Hashable] = set()
        self.unwritten = 0
