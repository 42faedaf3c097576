"""Where mails go: to a mail server, or without one into a folder, a file each."""

import os
import smtplib
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app

from scim_server.settings import Settings

_EXTENSION = "mail"


class NotReachable(Exception):
    """The mail server does not take any mail at the moment: no connection, no encryption, or no login."""


class Transport(Protocol):
    """Takes mails one after the other; used by one thread, and closed after the last of a batch."""

    def deliver(self, message: EmailMessage) -> None:
        """Hand a message over, or raise any exception where it was not taken for certain."""

    def close(self) -> None:
        """Close what is open; the next message opens it again."""


@dataclass(frozen=True, slots=True)
class MailSetup:
    """How this application sends mail. `folder` is where mails are kept that no mail server takes."""

    sender: str
    settings: Settings

    @property
    def folder(self) -> Path | None:
        """Return the folder of mails, None where a mail server is named."""
        return mail_folder(self.settings)

    @property
    def public_url(self) -> str:
        """Return what all links in mails begin with."""
        return self.settings.public_url

    @property
    def domain(self) -> str:
        """Return the domain of the sender, for message ids and greetings."""
        return self.sender.rpartition("@")[2].rstrip(">")

    def transport(self) -> Transport:
        """Return a transport for a batch of mails."""
        return SmtpTransport(self.settings, self.domain) if self.folder is None else FolderTransport(self.folder)


def set_up_mail(app: Flask, settings: Settings) -> None:
    """Let the jobs of this application send mail as the settings say."""
    app.extensions[_EXTENSION] = MailSetup(settings.mail_from, settings)


def mail_setup() -> MailSetup:
    """Return how the present application sends mail."""
    found: MailSetup = current_app.extensions[_EXTENSION]
    return found


def mail_folder(settings: Settings) -> Path | None:
    """Return the folder that mails go to, None where a mail server is named."""
    return None if settings.smtp_host else settings.home / "mail"


class SmtpTransport:
    """A mail server, over one connection that is kept for a batch. Encryption that is asked for is never done without.

    Certificates are judged by the system's authorities, or those that SSL_CERT_FILE names.
    """

    def __init__(self, settings: Settings, domain: str) -> None:
        self._settings = settings
        self._domain = domain
        self._client: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage) -> None:
        """Send a message; raises NotReachable, or what smtplib raises where it was not taken."""
        if self._client is None:
            self._client = self._connect()
        try:
            self._client.send_message(message)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()

    def reach(self) -> None:
        """Connect, encrypt and log in, and send nothing; raises NotReachable."""
        self._client = self._connect()
        self.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        client: smtplib.SMTP | None = None
        try:
            client = self._opened()
            if settings.smtp_security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if settings.smtp_username is not None and settings.smtp_password is not None:
                client.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        except (OSError, smtplib.SMTPException) as error:
            if client is not None:
                client.close()
            raise NotReachable(f"{settings.smtp_host}:{settings.smtp_port}: {error}") from error
        return client

    def _opened(self) -> smtplib.SMTP:
        settings = self._settings
        host, port, timeout = str(settings.smtp_host), settings.smtp_port, settings.smtp_timeout
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, local_hostname=self._domain, timeout=timeout, context=context)
        return smtplib.SMTP(host, port, local_hostname=self._domain, timeout=timeout)


class FolderTransport:
    """A folder of .eml files, which mail programs open, for this user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: EmailMessage) -> None:
        """Write a message; one that is sent again takes the place of its first file."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        descriptor, temporary = tempfile.mkstemp(suffix=".part", dir=self._folder)  # with mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        Path(temporary).replace(self._folder / f"{name}.eml")

    def close(self) -> None:
        """Nothing is open."""
