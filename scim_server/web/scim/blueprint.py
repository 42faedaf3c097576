"""The blueprint of all SCIM routes: closed by default, as no route runs but behind authentication."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response

from scim_server.database.transactions import at_most_twice, reading
from scim_server.web.requests import STARTED, current_request
from scim_server.web.scim.authentication import authenticate

scim = Blueprint("scim", __name__, url_prefix="/scim/v2/<organization>")

View = TypeVar("View", bound=Callable[..., Response])


def route(rule: str, *methods: str) -> Callable[[View], View]:
    """Register a view, which runs once its caller is authenticated.

    A deadlock, a serialization failure or a lost connection is tried once more. All that one try reads outside a
    transaction, it reads over one connection.
    """

    def register(view: View) -> View:
        def answer(arguments: dict[str, Any]) -> Response:
            with reading():
                authenticate()
                return view(**arguments)

        @wraps(view)
        def run(organization: str, **arguments: Any) -> Response:  # noqa: ARG001 - checked by authenticate
            current_request().environ[STARTED] = time.perf_counter()
            return at_most_twice(lambda: answer(arguments))

        scim.add_url_rule(
            rule, endpoint=view.__name__, view_func=run, methods=list(methods), provide_automatic_options=False
        )
        return view

    return register
