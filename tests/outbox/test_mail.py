"""Mails as they are made: one line for each header, HTML that people cannot write into, and the same in both parts."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from scim_server.outbox.mail import compose, message, one_line
from scim_server.protocol.errors import InvalidValue
from tests.support.outbox import invitation_mail

SENDER = "Acme <no-reply@idp.example.com>"


def read(mail):
    made = message(mail, sender=SENDER, message_id="<1@idp.example.com>", moment=datetime(2026, 11, 25, tzinfo=UTC))
    return message_from_bytes(made.as_bytes(), policy=policy.SMTPUTF8)


def part(mail, kind):
    return read(mail).get_body((kind,)).get_content()


def test_headers():
    made = read(invitation_mail("bob@acme.example"))
    assert {name: str(value) for name, value in made.items() if name not in {"Content-Type", "MIME-Version"}} == {
        "From": SENDER,
        "To": "bob@acme.example",
        "Subject": "You are invited to join Acme",
        "Date": "Wed, 25 Nov 2026 00:00:00 +0000",
        "Message-ID": "<1@idp.example.com>",
        "Auto-Submitted": "auto-generated",
    }


def test_both_parts_say_who_invites_whom_to_what_as_what_until_when():
    mail = invitation_mail()
    for kind in ("plain", "html"):
        text = part(mail, kind)
        for told in ("Ann", "Acme", "Organization Member", "2 December 2026, 16:10 UTC"):
            assert told in text
        assert "https://idp.example.com/invitations/id.secret" in text


def test_the_html_part_is_good_in_the_dark_and_loads_nothing():
    html = part(invitation_mail(), "html")
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "src=" not in html
    assert set(re.findall(r'href="([^"]*)"', html)) == {"https://idp.example.com/invitations/id.secret"}


def test_html_of_people_is_shown_and_not_obeyed():
    name = '<img src=x onerror=alert(1)> & "Söhne"'
    mail = invitation_mail(organization_name=name)
    assert "<img" not in part(mail, "html")
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#34;Söhne&#34;" in part(mail, "html")
    assert f"invited you to join {name} as" in part(mail, "plain")


def test_names_are_one_line():
    mail = invitation_mail(inviter_name="Ann\r\n\r\nClick https://evil.example\u2028now\x00")
    assert part(mail, "plain").startswith("Ann Click https://evil.example now invited you to join Acme")


@pytest.mark.parametrize("text", ["x\r\nBcc: v@x.example", "x\nBcc: v@x.example", "x\u2028y", "\x00", ""])
def test_a_header_is_one_line_or_refused(text):
    with pytest.raises(InvalidValue):
        invitation_mail(text)
    with pytest.raises(InvalidValue):
        compose("invitation", "bob@acme.example", text)


def test_a_long_subject_is_cut():
    assert len(read(invitation_mail(organization_name="x" * 1_000))["Subject"]) == 200


@pytest.mark.parametrize(
    "recipient", ["bob@acme.example", "bob+tag@acme.example", "müller@acme.example", "a,b@acme.example"]
)
def test_a_recipient_is_one_address(recipient):
    addresses = read(invitation_mail(recipient))["To"].addresses
    # Read from bytes, other letters are surrogates.
    found = [address.addr_spec.replace('"', "").encode(errors="surrogateescape").decode() for address in addresses]
    assert found == [recipient]


def test_one_line():
    assert one_line("  a \t\n b\x07 ") == "a b"
