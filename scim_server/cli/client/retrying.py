"""When a request is sent again, and how long that waits: the whole policy, as urllib3 carries it out.

Every POST bears an Idempotency-Key, so that a repetition does nothing twice; all other requests can be repeated anyway.
"""

import time
from typing import Any, Self

import click
from urllib3 import Retry
from urllib3.exceptions import MaxRetryError, ResponseError

# An answer of one of these comes from a server that is busy, or not there behind its proxy.
BUSY = (502, 503, 504)
# With Retry-After these say when to come again; 409 does while the first sending of an Idempotency-Key is worked on.
TOLD = frozenset({409, 429, 503})
# Tries after the first: where no connection came about, where one broke or stayed silent, and after an answer.
CONNECT_RETRIES, READ_RETRIES, STATUS_RETRIES = 2, 2, 10
# Seconds before the third try, doubled before each further one, where the server said nothing of it.
BACKOFF = 0.5
MAX_BACKOFF = 8
# Seconds that a command waits because the server says so; what takes longer is for another day.
MAX_WAIT = 120


class Patience(Retry):
    """urllib3's retries with this policy, which tells people why nothing happens for a while."""

    RETRY_AFTER_STATUS_CODES = TOLD

    def increment(self, method: Any = None, url: Any = None, response: Any = None, *args: Any, **kwargs: Any) -> Self:
        """Count a try; raises MaxRetryError, so that the answer is taken as it is, where it asks to wait too long."""
        if response is not None and (self.get_retry_after(response) or 0) > MAX_WAIT:
            raise MaxRetryError(kwargs["_pool"], url or "", ResponseError("it asks to wait too long"))
        return super().increment(method, url, response, *args, **kwargs)

    def sleep_for_retry(self, response: Any) -> bool:
        """Wait as long as the server says."""
        seconds = self.get_retry_after(response)
        if not seconds:
            return False
        click.echo(f"The server asks to wait {seconds:.0f} s.", err=True)
        time.sleep(seconds)
        return True


def patience(*, once: bool = False) -> Patience:
    """Return the policy of a session; `once` sends nothing again of which the server may know."""
    return Patience(
        total=STATUS_RETRIES,
        connect=CONNECT_RETRIES,
        read=0 if once else READ_RETRIES,
        other=0,
        redirect=0,
        status=STATUS_RETRIES,
        status_forcelist=BUSY,
        allowed_methods=None,
        backoff_factor=BACKOFF,
        backoff_max=MAX_BACKOFF,
        raise_on_status=False,
        raise_on_redirect=False,
    )
