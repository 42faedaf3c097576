"""A load client: HTTP/1.1 over raw keep-alive sockets, one thread, a closed loop, every answer looked at.

It costs a few microseconds a request, so that what is measured is the server and not the client.
"""

import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

# Seconds after which a request that nobody answers is an error.
TIMEOUT = 30
_CHUNK = 1 << 18


class Request(NamedTuple):
    """The bytes of a request, and what makes its answer right: the status, and bytes that stand in its body."""

    data: bytes
    status: int = 200
    contains: bytes = b""


@dataclass
class Round:
    """What one round measured; `wrong` counts answers with another status or without the expected content."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    first_wrong: str = ""

    @property
    def requests(self) -> int:
        """Return how many requests were answered."""
        return len(self.latencies)


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = Request(b"")
        self.sent_at = 0.0
        self._received = b""
        self._awaited = 0

    def send(self, request: Request) -> None:
        """Send a request."""
        self.request, self._received, self._awaited = request, b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request.data)

    def receive(self) -> bytes | None:
        """Read what has come; return the whole answer once it is there."""
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._received = self._received + chunk if self._received else chunk
        if not self._awaited:
            self._awaited = _length(self._received)
        if self._awaited and len(self._received) >= self._awaited:
            return self._received
        return None

    def exchange(self, request: Request) -> bytes:
        """Send a request and wait for its answer."""
        self.send(request)
        while (answer := self.receive()) is None:
            pass
        return answer


def _length(received: bytes) -> int:
    """Return the length of the whole answer, 0 while its headers are not complete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = received[:end].lower()
    start = head.find(b"content-length:")
    return end + 4 + (int(head[start + 15 :].split(b"\r", 1)[0]) if start >= 0 else 0)


def _check(round_: Round, request: Request, answer: bytes) -> None:
    if int(answer[9:12]) == request.status and request.contains in answer:
        return
    round_.wrong += 1
    if not round_.first_wrong:
        line = request.data.split(b"\r\n", 1)[0]
        round_.first_wrong = f"{line.decode()} -> {answer[:1200].decode(errors='replace')}"


def load(port: int, requests: Iterator[Request], *, connections: int, seconds: float = 0.0, count: int = 0) -> Round:
    """Send requests over `connections` until the time is over, or `count` are answered, or there are no more."""
    round_ = Round()
    poll = select.epoll()
    open_connections: dict[int, _Connection] = {}
    sent = 0
    start = time.perf_counter()
    deadline = start + (seconds or 600)
    try:
        for _ in range(min(connections, count or connections)):
            if (request := next(requests, None)) is None:
                break
            connection = _Connection(port)
            open_connections[connection.socket.fileno()] = connection
            poll.register(connection.socket, select.EPOLLIN)
            connection.send(request)
            sent += 1
        under_way = sent
        while under_way:
            ready = poll.poll(TIMEOUT)
            if not ready:
                raise TimeoutError(f"no answer for {TIMEOUT} seconds")
            for file_number, _ in ready:
                connection = open_connections[file_number]
                answer = connection.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                round_.latencies.append(now - connection.sent_at)
                _check(round_, connection.request, answer)
                following = None if now >= deadline or sent == count else next(requests, None)
                if following is None:
                    under_way -= 1
                else:
                    connection.send(following)
                    sent += 1
        round_.seconds = time.perf_counter() - start
    finally:
        poll.close()
        for connection in open_connections.values():
            connection.socket.close()
    return round_


def ask(port: int, request: Request) -> bytes:
    """Send one request over a connection of its own and return the body of its answer; raises on a wrong one."""
    connection = _Connection(port)
    try:
        answer = connection.exchange(request)
    finally:
        connection.socket.close()
    round_ = Round()
    _check(round_, request, answer)
    if round_.wrong:
        raise AssertionError(round_.first_wrong)
    return answer.partition(b"\r\n\r\n")[2]
