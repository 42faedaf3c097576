"""Charts: bars that add up, an axis that ends on a round number, and the same as rows."""

import pytest

from scim_server.web.console.charts import HEIGHT, WIDTH, Series, round_up, stacked

DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")


@pytest.mark.parametrize(
    ("number", "top"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (101, 200), (99_999, 100_000)]
)
def test_round_up(number: int, top: int) -> None:
    assert round_up(number) == top


def test_bars_stand_upon_each_other() -> None:
    chart = stacked("x", "X", DAYS, [Series("a", "one", (4, 0, 1)), Series("b", "two", (6, 0, 0))])
    assert chart.top == 10
    lower, upper, last = chart.bars
    assert (lower.y + lower.height, upper.y + upper.height) == (HEIGHT, lower.y)
    assert upper.y == 0
    assert lower.x == upper.x
    assert last.x + last.width <= WIDTH
    assert chart.rows == [("2026-03-03", [1, 0]), ("2026-03-01", [4, 6])]


def test_nothing_is_empty() -> None:
    assert stacked("x", "X", DAYS, []).is_empty
    assert stacked("x", "X", (), [Series("a", "one", ())]).is_empty
