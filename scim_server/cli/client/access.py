"""Whose token goes to which server: the environment's before that of the login."""

import os
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import click

from scim_server.cli.client.contexts import Context, changing_contexts, name_of, read_contexts

TOKEN_VARIABLE = "SCIM_SERVER_API_TOKEN"  # noqa: S105 - the name of one
URL_VARIABLE = "SCIM_SERVER_URL"
DEFAULT_URL = "http://127.0.0.1:8000"
LOGIN = "Run 'scim-server login'."
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Access:
    """A server, a token for it, and where that came from; `context` is None for a token of the environment."""

    url: str
    token: str
    remedy: str
    context: Context | None = None


def access() -> Access:
    """Return what this command acts with; raises ClickException where nobody is logged in."""
    token, named = os.environ.get(TOKEN_VARIABLE, "").strip(), os.environ.get(URL_VARIABLE, "").strip()
    if token:
        url = checked_url(named) if named else _url_in_use()
        click.echo(f"Using the API token of {TOKEN_VARIABLE}.", err=True)
        return Access(url, checked_token(token), f"Set {TOKEN_VARIABLE} to one that is good.")
    contexts = read_contexts()
    found, where = contexts.in_use, ""
    if named:
        url = checked_url(named)
        found, where = contexts.by_name.get(name_of(url)), f" to {url}"
        # A login over https says nothing to whoever listens at http.
        if found is not None and found.url != url:
            found = None
    if found is None or found.token is None:
        raise click.ClickException(f"You are not logged in{where}. {LOGIN[:-1]}, or set {TOKEN_VARIABLE}.")
    return Access(found.url, found.token, LOGIN, found)


def server_url(given: str | None) -> str:
    """Return the server to log in to: the one given, or the environment's, the one in use, or one on this machine."""
    named = given or os.environ.get(URL_VARIABLE, "").strip()
    return checked_url(named) if named else _url_in_use()


def keep(context: Context) -> str:
    """Store a context under its server's name, make it the one in use, and return the name."""
    name = name_of(context.url)
    with changing_contexts() as contexts:
        contexts.by_name[name] = context
        contexts.current = name
    return name


def change(context: Context, **changes: Any) -> Context:
    """Store changes of a context, and return it as it is then."""
    name = name_of(context.url)
    with changing_contexts() as contexts:
        changed = contexts.by_name[name] = replace(contexts.by_name.get(name, context), **changes)
    return changed


def checked_url(text: str) -> str:
    """Return the address of a server without a slash at its end; raises ClickException where it is none."""
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = None
    if not good or parts.username is not None or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise click.ClickException(f"{text!r} is no address of a server, such as https://scim.example.com.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        click.echo(f"Warning: {url} is not encrypted; whoever is on the way can read the token.", err=True)
    return url.rstrip("/")


def checked_token(text: str) -> str:
    """Return a token without what was pasted around it; raises ClickException for what can be none."""
    token = text.strip().removeprefix("Bearer ").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise click.ClickException("This is no token: it holds white space or is empty.")
    return token


def _url_in_use() -> str:
    found = read_contexts().in_use
    return found.url if found is not None else DEFAULT_URL
