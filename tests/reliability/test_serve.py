"""The signals of a service manager: SIGTERM lets requests finish, SIGHUP reloads and every request is answered."""

import contextlib
import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from tests.support.client import SCIM, USER
from tests.support.server import Answer, RealClient, RealServer

pytestmark = pytest.mark.reliability

RELOADS = 5


def test_sigterm_finishes_requests_in_flight(real_server: RealServer) -> None:
    real_server.start()
    founded = real_server.founded
    body = json.dumps({"schemas": [USER], "userName": "slow"}).encode()
    head = (
        f"POST /scim/v2/{founded['organization_id']}/Users HTTP/1.1\r\nHost: 127.0.0.1:{real_server.port}\r\n"
        f"Authorization: Bearer {founded['scim_token']}\r\nContent-Type: {SCIM}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", real_server.port), timeout=30) as connection:
        # The server has begun with the request and waits for the rest of its body when it is told to stop.
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        real_server.signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body[10:])
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        created = json.loads(answer.read())
    assert answer.status == 201
    assert real_server.wait() == 0
    real_server.kill()
    real_server.start()
    with real_server.client() as client:
        assert client.get(f"/Users/{created['id']}").json["userName"] == "slow"


def test_reloads_under_load_answer_every_request(real_server: RealServer, amount: Callable[[int, int], int]) -> None:
    """A worker that ends may close connections, and whoever sent into one sends again; nobody gets a failure."""
    real_server.start()
    over = threading.Event()
    statuses: Counter[int] = Counter()
    created: set[str] = set()

    def answered(send: Callable[[RealClient], Answer]) -> int:
        for _ in range(10):
            with real_server.client() as client, contextlib.suppress(OSError, http.client.HTTPException):
                return send(client).status
        raise AssertionError("ten connections in a row were closed")

    def load(number: int) -> None:
        sent = 0
        while not over.is_set():
            name = f"load-{number}-{sent}"
            # 409 where the request that was sent again had been done already.
            statuses[answered(lambda client, name=name: client.create_user(name))] += 1
            created.add(name)
            statuses[answered(lambda client: client.get("/Users", count=1))] += 1
            sent += 1

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for done in range(1, amount(RELOADS, 10 * RELOADS) + 1):
            before = statuses.total()
            real_server.signal(signal.SIGHUP)
            _wait_until(lambda: real_server.log.count("Started worker") > done)  # noqa: B023 - waited for here
            _wait_until(lambda: statuses.total() > before + 20)  # noqa: B023
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert set(statuses) <= {200, 201, 409}
    with real_server.client() as client:
        total = client.get("/Users", count=0).json["totalResults"]
    assert total == len(created) + 1, "each User once, and the Owner"


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.05)


def test_what_was_seen_is_written_at_the_end(real_server: RealServer) -> None:
    """Each worker writes what it remembers of its requests when it is told to stop, and none waits for its journal."""
    real_server.start()
    with real_server.client() as client:
        for number in range(40):
            assert client.request("GET", f"/Users/{number}").status == 404
    assert real_server.stop() == 0
    engine = create_engine(real_server.database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM journal_entries WHERE failed = 1")).scalar_one() == 40
        assert connection.execute(text("SELECT SUM(requests) FROM connection_traffic")).scalar_one() == 40
    engine.dispose()
