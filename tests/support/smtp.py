"""A real mail server on loopback, with TLS and logins, that can be told to misbehave."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.server import free_port

USERNAME, PASSWORD = "scim-server", "correct-horse"
# What an answer of DATA may be told to be instead of the good one.
DROP = "drop"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of 127.0.0.1, and the file that makes it trusted."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server shows it with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """Write a certificate that is good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "server.pem", folder / "server.key")
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@dataclass
class MailServer:
    """What arrived, and how to answer: `fault` may return another answer to a recipient or to the data."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    recipient_fault: Callable[[str], str | None] = lambda _: None
    data_fault: Callable[[bytes], str | None] = lambda _: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take a recipient, or not."""
        fault = self.recipient_fault(address)
        if fault is not None:
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Keep a message; a fault may come before or after that."""
        fault = self.data_fault(envelope.content)
        if fault is not None and fault != DROP:
            return fault
        with self._lock:
            self.received.append(message_from_bytes(envelope.content, policy=policy.default))
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if fault == DROP:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Know one name and password."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        good = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(
    security: str = "none", certificate: Certificate | None = None, *, login: bool = False
) -> Iterator[MailServer]:
    """Run a mail server until the block ends: with `tls`, `starttls` or `none`."""
    server = MailServer(port=free_port())
    options: dict[str, Any] = {}
    context = certificate.context() if certificate is not None else None
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        # aiosmtpd knows of STARTTLS alone, so it cannot ask for encryption where there is nothing else.
        options |= {"authenticator": server.authenticate, "auth_require_tls": security == "starttls"}
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        server_hostname="mail.example",
        ssl_context=context if security == "tls" else None,
        **options,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
