"""`python -m tests.performance`: measure the goals and print them as a table."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from tests.performance import bench
from tests.performance.filters import filters
from tests.performance.goals import GOALS, Figure
from tests.performance.report import as_json, print_report
from tests.performance.site import Sites
from tests.support.postgres import start_server

Measure = Callable[[Sites, bench.Effort], Iterable[Figure]]

# Writes stand last: they change how many Users there are.
_PARTS: tuple[tuple[tuple[str, ...], Measure], ...] = (
    (("G12",), lambda sites, effort: filters(sites.database, effort.rounds)),
    (("G15",), bench.memory),
    (("G7",), bench.deep_pages),
    (("G8", "G9", "G10"), bench.teams),
    (("G5", "G6"), bench.growth),
    (("G1", "G2", "G3", "G4"), bench.against_ceilings),
    (("G11",), bench.bulk),
    (("G14",), bench.against_peer),
    (("G13",), bench.tail),
)


@click.command()
@click.option("--full", is_flag=True, help="All of it: 100,000 Users, more and longer rounds, G6.")
@click.option("--million", is_flag=True, help="As --full with 1,000,000 Users; PostgreSQL, by hand.")
@click.option("--only", help="Goals to measure, such as G1,G4.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), help="One database only.")
@click.option("--json", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to a file.")
def main(full: bool, million: bool, only: str | None, database: str | None, path: Path | None) -> None:
    """Measure the goals of performance; exits with 1 where something was answered wrongly."""
    effort = bench.MILLION if million else bench.FULL if full else bench.SHORT
    wanted = {name.strip().upper() for name in only.split(",")} if only else set()
    unknown = wanted - {goal.partition(" ")[0] for goal in GOALS}
    if unknown:
        raise click.BadParameter(f"there is no goal {', '.join(sorted(unknown))}", param_hint="--only")
    databases = [database] if database else ["postgresql"] if million else ["sqlite", "postgresql"]
    figures: list[Figure] = []
    start = time.monotonic()
    for name in databases:
        figures += _measure(name, effort, wanted)
    figures.sort(key=lambda figure: list(GOALS).index(figure.goal))
    minutes = (time.monotonic() - start) / 60
    print_report(figures, f"{effort.rounds} interleaved rounds, medians; {minutes:.1f} minutes")
    if path:
        path.write_text(json.dumps(as_json(figures), indent=2) + "\n", encoding="utf-8")
    sys.exit(any(figure.verdict == "wrong" for figure in figures))


def _measure(database: str, effort: bench.Effort, wanted: set[str]) -> Iterable[Figure]:
    postgres = start_server(durable=True) if database == "postgresql" else None
    sites = Sites(database, postgres)
    try:
        for goals, measure in _PARTS:
            if wanted and not wanted.intersection(goals):
                continue
            print(f"{database}: {', '.join(goals)} ...", file=sys.stderr, flush=True)
            yield from measure(sites, effort)
    finally:
        sites.stop()


if __name__ == "__main__":
    main()
