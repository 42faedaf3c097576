"""Which attack of the catalogue is tested where: each row has a test named by its id, or a reason why not yet."""

import re
from pathlib import Path

import pytest

# Rows of each part of the catalogue that concern SCIM, tokens, invitations and the endpoints of operations.
PARTS = {"AU": 18, "TN": 16, "FL": 19, "BD": 16, "PT": 20, "CC": 10, "IN": 21}

# Rows, or parts of rows, about what does not exist yet.
LATER = {
    "AU06 the time itself": "no test asserts a time; it is measured together with the performance goals",
    "AU09": "an Organization cannot be suspended yet",
    "AU10 SCIM token on the management API": "there is no management API yet",
    "AU10 a real session": "there are no sessions yet; any cookie is ignored",
    "TN02 audit event of a refusal": "refusals to strangers are answered and not audited",
    "TN09 login with a numeric subject": "there are no logins yet",
    "TN16": "there is no export, no audit endpoint and no metrics yet",
    "FL19 the time itself": "as AU06",
    "BD13 links in the console": "there is no console yet",
    "PT03 alert event for mass removal": "there is no health page yet that would show it",
    "IN05": "there are no logins yet; whoever has the link has the mailbox",
    "CC06 Idempotency-Key": "there is no management API yet",
    "CC09": "there are no sessions yet",
}


def rows_with_a_test() -> set[str]:
    """Return the ids in the names of the tests beside this file."""
    sources = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    return {row for name in re.findall(r"def (test_\w+)", sources) for row in re.findall(r"[A-Z]{2}\d\d", name)}


@pytest.mark.parametrize(
    "row", [f"{part}{number:02}" for part, count in PARTS.items() for number in range(1, count + 1)]
)
def test_row_has_a_test_or_a_reason(row: str) -> None:
    assert (row in rows_with_a_test()) is not (row in LATER)


def test_reasons_name_rows_of_the_catalogue() -> None:
    for row in LATER:
        assert 1 <= int(row[2:4]) <= PARTS[row[:2]]
