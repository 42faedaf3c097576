"""A walk through a list misses nobody who was there from its start to its end, whatever others delete and insert."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.client import BULK, USER
from tests.support.server import RealServer

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(3600)]

PAGE = 100
CHUNK = 1_000


@dataclass
class Crowd:
    """A server with many Users: those who stay, and those who may go."""

    server: RealServer
    stay: list[str]
    go: list[str]


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def crowd(
    request: pytest.FixtureRequest, real_server: RealServer, amount: Callable[[int, int], int]
) -> Iterator[Crowd]:
    """Give a server of one process, and on PostgreSQL one of two as well."""
    workers: int = request.param
    if workers > 1 and real_server.database_url.startswith("sqlite"):
        pytest.skip("SQLite serves one process")
    real_server.start("--workers", str(workers))
    ids: list[str] = []
    number = amount(2_000, 20_000)
    with real_server.client() as client:
        for start in range(0, number, CHUNK):
            operations = [_creation(each) for each in range(start, start + CHUNK)]
            answer = client.request("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
            ids += [each["location"].rpartition("/")[2] for each in answer.json["Operations"]]
    chance = random.Random(9865)
    chance.shuffle(ids)
    half = len(ids) // 2
    return Crowd(real_server, ids[:half], ids[half:])


def _creation(number: int) -> dict[str, Any]:
    data = {"schemas": [USER], "userName": f"user-{number:06}", "displayName": f"Name {number % 97}"}
    return {"method": "POST", "path": "/Users", "bulkId": str(number), "data": data}


def _disturb(crowd: Crowd, over: threading.Event, name: str, victims: list[str]) -> None:
    """Delete and insert by turns until the walks are over."""
    with crowd.server.client() as client:
        for number in range(10**6):
            if over.is_set():
                return
            if victims:
                assert client.request("DELETE", f"/Users/{victims.pop()}").status == 204
            if number % 2:
                assert client.create_user(f"{name}-{number}", displayName=f"Name {number % 97}").status == 201


def _walk_by_index(crowd: Crowd, **parameters: Any) -> list[str]:
    """Page as identity providers do: until the total is reached, each page on a connection of its own."""
    seen: list[str] = []
    while True:
        with crowd.server.client() as client:
            answer = client.get("/Users", startIndex=len(seen) + 1, count=PAGE, **parameters)
        assert answer.status == 200, answer.body
        page = answer.json
        seen += [each["id"] for each in page.get("Resources", [])]
        if len(seen) >= page["totalResults"] or not page.get("Resources"):
            return seen


def _walk_by_cursor(crowd: Crowd, **parameters: Any) -> list[str]:
    seen: list[str] = []
    cursor = ""
    while True:
        with crowd.server.client() as client:
            answer = client.get("/Users", cursor=cursor, count=PAGE, **parameters)
        assert answer.status == 200, answer.body
        page = answer.json
        seen += [each["id"] for each in page.get("Resources", [])]
        cursor = page.get("nextCursor", "")
        if not cursor:
            return seen


def test_walks_miss_no_survivor(crowd: Crowd) -> None:
    over = threading.Event()
    halves = (crowd.go[::2], crowd.go[1::2])
    disturbers = [
        threading.Thread(target=_disturb, args=(crowd, over, f"new-{number}", victims))
        for number, victims in enumerate(halves)
    ]
    for disturber in disturbers:
        disturber.start()
    try:
        time.sleep(0.1)
        for walk in (_walk_by_index, _walk_by_cursor):
            for parameters in ({}, {"sortBy": "displayName"}, {"filter": 'userName sw "user-"'}):
                seen = walk(crowd, attributes="userName", **parameters)
                missing = set(crowd.stay) - set(seen)
                assert not missing, f"{walk.__name__} {parameters} missed {len(missing)}"
                assert len(seen) == len(set(seen)), f"{walk.__name__} {parameters} saw somebody twice"
    finally:
        over.set()
        for disturber in disturbers:
            disturber.join(60)
    assert sum(map(len, halves)) < len(crowd.go), "nobody was deleted meanwhile"
