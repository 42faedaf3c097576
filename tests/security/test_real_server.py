"""Attacks that need a real server's sockets (security catalogue AU, BD): one server for all, raw bytes to it.

Which of the two databases stands behind it makes no difference to a socket; the rows on data are run on both elsewhere.
"""

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from scim_server.database.engines import dispose_engines
from scim_server.protocol.limits import MAX_BODY_BYTES
from scim_server.tokens.service import create_token
from tests.conftest import OPERATOR, make_app
from tests.support.client import SCIM, USER
from tests.support.server import RealServer

BURST = 100
USERS = "/scim/v2/{organization}/Users"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Give a running server whose tokens have a burst of 100 that hardly refills."""
    home = tmp_path_factory.mktemp("real")
    found = RealServer(
        home, f"sqlite:///{home}/scim.db", {"rate_limit_per_second": "1", "rate_limit_burst": str(BURST)}
    )
    found.start()
    yield found
    found.kill()


def token(server: RealServer, *options: str) -> str:
    """Make a token, as an operator does."""
    slug = server.founded["organization_slug"]
    made = json.loads(server.run("token", "create", "-O", slug, "--name", "raw", *options, "--json"))
    return str(made["token"])


@pytest.fixture(scope="module")
def bearer(server: RealServer) -> str:
    """Give the Authorization header of a token of its own."""
    return f"Bearer {token(server, '--scope', 'scim')}"


def exchange(server: RealServer, sent: bytes, *, limit: float = 10) -> bytes:
    """Send bytes, and return everything that comes back until the server closes or says nothing more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=limit) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(sent)
        received = b""
        connection.settimeout(limit)
        try:
            while chunk := connection.recv(65_536):
                received += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return received


def head(server: RealServer, method: str, path: str, *headers: str, host: str | None = None) -> bytes:
    """Return the head of a request, for a connection that is closed after it."""
    path = path.format(organization=server.founded["organization_id"])
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{server.port}'}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def status(answer: bytes) -> int:
    """Return the status of the first answer; 0 where the server only closed."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def answers(received: bytes) -> int:
    """Return how many answers came."""
    return received.count(b"HTTP/1.1 ")


def names(server: RealServer, bearer: str) -> set[str]:
    """Return the userNames there are."""
    received = exchange(server, head(server, "GET", USERS, f"Authorization: {bearer}"))
    return {user["userName"] for user in json.loads(received.partition(b"\r\n\r\n")[2])["Resources"]}


def test_AU03_two_authorization_headers(server: RealServer, bearer: str) -> None:
    sent = head(server, "GET", USERS, f"Authorization: {bearer}", "Authorization: Bearer other")

    assert status(exchange(server, sent)) in {400, 401}


def test_AU04_token_in_the_query_stays_out_of_the_log(server: RealServer, bearer: str) -> None:
    secret = bearer.removeprefix("Bearer ")
    for path in (f"{USERS}?access_token={secret}", f"/nowhere?{secret}", f"{USERS}/x"):
        assert status(exchange(server, head(server, "GET", path))) in {401, 404}
    exchange(server, head(server, "GET", USERS, f"Authorization: {bearer}"))

    assert secret not in server.log
    assert server.founded["scim_token"] not in server.log


def test_AU08_ten_megabytes_for_a_token_without_the_right(server: RealServer) -> None:
    """The answer comes without the body being awaited: only its head was sent."""
    application = make_app(server.database_url, server.home)
    with application.app_context():
        _, narrow = create_token(server.founded["organization_id"], OPERATOR, name="narrow", role="ORGANIZATION_MEMBER")
    dispose_engines(application)
    sent = head(
        server, "POST", USERS, f"Authorization: Bearer {narrow}", f"Content-Type: {SCIM}", "Content-Length: 10000000"
    )

    assert status(exchange(server, sent + b"x" * 1_000)) == 403
    assert status(exchange(server, sent + b"x" * 10_000_000)) in {403, 0}


# With the token these are the same path. This server decodes slashes before the application sees the path; who may
# read is decided after routing, by the endpoint, so that a proxy in front can be misled and nobody else.
SAME = {
    "/scim%2fv2/{organization}/Users",
    "/scim/v2/{organization}%2fUsers",
    "/scim/v2/{organization}/%55sers",
    "//scim/v2/{organization}/Users",
}


@pytest.mark.parametrize(
    "path",
    [
        "/scim%2fv2/{organization}/Users",
        "/scim/v2/{organization}%2fUsers",
        "/scim/v2/{organization}/..;/Users",
        "/scim/v2/{organization}/Users/%2e%2e/Groups",
        "/scim/v2/{organization}/Users/../Users",
        "/healthz/../scim/v2/{organization}/Users",
        "/scim/v2/{organization}/Users%00",
        "/scim/v2/{organization}/Users%5c",
        "/scim/v2/{organization}/%55sers",
        "//scim/v2/{organization}/Users",
        "//evil.test/scim/v2/{organization}/Users",
    ],
)
def test_AU11_encoded_path(server: RealServer, bearer: str, path: str) -> None:
    without = exchange(server, head(server, "GET", path))
    assert status(without) in {400, 401, 404}

    found = exchange(server, head(server, "GET", path, f"Authorization: {bearer}"))
    assert status(found) == (200 if path in SAME else 404)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "_method"])
def test_AU12_method_override(server: RealServer, bearer: str, name: str) -> None:
    owner = exchange(server, head(server, "GET", USERS, f"Authorization: {bearer}"))
    (user,) = json.loads(owner.partition(b"\r\n\r\n")[2])["Resources"]
    path = f"{USERS}/{user['id']}?_method=DELETE"

    found = exchange(
        server, head(server, "POST", path, f"Authorization: {bearer}", f"{name}: DELETE", "Content-Length: 0")
    )

    assert status(found) == 405
    assert names(server, bearer) == {user["userName"]}


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "OPTIONS", "PURGE", "DELETE", "PUT", "X" * 20])
def test_AU13_methods_that_are_not_served(server: RealServer, bearer: str, method: str) -> None:
    found = exchange(server, head(server, method, USERS, f"Authorization: {bearer}"))

    assert status(found) == 405
    assert b"allow: get, head, post\r\n" in found.lower()
    assert bearer.encode() not in found


def test_AU13_connect(server: RealServer, bearer: str) -> None:
    for path in ("evil.test:443", USERS):
        assert status(exchange(server, head(server, "CONNECT", path, f"Authorization: {bearer}"))) in {400, 404, 405}


def test_AU13_head_is_get_without_its_body(server: RealServer, bearer: str) -> None:
    got = exchange(server, head(server, "GET", USERS, f"Authorization: {bearer}"))
    headed = exchange(server, head(server, "HEAD", USERS, f"Authorization: {bearer}"))

    got_head, _, got_body = got.partition(b"\r\n\r\n")
    headed_head, _, headed_body = headed.partition(b"\r\n\r\n")
    assert status(headed) == 200
    assert got_body
    assert headed_body == b""
    assert b"content-type: application/scim+json" in headed_head.lower()
    assert f"content-length: {len(got_body)}".encode() in got_head.lower()
    assert status(exchange(server, head(server, "HEAD", USERS))) == 401


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "evil.test:80", "127.0.0.1@evil.test"])
def test_AU15_foreign_host(server: RealServer, bearer: str, host: str) -> None:
    found = exchange(server, head(server, "GET", USERS, f"Authorization: {bearer}", host=host))

    assert status(found) == 400
    assert b"evil" not in found


def test_AU15_absolute_form_of_the_target(server: RealServer, bearer: str) -> None:
    target = f"http://evil.test{USERS}"
    found = exchange(server, head(server, "GET", target, f"Authorization: {bearer}"))

    assert status(found) in {200, 400, 404}
    assert b"evil" not in found


def test_AU15_two_hosts_and_no_host(server: RealServer, bearer: str) -> None:
    sent = head(server, "GET", USERS, f"Authorization: {bearer}", "Host: evil.test")
    assert b"evil" not in exchange(server, sent)
    bare = head(server, "GET", USERS, f"Authorization: {bearer}").split(b"\r\n")
    assert status(exchange(server, b"\r\n".join([bare[0], *bare[2:]]))) in {0, 400}


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def smuggle(server: RealServer, bearer: str, *headers: str, body: bytes) -> bytes:
    """Send a POST with these framing headers on a connection that stays open, and a second request inside its body."""
    lines = head(server, "POST", USERS, f"Authorization: {bearer}", f"Content-Type: {SCIM}", *headers)
    return exchange(server, lines.replace(b"Connection: close\r\n", b"") + body, limit=2)


@pytest.mark.parametrize(
    "headers",
    [
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: identity",),
        ("Content-Length: 5, 6",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: 5 5",),
        ("Content-Length : 5",),
        ("Transfer-Encoding : chunked",),
        (" Transfer-Encoding: chunked",),
    ],
    ids=str,
)
def test_AU16_framing_that_can_be_read_in_two_ways(server: RealServer, bearer: str, headers: tuple[str, ...]) -> None:
    received = smuggle(server, bearer, *headers, body=b"0\r\n\r\n" + SMUGGLED)

    assert status(received) in {0, 400}
    assert answers(received) <= 1
    assert b"ok\n" not in received


@pytest.mark.parametrize(
    "body",
    [
        b"5\nhello\r\n0\r\n\r\n",
        b"5;\nhello\r\n0\r\n\r\n",
        b"5\rXhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
    ],
)
def test_AU16_chunks_that_are_none(server: RealServer, bearer: str, body: bytes) -> None:
    received = smuggle(server, bearer, "Transfer-Encoding: chunked", body=body + SMUGGLED)

    assert status(received) in {0, 400}
    assert b"ok\n" not in received


def test_AU16_bare_line_feeds(server: RealServer) -> None:
    """RFC 9112 §2.2 lets a server take them for line ends; an answer without the token shows nothing."""
    sent = head(server, "GET", USERS).replace(b"\r\n", b"\n")

    assert status(exchange(server, sent)) in {400, 401}


def test_AU16_length_and_chunks(server: RealServer, bearer: str) -> None:
    """RFC 9112 §6.3: refused, or read by the chunks alone and the connection closed after it."""
    body = b"0\r\n\r\n" + SMUGGLED

    received = smuggle(server, bearer, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked", body=body)

    assert status(received) in {0, 400}
    assert answers(received) <= 1
    assert b"ok\n" not in received


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX\x00: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: a\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health z HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:60]),
)
def test_AU16_heads_that_are_none(server: RealServer, request_head: bytes) -> None:
    received = exchange(server, request_head, limit=2)

    assert b"ok\n" not in received
    assert status(received) in {0, 400, 414, 431, 505}


def chunked(*chunks: bytes) -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def post(server: RealServer, bearer: str, body: bytes, *headers: str) -> bytes:
    """POST a body to /Users."""
    sent = head(server, "POST", USERS, f"Authorization: {bearer}", f"Content-Type: {SCIM}", *headers)
    return exchange(server, sent + body)


def test_BD02_chunked_body(server: RealServer, bearer: str) -> None:
    text = json.dumps({"schemas": [USER], "userName": "in chunks"}).encode()

    assert status(post(server, bearer, chunked(text[:10], text[10:]), "Transfer-Encoding: chunked")) == 201
    assert "in chunks" in names(server, bearer)


def test_BD02_chunked_body_that_is_too_large(server: RealServer, bearer: str) -> None:
    """Nothing announces its length: it is counted while it is read."""
    text = json.dumps({"schemas": [USER], "userName": "cut off"}).encode()
    huge = chunked(text, *[b" " * 65_536] * 160)
    assert len(huge) > 10 * MAX_BODY_BYTES

    assert status(post(server, bearer, huge, "Transfer-Encoding: chunked")) in {413, 0}
    over = text + b" " * (MAX_BODY_BYTES + 1 - len(text))
    assert status(post(server, bearer, chunked(over), "Transfer-Encoding: chunked")) == 413
    assert status(post(server, bearer, chunked(over[:-1]), "Transfer-Encoding: chunked")) == 201


def test_BD02_chunked_and_compressed(server: RealServer, bearer: str) -> None:
    for encoding in ("gzip", "deflate"):
        found = post(server, bearer, chunked(b"x"), "Transfer-Encoding: chunked", f"Content-Encoding: {encoding}")
        assert status(found) == 415
    assert status(post(server, bearer, chunked(b"x"), "Transfer-Encoding: gzip, chunked")) in {0, 400, 415, 501}


def test_BD02_length_that_lies(server: RealServer, bearer: str) -> None:
    text = json.dumps({"schemas": [USER], "userName": "cut short"}).encode()

    assert status(post(server, bearer, text, f"Content-Length: {len(text) - 1}")) == 400
    assert status(post(server, bearer, text, f"Content-Length: {10 * MAX_BODY_BYTES}")) == 413
    assert "cut short" not in names(server, bearer)


def test_rate_limit_over_http(server: RealServer) -> None:
    """The burst passes whole, and then one request a second."""
    with server.client() as client:
        client.token = token(server, "--scope", "scim")
        answers = [client.get("/Users", count=0) for _ in range(BURST)]
        refused = None
        for _ in range(600):
            answer = client.get("/Users", count=0)
            if answer.status != 200:
                refused = answer
                break

    assert {answer.status for answer in answers} == {200}
    assert refused is not None
    assert refused.status == 429
    assert refused.headers["Retry-After"].isdecimal()
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json["status"] == "429"


def test_server_is_still_well(server: RealServer) -> None:
    assert server.ready().status == 200
    assert "Traceback" not in server.log
    assert "panicked" not in server.log
