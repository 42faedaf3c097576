"""Names that can be claimed, and what checks of a proof lead to."""

import pytest

from scim_server.domains.policy import (
    Finding,
    Standing,
    State,
    after_recheck,
    claimable_name,
    proved_by,
    still_seen_by,
    unicode_name,
)
from scim_server.protocol.errors import InvalidValue

PROVED, MISSING, UNKNOWN = Finding.PROVED, Finding.MISSING, Finding.UNKNOWN


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("acme.example", "acme.example", "acme.example"),
        (" Acme.Example. ", "acme.example", "acme.example"),
        ("a.b.acme.co.uk", "a.b.acme.co.uk", "a.b.acme.co.uk"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de", "münchen.de"),
        ("straße.de", "xn--strae-oqa.de", "straße.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de", "münchen.de"),
        ("ａｃｍｅ。example", "acme.example", "acme.example"),
        ("acme.internal", "acme.internal", "acme.internal"),
        ("mygmail.com", "mygmail.com", "mygmail.com"),
        ("acme.github.io", "acme.github.io", "acme.github.io"),
    ],
)
def test_names_have_one_form(text: str, name: str, shown: str) -> None:
    assert claimable_name(text) == name
    assert unicode_name(name) == shown
    assert claimable_name(name) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no domain name"),
        (".", "no domain name"),
        ("acme..example", "no domain name"),
        ("-acme.example", "no domain name"),
        ("a_b.example", "no domain name"),
        ("*.acme.example", "no domain name"),
        ("ann@acme.example", "no domain name"),
        ("https://acme.example", "no domain name"),
        ("acme.example:443", "no domain name"),
        ("acme .example", "no domain name"),
        ("acme\u202e.example", "no domain name"),
        ("\u200d.example", "no domain name"),
        ("\ud800.example", "no domain name"),
        ("☃.example", "no domain name"),
        ("xn--a.example", "no domain name"),
        ("a" * 64 + ".example", "no domain name"),
        ("a." * 120 + "example", "longer than 230 characters"),
        ("ü" * 254, "longer than 253 characters"),
        ("localhost", "public DNS"),
        ("com", "public DNS"),
        ("a.localhost", "public DNS"),
        ("printer.local", "public DNS"),
        ("2.0.192.in-addr.arpa", "public DNS"),
        ("hidden.onion", "public DNS"),
        ("co.uk", "public suffix"),
        ("github.io", "public suffix"),
        ("s3.amazonaws.com", "public suffix"),
        ("公司.cn", "public suffix"),
        ("anything.ck", "public suffix"),
        ("gmail.com", "mail service"),
        ("GMAIL.com.", "mail service"),
        ("eu.outlook.com", "mail service"),
        ("127.0.0.1", "IP address"),
        ("127.1", "IP address"),
        ("1.2.3.4.", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("::1", "IP address"),
        ("０x7f.１", "IP address"),
    ],
)
def test_names_that_nobody_claims(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        claimable_name(text)
    assert reason in caught.value.detail
    assert caught.value.field == "name"


def test_letters_that_look_alike_are_told_apart() -> None:
    assert claimable_name("exаmple.com") == "xn--exmple-4nf.com"
    assert claimable_name("example.com") == "example.com"


@pytest.mark.parametrize(
    ("findings", "proved", "seen"),
    [
        ([PROVED], PROVED, PROVED),
        ([MISSING], MISSING, MISSING),
        ([UNKNOWN], UNKNOWN, UNKNOWN),
        ([PROVED, PROVED], PROVED, PROVED),
        ([PROVED, MISSING], MISSING, PROVED),
        ([MISSING, PROVED], MISSING, PROVED),
        ([PROVED, UNKNOWN], PROVED, PROVED),
        ([UNKNOWN, MISSING], MISSING, MISSING),
        ([MISSING, MISSING], MISSING, MISSING),
        ([UNKNOWN, UNKNOWN], UNKNOWN, UNKNOWN),
        ([], UNKNOWN, UNKNOWN),
    ],
)
def test_what_resolvers_say_together(findings: list[Finding], proved: Finding, seen: Finding) -> None:
    assert proved_by(findings) is proved
    assert still_seen_by(findings) is seen


@pytest.mark.parametrize(
    ("before", "finding", "after"),
    [
        (Standing(State.VERIFIED, 0), PROVED, Standing(State.VERIFIED, 0)),
        (Standing(State.VERIFIED, 2), PROVED, Standing(State.VERIFIED, 0)),
        (Standing(State.VERIFIED, 0), MISSING, Standing(State.VERIFIED, 1)),
        (Standing(State.VERIFIED, 1), MISSING, Standing(State.VERIFIED, 2)),
        (Standing(State.VERIFIED, 2), MISSING, Standing(State.SUSPENDED, 3)),
        (Standing(State.VERIFIED, 2), UNKNOWN, Standing(State.VERIFIED, 2)),
        (Standing(State.PENDING, 0), PROVED, Standing(State.PENDING, 0)),
        (Standing(State.PENDING, 0), MISSING, Standing(State.PENDING, 0)),
        (Standing(State.SUSPENDED, 3), PROVED, Standing(State.SUSPENDED, 3)),
        (Standing(State.SUSPENDED, 3), MISSING, Standing(State.SUSPENDED, 3)),
    ],
)
def test_the_daily_check(before: Standing, finding: Finding, after: Standing) -> None:
    assert after_recheck(before, finding) == after
