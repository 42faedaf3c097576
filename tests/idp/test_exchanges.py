"""Play the golden exchanges on both databases, and see that every known behaviour has one."""

from typing import Any

import pytest

from tests.idp.exchange import play, read_cases
from tests.support.client import ScimClient

CASES = read_cases()


def _items(letter: str, first: int, last: int) -> set[str]:
    return {f"{letter}{number}" for number in range(first, last + 1)}


REQUIRED = (
    _items("E", 1, 13)
    | _items("E", 20, 29)
    | _items("E", 40, 56)
    | _items("E", 60, 66)
    | _items("E", 70, 84)
    | _items("O", 20, 40)
    | _items("O", 50, 60)
    | _items("A", 1, 8)
    | {"B1", "C1", "C2", "C3", "D1", "D2", "G1", "J1", "K1", "K2", "K3"}
)

# What no list of requests can show, and why.
UNTESTABLE = {
    "E8": "TLS ends before this server; the guides say what the proxy in front must do.",
    "E26": "Says when the client reads, which asks nothing of the server.",
    "E28": "Says what the client never sends.",
    "E84": "Needs requests in parallel: test_q18 in test_acceptance.py.",
    "O35": "Says what the client does after a 501, which this server never answers to a PATCH of Users and Groups.",
    "O36": "Says which events make the client send nothing.",
    "O40": "Says which attributes the client cannot build.",
}


@pytest.mark.parametrize("name", CASES)
def test_exchange(name: str, scim: ScimClient) -> None:
    play(CASES[name], scim)


def test_every_item_has_a_case_or_a_reason() -> None:
    shown = {item for case in CASES.values() for item in case["items"]}
    assert REQUIRED - shown - set(UNTESTABLE) == set()
    assert set(UNTESTABLE) & shown == set()
    assert set(UNTESTABLE) <= REQUIRED


@pytest.mark.parametrize("item", sorted(_items("E", 40, 51)))
def test_q3_patch_dialects_are_shown_from_an_empty_and_a_filled_user(item: str) -> None:
    names = [name for name, case in CASES.items() if item in case["items"]]
    assert any(name.endswith("-empty") for name in names)
    assert any(name.endswith("-filled") for name in names)


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=list(CASES))
def test_case_is_named_after_its_first_item(name: str, case: dict[str, Any]) -> None:
    folder, _, stem = name.partition("/")
    assert stem.startswith(f"{case['items'][0].lower()}-"), folder
    assert case["about"].endswith(".")
