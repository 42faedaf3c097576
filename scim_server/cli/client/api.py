"""The management API over HTTP: one session, one retry policy, errors as one line."""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, wraps
from typing import IO, Any, Concatenate, ParamSpec

import click

from scim_server import __version__
from scim_server.cli.client.access import Access, access
from scim_server.cli.client.errors import NOT_FOUND, SERVER_ERRORS, ApiError, Unreachable, error_of

Parameters = ParamSpec("Parameters")
TIMEOUT_VARIABLE = "SCIM_SERVER_TIMEOUT"
# Seconds until a connection must be there, and in which an answer must go on.
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
PAGE = 1_000
_CHUNK = 64 * 1024
_REDIRECTS = range(300, 400)


class Api:
    """Sends requests to one server with one token."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @cached_property
    def organization_id(self) -> str:
        """Return the Organization that requests are about: that of the login, or the token's own."""
        context = self.access.context
        if context is not None and context.organization_id is not None:
            return context.organization_id
        return str(self.get("/v1/users/self")["organizationId"])

    def get(self, path: str, **query: Any) -> Any:
        """GET the JSON at a path, which may begin below the Organization's."""
        return self._send("GET", path, params=query).json()

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST a body, once however often it is sent; return the JSON of the answer, None where it is empty."""
        return self._sent("POST", path, body or {}, {"Idempotency-Key": str(uuid.uuid4())})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """PATCH with a body and return the JSON of the answer."""
        return self._sent("PATCH", path, body, {})

    def delete(self, path: str) -> None:
        """DELETE what is at a path."""
        self._send("DELETE", path)

    def items(self, path: str, name: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Give the items of a list, page by page."""
        offset = 0
        while True:
            answer = self.get(path, offset=offset, limit=PAGE, **query)
            yield from answer[name]
            offset += PAGE
            if offset >= answer["totalCount"]:
                return

    def download(self, path: str, file: IO[bytes], **query: Any) -> None:
        """GET what is at a path into a file, however large it is."""
        with _told(self.access.url):
            answer = self._send("GET", path, params=query, stream=True)
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)

    def _sent(self, method: str, path: str, body: Mapping[str, Any], headers: dict[str, str]) -> Any:
        answer = self._send(method, path, json=body, headers=headers)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return its answer; raises ApiError, Unreachable."""
        target = path if path.startswith("/v1/") else f"/v1/organizations/{self.organization_id}{path}"
        url = f"{self.access.url}{target}"
        with _told(self.access.url):
            answer = self._session.request(
                method, url, timeout=(CONNECT_TIMEOUT, _read_timeout()), allow_redirects=False, **arguments
            )
        if answer.status_code in _REDIRECTS and "Location" in answer.headers:
            raise ApiError(
                answer.status_code, f"The server is elsewhere: log in to the address of {answer.headers['Location']}."
            )
        if not answer.ok:
            # An earlier sending was done and its answer lost.
            if method == "DELETE" and answer.status_code == NOT_FOUND and _was_repeated(answer):
                return answer
            raise error_of(
                answer.status_code, _json(answer), answer.headers.get("X-Request-Id"), token_from=self.access.remedy
            )
        if not arguments.get("stream") and answer.content and _json(answer) is None:
            raise ApiError(SERVER_ERRORS, f"{self.access.url} does not answer as a scim-server: check the address.")
        return answer

    @cached_property
    def _session(self) -> Any:
        import requests  # noqa: PLC0415 - `--help` and wrong usage send nothing
        from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as above

        from scim_server.cli.client.retrying import patience  # noqa: PLC0415 - as above

        token = self.access.token

        def bear(request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        session = requests.Session()
        # As a function, so that no password of a .netrc takes its place.
        session.auth = bear
        session.headers["User-Agent"] = f"scim-server-cli/{__version__}"
        session.headers["Accept"] = "application/json, application/octet-stream;q=0.9"
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=patience()))
        return session


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what comes instead of an answer into one line."""
    from requests import exceptions  # noqa: PLC0415 - imported with the session
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

    try:
        yield
    except exceptions.SSLError as error:
        raise Unreachable(f"The certificate of {url} is not to be trusted: {_root(error)}.") from None
    except (exceptions.RequestException, HTTPError) as error:
        if isinstance(error, exceptions.ReadTimeout) or "Read timed out" in str(error):
            raise Unreachable(
                f"{url} did not answer within {_read_timeout():g} seconds; what was asked for may be done all the "
                f"same. {TIMEOUT_VARIABLE} sets another time."
            ) from None
        raise Unreachable(f"{url} cannot be reached: {_root(error)}.") from None


def with_api(
    command: Callable[Concatenate[Api, Parameters], None],
) -> Callable[Parameters, None]:
    """Hand a command the API as its first argument."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        command(Api(access()), *args, **kwargs)

    return run


def _read_timeout() -> float:
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else READ_TIMEOUT
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise click.ClickException(f"{TIMEOUT_VARIABLE} is a number of seconds, not {text!r}.")
    return seconds


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _was_repeated(answer: Any) -> bool:
    return any(each.error is not None or each.status is not None for each in answer.raw.retries.history)


def _root(error: BaseException) -> str:
    """Return the words of the system for what is wrong, as far inside as they are."""
    seen: BaseException = error
    while True:
        inner = getattr(seen, "reason", None) or next((each for each in seen.args if isinstance(each, Exception)), None)
        if not isinstance(inner, Exception) or inner is seen:
            break
        seen = inner
    strerror = getattr(seen, "strerror", None) or str(seen).rpartition(": ")[2]
    return str(strerror).strip(" .'\")(") or type(seen).__name__
