"""The table of goals and figures."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.performance.goals import GOALS, Figure

_STYLES = {"stretch": "green", "must": "green", "MISSED": "bold red", "wrong": "bold red"}


def print_report(figures: Sequence[Figure], about: str) -> None:
    """Print one row per goal and database."""
    table = Table("goal", "", "database", "must", "stretch", "figure", "verdict", "beside it", title=about)
    for figure in figures:
        goal = GOALS[figure.goal]
        verdict = figure.verdict
        table.add_row(
            figure.goal,
            escape(goal.title),
            figure.database,
            _bound(figure, goal.must),
            _bound(figure, goal.stretch),
            "-" if figure.value is None else f"{figure.value:.3g}{' ' + goal.unit if goal.unit else ''}",
            f"[{_STYLES[verdict]}]{verdict}[/]" if verdict in _STYLES else verdict,
            escape(figure.wrong[:300] or figure.note),
        )
    console = Console()
    # Whole lines even where the output is a file.
    Console(width=max(console.width, 160)).print(table)


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return the figures as data."""
    return [
        {
            "goal": figure.goal,
            "title": GOALS[figure.goal].title,
            "database": figure.database,
            "must": GOALS[figure.goal].must.get(figure.database),
            "stretch": GOALS[figure.goal].stretch.get(figure.database),
            "figure": figure.value,
            "verdict": figure.verdict,
            "note": figure.note,
            "wrong": figure.wrong,
        }
        for figure in figures
    ]


def _bound(figure: Figure, values: Any) -> str:
    value = values.get(figure.database)
    return "" if value is None else f"{GOALS[figure.goal].bound.value} {value:g}"
