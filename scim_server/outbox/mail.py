"""Mails: text and HTML from templates, and the message that a mail server takes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from scim_server.protocol.errors import InvalidValue

# A header is folded, but nobody reads a longer subject.
MAX_SUBJECT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person; `kind` names its templates."""

    kind: str
    recipient: str
    subject: str
    text: str
    html: str


def compose(kind: str, recipient: str, subject: str, **values: Any) -> Mail:
    """Return a mail made of the templates `kind.txt` and `kind.html`.

    Texts among the values come from people: each becomes one line, and HTML in it is shown and not obeyed. Raises
    InvalidValue for a recipient or subject that would be more than one line of a header.
    """
    for name, header in (("recipient", recipient), ("subject", subject)):
        if not header or not header.isprintable():
            raise InvalidValue(f"The {name} of a mail is one line of printable characters.")
    shown = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    shown["subject"] = subject = subject[:MAX_SUBJECT_LENGTH]
    text, html = (_templates().get_template(f"{kind}.{form}").render(shown) for form in ("txt", "html"))
    return Mail(kind, recipient, subject, text, html)


def one_line(text: str) -> str:
    """Return a text as one line of printable characters."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def message(mail: Mail, *, sender: str, message_id: str, moment: datetime) -> EmailMessage:
    """Return the message of a mail; `message_id` stays the same whenever it is sent again."""
    policy = SMTP if mail.recipient.isascii() else SMTPUTF8
    made = EmailMessage(policy)
    made["From"] = sender
    local, _, domain = mail.recipient.rpartition("@")
    made["To"] = Address(username=local, domain=domain)
    made["Subject"] = mail.subject
    made["Date"] = moment.astimezone(UTC)
    made["Message-ID"] = message_id
    # So that nobody's absence is answered to this server (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return made


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("scim_server.outbox"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
