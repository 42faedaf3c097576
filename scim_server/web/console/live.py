"""Tell a page that waits for the first requests when one has come: by server-sent events, few and short.

Each stream keeps a thread of the server, so there are at most a quarter of them at a time, for some seconds each.
Whoever comes beyond is answered at once and asks again: the browser does that by itself.
"""

import threading
import time
from collections.abc import Iterator

from flask import Flask, Response, current_app, request

from scim_server.connections.administration import find_connection
from scim_server.connections.traffic import FirstSteps, first_steps
from scim_server.web.console.blueprint import console
from scim_server.web.console.provisioning import GET
from scim_server.web.console.visit import requester

# Seconds that a stream lasts, between two looks, and after which browsers ask again.
LASTS, PERIOD, AGAIN = 20.0, 1.0, 4
_MAX_STATE = 3


class Streams:
    """The places that streams take; a place that nobody gave back is free again once its stream must have ended."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ends: dict[object, float] = {}
        self._lock = threading.Lock()

    def take(self) -> object | None:
        """Return a place, None where there is none."""
        present = time.monotonic()
        with self._lock:
            self._ends = {place: end for place, end in self._ends.items() if end > present}
            if len(self._ends) >= self._most:
                return None
            place = object()
            self._ends[place] = present + LASTS + AGAIN
            return place

    def give_back(self, place: object) -> None:
        """Let another stream have the place."""
        with self._lock:
            self._ends.pop(place, None)


def set_up_live(app: Flask, threads: int) -> None:
    """Say how many streams there may be beside the other requests."""
    app.extensions["live_streams"] = Streams(threads // 4)


@console.screen("/provisioning/<connection_id>/live", permission=GET)
def first_requests(connection_id: str) -> Response:
    """Send an event as soon as another first request has come than the page has `seen`."""
    find_connection(requester(), connection_id)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's name for it
    streams: Streams = app.extensions["live_streams"]
    seen = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
    place = streams.take()
    lasts = 0.0 if place is None else LASTS
    response = Response(
        _events(app, requester().organization_id, connection_id, seen[:_MAX_STATE], lasts),
        mimetype="text/event-stream",
    )
    # A proxy that gathered the events would keep them until the end.
    response.headers["X-Accel-Buffering"] = "no"
    if place is not None:
        response.call_on_close(lambda: streams.give_back(place))
    return response


def state_of(steps: FirstSteps) -> str:
    """Return which of the first requests have come, as a text of 0 and 1."""
    return "".join("0" if each is None else "1" for each in (steps.connected_at, steps.user_at, steps.team_at))


def _events(app: Flask, organization_id: str, connection_id: str, seen: str, lasts: float) -> Iterator[str]:
    yield f"retry: {AGAIN * 1000}\n\n"
    ends = time.monotonic() + lasts
    while True:
        with app.app_context():
            state = state_of(first_steps(organization_id, connection_id))
        if state != seen:
            yield f"id: {state}\ndata: {state}\n\n"
            return
        if time.monotonic() >= ends:
            return
        # So that the server notices who has left.
        yield ": nothing yet\n\n"
        time.sleep(PERIOD)
