"""The thin edge: send a simulation's requests over HTTP, judge the answers, and remember how it went."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from requests import RequestException, Session

from scim_server.cli.simulation.cycle import Task
from scim_server.cli.simulation.exchange import Answer, Kind, Refused, Request

# Seconds that identity providers wait for an answer.
TIMEOUT = 60
# How often one request waits when the server says 429, as Okta does.
MAX_WAITS = 10
# Seconds that are waited where a 429 names none that can be read.
DEFAULT_WAIT = 5
MAX_WAIT = 300
TOO_MANY_REQUESTS = 429
CREATED = 201
NO_CONTENT = 204


class Unreachable(Exception):
    """The server gave no answer; the text says why."""


class Stopped(Exception):
    """An essential answer was refused."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that was not what the identity provider needs."""

    kind: Kind
    method: str
    path: str
    status: int
    problem: str
    answer: str


@dataclass(slots=True)
class Record:
    """How it went: seconds of each answer by kind, failures, waits, and what was made and not deleted again."""

    seconds: dict[Kind, list[float]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    waits: int = 0
    made: dict[str, None] = field(default_factory=dict)


class Player:
    """Plays tasks against one SCIM base URL with one token."""

    def __init__(self, url: str, token: str, record: Record, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url.rstrip("/")
        self._session = Session()
        # Exactly the headers of the identity provider, and no name and password out of a .netrc.
        self._session.headers.clear()
        self._session.auth = lambda prepared: prepared
        self._token = token
        self._record = record
        self._sleep = sleep

    def play(self, task: Task) -> None:
        """Do a task to its end, or to the answer that is refused; raises Unreachable, Stopped."""
        steps = task.steps
        try:
            request = next(steps)
            while True:
                answer = self._send(request)
                problem = request.accept(answer)
                if problem is None:
                    self._remember(request, answer)
                    request = steps.send(answer)
                    continue
                self._record.failures.append(_failure(request, answer, problem))
                request = steps.throw(Refused)
        except StopIteration:
            return
        except Refused:
            if task.essential:
                raise Stopped from None

    def _send(self, request: Request) -> Answer:
        for _ in range(MAX_WAITS):
            answer, wait = self._send_once(request)
            if wait is None:
                return answer
            self._record.waits += 1
            self._sleep(wait)
        return answer

    def _send_once(self, request: Request) -> tuple[Answer, float | None]:
        """Return the answer, and how many seconds to wait before another try where the server asks for it."""
        url = f"{self._url}{request.path}" + (f"?{request.query}" if request.query else "")
        headers = {**request.headers, "Authorization": f"Bearer {self._token}"}
        data = None if request.body is None else orjson.dumps(request.body)
        begin = time.perf_counter()
        try:
            got = self._session.request(
                request.method, url, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except (RequestException, UnicodeError) as error:
            raise Unreachable(_reason(error)) from None
        took = time.perf_counter() - begin
        if got.status_code == TOO_MANY_REQUESTS:
            return Answer(got.status_code, None, got.text), _seconds(got.headers.get("Retry-After"))
        self._record.seconds.setdefault(request.kind, []).append(took)
        return Answer(got.status_code, _json(got.content), got.text, got.headers.get("Content-Type", "")), None

    def _remember(self, request: Request, answer: Answer) -> None:
        if request.method == "POST" and answer.status == CREATED:
            self._record.made[f"{request.path}/{answer.body['id']}"] = None
        elif request.method == "DELETE" and answer.status == NO_CONTENT:
            self._record.made.pop(request.path, None)


def play_all(player: Player, tasks: Iterable[Task], advance: Callable[[Task], None]) -> None:
    """Play tasks one after the other; `advance` is told each before it begins."""
    for task in tasks:
        advance(task)
        player.play(task)


def _failure(request: Request, answer: Answer, problem: str) -> Failure:
    path = request.path + (f"?{request.query}" if request.query else "")
    return Failure(request.kind, request.method, path, answer.status, problem, answer.text)


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _seconds(text: str | None) -> float:
    return min(int(text), MAX_WAIT) if text and text.isascii() and text.isdigit() else DEFAULT_WAIT


def _reason(error: Exception) -> str:
    """Return the innermost cause in words: those outside repeat the whole URL."""
    inner: BaseException = error
    while inner.__context__ is not None:
        inner = inner.__context__
    return str(getattr(inner, "strerror", None) or inner) or type(inner).__name__
