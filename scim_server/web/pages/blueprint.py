"""Blueprints of pages: every form is protected from other sites, and every answer brings its cookies."""

from typing import Any

from flask import Blueprint, Flask, Response, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from scim_server.protocol.errors import Forbidden, PayloadTooLarge
from scim_server.web.pages.cookies import set_cookies

# A form of ours is far smaller.
MAX_FORM_BYTES = 65_536
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
csrf = CSRFProtect()


class OtherSite(Forbidden):
    """A form that another site sent, or one that is too old."""

    default_detail = "This form is too old, or came from another site. Go back, load the page again, and send it anew."


def set_up_csrf(app: Flask) -> None:
    """Protect the forms of pages, and no request of SCIM or the management API, which bring no cookies."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        # As long as the cookie that it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        # Pages send no Referer, as their addresses may hold secrets.
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)


class PagesBlueprint(Blueprint):
    """A blueprint whose forms are protected; with `protects` off its views call `protect_form` where they need it."""

    def __init__(self, name: str, import_name: str, *, protects: bool = True, **arguments: Any) -> None:
        super().__init__(name, import_name, **arguments)
        # Of views whose forms bring a file.
        self.max_form_bytes: dict[str, int] = {}
        self.before_request(self._bound_form)
        if protects:
            self.before_request(protect_form)
        self.after_request(_finish)

    def _bound_form(self) -> None:
        most = self.max_form_bytes.get(request.endpoint or "", MAX_FORM_BYTES)
        if (request.content_length or 0) > most:
            raise PayloadTooLarge(f"This form takes {most:,} bytes at most; send what it holds in smaller parts.")
        request.max_content_length = most


def protect_form() -> None:
    """Raise OtherSite for a form that was not made for this browser by this server."""
    if request.method in _SAFE:
        return
    # Browsers say it of themselves, and no page can change it.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise OtherSite
    try:
        csrf.protect()
    except CSRFError as error:
        raise OtherSite from error


def _finish(response: Response) -> Response:
    set_cookies(response)
    return response
