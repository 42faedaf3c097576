"""`Idempotency-Key` on POST (security CC06): the first answer again, once the work, and what a crash leaves."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from marshmallow import Schema, fields
from sqlalchemy import select, text

from scim_server.audit.listing import Filter, list_events
from scim_server.audit.service import Event, record
from scim_server.database import reading, transaction
from scim_server.database.engines import dispose_engines
from scim_server.idempotency.models import RememberedAnswer
from scim_server.idempotency.service import CLAIMED_FOR, REMEMBERED_FOR, forget_old_answers
from scim_server.protocol.errors import Conflict
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.repetition import REPLAYED
from scim_server.web.management.routing import organization_blueprint
from tests.conftest import make_api, make_app, make_organization
from tests.support.api import ApiClient, good, refused


class ThingSchema(Schema):
    name = fields.String(required=True)
    secret = fields.String(dump_only=True)
    number = fields.Integer(dump_only=True)


def make_probe(entered: threading.Event, go_on: threading.Event) -> Any:
    """Return an endpoint that makes a thing, one that waits first, and some that fail."""
    probe = organization_blueprint("Probe", "For tests.")

    @probe.endpoint("/things", "POST", permission="organization.get")
    @probe.reads(ThingSchema)
    @probe.answers(201, ThingSchema)
    def make_thing(body: dict[str, Any]) -> dict[str, Any]:
        """Make a thing."""
        requester = current_requester()
        if body["name"] == "slow":
            entered.set()
            assert go_on.wait(60)
        if body["name"] == "taken":
            raise Conflict
        event = Event("owner:thing:made", "Thing", body["name"], {})
        with transaction() as connection:
            record(connection, requester.organization_id, requester.origin, [event])
            if body["name"] == "broken":
                raise RuntimeError
        number = len(list_events(requester.organization_id, Filter(target_type="Thing"), 1_000))
        return {"name": body["name"], "secret": "canary-of-an-answer", "number": number}

    return probe


@pytest.fixture(scope="module")
def entered() -> threading.Event:
    """Give what is set once the slow thing is being made."""
    return threading.Event()


@pytest.fixture(scope="module")
def go_on() -> threading.Event:
    """Give what the slow thing waits for."""
    return threading.Event()


@pytest.fixture(scope="module")
def app(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, entered: threading.Event, go_on: threading.Event
) -> Iterator[Flask]:
    """Give an application with endpoints of its own."""
    application = make_app(database_url, tmp_path_factory.mktemp("home"))
    application.register_blueprint(make_probe(entered, go_on))
    yield application
    dispose_engines(application)


@pytest.fixture
def api(app: Flask) -> ApiClient:
    """Give a client in a fresh Organization."""
    return make_api(app, make_organization(f"Test {uuid.uuid4().hex[:8]}"))


def post(api: ApiClient, key: str | None, name: str = "lamp", **arguments: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post("/things", {"name": name}, headers=headers, **arguments)


def things(api: ApiClient) -> int:
    return len(list_events(api.organization_id, Filter(target_type="Thing"), 1_000))


def test_CC06_the_first_answer_is_given_again(api: ApiClient) -> None:
    first, again = post(api, "a-key"), post(api, "a-key")

    assert good(first, 201) == good(again, 201) == {"name": "lamp", "secret": "canary-of-an-answer", "number": 1}
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert again.get_data() == first.get_data()
    assert things(api) == 1


def test_without_a_key_each_request_is_done(api: ApiClient) -> None:
    assert [good(post(api, None), 201)["number"] for _ in range(2)] == [1, 2]
    assert good(post(api, "one"), 201)["number"] == 3
    assert good(post(api, "two"), 201)["number"] == 4


def test_CC06_the_same_key_with_another_request(api: ApiClient) -> None:
    good(post(api, "a-key"), 201)

    assert "another request" in refused(post(api, "a-key", "chair"), 422)
    refused(post(api, "a-key", query_string={"x": "1"}), 422)
    assert things(api) == 1


def test_CC06_a_key_is_its_tokens_alone(app: Flask, api: ApiClient) -> None:
    good(post(api, "a-key"), 201)
    colleague = ApiClient(app, api.organization_id, make_api(app, _organization(api)).token)

    assert good(post(colleague, "a-key"), 201)["number"] == 2


def _organization(api: ApiClient) -> Any:
    return type("Named", (), {"id": api.organization_id})


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "caf\xe9", "a\tb"])
def test_keys_that_are_none(api: ApiClient, key: str) -> None:
    refused(post(api, key), 400, "Idempotency-Key")
    assert things(api) == 0


def test_a_key_may_be_long(api: ApiClient) -> None:
    good(post(api, "x" * 255), 201)
    assert post(api, "x" * 255).headers[REPLAYED] == "true"


def test_what_failed_is_done_again(api: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    for name, status in (("taken", 409), ("broken", 500)):
        for _ in range(2):
            answer = post(api, f"key-of-{name}", name)
            refused(answer, status)
            assert REPLAYED not in answer.headers
    refused(api.post("/things", {}, headers={"Idempotency-Key": "wrong"}), 400, "name")
    # The key was not used up by what changed nothing.
    good(post(api, "wrong"), 201)
    assert things(api) == 1


def test_CC06_two_at_once(app: Flask, api: ApiClient, entered: threading.Event, go_on: threading.Event) -> None:
    entered.clear()
    go_on.clear()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(post(api, "a-key", "slow")))
    thread.start()
    try:
        assert entered.wait(60)
        second = post(api, "a-key", "slow")
        other = post(api, "a-key", "chair")
    finally:
        go_on.set()
        thread.join()

    refused(second, 409)
    assert second.headers["Retry-After"] == "1"
    refused(other, 422)
    assert good(answers[0], 201) == good(post(api, "a-key", "slow"), 201)
    assert things(api) == 1


def test_CC06_many_at_once_make_one_thing(app: Flask, api: ApiClient) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(post(api, "a-key").status_code)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) <= {201, 409}
    assert things(api) == 1
    assert good(post(api, "a-key"), 201)["number"] == 1


def test_a_claim_that_its_process_left_ends(api: ApiClient) -> None:
    good(post(api, "a-key"), 201)
    with transaction() as connection:
        connection.execute(text("UPDATE remembered_answers SET answer = NULL, status = NULL"))

    refused(post(api, "a-key"), 409)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=CLAIMED_FOR + 1), tick=True):
        assert good(post(api, "a-key"), 201)["number"] == 2
        assert post(api, "a-key").headers[REPLAYED] == "true"


def test_answers_are_forgotten_after_a_day(api: ApiClient) -> None:
    good(post(api, "a-key"), 201)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=REMEMBERED_FOR + 1), tick=True):
        assert good(post(api, "a-key", "chair"), 201)["number"] == 2
        good(post(api, "another"), 201)
    assert forget_old_answers() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2 * REMEMBERED_FOR + 2), tick=True):
        assert forget_old_answers() >= 2


def test_SC02_answers_are_sealed(api: ApiClient) -> None:
    good(post(api, "a-key"), 201)

    with reading() as connection:
        row = connection.execute(
            select(RememberedAnswer.__table__).where(RememberedAnswer.organization_id == api.organization_id)
        ).one()
    assert "canary" not in repr(row)


def test_an_answer_sealed_with_a_lost_key(api: ApiClient) -> None:
    good(post(api, "a-key"), 201)
    with transaction() as connection:
        connection.execute(text("UPDATE remembered_answers SET answer = 'x' WHERE key = 'a-key'"))

    assert "was done" in refused(post(api, "a-key"), 409)
    assert things(api) == 1
