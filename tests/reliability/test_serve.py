"""The signals of a service manager: SIGTERM lets requests finish, SIGHUP reloads and nobody notices."""

import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.client import SCIM, USER
from tests.support.server import RealServer

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


def test_reloads_under_load_fail_no_request(real_server: RealServer, amount: Callable[[int, int], int]) -> None:
    real_server.start()
    over = threading.Event()
    statuses: Counter[int | str] = Counter()

    def load(number: int) -> None:
        sent = 0
        while not over.is_set():
            # A connection for each request, as a balancer may: one that is kept alive ends with its worker, and
            # every HTTP client has to send again what it sent into a connection that was just closed.
            with real_server.client() as client:
                try:
                    statuses[client.create_user(f"load-{number}-{sent}").status] += 1
                    statuses[client.get("/Users", count=1).status] += 1
                except (OSError, http.client.HTTPException) as error:
                    statuses[repr(error)] += 1
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
    assert set(statuses) == {200, 201}
    with real_server.client() as client:
        total = client.get("/Users", count=0).json["totalResults"]
    assert total == statuses[201] + 1, "one User for each 201, and the Owner"


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.05)
