"""Rotated and deleted tokens in every worker, and tokens where they do not belong (security catalogue AU, CC10)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from scim_server.database.engines import dispose_engines
from tests.conftest import Organization, make_app
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient

THREADS = 8


@pytest.fixture
def second(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Give a second worker on the same database: another application with connections of its own."""
    other = make_app(database_url, tmp_path)
    yield other
    dispose_engines(other)


def made(api: ApiClient) -> dict[str, Any]:
    return dict(good(api.post("/tokens", {"name": "okta", "kind": "SCIM"})))


def answers(workers: tuple[Flask, Flask], organization: Organization, text: str) -> list[int]:
    return [ScimClient(worker, organization.id, text).get("/Users").status_code for worker in workers]


def test_AU07_a_rotated_secret_is_dead_in_every_worker(
    app: Flask, second: Flask, organization: Organization, api: ApiClient
) -> None:
    workers, token = (app, second), made(api)
    assert answers(workers, organization, token["token"]) == [200, 200]
    rotated = good(api.post(f"/tokens/{token['id']}/rotate"))
    assert answers(workers, organization, token["token"]) == [401, 401]
    assert answers(workers, organization, rotated["token"]) == [200, 200]
    good(api.delete(f"/tokens/{token['id']}"), 204)
    assert answers(workers, organization, rotated["token"]) == [401, 401]


def test_AU07_both_secrets_within_the_overlap_and_the_old_one_never_after(
    app: Flask, second: Flask, organization: Organization, api: ApiClient
) -> None:
    workers, token, start = (app, second), made(api), datetime.now(UTC)
    rotated = good(api.post(f"/tokens/{token['id']}/rotate", {"overlapMinutes": 5}))
    with time_machine.travel(start + timedelta(minutes=4)):
        for text in (token["token"], rotated["token"]):
            assert answers(workers, organization, text) == [200, 200]
    with time_machine.travel(start + timedelta(minutes=6)):
        assert answers(workers, organization, token["token"]) == [401, 401]
        assert answers(workers, organization, rotated["token"]) == [200, 200]


@pytest.mark.parametrize("overlap", [0, 5])
def test_CC10_requests_under_way_while_a_token_is_rotated(
    app: Flask, second: Flask, organization: Organization, api: ApiClient, overlap: int
) -> None:
    """What is sent after the rotation was answered is judged by it, in both workers; nothing fails on the way."""
    token, rotated, seen = made(api), threading.Event(), threading.Barrier(THREADS + 1)

    def use(worker: Flask) -> list[tuple[bool, int]]:
        client, found = ScimClient(worker, organization.id, token["token"]), []
        seen.wait()
        while len(found) < 20 or not found[-5][0]:
            after = rotated.is_set()
            found.append((after, client.get("/Users?count=0").status_code))
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        users = [pool.submit(use, worker) for worker, _ in zip(cycle((app, second)), range(THREADS), strict=False)]
        seen.wait()
        fresh = good(api.post(f"/tokens/{token['id']}/rotate", {"overlapMinutes": overlap}))["token"]
        rotated.set()
        found = [each for user in users for each in user.result()]

    assert {status for after, status in found if not after} <= ({200} if overlap else {200, 401})
    assert {status for after, status in found if after} == {200 if overlap else 401}
    assert answers((app, second), organization, fresh) == [200, 200]


def test_AU10_a_scim_token_is_none_of_the_management_api(
    app: Flask, organization: Organization, api: ApiClient
) -> None:
    token = made(api)
    assert ScimClient(app, organization.id, token["token"]).get("/Users").status_code == 200
    stranger = ApiClient(app, organization.id, token["token"])
    for answer in (
        stranger.get("/tokens"),
        stranger.post("/tokens", {"name": "more", "role": "ORGANIZATION_OWNER"}),
        stranger.post(f"/tokens/{token['id']}/rotate"),
        stranger.delete(f"/tokens/{token['id']}"),
    ):
        refused(answer, 401)
    assert good(api.get("/tokens", kind="SCIM"))["totalCount"] == 2


def test_AU10_a_member_token_is_none_of_scim(app: Flask, organization: Organization, api: ApiClient) -> None:
    token = good(api.post("/tokens", {"name": "robot", "role": "ORGANIZATION_MEMBER"}))
    assert ScimClient(app, organization.id, token["token"]).get("/Users").status_code == 403
    assert good(ApiClient(app, organization.id, token["token"]).get(""))["id"] == organization.id
