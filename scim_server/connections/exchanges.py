"""An exchange: one SCIM request and its answer as a worker remembers them until they are written. Pure."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from scim_server.protocol.errors import ScimError
from scim_server.protocol.quirks import Quirk

_RESOURCES = {
    name.lower(): name
    for name in ("Users", "Groups", "Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig")
}
_DISCOVERY = {"Schemas", "ResourceTypes", "ServiceProviderConfig"}
_CHANGES = {"POST": "create", "PUT": "replace", "PATCH": "change", "DELETE": "delete"}
# What an Organization's SCIM addresses begin with: /scim/v2/{organization}.
_PREFIX_SEGMENTS = 4
FAILED = 400


class Exchange(NamedTuple):
    """One request and its answer. `occurred_at` is a moment; `path` and `query` are as they came, undecoded.

    `request_body` is None where it was not read; `answer_body` may be cut off already. `error` is what the answer
    refused, and `refused_as` its kind where nobody raised one.
    """

    organization_id: str
    connection_id: str
    token_id: str
    token_name: str
    occurred_at: str
    microseconds: int
    method: str
    path: str
    query: str
    status: int
    user_agent: str
    request_id: str
    error: ScimError | None
    quirks: Mapping[tuple[Quirk, str], int] | None
    request_body: bytes | None
    answer_body: bytes
    answer_bytes: int
    reason: str = ""

    @property
    def connection(self) -> tuple[str, str]:
        """Return the Connection by its key."""
        return self.organization_id, self.connection_id

    @property
    def has_failed(self) -> bool:
        """Tell whether the request was refused, or failed here."""
        return self.status >= FAILED

    @property
    def kind(self) -> str:
        """Return what kind of refusal it was, empty for none."""
        if not self.has_failed:
            return ""
        return type(self.error).__name__ if self.error is not None else "InternalError"

    @property
    def detail(self) -> str:
        """Return what the client was told, or for a token that is good no more what only its Owners are told."""
        if self.reason or not self.has_failed:
            return self.reason
        return self.error.detail if self.error is not None else ""

    @property
    def size(self) -> int:
        """Return about how many bytes it takes to remember it."""
        return 500 + len(self.request_body or b"") + len(self.answer_body)


def operation_of(method: str, path: str, query: str) -> tuple[str, str]:
    """Return what a request does, and to what: such as ("find", "Users").

    Operations: discover, list, find, read, create, replace, change, delete, bulk, other. Resources: Users, Groups, Me,
    Bulk, discovery, other.
    """
    segments = (unquote(path) if "%" in path else path).split("/")[_PREFIX_SEGMENTS:]
    name = _RESOURCES.get(segments[0].lower(), "other") if segments else "other"
    if name in _DISCOVERY:
        return "discover", "discovery"
    if name == "Bulk":
        return "bulk", name
    if segments and segments[-1].lower() == ".search":
        return "find", name
    if method == "GET":
        if len(segments) > 1 or name == "Me":
            return "read", name
        return ("find" if "filter=" in query else "list"), name
    return _CHANGES.get(method, "other"), name
