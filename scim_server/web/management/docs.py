"""/v1/openapi.json and /v1/docs: the API's document, and a page made of it that needs no script; each is made once."""

import re
from functools import cached_property
from importlib import resources
from typing import Any

import orjson
from flask import Blueprint, Flask, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from scim_server.web.management.document import finish
from scim_server.web.management.reference import Reference

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Documentation:
    """The document of an application; it is read from the routes when it is first asked for."""

    def __init__(self, spec: Any) -> None:
        self._spec = spec

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        # apispec hands out what it keeps: a copy is completed.
        return finish(orjson.loads(orjson.dumps(self._spec.to_dict())))

    @cached_property
    def json(self) -> bytes:
        """Return the document as it is served."""
        return orjson.dumps(self.document)

    @cached_property
    def page(self) -> bytes:
        """Return the page as it is served."""
        reference = Reference(self.document)
        environment = Environment(
            loader=PackageLoader("scim_server.web.management"), autoescape=True, undefined=StrictUndefined
        )
        environment.filters["code"] = _with_code
        template = environment.get_template("reference.html")
        return template.render(reference=reference, groups=reference.groups(), error=reference.error()).encode()

    @cached_property
    def style(self) -> bytes:
        """Return the style of the page."""
        return resources.files("scim_server.web.management").joinpath("templates/reference.css").read_bytes()


def set_up_documentation(app: Flask, spec: Any) -> None:
    """Serve the document and the page to everyone: they name nobody."""
    documentation = app.extensions["management_documentation"] = Documentation(spec)
    docs = Blueprint("docs", __name__, url_prefix="/v1")

    @docs.get("/openapi.json")
    def openapi() -> Response:
        return Response(documentation.json, mimetype="application/json")

    @docs.get("/docs")
    def page() -> Response:
        response = Response(documentation.page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @docs.get("/docs.css")
    def style() -> Response:
        return Response(documentation.style, mimetype="text/css")

    app.register_blueprint(docs)


def _with_code(text: str) -> Markup:
    """Return text in which what stands between backticks is shown as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
