"""A line for each request, where the operator asked for `log_level = "debug"`: it costs too much for every day."""

import logging
import time

from flask import Flask, Response, g, request

from scim_server.web.requests import request_id

_log = logging.getLogger(__name__)


def set_up_request_log(app: Flask) -> None:
    """Log method, path, status and milliseconds of each request; never a header, a query or a body."""
    if not _log.isEnabledFor(logging.DEBUG):
        return

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        milliseconds = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
        fields = {
            "request_id": request_id(),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": milliseconds,
        }
        _log.debug("request", extra=fields)
        return response
