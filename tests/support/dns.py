"""A real DNS server on loopback, over UDP and TCP: it answers, lies, loops, shouts or keeps silent as it is told."""

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from sqlalchemy import Connection

from scim_server.domains.service import DomainRecord, recheck_due
from scim_server.domains.verification import Resolvers

LARGEST_UDP_ANSWER = 512
TTL = 60


class DnsServer:
    """What a resolver would say of names that tests set. Every other name is NXDOMAIN."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.aliases: dict[str, str] = {}
        self.failing: set[str] = set()
        self.empty: set[str] = set()
        self.silent = False
        # Names asked for, with the protocol.
        self.asked: list[tuple[str, str]] = []
        self._servers: list[socketserver.BaseServer] = []
        self.port = 0

    @property
    def address(self) -> tuple[str, int]:
        """Return where it listens."""
        return "127.0.0.1", self.port

    def answer(self, wire: bytes, protocol: str) -> bytes | None:
        """Return the answer to a question; None for none."""
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name = question.name.to_text().lower()
        self.asked.append((name, protocol))
        if self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif not self._fill(response, name) and name not in self.empty:
            response.set_rcode(dns.rcode.NXDOMAIN)
        answered = response.to_wire(max_size=65_535)
        if protocol == "udp" and len(answered) > LARGEST_UDP_ANSWER:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            return short.to_wire()
        return answered

    def _fill(self, response: dns.message.Message, name: str) -> bool:
        seen: set[str] = set()
        while name in self.aliases and name not in seen:
            seen.add(name)
            response.answer.append(dns.rrset.from_text(name, TTL, "IN", "CNAME", self.aliases[name]))
            name = self.aliases[name]
        texts = self.texts.get(name) or self.texts.get(f"*.{name.partition('.')[2]}")
        if texts:
            response.answer.append(dns.rrset.from_text_list(name, TTL, "IN", "TXT", list(map(quoted, texts))))
        return bool(response.answer)

    def start(self) -> None:
        """Serve UDP and TCP on one free port."""
        tcp = _Tcp(("127.0.0.1", 0), _TcpHandler)
        self.port = tcp.server_address[1]
        try:
            udp = _Udp(("127.0.0.1", self.port), _UdpHandler)
        except OSError:  # of the two protocols only one had this port free
            tcp.server_close()
            self.start()
            return
        for server in (tcp, udp):
            server.dns = self
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Close both sockets."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    dns: DnsServer


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    dns: DnsServer


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sender = self.request
        server: Any = self.server
        answered = server.dns.answer(wire, "udp")
        if answered is not None:
            sender.sendto(answered, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        length = self.rfile.read(2)
        if len(length) < 2:
            return
        server: Any = self.server
        answered = server.dns.answer(self.rfile.read(struct.unpack("!H", length)[0]), "tcp")
        if answered is not None:
            self.wfile.write(struct.pack("!H", len(answered)) + answered)


def quoted(text: str) -> str:
    """Return a text as a TXT record spells it: strings of at most 255 characters."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    """Give a running server."""
    server = DnsServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def recheck_all(
    resolvers: Resolvers, on_suspension: Callable[[Connection, DomainRecord], None] = lambda connection, domain: None
) -> None:
    """Look again for every proof that is due, as the job does batch by batch."""
    while recheck_due(resolvers, on_suspension):
        pass


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
