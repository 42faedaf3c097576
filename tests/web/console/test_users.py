"""Users and invitations in the console, without scripts."""

import io

import pytest
from werkzeug.test import TestResponse

from scim_server.invitations.service import MAX_FILE_LINES
from scim_server.web.console.inviting import MAX_FILE_BYTES, MAX_TOLD
from scim_server.web.console.lines import read_lines
from scim_server.web.pages.blueprint import MAX_FORM_BYTES
from tests.conftest import Cast, Organization
from tests.support.accounts import address
from tests.support.api import good
from tests.web.console.conftest import Seat


def status_of(cast: Cast, user_id: str) -> str:
    return str(good(cast.api.get(f"/users/{user_id}"))["status"])


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("search=BOB", "bob@acme.example", "alice@acme.example"),
        ("status=INACTIVE", "dora@acme.example", "bob@acme.example"),
        ("organization_role=ORGANIZATION_OWNER", "alice@acme.example", "bob@acme.example"),
        ("source=bootstrap", "alice@acme.example", "bob@acme.example"),
        ("team_id={team}", "bob@acme.example", "alice@acme.example"),
        ("search=zzz", "Nobody matches", "bob@acme.example"),
    ],
)
def test_filters_narrow_the_list(alice: Seat, cast: Cast, query: str, shown: str, hidden: str) -> None:
    assert alice.get(f"/users?{query.format(team=cast.team)}").status_code == 200
    rows = alice.text.partition("<tbody>")[2] or alice.text

    assert shown in rows
    assert hidden not in rows


@pytest.mark.parametrize(
    "query", ["offset=-1", "offset=x", "sort=password", "status=NONE", "source=%00", "offset=9" * 3]
)
def test_odd_addresses_show_the_list(alice: Seat, query: str) -> None:
    assert alice.get(f"/users?{query}").status_code == 200


def test_names_cannot_become_part_of_the_page(alice: Seat, cast: Cast) -> None:
    user_id = cast.acme.create_user(address("x"), displayName="<script>alert(1)</script>")["id"]
    for path in ("/users", f"/users/{user_id}", f"/users/{user_id}/remove"):
        alice.get(path)
        assert "<script>alert" not in alice.text


def test_pages_lead_on_and_back(alice: Seat, cast: Cast) -> None:
    for number in range(60):
        cast.acme.create_user(f"u{number:02}@acme.example")
    alice.get("/users?search=u")
    assert 'rel="next" href="' in alice.text
    alice.get("/users?search=u&offset=50&sort=-username")

    assert 'rel="prev"' in alice.text
    assert 'aria-sort="descending"' in alice.text


def test_the_last_owner_is_told_the_way_out(alice: Seat, cast: Cast) -> None:
    alice.get(f"/users/{cast.alice}/remove")
    assert alice.post(f"/users/{cast.alice}/remove").status_code == 409
    assert "Owner" in alice.text
    alice.get(f"/users/{cast.alice}")
    assert alice.post(f"/users/{cast.alice}", organizationRole="ORGANIZATION_MEMBER").status_code == 409


def send_file(seat: Seat, content: bytes) -> TestResponse:
    seat.get("/users/invite")
    token = seat.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    data = {"csrf_token": token, "role": "ORGANIZATION_MEMBER", "file": (io.BytesIO(content), "people.csv")}
    return seat.browser.open("POST", f"{seat.base}/users/invite", data=data, content_type="multipart/form-data")


def test_a_file_of_people_is_invited(alice: Seat, cast: Cast) -> None:
    answer = send_file(alice, b"email;role\none@p.example;Organization Owner\ntwo@p.example\n")

    assert answer.status_code == 303
    roles = {each["invitee"]["username"]: each["role"] for each in good(cast.api.get("/invites"))["invites"]}
    assert roles == {"one@p.example": "ORGANIZATION_OWNER", "two@p.example": "ORGANIZATION_MEMBER"}


def test_a_long_file_is_read_and_its_failures_are_told_first(alice: Seat, cast: Cast) -> None:
    """More than other forms take, and more than one request of the management API."""
    wrong = "".join(f"{number:05}{'x' * 60}\n" for number in range(1_500))
    answer = send_file(alice, f"last@p.example\n{wrong}".encode())

    assert answer.status_code == 200
    assert "1500 could not be invited." in alice.text
    assert alice.text.count("Not invited") == MAX_TOLD
    assert "501 more lines" in alice.text
    assert len(good(cast.api.get("/invites"))["invites"]) == 1


def test_WB11_too_many_lines_are_refused_by_their_limit(alice: Seat) -> None:
    assert send_file(alice, b"a@p.example\n" * (MAX_FILE_LINES + 1)).status_code == 400
    assert 'id="many-error"' in alice.text
    assert "At most 10,000 people" in alice.text


@pytest.mark.parametrize("line", [b"=cmd|'/c calc'!A1", b"a\0b@p.example", b"<script>"], ids=repr)
def test_WB11_what_is_no_address_fails_alone(alice: Seat, cast: Cast, line: bytes) -> None:
    assert send_file(alice, b"good@p.example\n" + line + b"\n").status_code == 200
    assert alice.text.count("Not invited") == 1
    assert "<script>" not in alice.text
    assert [each["invitee"]["username"] for each in good(cast.api.get("/invites"))["invites"]] == ["good@p.example"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_WB11_another_encoding_is_refused_with_the_way_out(alice: Seat, cast: Cast, encoding: str) -> None:
    assert send_file(alice, "j\xfcrgen@p.example".encode(encoding)).status_code == 400
    assert "CSV UTF-8" in alice.text
    assert good(cast.api.get("/invites"))["invites"] == []


@pytest.mark.parametrize(
    ("path", "most"), [("/users/invite", MAX_FILE_BYTES), ("/users/selected", MAX_FORM_BYTES)], ids=["file", "other"]
)
def test_a_form_is_bounded_and_says_by_what(alice: Seat, path: str, most: int) -> None:
    arguments = {"data": b"x" * (most + 1), "content_type": "multipart/form-data; boundary=x"}

    assert alice.browser.open("POST", f"{alice.base}{path}", **arguments).status_code == 413
    assert f"{most:,} bytes at most" in alice.text


def test_what_is_no_address_is_told_at_its_field(alice: Seat) -> None:
    alice.get("/users/invite")
    assert alice.post("/users/invite", email="nobody", role="ORGANIZATION_MEMBER").status_code == 400
    assert 'id="email-error"' in alice.text


def test_those_who_wait_are_invited_with_a_role(alice: Seat, cast: Cast) -> None:
    Organization(cast.acme.organization_id, "", "").set_jit(None)
    waiting = [cast.acme.create_user(address("w"))["id"] for _ in range(2)]
    alice.get(f"/users/invite-waiting?user={waiting[0]}")
    alice.post("/users/invite-waiting", user=waiting[0], role="ORGANIZATION_BILLING_ADMIN")
    assert [status_of(cast, each) for each in waiting] == ["PENDING", "AWAITING_INVITATION"]
    alice.get("/users/invite-waiting")
    alice.post("/users/invite-waiting", user="", role="ORGANIZATION_MEMBER")

    assert status_of(cast, waiting[1]) == "PENDING"


def test_an_invitation_is_sent_again_and_taken_back(alice: Seat, cast: Cast) -> None:
    made = good(cast.api.post("/invites", {"inviteeEmail": address("p"), "role": "ORGANIZATION_MEMBER"}))
    alice.get(f"/users/{made['userId']}")
    assert "Send again" in alice.text
    alice.post(f"/invitations/{made['inviteId']}/resend")
    assert good(cast.api.get(f"/invites/{made['inviteId']}"))["sentCount"] == 2
    alice.get(f"/invitations/{made['inviteId']}/revoke")
    assert "Take back the invitation of" in alice.text
    assert cast.api.get(f"/users/{made['userId']}").status_code == 200
    alice.post(f"/invitations/{made['inviteId']}/revoke")

    assert cast.api.get(f"/users/{made['userId']}").status_code == 404


def test_several_are_deactivated_and_reactivated(alice: Seat, cast: Cast) -> None:
    alice.get(f"/users/selected?action=deactivate&user={cast.bob}")
    assert "Deactivate 1 person?" in alice.text
    alice.post("/users/selected", action="deactivate", user=cast.bob)
    assert status_of(cast, cast.bob) == "INACTIVE"
    alice.post(f"/users/{cast.bob}/reactivate")

    assert status_of(cast, cast.bob) == "ACTIVE"


def test_nothing_selected_is_said(alice: Seat) -> None:
    alice.get("/users/selected?action=remove")
    assert "Select some people first." in alice.text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a@x.example", [("a@x.example", "")]),
        (
            "a@x.example ORGANIZATION_OWNER\r\n\r\nb@x.example",
            [("a@x.example", "ORGANIZATION_OWNER"), ("b@x.example", "")],
        ),
        ("\ufeffE-mail,Role\na@x.example,billing admin", [("a@x.example", "ORGANIZATION_BILLING_ADMIN")]),
        ("a@x.example\tOrganization Member", [("a@x.example", "ORGANIZATION_MEMBER")]),
        ('"a@x.example";"KING"', [("a@x.example", "KING")]),
        ("<a@x.example>", [("a@x.example", "")]),
    ],
)
def test_lines_are_read_as_people_write_them(text: str, read: list[tuple[str, str]]) -> None:
    assert list(read_lines(text)) == read
