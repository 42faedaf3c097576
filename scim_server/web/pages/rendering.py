"""Render a page, which loads nothing from elsewhere, runs no script but ours, and is framed by nobody."""

from typing import Any

from flask import Blueprint, Flask, Response, render_template, url_for

from scim_server.web.pages.blueprint import set_up_csrf
from scim_server.web.pages.cookies import set_up_cookies

assets = Blueprint("assets", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; {script}form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def set_up_pages(app: Flask) -> None:
    """Register the frame of all pages and its style, name the cookies, and protect forms."""
    set_up_cookies(app)
    set_up_csrf(app)
    app.register_blueprint(assets)
    app.jinja_env.globals["asset"] = lambda name: url_for("assets.static", filename=name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def page(template: str, status: int = 200, *, scripts: bool = False, **values: Any) -> Response:
    """Return a page; `scripts` is for those few that run one of this server's own."""
    values = {"errors": {}, "alert": "", **values}
    response = Response(render_template(template, **values), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY.format(script="script-src 'self'; " if scripts else "")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Vary"] = "Cookie"
    return response
