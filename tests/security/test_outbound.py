"""Outbound calls (OB, and OI14): no configured address leads inside, and no answer costs more than its bound."""

import gzip
import resource
import socket
import zlib
from ipaddress import ip_address, ip_network

import pytest

from scim_server.outbound.client import Outbound
from scim_server.outbound.errors import CallRefused, OutboundError, Unreachable, Unusable
from tests.support.loopback import answer, listening, name_server

LOOPBACK = [ip_network("127.0.0.0/8")]
NAME = "idp.example.com"

# How this machine, the metadata service of clouds, and networks inside can be spelled.
INSIDE = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.0.0.1.",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "127.0.0.1%00.example.com",
    "①②⑦.⓪.⓪.①",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::1%25lo]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:10.0.0.1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "2852039166",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
)
SPELLINGS = [
    *(f"https://{host}:{{port}}/" for host in INSIDE),
    *(f"http://{host}:{{port}}/" for host in INSIDE),
    "http://x@10.0.0.1:{port}/",
    "https://idp.example.com@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@idp.example.com/",
    "https://127.0.0.1:{port}#@idp.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/",
    "https:/127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "HTTP://LOCALHOST:{port}/",
]


def test_OB01_R14_no_spelling_of_an_inner_address_is_called() -> None:
    assert len(SPELLINGS) >= 80
    with listening(answer()) as four, listening(answer(), address="::1") as six:
        for spelling in SPELLINGS:
            for port in (four.port, six.port):
                with pytest.raises((CallRefused, Unreachable)):
                    Outbound(seconds=1).get(spelling.format(port=port))
        # The listeners do hear: the same address is called where the operator allows it.
        assert Outbound(LOOPBACK).get(f"http://127.0.0.1:{four.port}/").status == 200
    assert (four.connections, six.connections) == (1, 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])
def test_OB01_names_that_lead_inside(address: str) -> None:
    with listening(answer()) as server:
        guarded = Outbound(resolve=lambda host, port: [ip_address(address)])
        with pytest.raises(CallRefused, match="outbound_private_networks"):
            guarded.get(f"https://{NAME}:{server.port}/")
        mixed = Outbound(resolve=lambda host, port: [ip_address("1.1.1.1"), ip_address(address)])
        with pytest.raises(CallRefused, match="outbound_private_networks"):
            mixed.get(f"https://{NAME}:{server.port}/")
    assert server.connections == 0


def test_OB01_R14_a_name_that_changes_its_address_gains_nothing() -> None:
    """The first answer of the DNS is public, every later one private: nothing is asked a second time."""
    with listening(answer()) as server:
        # This address is nobody's (RFC 5737) and stands for a public one: it is allowed here.
        public = [ip_network("192.0.2.0/24")]
        for _ in range(5):
            with name_server(["192.0.2.1"], ["127.0.0.1"]) as resolve, pytest.raises(Unreachable):
                Outbound(public, resolve=resolve, seconds=0.5).get(f"https://{NAME}:{server.port}/")
        with name_server(["127.0.0.1"]) as resolve, pytest.raises(CallRefused):
            Outbound(public, resolve=resolve).get(f"https://{NAME}:{server.port}/")
    assert server.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "//127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_OB02_every_hop_is_judged(target: str) -> None:
    """The first server may be called (it stands for a public one), where it sends us to may not."""
    with listening(answer()) as inside, listening(answer(), address="127.9.9.9") as first:
        del first
        with listening(answer(b"", "302 Found", location=target.format(port=inside.port)), address="127.9.9.9") as hop:
            only_hop = Outbound([ip_network("127.9.9.9/32")], seconds=1)
            with pytest.raises(OutboundError):
                only_hop.get(f"http://127.9.9.9:{hop.port}/")
            assert hop.connections in {1, 2}  # an empty Location leads back to the same place, once
    assert inside.connections == 0


def _hundred_megabytes(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    for _ in range(1600):
        connection.sendall(b"x" * 65_536)


def test_OI14_a_huge_answer_is_cut_off() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with listening(_hundred_megabytes) as server, pytest.raises(Unusable, match="more than 1048576 bytes"):
        Outbound(LOOPBACK).get(f"http://127.0.0.1:{server.port}/jwks")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000  # kilobytes


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"0" * 50_000_000)),
        ("deflate", zlib.compress(b"0" * 50_000_000)),
        ("br", b"x"),
        ("identity, gzip", b"x"),
    ],
)
def test_OI14_nothing_compressed_is_unpacked(encoding: str, body: bytes) -> None:
    with listening(answer(body, content_encoding=encoding)) as server, pytest.raises(Unusable, match="compresses"):
        Outbound(LOOPBACK).get(f"http://127.0.0.1:{server.port}/")


def test_OI14_a_redirect_loop_ends_at_once() -> None:
    with listening(answer(b"", "302 Found", location="/again")) as server, pytest.raises(Unusable, match="redirect"):
        Outbound(LOOPBACK).get(f"http://127.0.0.1:{server.port}/")
    assert server.connections == 2
