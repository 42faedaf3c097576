"""What a request does, told by its method and address alone."""

import pytest

from scim_server.connections.exchanges import operation_of

BASE = "/scim/v2/acme"


@pytest.mark.parametrize(
    ("method", "path", "query", "found"),
    [
        ("GET", "/Users", "", ("list", "Users")),
        ("GET", "/Users", "startIndex=1&count=100", ("list", "Users")),
        ("GET", "/Users", "filter=userName+eq+%22x%22", ("find", "Users")),
        ("GET", "/Users/1", "", ("read", "Users")),
        ("POST", "/Users", "", ("create", "Users")),
        ("PUT", "/Users/1", "", ("replace", "Users")),
        ("PATCH", "/Groups/1", "", ("change", "Groups")),
        ("DELETE", "/Groups/1", "", ("delete", "Groups")),
        ("POST", "/Users/.search", "", ("find", "Users")),
        ("POST", "/.search", "", ("find", "other")),
        ("POST", "/Bulk", "", ("bulk", "Bulk")),
        ("GET", "/ServiceProviderConfig", "", ("discover", "discovery")),
        ("GET", "/Schemas/urn:x", "", ("discover", "discovery")),
        ("GET", "/Me", "", ("read", "Me")),
        ("GET", "/Nothing", "", ("list", "other")),
        ("GET", "", "", ("list", "other")),
        ("OPTIONS", "/Users", "", ("other", "Users")),
    ],
)
def test_operation(method: str, path: str, query: str, found: tuple[str, str]) -> None:
    assert operation_of(method, f"{BASE}{path}", query) == found
