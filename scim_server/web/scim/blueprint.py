"""The blueprint of all SCIM routes: closed by default, every request is authenticated before its route runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response

from scim_server.database.transactions import is_worth_retrying
from scim_server.web.scim.authentication import authenticate

scim = Blueprint("scim", __name__, url_prefix="/scim/v2/<organization>")
scim.before_request(authenticate)

View = TypeVar("View", bound=Callable[..., Response])


def route(rule: str, *methods: str) -> Callable[[View], View]:
    """Register a view; a deadlock, a serialization failure or a lost connection is tried once more."""

    def register(view: View) -> View:
        @wraps(view)
        def run(organization: str, **arguments: Any) -> Response:  # noqa: ARG001 - checked by authenticate
            try:
                return view(**arguments)
            except Exception as error:
                if not is_worth_retrying(error):
                    raise
            return view(**arguments)

        scim.add_url_rule(
            rule, endpoint=view.__name__, view_func=run, methods=list(methods), provide_automatic_options=False
        )
        return view

    return register
