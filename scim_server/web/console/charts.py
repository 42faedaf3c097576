"""Charts as numbers that a template draws as SVG: bars by day, stacked, and the same as rows of a table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import LazyString

# The drawing's own units; it is as wide as its place.
WIDTH, HEIGHT = 720, 180
GAP = 0.25


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of number: its words, the class of its colour, and a number for each day."""

    title: LazyString | str
    style: str
    numbers: Sequence[int]

    @property
    def total(self) -> int:
        """Return the sum over all days."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a chart."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of some series over the same days."""

    name: str
    title: LazyString | str
    days: Sequence[str]
    series: Sequence[Series]
    top: int
    bars: Sequence[Bar]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not self.bars

    @property
    def rows(self) -> list[tuple[str, list[int]]]:
        """Return each day with its numbers, the newest first and days of nothing left out."""
        found = [(day, [series.numbers[place] for series in self.series]) for place, day in enumerate(self.days)]
        return [row for row in reversed(found) if any(row[1])]


def stacked(name: str, title: LazyString | str, days: Sequence[str], series: Sequence[Series]) -> Chart:
    """Return bars by day, the first series lowest."""
    heights = [sum(each.numbers[place] for each in series) for place in range(len(days))]
    top = round_up(max(heights, default=0))
    step = WIDTH / max(1, len(days))
    bars = []
    for place in range(len(days)):
        base = 0
        for each in series:
            number = each.numbers[place]
            if number:
                base += number
                y, height = HEIGHT * (1 - base / top), HEIGHT * number / top
                x, width = step * (place + GAP / 2), step * (1 - GAP)
                bars.append(Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), each.style))
    return Chart(name, title, days, series, top, bars)


def round_up(number: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, ... that is not less."""
    top = 1
    while True:
        for factor in (1, 2, 5):
            if number <= factor * top:
                return factor * top
        top *= 10
