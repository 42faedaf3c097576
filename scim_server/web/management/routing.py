"""Management routes: closed by default, as no view runs but for a caller who has the permission declared beside it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from scim_server.database.transactions import at_most_twice, reading
from scim_server.web.management.authentication import authenticate
from scim_server.web.management.document import camel
from scim_server.web.management.parsing import PARSER
from scim_server.web.management.repetition import run_once

View = TypeVar("View", bound=Callable[..., Any])
# What every endpoint may answer besides its own; the OpenAPI document says so for each.
_COMMON = (400, 401, 403, 404, 429, 503)
_WITH_BODY = (413, 415)
_BY_METHOD = {"POST": (*_WITH_BODY, 409, 422), "PATCH": _WITH_BODY, "PUT": _WITH_BODY}
ORGANIZATION_PREFIX = "/v1/organizations/<organization_id>"


class ManagementBlueprint(Blueprint):
    """flask-smorest's blueprint with this server's parser, and routes that name their permission."""

    ARGUMENTS_PARSER = PARSER

    def reads(self, schema: type[Schema], location: str = "json") -> Callable[[View], View]:
        """Hand what the schema loads from the body, or from the `query`, to the view as its first argument."""
        decorate: Callable[[View], View] = self.arguments(schema, location=location)
        return decorate

    def answers(self, status: int, schema: type[Schema] | Schema | None = None) -> Callable[[View], View]:
        """Answer with this status, and with what the schema dumps of the view's result."""
        decorate: Callable[[View], View] = self.response(status, schema)
        return decorate

    def documented(self, **operation: Any) -> Callable[[View], View]:
        """Add to the operation of the OpenAPI document what the other decorators do not know."""
        decorate: Callable[[View], View] = self.doc(**operation)
        return decorate

    def endpoint(
        self, rule: str, method: str, *, permission: str | None, others: tuple[int, ...] = ()
    ) -> Callable[[View], View]:
        """Register a view of one method, which runs once its caller is known to have the permission.

        None lets in every caller of the Organization: the service then decides what it may see. `others` are statuses
        that it answers besides its own and those of every endpoint.
        """

        def register(view: View) -> View:
            @wraps(view)
            def run(**arguments: Any) -> Any:
                organization_id = arguments.pop("organization_id", None)

                def answer() -> Any:
                    with reading():
                        requester = authenticate(organization_id)
                        if permission is not None:
                            requester.require(permission)
                        return run_once(requester, lambda: view(**arguments))

                return at_most_twice(answer)

            operation = {"operationId": camel(view.__name__), "security": [{"bearer": []}]}
            documented = self.doc(**{"x-permission": permission or "", **operation})(run)
            for status in sorted({*_COMMON, *_BY_METHOD.get(method, ()), *others}):
                documented = self.alt_response(status, HTTPStatus(status).name)(documented)
            # As an attribute, because flask-smorest does not hand the argument on: OPTIONS is no way around the token.
            documented.provide_automatic_options = False
            self.add_url_rule(rule, view.__name__, documented, methods=[method])
            return view

        return register


def organization_blueprint(name: str, description: str) -> ManagementBlueprint:
    """Return a blueprint of endpoints under one Organization."""
    return ManagementBlueprint(name, __name__, url_prefix=ORGANIZATION_PREFIX, description=description)
