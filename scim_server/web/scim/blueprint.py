"""The blueprint of all SCIM routes: closed by default, as no route runs but behind authentication."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response

from scim_server.database.transactions import at_most_twice, reading
from scim_server.protocol.errors import ScimError
from scim_server.web.requests import STARTED, current_request
from scim_server.web.scim.authentication import TokenChanged, authenticate, confirm

scim = Blueprint("scim", __name__, url_prefix="/scim/v2/<organization>")

View = TypeVar("View", bound=Callable[..., Response])


def route(rule: str, *methods: str) -> Callable[[View], View]:
    """Register a view, which runs once its caller is authenticated.

    A deadlock, a serialization failure or a lost connection is tried once more. All that one try reads outside a
    transaction, it reads over one connection. A route that only reads begins by what is remembered of the token, and
    begins anew where that turns out to be over.
    """
    only_reads = methods == ("GET",)

    def register(view: View) -> View:
        def answer(arguments: dict[str, Any], *, may_recall: bool) -> Response:
            with reading():
                try:
                    authenticate(may_recall=may_recall)
                    response = view(**arguments)
                except ScimError:
                    confirm()
                    raise
                confirm()
                return response

        @wraps(view)
        def run(organization: str, **arguments: Any) -> Response:  # noqa: ARG001 - checked by authenticate
            current_request().environ[STARTED] = time.perf_counter()
            try:
                return at_most_twice(lambda: answer(arguments, may_recall=only_reads))
            except TokenChanged:
                return at_most_twice(lambda: answer(arguments, may_recall=False))

        scim.add_url_rule(
            rule, endpoint=view.__name__, view_func=run, methods=list(methods), provide_automatic_options=False
        )
        return view

    return register
