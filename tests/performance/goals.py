"""The goals: what the product has to reach in each, on each database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Bound(Enum):
    """Whether a figure must be at least, or at most, its goal."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True)
class Goal:
    """One goal; `must` and `stretch` by database, where there is one. `unit` follows the figure."""

    title: str
    bound: Bound
    must: Mapping[str, float]
    stretch: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """What was measured for a goal: the figure that counts, others beside it, and what was answered wrongly."""

    goal: str
    database: str
    value: float | None
    note: str = ""
    wrong: str = ""

    @property
    def verdict(self) -> str:
        """Return how the figure stands to its goal."""
        goal = GOALS[self.goal]
        if self.wrong:
            return "wrong"
        if self.value is None:
            return "not measured"
        if self.database not in goal.must:
            return "no goal"
        if not _reaches(goal.bound, self.value, goal.must[self.database]):
            return "MISSED"
        stretch = goal.stretch.get(self.database)
        return "stretch" if stretch is not None and _reaches(goal.bound, self.value, stretch) else "must"


def _reaches(bound: Bound, value: float, wanted: float) -> bool:
    return value >= wanted if bound is Bound.AT_LEAST else value <= wanted


def _both(value: float) -> dict[str, float]:
    return {"sqlite": value, "postgresql": value}


def _each(sqlite: float, postgresql: float) -> dict[str, float]:
    return {"sqlite": sqlite, "postgresql": postgresql}


_MORE, _LESS = Bound.AT_LEAST, Bound.AT_MOST

GOALS = {
    "G1": Goal("GET by id, userName eq, externalId eq, against S", _MORE, _each(0.60, 0.45), _each(0.75, 0.60)),
    "G2": Goal('emails[type eq "work"].value eq, against S', _MORE, _each(0.55, 0.40), _each(0.70, 0.50)),
    "G3": Goal("list of 100 Users in up to 5 Teams, against L", _MORE, _each(0.25, 0.15), _each(0.5, 0.3)),
    "G4 POST": Goal("POST a User, against W", _MORE, _both(0.60), _both(0.75)),
    "G4 PATCH": Goal("PATCH active, against W", _MORE, _both(0.50), _both(0.65)),
    "G4 PUT": Goal("PUT a User, against W", _MORE, _both(0.50), _both(0.65)),
    "G5": Goal("p50 among many Users / among 1,000, the worst operation", _LESS, _both(1.3), _both(1.15)),
    "G6": Goal("p99 among many Users / among 1,000, the worst read", _LESS, _both(1.5), _both(1.3)),
    "G7": Goal("the slowest deep page / the first", _LESS, _both(3.0), _both(2.0)),
    "G8": Goal("add and remove 1 member: Team of 10,000 / of 100", _LESS, _both(1.2), _both(1.1)),
    "G9": Goal("GET Team without members: of 10,000 / of 10", _LESS, _both(1.1)),
    "G10 GET": Goal("GET Team of 10,000 whole, per member", _LESS, {"sqlite": 5.0}, {"sqlite": 3.0}, "us"),
    "G10 add": Goal("add 1,000 members at once / one by one", _LESS, _both(0.05), _both(0.02)),
    "G11": Goal("Bulk of 100 creations / 100 POSTs", _LESS, _both(0.6), _both(0.35)),
    "G12": Goal("filter of a known shape: parse and bind", _LESS, _both(5.0), _both(2.0), "us"),
    "G12 cold": Goal("filter of 5 clauses for the first time", _LESS, _both(400.0), _both(200.0), "us"),
    "G13": Goal("POST at 8 connections: p99 / p50", _LESS, {"sqlite": 6.0}, {"sqlite": 4.0}),
    "G14 mixed": Goal("mixed requests, against the best peer", _MORE, _both(1.5), _both(2.0)),
    "G14 filter": Goal("filter, against the best peer", _MORE, _both(2.0), _both(3.0)),
    "G14 list": Goal("list of 100, against the best peer", _MORE, _both(20.0), _both(50.0)),
    "G14 member": Goal("add 1 to a Team of 10,000, against the best peer", _MORE, _both(100.0), _both(300.0)),
    "G15": Goal("memory of the worker after reading all Users", _LESS, _both(120.0), _both(80.0), "MB"),
}
