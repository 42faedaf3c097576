"""Spoil requests: their bytes, their JSON, their headers, their path. Everything is drawn from one seeded source."""

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

STRINGS = [
    "",
    " ",
    "a" * 5_000,
    "\x00",
    "\u0000null",
    "\ud800",
    "İıſK",
    "e\u0301 é",
    "\u202e\u200f",
    "\U0001f468\u200d\U0001f469",
    "' OR 1=1 --",
    '"); DROP TABLE users; --',
    "%' ESCAPE '",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "../../etc/passwd",
    "bulkId:x",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "2011-05-13T04:42:34+99:99",
    "members[value eq",
    'emails[type eq "work" and (value pr or not (primary eq true))].value',
    "a.b.c.d",
    "\r\nX-Injected: 1",
]
NUMBERS = [0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, -0.0, float("inf"), float("nan")]
VALUES: list[Any] = [None, True, False, [], {}, [[]], [None], {"": None}, {"value": {"value": {"value": 1}}}]
KEYS = ["", "$ref", "__proto__", "schemas", "ID", "value", "active", "members", "emails", "password", "meta", "a.b[c]"]
HEADERS = [
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/scim+json; charset=utf-16"),
    ("Content-Type", ""),
    ("Content-Encoding", "gzip"),
    ("Content-Length", "-1"),
    ("Content-Length", "99999999999"),
    ("Accept", "text/html;q=0.1, */*;q=x"),
    ("If-Match", 'W/"1'),
    ("If-Match", '*, "x", W/"' + "9" * 300 + '"'),
    ("If-None-Match", "W/"),
    ("Authorization", "Bearer"),
    ("Authorization", "Basic \xff\xfe"),
    ("Authorization", "Bearer scim_x_y, Bearer z"),
    ("Host", "evil.example"),
    ("X-Forwarded-For", "1" * 1000),
    ("X-Request-Id", "\x7f" * 10),
    ("User-Agent", "\xe9\xff" * 50),
    ("X-HTTP-Method-Override", "DELETE"),
]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO"]
PATHS = [
    "//",
    "/.",
    "/..",
    "%2f",
    "%00",
    "%ff",
    "%F0%9F%98%80",
    "\\",
    ";x=1",
    "/" + "a" * 3_000,
    "é",
    "?",
    "#",
    "%",
    "%zz",
]


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str] = field(default_factory=dict)


def mutate(chance: Random, method: str, path: str, body: Any) -> Request:
    """Return the request with one to three of its parts spoiled."""
    tree = deepcopy(body)
    for _ in range(chance.randint(0, 3)):
        tree = _spoil_tree(chance, tree)
    request = Request(method, path, None if body is None else _encode(tree))
    for _ in range(chance.randint(0 if tree != body else 1, 2)):
        request = chance.choice([_spoil_bytes, _spoil_path, _spoil_query, _spoil_headers, _spoil_method])(
            chance, request
        )
    return request


def _encode(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _spoil_tree(chance: Random, tree: Any) -> Any:
    """Change one node somewhere in the tree."""
    if isinstance(tree, dict) and tree and chance.random() < 0.8:
        key = chance.choice(list(tree))
        match chance.randrange(6):
            case 0:
                del tree[key]
            case 1:
                tree[chance.choice([*KEYS, key.upper(), key + " "])] = tree[key]
            case 2:
                tree[key] = [tree[key]] if chance.random() < 0.5 else {"value": tree[key]}
            case _:
                tree[key] = _spoil_tree(chance, tree[key])
        return tree
    if isinstance(tree, list) and tree and chance.random() < 0.8:
        position = chance.randrange(len(tree))
        match chance.randrange(4):
            case 0:
                tree *= chance.choice([2, 50])
            case 1:
                tree.insert(position, deepcopy(chance.choice(VALUES)))
            case _:
                tree[position] = _spoil_tree(chance, tree[position])
        return tree
    if chance.random() < 0.05:
        return _nested(chance.choice([31, 33, 2_000]))
    return deepcopy(chance.choice([chance.choice(STRINGS), chance.choice(NUMBERS), chance.choice(VALUES)]))


def _nested(depth: int) -> Any:
    tree: Any = 1
    for _ in range(min(900, depth)):
        tree = [tree]
    return tree


def _spoil_bytes(chance: Random, request: Request) -> Request:
    data = bytearray(request.body or b"{}")
    match chance.randrange(6):
        case 0:
            del data[chance.randrange(len(data)) :]
        case 1:
            data[chance.randrange(len(data))] = chance.randrange(256)
        case 2:
            data *= 2
        case 3:
            data = bytearray(b"[" * 100_000)
        case 4:
            data = bytearray(b"\xef\xbb\xbf") + data
        case _:
            data = bytearray(chance.randbytes(64))
    return replace(request, body=bytes(data))


def _spoil_path(chance: Random, request: Request) -> Request:
    path, separator, query = request.path.partition("?")
    position = chance.randrange(len(path) + 1)
    return replace(request, path=path[:position] + chance.choice(PATHS) + path[position:] + separator + query)


def _spoil_query(chance: Random, request: Request) -> Request:
    names = ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes", "x"]
    text = chance.choice(STRINGS).encode("utf-8", "surrogatepass")
    quoted = "".join(f"%{byte:02x}" for byte in text[:1_000]) or str(chance.choice(NUMBERS[:-2]))[:40]
    mark = "&" if "?" in request.path else "?"
    return replace(request, path=f"{request.path}{mark}{chance.choice(names)}={quoted}")


def _spoil_headers(chance: Random, request: Request) -> Request:
    name, value = chance.choice(HEADERS)
    return replace(request, headers={**request.headers, name: value})


def _spoil_method(chance: Random, request: Request) -> Request:
    return replace(request, method=chance.choice(METHODS))
