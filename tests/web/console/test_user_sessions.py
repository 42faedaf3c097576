"""Sessions in User Details: shown to the Owner, and ended by a button."""

from scim_server.accounts.sessions import AuthenticatedBy
from scim_server.web.console.titles import SIGNED_IN_BY
from tests.web.console.conftest import Seat


def test_one_session_is_ended(alice: Seat, bob: Seat) -> None:
    alice.get(f"/users/{bob.user_id}")
    assert bob.browser.address in alice.text
    path = alice.text.partition(f"/users/{bob.user_id}/sessions/")[2].partition('"')[0]
    alice.post(f"/users/{bob.user_id}/sessions/{path}")
    assert "The session is ended." in alice.text
    assert bob.browser.address not in alice.text.partition('id="sessions"')[2]

    assert bob.browser.open("GET", "/me").status_code == 401


def test_all_sessions_are_ended(alice: Seat, bob: Seat) -> None:
    bob.browser.client.delete_cookie("signed_in")
    bob.browser.sign_in(bob.email)
    alice.get(f"/users/{bob.user_id}")
    assert "End all" in alice.text
    alice.post(f"/users/{bob.user_id}/sessions/end")
    assert "2 sessions are ended." in alice.text

    assert "No session of this Organization." in alice.text


def test_members_see_no_sessions(bob: Seat, alice: Seat) -> None:
    bob.get(f"/users/{alice.user_id}")
    assert 'id="sessions"' not in bob.text
    bob.browser.get("/me")
    assert bob.post(f"/users/{alice.user_id}/sessions/end").status_code == 403


def test_each_way_of_signing_in_has_a_title() -> None:
    assert set(SIGNED_IN_BY) == {way.value for way in AuthenticatedBy}
