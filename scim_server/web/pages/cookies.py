"""The cookie of whoever is signed in: its name, its flags, and who it stands for in this request."""

from flask import Flask, Response, current_app, g, request

from scim_server.accounts.sessions import SignedIn, recognise, rotate
from scim_server.database import transaction
from scim_server.database.transactions import at_most_twice

_NAME = "signed_in"
# Kept by browsers for one host, its root path and https only, whatever a neighbour domain sets.
_HOST_PREFIX = "__Host-"
_EXTENSION = "signed_in_cookie"


def set_up_cookies(app: Flask) -> None:
    """Name the cookies, and bind them to https wherever people come by it."""
    is_https = app.config["PUBLIC_URL"].startswith("https:")
    prefix = _HOST_PREFIX if is_https else ""
    app.extensions[_EXTENSION] = f"{prefix}{_NAME}"
    app.config.update(
        SESSION_COOKIE_NAME=f"{prefix}steps",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )


def signed_in() -> SignedIn | None:
    """Return who is signed in, None where nobody is; asked once a request. Rotates the secret where that is due."""
    if "signed_in" not in g:
        g.signed_in = found = at_most_twice(lambda: recognise(_sent()))
        if found is None and _sent():
            forget()
        if found is not None and found.rotation_due:
            with transaction() as connection:
                secret = rotate(connection, found.session_id)
            if secret is not None:
                remember(secret)
    result: SignedIn | None = g.signed_in
    return result


def remember(secret: str) -> None:
    """Send the secret of a session with the answer."""
    g.cookie = secret


def forget() -> None:
    """Have the browser drop its cookie with the answer."""
    g.cookie = None


def set_cookies(response: Response) -> None:
    """Put into the answer what was decided."""
    if "cookie" not in g:
        return
    flags = {
        "path": "/",
        "httponly": True,
        "samesite": "Lax",
        "secure": current_app.config["SESSION_COOKIE_SECURE"],
    }
    name = current_app.extensions[_EXTENSION]
    if g.cookie is None:
        response.delete_cookie(name, **flags)
    else:
        # Without an age: it ends with the browser, and the row ends earlier or later by itself.
        response.set_cookie(name, g.cookie, **flags)


def _sent() -> str:
    return request.cookies.get(current_app.extensions[_EXTENSION], "")
