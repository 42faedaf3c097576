"""Headers of every answer, and paths that are refused before any route sees them."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class PathGuard:
    """WSGI middleware: repeated and trailing slashes are forgiven (idp-wire E1), NUL and dot segments are not.

    A path that no route could mean is sent to one that does not exist, so that it is answered as any unknown path.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Clean PATH_INFO and pass the request on."""
        path: str = environ.get("PATH_INFO", "")
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        if _is_hostile(path, raw):
            environ["PATH_INFO"] = "/scim/unknown-path" if path.startswith("/scim/") else "/unknown-path"
        elif "//" in path or (path.endswith("/") and path != "/"):
            environ["PATH_INFO"] = "/" + "/".join(part for part in path.split("/") if part)
        return self._application(environ, start_response)


def _is_hostile(path: str, raw: str) -> bool:
    if "\x00" in path or "\\" in path:
        return True
    if any(part in {".", ".."} or part.startswith("..;") for part in path.split("/")):
        return True
    encoded = raw.partition("?")[0].lower()
    return "%2f" in encoded or "%5c" in encoded or "%00" in encoded


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions for people; a SCIM request has none, and does not pay for looking."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session that the request's cookie holds, None under /scim/."""
        return None if request.path.startswith("/scim/") else super().open_session(app, request)


def set_up_security(app: Flask) -> None:
    """Guard paths, keep sessions away from SCIM, and set the headers of every answer."""
    app.session_interface = Sessions()
    app.wsgi_app = PathGuard(app.wsgi_app)  # type: ignore[method-assign]

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.extend(_HEADERS)
        return response
