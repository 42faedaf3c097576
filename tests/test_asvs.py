"""Each test that docs/reference/asvs.md names exists."""

import re

import pytest

from tests.support.commands import ROOT

PAGE = ROOT / "docs" / "reference" / "asvs.md"
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8"))))
TESTS = {
    name
    for file in ROOT.glob("tests/**/test_*.py")
    for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", NAMED)
def test_it_exists(name: str) -> None:
    assert any(each.startswith(name) for each in TESTS)


def test_each_item_has_one() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 25
    for row in rows:
        assert "`test_" in row, row
