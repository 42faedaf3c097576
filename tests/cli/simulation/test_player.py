"""The edge of a simulation, against a server on loopback that answers as it is told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from scim_server.cli.simulation import accept, cycle
from scim_server.cli.simulation.dialects import DIALECTS
from scim_server.cli.simulation.exchange import Kind, Request
from scim_server.cli.simulation.people import crowd
from scim_server.cli.simulation.player import MAX_WAITS, Player, Record, Stopped, Unreachable, play_all
from scim_server.cli.simulation.summary import percentile, total

EMPTY = json.dumps({"schemas": [accept.LIST], "totalResults": 0, "Resources": []})


class Scripted(HTTPServer):
    """Answers one after the other as its script says, the last again and again, and remembers headers."""

    script: list[tuple[int, dict[str, str], str]]
    seen: list[dict[str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(dict(self.headers))
        script = self.server.script
        status, headers, body = script.pop(0) if len(script) > 1 else script[0]
        self.send_response(status)
        for name, value in {"Content-Type": "application/scim+json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(("127.0.0.1", 0), Handler) as scripted:
        scripted.seen = []
        thread = threading.Thread(target=scripted.serve_forever)
        thread.start()
        yield scripted
        scripted.shutdown()
        thread.join()


def player(server: Scripted, record: Record, slept: list[float]) -> Player:
    return Player(f"http://127.0.0.1:{server.server_port}", "secret", record, sleep=slept.append)


def ask(task_essential: bool = False) -> cycle.Task:
    def steps() -> Any:
        yield Request(Kind.TEST, "GET", "/Users", accept.listed, headers={"User-Agent": "", "Accept": "x/y"})

    return cycle.Task("ask", steps(), essential=task_essential)


@pytest.mark.parametrize(
    ("retry_after", "waited"), [("7", 7), (None, 5), ("Wed, 25 Nov 2026 10:00:00 GMT", 5), ("99999", 300), ("-1", 5)]
)
def test_waits_where_the_server_asks_for_it(server: Scripted, retry_after: str | None, waited: int) -> None:
    record, slept = Record(), []
    server.script = [(429, {"Retry-After": retry_after} if retry_after else {}, "{}"), (200, {}, EMPTY)]
    player(server, record, slept).play(ask())
    assert slept == [waited]
    assert record.waits == 1
    assert record.failures == []
    assert total(record).requests == 1


def test_gives_up_after_many_waits(server: Scripted) -> None:
    record, slept = Record(), []
    server.script = [(429, {"Retry-After": "1"}, "slow down")]
    player(server, record, slept).play(ask())
    assert len(slept) == MAX_WAITS
    (failure,) = record.failures
    assert (failure.status, failure.problem, failure.answer) == (429, "status 429, not 200", "slow down")


def test_sends_the_headers_of_the_identity_provider_and_no_others(server: Scripted) -> None:
    server.script = [(200, {}, EMPTY)]
    player(server, Record(), []).play(ask())
    (seen,) = server.seen
    assert seen["User-Agent"] == ""
    assert seen["Accept"] == "x/y"
    assert seen["Authorization"] == "Bearer secret"
    assert set(seen) <= {"Host", "User-Agent", "Accept", "Accept-Encoding", "Authorization"}


@pytest.mark.parametrize("answer", [(200, {}, "<html>"), (302, {"Location": "/x"}, ""), (500, {}, "{}")])
def test_other_answers_are_failures(server: Scripted, answer: tuple[int, dict[str, str], str]) -> None:
    record = Record()
    server.script = [answer]
    player(server, record, []).play(ask())
    assert len(record.failures) == 1
    with pytest.raises(Stopped):
        player(server, record, []).play(ask(task_essential=True))


def test_nobody_there() -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        Player("http://127.0.0.1:1", "secret", Record()).play(ask())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_that_refuses_all_changes_is_told_so_task_by_task(dialect: str, server: Scripted) -> None:
    """Whatever is refused, the cycle goes on with what does not need it."""
    record, world = Record(), cycle.World()
    good = {"schemas": [accept.LIST], "totalResults": 0, "Resources": [], "bulk": {"maxOperations": 5}}
    server.script = [(200, {}, json.dumps(good))]
    edge = player(server, record, [])
    for task in cycle.tasks(DIALECTS[dialect](), crowd(1, 6, 3), world):
        if dialect != "jumpcloud" or not task.essential:
            edge.play(task)
    assert record.failures
    assert {failure.kind for failure in record.failures} <= {Kind.CREATE_USER, Kind.CREATE_GROUP}
    assert world.people == {}
    play_all(edge, cycle.checks(world), lambda _: None)


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert percentile([], 50) == 0
    assert percentile([0.001], 95) == 1
    assert percentile([number / 1000 for number in range(1, 101)], 95) == 95
    assert percentile([0.004, 0.001, 0.003, 0.002], 50) == 2
