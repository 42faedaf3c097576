"""Provisioning as an Owner meets it: the guide, the first requests, health, the journal, the dashboard."""

from collections.abc import Iterator

import pytest
from flask import Flask

from scim_server.connections.recorder import Recorder
from scim_server.web.console.guides import GUIDES
from scim_server.web.console.live import LASTS, Streams
from tests.conftest import Cast
from tests.support.api import good
from tests.support.client import USER, ScimClient
from tests.support.counting import count_of
from tests.web.console.conftest import Seat


@pytest.fixture(autouse=True)
def recorder(app: Flask) -> Iterator[Recorder]:
    """Give the application's recorder, empty."""
    found: Recorder = app.extensions["recorder"]
    found.flush()
    yield found
    found.flush()


@pytest.fixture
def path(cast: Cast) -> str:
    """Give the path of Acme's first Connection."""
    return f"/provisioning/{good(cast.api.get('/connections'))['connections'][0]['id']}"


SCREENS = ("", "/set-up", "/set-up?provider=okta", "/requests", "/live")


@pytest.mark.parametrize("screen", SCREENS)
def test_owners_alone_see_it(
    alice: Seat, bob: Seat, carla: Seat, charlie: Seat, dora: Seat, path: str, screen: str
) -> None:
    assert alice.get(f"{path}{screen}").status_code == 200
    assert bob.get(f"{path}{screen}").status_code == 403
    assert carla.get(f"{path}{screen}").status_code == 403
    assert charlie.get(f"{path}{screen}").status_code == 404
    assert dora.get(f"{path}{screen}").status_code == 404


@pytest.mark.parametrize("screen", SCREENS)
def test_connections_of_others_do_not_exist(alice: Seat, cast: Cast, screen: str) -> None:
    theirs = good(cast.charlies_api.get("/connections"))["connections"][0]["id"]
    assert alice.get(f"/provisioning/{theirs}{screen}").status_code == 404


@pytest.mark.parametrize(("screen", "values"), [("/set-up", {}), ("/state", {"state": "OFF"}), ("/requests", {})])
def test_members_and_other_sites_change_nothing(
    alice: Seat, bob: Seat, cast: Cast, path: str, screen: str, values: dict[str, str]
) -> None:
    bob.get("/general")
    assert bob.post(f"{path}{screen}", **values).status_code == 403
    assert alice.browser.open("POST", f"{alice.base}{path}{screen}", data=values).status_code == 403
    assert good(cast.api.get("/connections"))["connections"][0]["provisioning"] == "ON"


def test_it_begins_with_the_guide_and_goes_on_with_health(alice: Seat, cast: Cast, recorder: Recorder) -> None:
    # The fixtures have provisioned already; another Connection is new.
    recorder.flush()
    alice.get("/provisioning")
    assert alice.browser.title.startswith("Health")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_each_guide_shows_the_values_to_copy(alice: Seat, cast: Cast, path: str, guide) -> None:
    alice.get(f"{path}/set-up?provider={guide.slug}")
    assert f"/scim/v2/{cast.acme.organization_id}" in alice.text
    assert "{base_url}" not in alice.text
    assert "{token}" not in alice.text
    assert "{today}" not in alice.text
    assert alice.text.count("<h3>") >= len(guide.steps)


def test_a_token_is_made_in_place_and_shown_once(app: Flask, alice: Seat, cast: Cast, path: str) -> None:
    alice.get(f"{path}/set-up?provider=entra")
    assert alice.post(f"{path}/set-up", provider="entra").status_code == 200
    text = alice.text.partition('data-copy="scim_')[2].partition('"')[0]
    assert alice.text.count(f"scim_{text}") >= 2
    assert "aadOptscim062020" in alice.text
    scim = ScimClient(app, cast.acme.organization_id, f"scim_{text}")
    assert scim.get("/Users").status_code == 200
    assert cast.api.get("/tokens", kind="SCIM").get_json()["tokens"][-1]["name"] in {"Microsoft Entra ID", "tests"}
    alice.get(f"{path}/set-up?provider=entra")
    assert text not in alice.text


def test_the_panel_turns_green(alice: Seat, app: Flask, cast: Cast, recorder: Recorder) -> None:
    other = good(cast.api.post("/connections", {"name": "Okta"}))["id"]
    made = good(cast.api.post("/tokens", {"name": "x", "kind": "SCIM", "connectionId": other}))
    scim = ScimClient(app, cast.acme.organization_id, made["token"])
    path = f"/provisioning/{other}"
    alice.get(path)
    assert 'data-seen="000"' in alice.text
    assert "Waiting for the first request" in alice.text
    scim.filter("/Users", 'userName eq "nobody"')
    recorder.flush()
    alice.get(path)
    assert 'data-seen="100"' in alice.text
    scim.create_user("eve")
    scim.create_group("Okta group")
    recorder.flush()
    alice.get(path)
    assert 'data-seen="111"' in alice.text
    assert "noscript" not in alice.text


def test_an_event_says_that_something_came(alice: Seat, path: str, recorder: Recorder, cast: Cast) -> None:
    recorder.flush()
    with alice.browser.open("GET", f"{alice.base}{path}/live?seen=000") as answer:
        assert answer.mimetype == "text/event-stream"
        events = answer.get_data(as_text=True)
    assert events.startswith("retry: 4000\n\n")
    assert "data: 111\n\n" in events


def test_beyond_the_bound_streams_end_at_once(
    app: Flask, alice: Seat, path: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.flush()
    monkeypatch.setitem(app.extensions, "live_streams", Streams(0))
    with alice.browser.open("GET", f"{alice.base}{path}/live?seen=111") as answer:
        assert answer.get_data(as_text=True) == "retry: 4000\n\n"


def test_places_of_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(1)
    place = streams.take()
    assert place is not None
    assert streams.take() is None
    streams.give_back(place)
    assert streams.take() is not None
    monkeypatch.setattr("scim_server.web.console.live.time.monotonic", lambda: 1e12 + LASTS)
    assert streams.take() is not None


def test_health_says_what_to_do(alice: Seat, cast: Cast, path: str, recorder: Recorder) -> None:
    cast.acme.post("/Users", {"schemas": [USER], "userName": "bob@acme.example"})
    recorder.flush()
    alice.get(path)
    assert "is here already" in alice.text
    assert "match Users by userName" in alice.text
    assert "What last worked" in alice.text


@pytest.mark.parametrize(("state", "words"), [("PAUSED", "is paused"), ("OFF", "is switched off")])
def test_provisioning_is_stopped_and_resumed(alice: Seat, cast: Cast, path: str, state: str, words: str) -> None:
    alice.get(path)
    alice.post(f"{path}/state", state=state)
    assert f"Provisioning {words}." in alice.text
    assert cast.acme.get("/Users").status_code in {403, 503}
    alice.post(f"{path}/state", state="ON")
    assert cast.acme.get("/Users").status_code == 200
    alice.post(f"{path}/state", state="NONSENSE")
    assert cast.acme.get("/Users").status_code == 200


def test_the_journal(alice: Seat, cast: Cast, path: str, recorder: Recorder) -> None:
    cast.acme.post("/Users", {"schemas": [USER], "userName": "<b>eve</b>", "password": "hunter2"})
    cast.acme.get("/Users/nobody")
    recorder.flush()
    alice.get(f"{path}/requests")
    assert alice.text.index("Users/nobody") < alice.text.index("POST Users")
    alice.get(f"{path}/requests?search=nobody&outcome=failed&status=404&method=GET")
    assert "POST Users" not in alice.text
    alice.get(f"{path}/requests?search=nothing%20like%20this")
    assert "Nothing matches" in alice.text
    alice.get(f"{path}/requests?search=eve&order=NEWEST")
    entry = alice.text.partition(f"{path}/requests/")[2].partition('"')[0]
    alice.get(f"{path}/requests/{entry}")
    assert "&lt;b&gt;eve" in alice.text
    assert "<b>eve" not in alice.text
    assert "hunter2" not in alice.text
    assert "$SCIM_TOKEN" in alice.text
    assert cast.acme.token not in alice.text


def test_the_journal_page_by_page(
    alice: Seat, cast: Cast, path: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scim_server.web.console.journal.LIMIT", 2)
    for number in range(3):
        cast.acme.get(f"/Users/nobody{number}")
    recorder.flush()
    alice.get(f"{path}/requests?outcome=failed")
    assert "nobody2" in alice.text
    assert "nobody0" not in alice.text
    following = alice.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    alice.browser.get(following)
    assert "nobody0" in alice.text
    assert "nobody2" not in alice.text


def test_what_the_journal_keeps(alice: Seat, cast: Cast, path: str) -> None:
    alice.get(f"{path}/requests")
    alice.post(f"{path}/requests", keeps="FAILED", days="3", days_failed="4")
    assert "Failed requests, for 3 days; failed ones for 4." in alice.text
    kept = good(cast.api.get(f"{path.replace('provisioning', 'connections')}/journal"))
    assert kept == {"keeps": "FAILED", "bodies": False, "days": 3, "daysFailed": 4}
    assert alice.post(f"{path}/requests", keeps="FAILED", days="0", days_failed="4").status_code == 400
    assert 'id="days-error"' in alice.text


def test_the_dashboard(alice: Seat, bob: Seat, cast: Cast, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.get("/dashboard")
    assert "Nothing in this time." in alice.text
    cast.acme.get("/Users/nobody")
    recorder.flush()
    count_of(cast.acme.organization_id, monkeypatch)
    alice.get("/dashboard?days=7")
    for title in (
        "Users by status",
        "Active Users by source",
        "People who joined",
        "People who left",
        "Provisioning requests",
    ):
        assert title in alice.text
    assert alice.text.count("<svg") >= 5
    assert alice.text.count("Show as a table") == alice.text.count("<svg")
    assert bob.get("/dashboard").status_code == 403
    alice.get("/dashboard?days=nonsense")
    assert 'aria-current="true">30 days' in alice.text
