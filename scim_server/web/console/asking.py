"""Ask before something is done that takes something away."""

from typing import Any

from flask import Response

from scim_server.protocol.errors import ScimError
from scim_server.web.console.blueprint import show
from scim_server.web.pages import detail_of

_PAGE = "console/confirm.html"


def ask(title: str, facts: list[str], button: str, *, error: ScimError | None = None, **values: Any) -> Response:
    """Return the page that names the harm; `back` leads away from it, `section` is the place that it belongs to."""
    question = {"title": title, "facts": facts, "button": button, "is_harm": True}
    if error is None:
        return show(_PAGE, question=question, **values)
    return refuse(_PAGE, error, question=question, **values)


def refuse(template: str, error: ScimError, **values: Any) -> Response:
    """Show a page once more that has no field for what was wrong, and say it above everything."""
    return show(template, error.status, alert=detail_of(error), **values)
