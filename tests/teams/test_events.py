"""When the removal of members is told by itself."""

import pytest

from scim_server.teams.events import is_mass_removal


@pytest.mark.parametrize(
    ("removed", "members", "expected"),
    [
        (0, 0, False),
        (50, 50, False),
        (51, 51, True),
        (51, 101, True),
        (51, 102, False),
        (51, 100_000, False),
        (50_001, 100_000, True),
    ],
)
def test_many_are_more_than_fifty_and_more_than_half(removed: int, members: int, expected: bool) -> None:
    assert is_mass_removal(removed, members) is expected
