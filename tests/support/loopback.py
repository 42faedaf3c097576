"""Small servers on this machine that answer as a test says: raw TCP and TLS, and the DNS."""

import datetime as dt
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[socket.socket, str], None]


@dataclass
class Listener:
    """A TCP server: remembers what each connection asked, and lets `handler` answer."""

    port: int
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    names: list[str | None] = field(default_factory=list)


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> Handler:
    """Return a handler that sends one answer; header names are written with _ for -."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def handle(connection: socket.socket, _: str) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return handle


def dribble(data: bytes, *, pause: float = 0.05) -> Handler:
    """Return a handler that sends the data byte by byte, for as long as the other side listens."""

    def handle(connection: socket.socket, _: str) -> None:
        for position in range(len(data)):
            connection.sendall(data[position : position + 1])
            time.sleep(pause)

    return handle


def _request(connection: socket.socket) -> str:
    """Read a request with the body that it announces."""
    asked = connection.recv(65_536).decode("latin-1")
    announced = re.search(r"(?i)content-length: (\d+)", asked)
    while announced and len(asked.partition("\r\n\r\n")[2]) < int(announced[1]):
        more = connection.recv(65_536).decode("latin-1")
        if not more:
            break
        asked += more
    return asked


@contextmanager
def listening(handler: Handler, *, address: str = "127.0.0.1", certificate: Path | None = None) -> Iterator[Listener]:
    """Serve on a free port until the block ends; over TLS where a certificate with its key is given."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family)
    server.bind((address, 0))
    server.listen(64)
    listener = Listener(server.getsockname()[1])
    context: ssl.SSLContext | None = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _, name, __: listener.names.append(name)

    def serve(connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            wrapped = connection if context is None else context.wrap_socket(connection, server_side=True)
            with wrapped:
                asked = _request(wrapped)
                listener.requests.append(asked)
                handler(wrapped, asked)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            listener.connections += 1
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@contextmanager
def name_server(*rounds: Sequence[str]) -> Iterator[Callable[[str, int], list[IPv4Address]]]:
    """Serve a DNS that answers each question with the next round of addresses, and give a resolver that asks it.

    After the last round it goes on with that one.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    left = list(rounds)

    def serve() -> None:
        while True:
            try:
                data, client = server.recvfrom(4096)
            except OSError:
                return
            if not data:  # the end of this block
                return
            question = dns.message.from_wire(data)
            response = dns.message.make_response(question)
            addresses = left.pop(0) if len(left) > 1 else left[0]
            response.answer.append(dns.rrset.from_text(question.question[0].name, 0, "IN", "A", *addresses))
            server.sendto(response.to_wire(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.getsockname()[1]

    def resolve(host: str, port: int) -> list[IPv4Address]:
        return [IPv4Address(record.address) for record in resolver.resolve(host, "A")]

    try:
        yield resolve
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def write_certificate(path: Path, *names: str) -> Path:
    """Write a self-signed certificate for names and addresses, with its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    moment = dt.datetime.now(dt.UTC)
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - dt.timedelta(hours=1))
        .not_valid_after(moment + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path
