"""Every endpoint of the management API against everyone who must not get through.

A route without an entry fails: who adds one says in its area's table here what strangers get from it.
"""

import importlib
import uuid
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from scim_server.tokens.service import MANAGEMENT_SCOPE, create_token
from tests.conftest import OPERATOR, Cast, make_cast
from tests.support.api import ApiClient, good, refused
from tests.web.management.entries import Entry

# One table for each area: tests/web/management/entries_*.py, its TABLE maps (endpoint, method) to entries.
AREAS = sorted(path.stem for path in Path(__file__).parent.glob("entries_*.py"))
TABLE: dict[tuple[str, str], list[Entry]] = {
    route: entries
    for area in AREAS
    for route, entries in importlib.import_module(f"tests.web.management.{area}").TABLE.items()
}
CASES = [
    pytest.param(method, entry, id=f"{method} {entry.path or '/'}")
    for (_, method), entries in TABLE.items()
    for entry in entries
]
WITH_ID = [case for case in CASES if "{id}" in case.values[1].path]
every_endpoint = pytest.mark.parametrize(("method", "entry"), CASES)


def send(client: ApiClient, method: str, entry: Entry, found_id: str = "", **arguments: object) -> TestResponse:
    """Send an entry's request."""
    if entry.body is not None:
        arguments["json"] = entry.body
    return client.request(method, entry.path.format(id=found_id), **arguments)


def own_id(cast: Cast, entry: Entry) -> str:
    return entry.own(cast, False) if entry.own is not None else ""


class Idle:
    """One cast for all tests in which everything is refused, with one thing of each kind."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        _, self.without_a_role = create_token(
            cast.api.organization_id, OPERATOR, name="no role", scopes=(MANAGEMENT_SCOPE,)
        )
        self._things: dict[tuple[object, bool], str] = {}

    def id_of(self, entry: Entry, *, theirs: bool = False) -> str:
        """Return the id of what the entry is about, acme's or charlie's; it is made once."""
        if entry.own is None:
            return ""
        key = (entry.own, theirs)
        if key not in self._things:
            self._things[key] = entry.own(self.cast, theirs)
        return self._things[key]


@pytest.fixture(scope="module")
def idle(app: Flask) -> Idle:
    """Give what tests share in which nothing changes."""
    with app.app_context():
        return Idle(make_cast(app))


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v1/organizations", "/v1/users"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_an_entry(app: Flask) -> None:
    assert routes(app) == set(TABLE)


@every_endpoint
def test_owners_token_gets_through(cast: Cast, method: str, entry: Entry) -> None:
    """The other rows refuse because of who asks, and not because the request was wrong."""
    answer = send(cast.api, method, entry, own_id(cast, entry))

    assert answer.status_code == entry.status, answer.get_data(as_text=True)


@every_endpoint
def test_without_a_token(idle: Idle, method: str, entry: Entry) -> None:
    client = ApiClient(idle.cast.api.app, idle.cast.api.organization_id, "")

    refused(send(client, method, entry, idle.id_of(entry)), 401)


@every_endpoint
def test_scim_token(idle: Idle, method: str, entry: Entry) -> None:
    client = ApiClient(idle.cast.api.app, idle.cast.api.organization_id, idle.cast.acme.token)

    refused(send(client, method, entry, idle.id_of(entry)), 401)


@every_endpoint
def test_charlies_token(idle: Idle, method: str, entry: Entry) -> None:
    """A token of another Organization gets what it would get for an Organization that does not exist."""
    cast = idle.cast
    stranger = ApiClient(cast.api.app, cast.api.organization_id, cast.charlies_api.token)
    nowhere = ApiClient(cast.api.app, str(uuid.uuid4()), cast.charlies_api.token)
    headers = {"X-Request-Id": "same"}

    found, random = (send(client, method, entry, idle.id_of(entry), headers=headers) for client in (stranger, nowhere))
    # The list of Organizations is asked without one.
    if entry.path.startswith("/v1/"):
        assert cast.api.organization_id not in found.get_data(as_text=True)
        return
    refused(found, 404)
    assert found.get_data() == random.get_data()


@pytest.mark.parametrize(("method", "entry"), WITH_ID)
def test_charlies_things(idle: Idle, method: str, entry: Entry) -> None:
    """An id of another Organization gets what a random id gets, and nothing changes there."""
    theirs = idle.id_of(entry, theirs=True)
    # What belongs to somebody is named by two ids.
    their_id, random = theirs.partition("/")[0], str(uuid.uuid4())
    headers = {"X-Request-Id": "same"}

    found = send(idle.cast.api, method, entry, theirs, headers=headers)
    nothing = send(idle.cast.api, method, entry, theirs.replace(their_id, random), headers=headers)

    refused(found, 404)
    assert found.get_data(as_text=True).replace(their_id, random) == nothing.get_data(as_text=True)


@every_endpoint
def test_token_without_a_role(
    request: pytest.FixtureRequest, app: Flask, idle: Idle, method: str, entry: Entry
) -> None:
    """A management token whose Organization role is missing is refused wherever a permission is asked for."""
    if entry.everyone:  # gets through, and changes what it should
        idle = Idle(request.getfixturevalue("cast"))
    client = ApiClient(app, idle.cast.api.organization_id, idle.without_a_role)

    allowed = {entry.status} if entry.everyone else {403, 404}
    assert send(client, method, entry, idle.id_of(entry)).status_code in allowed


@pytest.mark.parametrize(("method", "entry"), [case for case in CASES if case.values[1].dora is not None])
def test_dora(cast: Cast, method: str, entry: Entry) -> None:
    assert entry.dora is not None
    entry.dora(cast)


def test_openapi_is_public_and_names_nobody(app: Flask, cast: Cast) -> None:
    document = good(app.test_client().get("/v1/openapi.json"))

    assert document["openapi"] == "3.1.0"
    assert cast.api.organization_id not in str(document)
