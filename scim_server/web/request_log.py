"""A line for each request, where the operator asked for `log_level = "debug"`: it costs too much for every day."""

import logging
import time

from flask import Flask, Response, g, request

from scim_server.web.requests import request_id

_log = logging.getLogger(__name__)
# What routes call the part of their path that opens something.
_SECRETS = ("secret", "token", "user_code")


def set_up_request_log(app: Flask) -> None:
    """Log method, path, status and milliseconds of each request; never a header, a query, a body or a link's secret."""
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
            "path": shown_path(),
            "status": response.status_code,
            "milliseconds": milliseconds,
        }
        _log.debug("request", extra=fields)
        return response


def shown_path() -> str:
    """Return the path of the request without the secrets that links of mails hold in theirs."""
    path = request.path
    for name in _SECRETS:
        value = (request.view_args or {}).get(name)
        path = path.replace(str(value), "...") if value else path
    return path
