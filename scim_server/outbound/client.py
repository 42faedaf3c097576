"""The one HTTP client for addresses that somebody configured: bounded in where, how long and how much.

A call resolves its name once and connects to the judged address alone; answers in 5 seconds, all steps and the one
redirect included; reads 1 MiB at most; accepts no compression, so nothing can grow. No proxy, no cookie, no other
setting of the environment takes part, but SSL_CERT_FILE.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode, urljoin

import httpcore
from flask import Flask, current_app

from scim_server.outbound.addresses import AddressRefused, IPNetwork, Url, read_url
from scim_server.outbound.errors import CallRefused, OutboundError, Unreachable, Unusable
from scim_server.outbound.transport import Deadline, GuardedBackend, Resolve, resolve_by_system
from scim_server.protocol.errors import ScimError
from scim_server.protocol.json_body import read_object
from scim_server.settings import Settings

SECONDS = 5.0
MAX_ANSWER_BYTES = 1_048_576
_MAX_REDIRECTS = 1
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXTENSION = "outbound"
_USER_AGENT = "scim-server"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str

    @property
    def media_type(self) -> str:
        """Return the media type without parameters, empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> dict[str, Any]:
        """Return the JSON object of the body; raises Unusable for anything else, and for JSON beyond our bounds."""
        try:
            return read_object(self.body, max_bytes=MAX_ANSWER_BYTES)
        except ScimError as error:
            raise Unusable(f"{self.host} answered no JSON object that can be read. {error.detail}") from None


class Outbound:
    """Calls addresses; safe for several threads. `allowed` are networks that are not public and called all the same."""

    def __init__(
        self, allowed: Sequence[IPNetwork] = (), *, resolve: Resolve = resolve_by_system, seconds: float = SECONDS
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._seconds = seconds
        self._certificates: ssl.SSLContext | None = None

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a URL, following one redirect unless credentials are sent; raises OutboundError."""
        headers = dict(headers or {})
        follow = not any(name.lower() == "authorization" for name in headers)
        return self._call("GET", url, headers, None, redirects=_MAX_REDIRECTS if follow else 0)

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """POST a form, following no redirect; raises OutboundError."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._call("POST", url, sent, urlencode(form).encode(), redirects=0)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body, following no redirect; raises OutboundError."""
        return self._call("POST", url, dict(headers), body, redirects=0)

    def _call(self, method: str, text: str, headers: dict[str, str], body: bytes | None, *, redirects: int) -> Answer:
        deadline = Deadline(self._seconds)
        while True:
            try:
                url = read_url(text)
                answer = self._exchange(method, url, headers, body, deadline)
            except AddressRefused as error:
                raise CallRefused(str(error)) from None
            if answer.status not in _REDIRECTS:
                return answer
            if redirects == 0:
                raise Unusable(f"{url.host} redirects where no redirect is followed; configure the final address.")
            redirects -= 1
            text = urljoin(text, answer.headers.get("location", ""))
            if url.is_encrypted and not text.lower().startswith("https://"):
                raise CallRefused(f"{url.host} redirects to an address without https.")

    def _exchange(
        self, method: str, url: Url, headers: dict[str, str], body: bytes | None, deadline: Deadline
    ) -> Answer:
        backend = GuardedBackend(url, deadline, self._allowed, self._resolve)
        origin = httpcore.Origin(url.scheme.encode(), url.host.encode(), url.port)
        context = self._trusted() if url.is_encrypted else None
        address = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        sent = {"Accept-Encoding": "identity", "User-Agent": _USER_AGENT, "Connection": "close", **headers}
        try:
            with (
                httpcore.HTTPConnection(origin, ssl_context=context, network_backend=backend) as connection,
                connection.stream(method, address, headers=list(sent.items()), content=body) as response,
            ):
                return _read(response, url.host)
        except (TimeoutError, httpcore.TimeoutException):
            raise Unreachable(f"{url.host} did not answer within {self._seconds:g} seconds.") from None
        except httpcore.ConnectError as error:
            raise Unreachable(f"No encrypted connection to {url.host}: {_short(error)}") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Unreachable(f"{url.host} broke off, or answered no HTTP: {_short(error)}") from None

    def _trusted(self) -> ssl.SSLContext:
        if self._certificates is None:
            self._certificates = ssl.create_default_context()
        return self._certificates


def _read(response: httpcore.Response, host: str) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise Unusable(f"{host} compresses its answer although it was asked not to.")
    body = b""
    for part in response.iter_stream():
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise Unusable(f"{host} answers more than {MAX_ANSWER_BYTES} bytes.")
    return Answer(response.status, headers, body, host)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def set_up_outbound(app: Flask, settings: Settings) -> None:
    """Let services of this application call addresses, as the settings allow."""
    app.extensions[_EXTENSION] = Outbound([ip_network(text) for text in settings.outbound_private_networks])


def outbound() -> Outbound:
    """Return the client of the present application."""
    client: Outbound = current_app.extensions[_EXTENSION]
    return client


__all__ = ["MAX_ANSWER_BYTES", "SECONDS", "Answer", "Outbound", "OutboundError", "outbound", "set_up_outbound"]
