"""`Idempotency-Key` on POST: a repeated request is answered as the first was, and does nothing a second time."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from scim_server.idempotency.service import HEADER, Answer, Caller, digest_of, once
from scim_server.protocol.limits import MAX_BODY_BYTES
from scim_server.roles.authority import Requester

REPLAYED = "Idempotency-Replayed"


def run_once(requester: Requester, work: Callable[[], Any]) -> Any:
    """Do the work of a view, unless it is a POST whose key was answered before."""
    if request.method != "POST" or HEADER not in request.headers:
        return work()
    request.max_content_length = MAX_BODY_BYTES + 1
    digest = digest_of(request.method, request.full_path, request.get_data(cache=True))
    caller = Caller(requester.organization_id, requester.origin.actor_id or "")
    made: list[Response] = []

    def done() -> Answer:
        response = current_app.make_response(work())
        made.append(response)
        return Answer(response.status_code, response.mimetype or "application/json", response.get_data())

    answer = once(caller, request.headers[HEADER], digest, done)
    if made:
        return made[0]
    replayed = Response(answer.body, answer.status, mimetype=answer.media_type)
    replayed.headers[REPLAYED] = "true"
    return replayed
