"""Spoiled requests are answered: never with a 5xx, always as a SCIM Error, never with what belongs to others."""

import io
import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask

from tests.conftest import Organization, make_organization
from tests.reliability.mutators import Request, mutate
from tests.reliability.seeds import SEEDS
from tests.support.client import ERROR, SCIM, ScimClient

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(3600)]

SEED = 7644
CANARY = "Canary-Of-Another-Organization"
# Seconds after which a request counts as hanging; no measure of speed.
HANGING = 30


def test_every_answer_is_a_scim_answer(
    app: Flask, organization: Organization, scim: ScimClient, amount: Callable[[int, int], int], capsys: Any
) -> None:
    other = make_organization(f"Other {uuid.uuid4().hex[:8]}")
    foreign = ScimClient(app, other.id, other.token)
    foreigner = foreign.create_user(f"{CANARY}@example.test", displayName=CANARY, title=CANARY)["id"]
    foreign.create_group(CANARY, foreigner)
    number = amount(2_000, 100_000)
    chance = random.Random(SEED)
    slowest = 0.0
    statuses: dict[int, int] = {}
    for position in range(number):
        if position % 200 == 0:
            ids = _fresh_ids(scim, foreigner)
        method, path, body = chance.choice(SEEDS)
        request = mutate(chance, method, *_filled(path, body, {**ids, "unique": str(position)}))
        started = time.monotonic()
        status, headers, data = _send(app, organization, request)
        slowest = max(slowest, time.monotonic() - started)
        assert slowest < HANGING, f"seed {SEED}, request {position}: {request}"
        statuses[status] = statuses.get(status, 0) + 1
        _judge(request, status, headers, data, f"seed {SEED}, request {position}")
    with capsys.disabled():
        print(f"\nseed {SEED}: {number} mutated requests, slowest {slowest:.3f} s, {dict(sorted(statuses.items()))}")
    assert statuses.get(200)
    assert statuses.get(400)
    intact = foreign.get(f"/Users/{foreigner}").get_json(force=True)
    assert (intact["title"], intact["meta"]["version"]) == (CANARY, 'W/"1"')


def _fresh_ids(scim: ScimClient, foreigner: str) -> dict[str, str]:
    name = uuid.uuid4().hex
    user, gone = scim.create_user(f"u-{name}")["id"], scim.create_user(f"g-{name}")["id"]
    return {"user": user, "gone": gone, "foreign": foreigner, "group": scim.create_group(f"Group {name}", user)["id"]}


def _filled(path: str, body: Any, ids: dict[str, str]) -> tuple[str, Any]:
    text = json.dumps([path, body])
    for name, resource_id in ids.items():
        text = text.replace("{" + name + "}", resource_id)
    filled: tuple[str, Any] = tuple(json.loads(text))
    return filled


def _send(app: Flask, organization: Organization, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Call the application as a WSGI server does, with whatever the request holds."""
    target = f"/scim/v2/{organization.id}{request.path}".partition("#")[0]
    path, _, query = target.partition("?")
    body = request.body or b""
    headers = {"Authorization": f"Bearer {organization.token}", "Host": "127.0.0.1:8000", **request.headers}
    if request.body is not None:
        headers.setdefault("Content-Type", SCIM)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": target.encode("utf-8", "surrogatepass").decode("latin-1"),
        "QUERY_STRING": query.encode("utf-8", "surrogatepass").decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    started: list[Any] = []
    answer = app.wsgi_app(environ, lambda status, sent, _=None: started.append((status, sent)))
    try:
        data = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    status, sent = started[-1]
    return int(status[:3]), dict(sent), data


def _judge(request: Request, status: int, headers: dict[str, str], data: bytes, where: str) -> None:
    told = (
        f"{where}: {request.method} {request.path[:300]} {request.headers} {(request.body or b'')[:300]!r} -> {status}"
    )
    assert status < 500 or status == 501, f"{told} {data[:500]!r}"
    assert CANARY.encode() not in data, told
    assert CANARY not in repr(headers), told
    assert "X-Injected" not in headers, told
    if status < 400 or request.method == "HEAD":
        return
    assert headers["Content-Type"] == SCIM, told
    body = json.loads(data)
    assert body["schemas"] == [ERROR], told
    assert body["status"] == str(status), told
    assert isinstance(body["detail"], str), told
    assert body["detail"], told
    assert set(body) <= {"schemas", "status", "scimType", "detail"}, told
