"""The one client, against real servers on this machine: what it sends, and whom it believes."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from scim_server.outbound.client import MAX_ANSWER_BYTES, Outbound
from scim_server.outbound.errors import CallRefused, Unreachable, Unusable
from tests.support.loopback import Listener, answer, dribble, listening, write_certificate

LOOPBACK = [ip_network("127.0.0.0/8")]
NAME = "idp.example.com"


def client(*, seconds: float = 5.0) -> Outbound:
    """Return a client that may call this machine, where every name leads."""
    return Outbound(LOOPBACK, resolve=lambda host, port: [ip_address("127.0.0.1")], seconds=seconds)


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Serve TLS with a certificate for NAME that is trusted."""
    certificate = write_certificate(tmp_path / "server.pem", NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with listening(answer(b'{"issuer": "x"}'), certificate=certificate) as server:
        yield server


def test_host_and_sni_are_those_of_the_name(encrypted: Listener) -> None:
    found = client().get(f"https://{NAME}:{encrypted.port}/a?b=c", {"Accept": "application/json"})

    assert (found.status, found.json(), found.media_type) == (200, {"issuer": "x"}, "application/json")
    assert encrypted.names == [NAME]
    (request,) = encrypted.requests
    assert request.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: {NAME}:{encrypted.port}\r\n" in request
    assert "Accept-Encoding: identity\r\n" in request


def test_a_certificate_of_another_name_is_refused(encrypted: Listener) -> None:
    with pytest.raises(Unreachable, match="No encrypted connection"):
        client().get(f"https://other.example.com:{encrypted.port}/")
    assert encrypted.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "server.pem", NAME)
    with listening(answer(), certificate=certificate) as server, pytest.raises(Unreachable, match="CERTIFICATE"):
        client().get(f"https://{NAME}:{server.port}/")
    assert server.requests == []


def test_a_form_is_posted() -> None:
    with listening(answer(b'{"a": 1}', "201 Created")) as server:
        found = client().post_form(
            f"http://{NAME}:{server.port}/token", {"code": "a b&c"}, {"Authorization": "Basic x"}
        )
    assert (found.status, found.json()) == (201, {"a": 1})
    assert server.requests[0].endswith("\r\n\r\ncode=a+b%26c")
    assert "Authorization: Basic x\r\n" in server.requests[0]


def test_one_redirect_is_followed_and_no_second() -> None:
    with listening(answer(b'{"end": true}')) as end:
        moved = answer(b"", "302 Found", location=f"http://{NAME}:{end.port}/end")
        with listening(moved) as first:
            assert client().get(f"http://{NAME}:{first.port}/").json() == {"end": True}
            second = answer(b"", "302 Found", location=f"http://{NAME}:{first.port}/")
            with listening(second) as start, pytest.raises(Unusable, match="redirect"):
                client().get(f"http://{NAME}:{start.port}/")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed_with_credentials_or_a_body(status: str) -> None:
    with listening(answer()) as end, listening(answer(b"", status, location=f"http://{NAME}:{end.port}/")) as server:
        url = f"http://{NAME}:{server.port}/"
        with pytest.raises(Unusable, match="redirect"):
            client().get(url, {"authorization": "Bearer secret"})
        with pytest.raises(Unusable, match="redirect"):
            client().post_form(url, {"code": "secret"})
        with pytest.raises(Unusable, match="redirect"):
            client().post(url, b"{}", {"Content-Type": "application/json"})
    assert end.connections == 0


def test_a_redirect_never_leaves_https(encrypted: Listener, tmp_path: Path) -> None:
    certificate = tmp_path / "server.pem"
    with listening(answer()) as plain:
        moved = answer(b"", "302 Found", location=f"http://{NAME}:{plain.port}/")
        with listening(moved, certificate=certificate) as server, pytest.raises(CallRefused, match="without https"):
            client().get(f"https://{NAME}:{server.port}/")
    assert plain.connections == 0


@pytest.mark.parametrize(
    "handler",
    [
        answer(b"[" * 100_000),
        answer(b'{"a": 1, "a": 2}'),
        answer(b"[]"),
        answer(b""),
        answer(b"\xff"),
        answer(b'{"a": "\\ud800"}'),
    ],
    ids=["deep", "twice", "list", "empty", "bytes", "surrogate"],
)
def test_json_is_one_bounded_object(handler) -> None:
    with listening(handler) as server:
        found = client().get(f"http://{NAME}:{server.port}/")
    with pytest.raises(Unusable, match=NAME):
        found.json()


def test_the_largest_answer_is_read_and_one_byte_more_is_not() -> None:
    with listening(answer(b"x" * MAX_ANSWER_BYTES)) as server:
        assert len(client().get(f"http://{NAME}:{server.port}/").body) == MAX_ANSWER_BYTES
    with listening(answer(b"x" * (MAX_ANSWER_BYTES + 1))) as server, pytest.raises(Unusable, match="more than"):
        client().get(f"http://{NAME}:{server.port}/")


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: y\r\n" * 1000,
        b"HTTP/1.1 200" + b" " * 1000,
        b"\x16\x03\x03" * 1000,
    ],
    ids=["body", "headers", "status line", "no http"],
)
def test_dribbling_ends_by_the_deadline(sent: bytes) -> None:
    with listening(dribble(sent)) as server, pytest.raises(Unreachable):
        client(seconds=0.4).get(f"http://{NAME}:{server.port}/")


def test_a_server_that_says_nothing_is_given_up() -> None:
    with listening(dribble(b"xx", pause=60)) as server, pytest.raises(Unreachable, match=r"within 0\.3 seconds"):
        client(seconds=0.3).get(f"http://{NAME}:{server.port}/")


def test_a_name_server_that_says_nothing_is_given_up() -> None:
    import threading

    never = threading.Event()
    slow = Outbound(resolve=lambda host, port: never.wait(30) or [], seconds=0.2)
    try:
        with pytest.raises(Unreachable, match="DNS did not answer in time"):
            slow.get(f"https://{NAME}/")
    finally:
        never.set()


def test_names_without_addresses_and_ports_without_servers() -> None:
    nothing = Outbound(resolve=lambda host, port: [])
    with pytest.raises(Unreachable, match="knows no address"):
        nothing.get(f"https://{NAME}/")
    with pytest.raises(Unreachable, match="knows no address"):
        Outbound().get("https://does-not-exist.invalid/")
    with listening(answer()) as server:
        pass
    with pytest.raises(Unreachable, match="No connection"):
        client().get(f"http://{NAME}:{server.port}/")


def test_the_next_address_is_tried() -> None:
    with listening(answer()) as server:
        several = Outbound(LOOPBACK, resolve=lambda host, port: [ip_address("127.0.0.2"), ip_address("127.0.0.1")])
        assert several.get(f"http://{NAME}:{server.port}/").status == 200


def test_proxies_of_the_environment_take_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with listening(answer()) as server:
        assert client().get(f"http://{NAME}:{server.port}/").status == 200
