"""Headers of every answer, and hosts and paths that are refused before any route sees them."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import host_is_trusted

_HEADERS_OF_ASSETS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
_HEADERS = [*_HEADERS_OF_ASSETS, ("Cache-Control", "no-store")]
# Styles and scripts, which are the same for everyone and say themselves how long they may be kept.
_ASSETS = ("/assets/", "/bootstrap/")
# What answers each in its own form, also that there is nothing by a path.
_SURFACES = ("/scim/", "/v1/")
# Host headers whose judgement is remembered: each request brings one, and nearly always the same.
_REMEMBERED_HOSTS = 256

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Guard:
    """WSGI middleware around everything: paths are cleaned or refused, and each answer gets its headers.

    Repeated and trailing slashes are forgiven (idp-wire E1), NUL and dot segments are not: a path that no route could
    mean is sent to one that does not exist, so that it is answered as any unknown path.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Clean PATH_INFO, pass the request on, and add the headers."""
        path: str = environ.get("PATH_INFO", "")

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            own = _HEADERS_OF_ASSETS if path.startswith(_ASSETS) and status.startswith("2") else _HEADERS
            return start_response(status, headers + own, error)

        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        if _is_hostile(path, raw):
            environ["PATH_INFO"] = f"{next(filter(path.startswith, _SURFACES), '/')}unknown-path"
        elif "//" in path or (path.endswith("/") and path != "/"):
            environ["PATH_INFO"] = "/" + "/".join(part for part in path.split("/") if part)
        return self._application(environ, start)


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


def set_up_security(app: Flask, hosts: Sequence[str]) -> None:
    """Guard paths, refuse requests to other hosts than these, and keep sessions away from SCIM.

    Flask would judge the Host header with its TRUSTED_HOSTS too, but twice a request, and from the start each time.
    """
    app.session_interface = Sessions()
    app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]
    is_trusted = lru_cache(_REMEMBERED_HOSTS)(lambda host: host_is_trusted(host, hosts))

    @app.before_request
    def refuse_other_hosts() -> None:
        if not is_trusted(request.environ.get("HTTP_HOST") or request.host):
            raise SecurityError
