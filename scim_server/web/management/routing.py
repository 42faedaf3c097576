"""Management routes: closed by default, as no view runs but for a caller who has the permission declared beside it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from scim_server.database.transactions import at_most_twice, reading
from scim_server.web.management.authentication import authenticate
from scim_server.web.management.parsing import PARSER

View = TypeVar("View", bound=Callable[..., Any])
# What every endpoint may answer besides its own; the OpenAPI document says so for each.
_COMMON = (400, 401, 403, 404, 429, 503)
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
                        return view(**arguments)

                return at_most_twice(answer)

            documented = self.doc(**{"x-permission": permission or "", "security": [{"bearer": []}]})(run)
            for status in (*_COMMON, *others):
                documented = self.alt_response(status, HTTPStatus(status).name)(documented)
            self.add_url_rule(rule, view.__name__, documented, methods=[method], provide_automatic_options=False)
            return view

        return register


def organization_blueprint(name: str, description: str) -> ManagementBlueprint:
    """Return a blueprint of endpoints under one Organization."""
    return ManagementBlueprint(name, __name__, url_prefix=ORGANIZATION_PREFIX, description=description)
