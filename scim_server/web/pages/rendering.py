"""Render a page, which loads nothing from elsewhere, runs no script but ours, and is framed by nobody."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import flask_bootstrap
from flask import Blueprint, Flask, Response, render_template, url_for

from scim_server.web.pages.blueprint import set_up_csrf
from scim_server.web.pages.browsers import browser_name
from scim_server.web.pages.cookies import set_up_cookies
from scim_server.web.pages.details import said
from scim_server.web.pages.translations import set_up_translations

assets = Blueprint("assets", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'{images}; {script}form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_SCRIPTS = "script-src 'self'; connect-src 'self'; "
_YEAR_IN_SECONDS = 365 * 24 * 60 * 60


def set_up_pages(app: Flask) -> None:
    """Register the frame of all pages and its style, name the cookies, and protect forms."""
    set_up_cookies(app)
    set_up_csrf(app)
    # Addresses of assets name their content, so browsers may keep them.
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=_YEAR_IN_SECONDS, BOOTSTRAP_SERVE_LOCAL=True)
    app.register_blueprint(assets)
    app.static_url_path = "/assets"
    flask_bootstrap.Bootstrap5(app)
    set_up_translations(app)
    app.jinja_env.globals |= {"asset": asset, "bootstrap_css": bootstrap_css, "said": said}
    app.jinja_env.filters.update(browser=browser_name, initials=initials)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def page(
    template: str, status: int = 200, *, scripts: bool = False, data_images: bool = False, **values: Any
) -> Response:
    """Return a page; `scripts` is for those that run this server's own.

    `data_images` is for those that Bootstrap draws, whose style has small pictures in it.
    """
    values = {"errors": {}, "alert": "", **values}
    response = Response(render_template(template, **values), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY.format(
        script=_SCRIPTS if scripts else "", images=" data:" if data_images else ""
    )
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def initials(name: str) -> str:
    """Return the first letters of the first two words of a name."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def asset(name: str) -> str:
    """Return the address of one of our own styles or scripts."""
    return url_for("assets.static", filename=name, v=_version(Path(__file__).with_name("static") / name))


def bootstrap_css() -> str:
    """Return the address of Bootstrap's style, which its package brings along."""
    name = "css/bootstrap.min.css"
    path = Path(flask_bootstrap.__file__).with_name("static") / "bootstrap5" / name
    return url_for("bootstrap.static", filename=name, v=_version(path))


@lru_cache(maxsize=100)
def _version(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]
