"""Which attack of the catalogue is tested where: each row has a test named by its id, or a reason why not yet."""

import re
from pathlib import Path

import pytest

# Rows of each part of the catalogue that concern SCIM, the management API and the endpoints of operations.
PARTS = {
    "AU": 18,
    "TN": 16,
    "FL": 19,
    "BD": 16,
    "PT": 20,
    "CC": 10,
    "JT": 19,
    "IN": 21,
    "OI": 22,
    "DM": 8,
    "WB": 11,
    "SC": 7,
    "AV": 8,
}

# Rows, or parts of rows, about what does not exist yet.
LATER = {
    "AU06 the time itself": "no test asserts a time; it is measured together with the performance goals",
    "AU09": "an Organization cannot be suspended yet",
    "TN02 audit event of a refusal": "refusals to strangers are answered and not audited",
    "TN09 login with a numeric subject": "there are no logins yet",
    "TN16 metrics": "there are no metrics yet",
    "JT18": "there are no limits of seats",
    "JT19": "tokens are no Users: deactivating a person leaves those of the Organization as they are",
    "FL19 the time itself": "as AU06",
    "BD13 links in the console": "there is no console yet",
    "WB02 pages": "there is no console yet",
    "WB05": "no page makes a script of what people typed; a browser is asked with the console",
    "WB10 settings of an Organization": "there is no console yet; own passwords and factors ask",
    "WB08": "there is no console yet",
    "SC01 metrics and traces": "there are none yet",
    "AV01": "measured with the performance goals; granian bounds headers and time",
    "AV05": "in tests/reliability/test_database_away.py and test_failing_statements.py",
    "AV06": "expiry by AU07; versions are counters by CC03",
}


def rows_with_a_test() -> set[str]:
    """Return the ids in the names of all tests."""
    sources = "".join(file.read_text() for file in Path(__file__).parents[1].rglob("test_*.py"))
    return {row for name in re.findall(r"def (test_\w+)", sources) for row in re.findall(r"[A-Z]{2}\d\d", name)}


@pytest.mark.parametrize(
    "row", [f"{part}{number:02}" for part, count in PARTS.items() for number in range(1, count + 1)]
)
def test_row_has_a_test_or_a_reason(row: str) -> None:
    assert (row in rows_with_a_test()) is not (row in LATER)


def test_reasons_name_rows_of_the_catalogue() -> None:
    for row in LATER:
        assert 1 <= int(row[2:4]) <= PARTS[row[:2]]
