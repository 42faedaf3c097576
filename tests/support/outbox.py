"""Applications whose mail goes to a real mail server or a folder, and what lies in their outbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from scim_server.database import transaction
from scim_server.outbox.mail import Mail, compose
from scim_server.outbox.models import OutboxMessage
from scim_server.outbox.service import MessageRecord, MessageState, enqueue_mail, list_messages
from scim_server.outbox.transports import set_up_mail
from scim_server.settings import Settings
from tests.conftest import Organization
from tests.support.smtp import Certificate, make_certificate

ALL = list(MessageState)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def outbox(app: Flask, organization: Organization, tmp_path: Path) -> Iterator["Outbox"]:
    """Give the outbox of a fresh Organization, with nothing of other tests in it; mails go to a folder."""
    with transaction() as connection:
        connection.execute(update(OutboxMessage).values(state="DEAD"))
    before = app.extensions["mail"]
    box = Outbox(app, organization.id, tmp_path)
    box.send_to(None)
    yield box
    app.extensions["mail"] = before


class Outbox:
    """Writes mails and reads what became of them."""

    def __init__(self, app: Flask, organization_id: str, home: Path) -> None:
        self.app = app
        self.organization_id = organization_id
        self.folder = home / "mail"
        self._home = home

    def send_to(self, port: int | None, **settings: Any) -> None:
        """Let mails go to a mail server on this port, or to the folder."""
        server = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"} if port else {}
        sender = {"mail_from": "Acme <no-reply@idp.example.com>"}
        values = {"home": self._home, "smtp_timeout": 5, **sender, **server, **settings}
        set_up_mail(self.app, Settings.load(**values))

    def write(self, recipient: str = "bob@acme.example", **values: str) -> str:
        """Write an invitation mail and return its id."""
        with transaction() as connection:
            return enqueue_mail(connection, self.organization_id, invitation_mail(recipient, **values))

    def all(self) -> dict[str, MessageRecord]:
        """Return all messages by their ids."""
        return {message.id: message for message in list_messages(self.organization_id, states=ALL, limit=2_000)[0]}


def invitation_mail(recipient: str = "bob@acme.example", **values: str) -> Mail:
    """Return a mail as invitations send it."""
    told = {
        "organization_name": "Acme",
        "inviter_name": "Ann",
        "role_title": "Organization Member",
        "expires_at": "2 December 2026, 16:10 UTC",
        "link": "https://idp.example.com/invitations/id.secret",
        **values,
    }
    return compose("invitation", recipient, f"You are invited to join {told['organization_name']}", **told)
