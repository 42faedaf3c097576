"""What an operator's load balancer asks: is the process alive, can it serve."""

from flask import Blueprint, Response

from scim_server.database.schema import schema_problem

operations = Blueprint("operations", __name__)


@operations.get("/healthz")
def healthz() -> Response:
    """Tell that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@operations.get("/readyz")
def readyz() -> Response:
    """Tell whether requests can be served: the database answers and has this version's tables."""
    problem = schema_problem()
    return Response(f"{problem or 'ok'}\n", 503 if problem else 200, mimetype="text/plain")
