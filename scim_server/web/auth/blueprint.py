"""The blueprint of signing in, and what its pages answer to whoever may not see them yet."""

from typing import Any

from flask import Response, redirect, request

from scim_server.accounts.changes import NotRecent
from scim_server.accounts.sessions import SignedIn
from scim_server.audit.service import ActorType, Origin
from scim_server.protocol.errors import ScimError, TooManyRequests, Unauthorized, Unavailable
from scim_server.web.pages import PagesBlueprint, detail_of, page
from scim_server.web.pages.cookies import signed_in
from scim_server.web.requests import origin

HOME = "/me"
# Where signing in leads to, if nothing else was asked for: the console.
START = "/"
MAX_PATH_LENGTH = 2_000

auth = PagesBlueprint("auth", __name__, template_folder="templates")


class NotSignedIn(Unauthorized):
    """A page of one's own, and nobody is signed in."""

    default_detail = "Sign in to see this page."


def here() -> Origin:
    """Return from where this request comes; who it is, the Account's services know."""
    return origin(ActorType.USER, "")


def person() -> SignedIn:
    """Return who is signed in; raises NotSignedIn."""
    found = signed_in()
    if found is None:
        raise NotSignedIn
    return found


def local_path(text: str | None) -> str:
    """Return a path of this server to go on to, the start for anything else: other hosts, schemes, tricks."""
    path = text or ""
    odd = not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path or len(path) > MAX_PATH_LENGTH
    return START if odd or not path.isprintable() or " " in path else path


def go(path: str) -> Response:
    """Send the browser on with a GET."""
    answer = redirect(path, 303)
    assert isinstance(answer, Response)
    return answer


def again(template: str, error: ScimError, **values: Any) -> Response:
    """Show a form once more and say what was wrong; `error` is for the field that it names, else for the whole."""
    detail = detail_of(error)
    fields = {error.field: detail} if error.field else {}
    answer = page(template, error.status, errors=fields, alert="" if fields else detail, **values)
    if isinstance(error, TooManyRequests | Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def own_page(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page of one's own account, in the look of the console."""
    return page(template, status, scripts=True, data_images=True, **values)


def own_again(template: str, error: ScimError, **values: Any) -> Response:
    """Show a form of one's own account once more and say what was wrong."""
    return again(template, error, scripts=True, data_images=True, **values)


@auth.errorhandler(NotSignedIn)
def ask_to_sign_in(error: NotSignedIn) -> Response:
    """Show the sign-in page in place of the one that was asked for."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else HOME
    return again("auth/login.html", error, next=local_path(wanted), email="")


@auth.errorhandler(NotRecent)
def ask_to_confirm(error: NotRecent) -> Response:
    """Ask for the password once more before the page that was asked for."""
    wanted = request.path if request.method == "GET" else HOME
    return own_again("auth/confirm.html", error, next=local_path(wanted))
