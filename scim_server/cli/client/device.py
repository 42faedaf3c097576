"""Log in by a browser, here or elsewhere, and stay logged in: the device grant (docs/reference/device-login.md)."""

import os
import platform
import sys
import time
from dataclasses import replace
from typing import Any

import click

from scim_server.cli.client.contexts import Context, changing_contexts, name_of
from scim_server.cli.client.errors import NOT_FOUND, Answer, ApiError, object_in, one_line
from scim_server.cli.client.listing import say
from scim_server.cli.client.sessions import new_session, timeouts, told

CLIENT = {"client_id": "scim-server-cli"}
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
MAX_NAME_LENGTH = 100
# Seconds that a login may still be good for when it is renewed.
MARGIN = 60
# Seconds that `slow_down` adds (RFC 8628 §3.5).
SLOWER = 5
ENDED = "Your login has ended. Run 'scim-server login'."


def log_in(url: str, *, open_browser: bool) -> Context:
    """Show where to approve this login and wait until somebody does; raises ClickException where nobody will."""
    device = {**CLIENT, "device_name": platform.node()[:MAX_NAME_LENGTH]}
    status, asked = _post(url, "/oauth/device_authorization", device)
    if status == NOT_FOUND:
        raise click.ClickException(f"{url} has no login by a browser; give an API token by --token.")
    if "user_code" not in asked:
        raise _refused(status, asked)
    say(f"Open {one_line(asked['verification_uri'])} and enter the code {one_line(asked['user_code'])}")
    page = str(asked.get("verification_uri_complete") or "")
    if open_browser and _has_browser() and page.startswith(("https://", "http://")):
        click.launch(page)
    click.echo("Waiting for your approval there. Ctrl-C gives up.")
    return _context(url, _wait(url, asked))


def renewed(context: Context) -> Context:
    """Renew a login and store it, or return what another command has stored meanwhile.

    The lock is held throughout, as a refresh token is good once. Raises ClickException where the login has ended.
    """
    name = name_of(context.url)
    with changing_contexts() as contexts:
        stored = contexts.by_name.get(name, context)
        if stored.refresh_token is None:
            raise click.ClickException(ENDED)
        if stored.refresh_token != context.refresh_token:
            return stored
        grant = {**CLIENT, "grant_type": "refresh_token", "refresh_token": stored.refresh_token}
        status, answer = _post(context.url, "/oauth/token", grant, once=True)
        if "access_token" not in answer:
            raise click.ClickException(ENDED) if answer.get("error") == "invalid_grant" else _refused(status, answer)
        fresh = _context(context.url, answer)
        stored = contexts.by_name[name] = replace(
            stored, token=fresh.token, refresh_token=fresh.refresh_token, expires_at=fresh.expires_at
        )
    return stored


def end(context: Context) -> None:
    """End a login at the server, if it was one by a browser; raises ClickException where the server cannot be asked."""
    if context.refresh_token is not None:
        _post(context.url, "/oauth/revoke", {**CLIENT, "token": context.refresh_token})


def is_old(context: Context) -> bool:
    """Tell whether a login has to be renewed before it is used."""
    return context.expires_at is not None and context.expires_at - time.time() < MARGIN


def _wait(url: str, asked: dict[str, Any]) -> dict[str, Any]:
    grant = {**CLIENT, "grant_type": DEVICE_GRANT, "device_code": asked["device_code"]}
    interval, until = asked.get("interval", SLOWER), time.monotonic() + asked["expires_in"]
    while True:
        time.sleep(interval)
        status, answer = _post(url, "/oauth/token", grant)
        if "access_token" in answer:
            return answer
        error = answer.get("error")
        if error == "slow_down":
            interval += SLOWER
        elif error != "authorization_pending":
            raise _refused(status, answer)
        if time.monotonic() > until:
            raise click.ClickException("Nobody approved in time; run 'scim-server login' again.")


def _post(url: str, path: str, form: dict[str, str], *, once: bool = False) -> tuple[int, dict[str, Any]]:
    """POST a form and return the status, and the JSON of the answer or nothing."""
    with told(url):
        answer = new_session(once=once).post(f"{url}{path}", data=form, timeout=timeouts(), allow_redirects=False)
    return answer.status_code, object_in(answer) or Answer()


def _refused(status: int, answer: dict[str, Any]) -> ApiError:
    said = one_line(str(answer.get("error_description") or ""))
    return ApiError(status, said or f"The server answered the login with {status}; try again later.")


def _context(url: str, answer: dict[str, Any]) -> Context:
    return Context(
        url,
        token=answer["access_token"],
        refresh_token=answer.get("refresh_token"),
        expires_at=time.time() + answer["expires_in"],
        organization_id=answer.get("organization_id"),
    )


def _has_browser() -> bool:
    """Tell whether a browser would be a window, and not something in this terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
