"""After each SCIM request, hand it to the recorder of its Connection, with whatever the server said and repaired."""

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response

from scim_server.connections.exchanges import Exchange
from scim_server.connections.recorder import Recorder
from scim_server.identifiers import now
from scim_server.tokens.recognition import Principal
from scim_server.tokens.refusals import RefusedToken
from scim_server.web.requests import BODY, STARTED, current_request, notes, request_id, user_agent

# Bytes that are remembered of an answer.
MAX_ANSWER = 4_096
MAX_SUCCESSFUL_ANSWER = 1_024
_FAILED = 400


def set_up_recording(app: Flask) -> None:
    """Look at each answer of a SCIM route; what comes of it is written beside the requests."""
    recorder = app.extensions["recorder"] = Recorder(app)

    @app.after_request
    def note(response: Response) -> Response:
        environ = current_request().environ
        started: float | None = environ.get(STARTED)
        if started is not None:
            exchange = _exchange(environ, response, started)
            if exchange is not None:
                recorder.add(exchange)
        return response


def _exchange(environ: Mapping[str, Any], response: Response, started: float) -> Exchange | None:
    """Return what is remembered of this request; None where nobody knows by which Connection it came."""
    noted = notes().__dict__
    principal: Principal | RefusedToken | None = noted.get("principal") or noted.get("refused_token")
    if principal is None:
        return None
    body, answer, status = environ.get(BODY), response.get_data(), response.status_code
    found = noted.get("quirks")
    return Exchange(
        principal.organization_id,
        principal.connection_id,
        principal.id if isinstance(principal, RefusedToken) else principal.token_id,
        principal.name,
        now(),
        int((time.perf_counter() - started) * 1_000_000),
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
        status,
        user_agent(environ),
        request_id(),
        noted.get("refusal"),
        found.counts if found is not None and found.counts else None,
        body,
        answer[: MAX_SUCCESSFUL_ANSWER if status < _FAILED else MAX_ANSWER],
        len(answer),
        principal.reason if isinstance(principal, RefusedToken) else "",
    )
