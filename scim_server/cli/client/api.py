"""The management API over HTTP: one session, one retry policy, errors as one line."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, wraps
from typing import IO, Any, Concatenate, ParamSpec
from urllib.parse import quote

from scim_server.cli.client.access import Access, access
from scim_server.cli.client.contexts import Context
from scim_server.cli.client.device import is_old, renewed
from scim_server.cli.client.errors import (
    NOT_FOUND,
    SERVER_ERRORS,
    UNAUTHORIZED,
    ApiError,
    error_of,
    object_in,
    one_line,
)
from scim_server.cli.client.sessions import new_session, timeouts, told

Parameters = ParamSpec("Parameters")
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
        return object_in(self._send("GET", path, params=query))

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
        with told(self.access.url):
            answer = self._send("GET", path, params=query, stream=True)
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)

    def _sent(self, method: str, path: str, body: Mapping[str, Any], headers: dict[str, str]) -> Any:
        answer = self._send(method, path, json=body, headers=headers)
        return object_in(answer)

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return its answer; raises ApiError, Unreachable."""
        target = path if path.startswith("/v1/") else f"/v1/organizations/{self.organization_id}{path}"
        url = f"{self.access.url}{target}"
        context = self.access.context
        if context is not None and is_old(context):
            self._renew(context)
        answer = self._answer(method, url, **arguments)
        if answer.status_code == UNAUTHORIZED and context is not None and context.refresh_token is not None:
            # It ended before its time, or the clocks disagree.
            self._renew(self.access.context or context)
            answer = self._answer(method, url, **arguments)
        if answer.status_code in _REDIRECTS and "Location" in answer.headers:
            raise ApiError(
                answer.status_code,
                f"The server is elsewhere: log in to the address of {one_line(answer.headers['Location'])}.",
            )
        if not answer.ok:
            # An earlier sending was done and its answer lost.
            if method == "DELETE" and answer.status_code == NOT_FOUND and _was_repeated(answer):
                return answer
            raise error_of(answer.status_code, object_in(answer), answer.headers, remedy=self.access.remedy)
        if not arguments.get("stream") and answer.content and object_in(answer) is None:
            raise ApiError(SERVER_ERRORS, f"{self.access.url} does not answer as a scim-server: check the address.")
        return answer

    def _answer(self, method: str, url: str, **arguments: Any) -> Any:
        with told(self.access.url):
            return self._session.request(method, url, timeout=timeouts(), allow_redirects=False, **arguments)

    def _renew(self, context: Context) -> None:
        fresh = renewed(context)
        self.access = replace(self.access, token=fresh.token or "", context=fresh)

    @cached_property
    def _session(self) -> Any:
        session = new_session()

        # As a function, so that no password of a .netrc takes its place; asked each time, as a login is renewed.
        def bear(request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {self.access.token}"
            return request

        session.auth = bear
        return session


def with_api(
    command: Callable[Concatenate[Api, Parameters], None],
) -> Callable[Parameters, None]:
    """Hand a command the API as its first argument."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        command(Api(access()), *args, **kwargs)

    return run


def segment(text: str) -> str:
    """Return what somebody typed so that it is one segment of a path."""
    return quote(text, safe="")


def _was_repeated(answer: Any) -> bool:
    return any(each.error is not None for each in answer.raw.retries.history)
