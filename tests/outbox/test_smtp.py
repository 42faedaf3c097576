"""A real mail server on loopback: encryption, logins, and every way in which it may refuse."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scim_server.outbox.delivery import deliver_due
from tests.support.outbox import Outbox
from tests.support.smtp import PASSWORD, USERNAME, Certificate, mail_server


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """Trust the certificate, as an operator with an authority of their own does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate


LOGIN = {"smtp_username": USERNAME, "smtp_password": PASSWORD}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_and_logged_in(outbox: Outbox, trusted: Certificate, security: str) -> None:
    with mail_server(security, trusted, login=True) as server:
        outbox.send_to(server.port, smtp_security=security, **LOGIN)
        for number in range(3):
            outbox.write(f"user{number}@acme.example")
        assert deliver_due() == (3, 0)
    assert [message["To"] for message in server.received] == [f"user{number}@acme.example" for number in range(3)]
    assert server.encrypted == [True] * 3
    assert server.logins == [USERNAME.encode()], "one connection serves all"
    html, text = (server.received[0].get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    assert "https://idp.example.com/invitations/id.secret" in text.get_content()
    assert "https://idp.example.com/invitations/id.secret" in html.get_content()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for(outbox: Outbox, certificate: Certificate, security: str) -> None:
    with mail_server(security, certificate) as server:
        outbox.send_to(server.port, smtp_security=security)
        message_id = outbox.write()
        assert deliver_due() == (0, 1)
    assert server.received == []
    assert "CERTIFICATE_VERIFY_FAILED" in str(outbox.all()[message_id].last_error)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_without_encryption_gets_nothing(outbox: Outbox, security: str) -> None:
    """Somebody in between took STARTTLS out of what the server offers."""
    with mail_server("none", login=True) as server:
        outbox.send_to(server.port, smtp_security=security, **LOGIN)
        outbox.write()
        assert deliver_due() == (0, 1)
    assert server.received == []
    assert server.logins == []


def test_a_wrong_password_is_no_secret_of_the_log(
    outbox: Outbox, trusted: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server("starttls", trusted, login=True) as server:
        outbox.send_to(server.port, smtp_security="starttls", smtp_username=USERNAME, smtp_password="hunter2-hunter2")
        message_id = outbox.write()
        assert deliver_due() == (0, 1)
    assert server.received == []
    error = str(outbox.all()[message_id].last_error)
    assert "535" in error
    assert "hunter2" not in error + caplog.text


@contextmanager
def silent_server() -> Iterator[int]:
    """Give the port of a server that takes connections and never says anything."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
        over.set()


def test_a_server_that_hangs_is_given_up_in_time(outbox: Outbox) -> None:
    with silent_server() as port:
        outbox.send_to(port, smtp_timeout=0.2)
        message_id = outbox.write()
        assert deliver_due() == (0, 1)
    assert "timed out" in str(outbox.all()[message_id].last_error)


@pytest.mark.parametrize("fault", ["451 try later", "554 rejected"])
def test_a_refused_message_is_tried_again(outbox: Outbox, fault: str) -> None:
    with mail_server() as server:
        server.data_fault = lambda _: fault
        outbox.send_to(server.port)
        message_id = outbox.write()
        assert deliver_due() == (0, 1)
    assert outbox.all()[message_id].state == "WAITING"
    assert fault in str(outbox.all()[message_id].last_error)


def test_an_international_address(outbox: Outbox) -> None:
    with mail_server() as server:
        outbox.send_to(server.port)
        message_id = outbox.write("müller@acme.example")
        deliver_due()
    message = outbox.all()[message_id]
    # A server that does not offer SMTPUTF8 cannot take it, and says so; it is no reason to send it to somebody else.
    assert message.state == "SENT" or "SMTPUTF8" in str(message.last_error)
