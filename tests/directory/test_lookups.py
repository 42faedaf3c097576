"""Which filters look for somebody: their page is made by one statement."""

import pytest

from scim_server.directory.lookups import is_lookup
from scim_server.protocol.filters import parse
from scim_server.protocol.schemas import USER

KEYS = frozenset({"userName", "externalId", "emails.value"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "ada"', True),
        ('USERNAME eq "ada" and active eq true', True),
        ('userName eq "ada" or externalId eq "1"', True),
        ('emails eq "ada@example.com"', True),
        ('emails[type eq "work"].value eq "ada@example.com"', True),
        ('userName ne "ada"', False),
        ('userName sw "ada"', False),
        ('not (userName eq "ada")', False),
        ('userName eq "ada" or active eq true', False),
        ('emails[type eq "work"]', False),
        ("userName pr", False),
    ],
)
def test_who_compares_a_key_looks_for_few(text: str, expected: bool) -> None:
    assert is_lookup(parse(text, USER).shape.tree, KEYS) is expected
