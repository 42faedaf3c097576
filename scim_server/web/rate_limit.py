"""The rate limit of a token: a bucket of `burst` requests that refills at `rate` a second.

Each worker process counts for itself, so a token may reach the limit in each; the point is that one client cannot
starve the others of a worker.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# Buckets that are kept; the least recently used token starts with a full one.
MAX_BUCKETS = 10_000


class RateLimiter:
    """Token buckets by key, kept as the time at which each would be full again (GCRA); safe for threads."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1.0 / rate if rate > 0 else 0.0
        # A thousandth of a request more, so that sums of many intervals may be rounded.
        self._tolerance = self._interval * (burst + 0.001)
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._clock = clock
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """Take one request from the bucket; return 0, or the whole seconds after which to try again."""
        if self._interval == 0.0:
            return 0
        moment = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(key, moment), moment) + self._interval
            excess = full_at - moment - self._tolerance
            if excess > 0:
                return max(1, math.ceil(excess))
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > MAX_BUCKETS:
                self._full_at.popitem(last=False)
        return 0
