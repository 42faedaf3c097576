"""How each goal is measured; every function returns the figures of the goals that share its rounds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import quantiles

from tests.performance import peer
from tests.performance.client import load
from tests.performance.goals import Figure
from tests.performance.measure import Measured, Operation, Ratio, Sample, interleave, ratio
from tests.performance.operations import add, ceiling, ceiling_one, ceiling_write, remove
from tests.performance.site import Site, Sites

SMALL, MEDIUM = 1_000, 10_000


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, seconds of a round, and the Users of the large site."""

    rounds: int
    seconds: float
    large: int
    tail_requests: int


SHORT = Effort(rounds=5, seconds=0.6, large=MEDIUM, tail_requests=0)
FULL = Effort(rounds=9, seconds=2.0, large=100_000, tail_requests=6_000)
MILLION = Effort(rounds=9, seconds=2.0, large=1_000_000, tail_requests=6_000)


def by_rate(sample: Sample) -> float:
    """Return requests per second."""
    return sample.rate


def by_cpu(sample: Sample) -> float:
    """Return requests per second of processor time."""
    return 1 / (sample.cpu or 1e-9)


def against_ceilings(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G1 to G4: requests at 8 connections against those of the ceiling, in the same rounds."""
    site = sites.of(MEDIUM)
    ask = site.requests
    ids = ask.seeded.user_ids
    reads = interleave(
        [
            Operation("F", site.ceiling, ceiling("/fixed")),
            Operation("S", site.ceiling, ceiling_one(ids)),
            Operation("GET", site.product, ask.get()),
            Operation("userName", site.product, ask.filtered('userName eq "%s"')),
            Operation("externalId", site.product, ask.filtered('externalId eq "%s"')),
            Operation("emails", site.product, ask.filtered('emails[type eq "work"].value eq "%s"')),
        ],
        rounds=effort.rounds,
        seconds=effort.seconds,
    )
    yield _against("G1", sites, reads, "S", ("GET", "userName", "externalId"))
    yield _against("G2", sites, reads, "S", ("emails",))
    lists = interleave(
        [Operation("L", site.ceiling, ceiling("/page")), Operation("list", site.product, ask.page())],
        rounds=effort.rounds,
        seconds=effort.seconds,
    )
    yield _against("G3", sites, lists, "L", ("list",))
    writes = interleave(
        [
            Operation("W", site.ceiling, ceiling_write()),
            Operation("POST", site.product, ask.create()),
            Operation("PATCH", site.product, ask.deactivate()),
            Operation("PUT", site.product, ask.replace()),
        ],
        rounds=effort.rounds,
        seconds=effort.seconds,
    )
    for name in ("POST", "PATCH", "PUT"):
        yield _against(f"G4 {name}", sites, writes, "W", (name,))


def growth(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G5 and G6: the same operations among many Users and among 1,000."""
    small, large = sites.of(SMALL), sites.of(effort.large)
    names = [name for name, _ in _indexed(small)]
    reads = names[:-2]
    operations = [
        Operation(f"{name} {size}", site.product, requests, connections=4)
        for pair in zip(_indexed(small), _indexed(large), strict=True)
        for size, site, (name, requests) in zip(("small", "large"), (small, large), pair, strict=True)
    ]
    measured = interleave(operations, rounds=effort.rounds, count=100 if effort.tail_requests == 0 else 400)
    yield _growth("G5", sites, effort, names, measured, lambda sample: sample.p50)
    if not effort.tail_requests:
        yield Figure("G6", sites.database, None, "in the full run only: it takes 5,000 requests each")
        return
    few = [operation for operation in operations if operation.name.rpartition(" ")[0] in reads]
    tails = interleave(few, rounds=5, count=effort.tail_requests // 5)
    whole = {name: Measured([Sample(0, 0, found.latencies)], found.wrong) for name, found in tails.items()}
    yield _growth("G6", sites, effort, reads, whole, lambda sample: sample.p99)


def deep_pages(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G7: the last page and the one in the middle against the first, one connection."""
    site = sites.of(effort.large)
    total = len(site.requests.seeded.user_ids)
    starts = {"first": 1, "middle": total // 2, "last": total - 99}
    operations = [
        Operation(name, site.product, site.requests.page(start), connections=1) for name, start in starts.items()
    ]
    measured = interleave(operations, rounds=effort.rounds, count=40)
    ratios = {name: ratio(measured[name], measured["first"], lambda sample: sample.p50) for name in ("middle", "last")}
    note = f"among {total}; " + _listed(ratios)
    yield Figure("G7", sites.database, max(found.value for found in ratios.values()), note, _wrong(measured))


def teams(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G8 to G10: changing and reading large Teams, one connection."""
    site = sites.of(MEDIUM)
    sizes = ["hundred", "big"]
    operations = [Operation(team, site.product, site.requests.members(team), connections=1) for team in sizes]
    if effort.large > MEDIUM:
        largest = sites.of(effort.large)
        operations.append(Operation("everybody", largest.product, largest.requests.members("everybody"), connections=1))
    members = interleave(operations, rounds=effort.rounds, count=100)
    ratios = {
        name: ratio(found, members["hundred"], lambda sample: sample.p50)
        for name, found in members.items()
        if name != "hundred"
    }
    note = f"p50 {members['big'].p50 * 1e3:.2f} ms; {_listed(ratios)}"
    yield Figure("G8", sites.database, max(found.value for found in ratios.values()), note, _wrong(members))
    yield from _whole_teams(sites, site, effort)
    yield _many_members(sites, site, effort)


def _whole_teams(sites: Sites, site: Site, effort: Effort) -> Iterable[Figure]:
    ask, without = site.requests, "?excludedAttributes=members"
    measured = interleave(
        [Operation(team, site.product, ask.team(team, without), connections=1) for team in ("ten", "big")],
        rounds=effort.rounds,
        count=100,
    )
    found = ratio(measured["big"], measured["ten"], lambda sample: sample.p50)
    note = f"p50 {measured['big'].p50 * 1e3:.2f} ms, spread {found.spread:.0%}"
    yield Figure("G9", sites.database, found.value, note, _wrong(measured))
    whole = interleave(
        [Operation("whole", site.product, ask.team("big"), connections=1)], rounds=effort.rounds, count=5
    )
    microseconds = whole["whole"].p50 * 1e6 / MEDIUM
    yield Figure("G10 GET", sites.database, microseconds, "", _wrong(whole))


def _many_members(sites: Sites, site: Site, effort: Effort) -> Figure:
    ask = site.requests
    loose = ask.seeded.loose_ids[: MEDIUM // 10]
    everyone = iter([ask.change_members("ten", operation(*loose)) for _ in range(40) for operation in (add, remove)])
    singles = [ask.change_members("ten", add(user_id)) for user_id in loose]
    alone = iter(
        [request for _ in range(40) for request in (*singles[:100], ask.change_members("ten", remove(*loose)))]
    )
    at_once = Measured()
    one_by_one = Measured()
    for _ in range(min(effort.rounds, 5)):
        # The last request of each round takes the members out again, and does not count.
        for measured, requests, count in ((at_once, everyone, 2), (one_by_one, alone, 101)):
            found = load(site.product.port, requests, connections=1, count=count)
            measured.samples.append(Sample(0, 0, found.latencies[:-1]))
            measured.wrong = measured.wrong or found.first_wrong
    value = at_once.p50 / (one_by_one.p50 * len(loose))
    note = f"{at_once.p50 * 1e3:.1f} ms against 1,000 times {one_by_one.p50 * 1e3:.2f} ms"
    return Figure("G10 add", sites.database, value, note, at_once.wrong or one_by_one.wrong)


def bulk(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G11: Bulk of 100 creations against 100 POSTs, one connection."""
    site = sites.of(MEDIUM)
    measured = interleave(
        [
            Operation("bulk", site.product, site.requests.bulk(100), connections=1, count=3),
            Operation("posts", site.product, site.requests.create(), connections=1),
        ],
        rounds=effort.rounds,
        count=100,
    )
    bulks, posts = measured["bulk"], measured["posts"]
    value = bulks.p50 / (posts.p50 * 100)
    note = f"{bulks.p50 * 1e3:.1f} ms against {posts.p50 * 1e5:.1f} ms"
    yield Figure("G11", sites.database, value, note, _wrong(measured))


def tail(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G13: how long the unlucky wait for the write lock."""
    site = sites.of(MEDIUM)
    operation = Operation("POST", site.product, site.requests.create())
    found = interleave([operation], rounds=effort.rounds, seconds=effort.seconds)["POST"]
    percentiles = quantiles(found.latencies, n=100)
    note = f"p50 {percentiles[49] * 1e3:.1f} ms, p99 {percentiles[98] * 1e3:.1f} ms, {found.rate:.0f} req/s"
    yield Figure("G13", sites.database, percentiles[98] / percentiles[49], note, found.wrong)


def memory(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G15: the worker's proportional set size after every User was listed once and some were read."""
    site = sites.of(effort.large)
    total = len(site.requests.seeded.user_ids)
    before = site.product.memory()
    pages = (next(site.requests.page(start)) for start in range(1, total, 100))
    operations = [Operation("pages", site.product, pages), Operation("GET", site.product, site.requests.get())]
    wrong = ""
    for operation in operations:
        found = interleave([operation], rounds=1, count=max(total // 100, 1_000))[operation.name]
        wrong = wrong or found.wrong
    mapped = site.product.mapped_memory()
    note = f"{total} Users; {before / 1e6:.0f} MB before; {mapped / 1e6:.0f} MB are mapped pages of files"
    yield Figure("G15", sites.database, site.product.memory() / 1e6, note, wrong)


def against_peer(sites: Sites, effort: Effort) -> Iterable[Figure]:
    """G14: the same requests to the product and to another server among 10,000 Users, in turns."""
    if not effort.tail_requests:
        for name in ("mixed", "filter", "list", "member"):
            yield Figure(f"G14 {name}", sites.database, None, "in the full run only: the peer takes its time")
        return
    site = sites.of(MEDIUM)
    sides = {"ours": (site.product, site.requests), "peer": (site.peer, peer.requests())}
    for name, kind, connections, count in (
        ("mixed", peer.mixed, 4, 400),
        ("filter", lambda ask: ask.filtered('userName eq "%s"'), 4, 400),
        ("list", lambda ask: ask.page(), 4, 8),
        ("member", lambda ask: ask.members("big"), 1, 4),
    ):
        operations = [
            Operation(side, server, kind(ask), connections=connections) for side, (server, ask) in sides.items()
        ]
        measured = interleave(operations, rounds=min(effort.rounds, 3), count=count)
        found = ratio(measured["peer"], measured["ours"], lambda sample: sample.p50)
        note = ", ".join(
            f"{side} p50 {each.p50 * 1e3:.2f} ms, {each.cpu * 1e6:.0f} us" for side, each in measured.items()
        )
        yield Figure(f"G14 {name}", sites.database, found.value, note, _wrong(measured))


def _indexed(site: Site) -> list[tuple[str, object]]:
    ask = site.requests
    return [
        ("GET", ask.get()),
        ("userName eq", ask.filtered('userName eq "%s"')),
        ("a miss", ask.missed()),
        ("externalId eq", ask.filtered('externalId eq "%s"')),
        ("emails[]", ask.filtered('emails[type eq "work"].value eq "%s"')),
        ("userName sw", ask.starting_with()),
        ("count=0", ask.counted()),
        ("first page", ask.page()),
        ("POST", ask.create()),
        ("PATCH", ask.deactivate()),
    ]


def _growth(
    goal: str,
    sites: Sites,
    effort: Effort,
    names: list[str],
    measured: dict[str, Measured],
    figure: Callable[[Sample], float],
) -> Figure:
    ratios = {name: ratio(measured[f"{name} large"], measured[f"{name} small"], figure) for name in names}
    value = max(found.value for found in ratios.values())
    return Figure(goal, sites.database, value, f"{effort.large} / {SMALL}; {_listed(ratios)}", _wrong(measured))


def _against(goal: str, sites: Sites, measured: dict[str, Measured], below: str, names: tuple[str, ...]) -> Figure:
    """Return the worst ratio of some operations to their ceiling, by processor time (see README.md)."""
    notes, values = [f"{below} {measured[below].rate:.0f} req/s {measured[below].cpu * 1e6:.0f} us"], []
    for name in names:
        cpu, rate = (ratio(measured[name], measured[below], figure) for figure in (by_cpu, by_rate))
        values.append(cpu.value)
        notes.append(
            f"{name} {measured[name].rate:.0f} req/s {measured[name].cpu * 1e6:.0f} us: "
            f"cpu {cpu.value:.2f} ±{cpu.spread / 2:.0%}, rate {rate.value:.2f} ±{rate.spread / 2:.0%}"
        )
    wrong = _wrong({name: measured[name] for name in (below, *names)})
    return Figure(goal, sites.database, min(values), "; ".join(notes), wrong)


def _listed(ratios: dict[str, Ratio]) -> str:
    return ", ".join(f"{name} {found.value:.2f}" for name, found in ratios.items())


def _wrong(measured: dict[str, Measured]) -> str:
    return next((found.wrong for found in measured.values() if found.wrong), "")
