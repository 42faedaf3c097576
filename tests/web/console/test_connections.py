"""A Connection is added, and given up by writing its name."""

import uuid

import pytest

from tests.conftest import Cast
from tests.support.api import good
from tests.web.console.conftest import Seat


def connections(cast: Cast) -> dict[str, str]:
    """Return the ids of Acme's Connections by their names."""
    return {each["name"]: each["id"] for each in good(cast.api.get("/connections"))["connections"]}


@pytest.fixture
def second(cast: Cast) -> str:
    """Give another Connection of Acme."""
    return str(good(cast.api.post("/connections", {"name": "Okta <EU>"}))["id"])


def test_the_only_one_is_not_offered_for_deletion(alice: Seat, cast: Cast) -> None:
    (only,) = connections(cast).values()
    alice.get(f"/provisioning/{only}")
    assert "Delete Connection" not in alice.text
    alice.get(f"/provisioning/{only}/delete")
    assert "This is the only Connection of the Organization" in alice.text
    assert "None" not in alice.text
    assert alice.post(f"/provisioning/{only}/delete", typed="Identity provider").status_code == 409


@pytest.mark.parametrize(("role", "stored"), [("ORGANIZATION_MEMBER",) * 2, ("DISABLED",) * 2])
def test_another_one_leads_to_its_guide(alice: Seat, cast: Cast, role: str, stored: str) -> None:
    alice.get("/provisioning/new")
    alice.post("/provisioning/new", name="  Okta ", role=role)

    assert alice.browser.title.startswith("Set-up guide")
    assert "The Connection Okta is made." in alice.text
    made = good(cast.api.get(f"/connections/{connections(cast)['Okta']}"))
    assert (made["automaticMembership"], made["provisioning"]) == (stored, "ON")


@pytest.mark.parametrize(
    ("name", "role", "status", "said"),
    [
        ("", "DISABLED", 400, "name has 1 to 100 printable characters"),
        ("x" * 101, "DISABLED", 400, "name has 1 to 100 printable characters"),
        ("Identity provider", "DISABLED", 409, "choose another name"),
        ("Okta", "ORGANIZATION_OWNER", 400, "Nobody joins as ORGANIZATION_OWNER"),
        ("Okta", "KING", 400, "KING"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    alice: Seat, cast: Cast, name: str, role: str, status: int, said: str
) -> None:
    alice.get("/provisioning/new")
    assert alice.post("/provisioning/new", name=name, role=role).status_code == status
    assert said in alice.text
    assert list(connections(cast)) == ["Identity provider"]


def test_it_is_deleted_by_writing_its_name(alice: Seat, cast: Cast, second: str) -> None:
    good(cast.api.post("/domains", {"name": f"{uuid.uuid4().hex[:8]}.example", "connectionId": second}))
    api = {"name": "reports", "role": "ORGANIZATION_MEMBER", "connectionId": second}
    token = good(cast.api.post("/tokens", api))["id"]
    path = f"/provisioning/{second}/delete"
    alice.get(path)
    assert "Delete the Connection Okta &lt;EU&gt;?" in alice.text
    assert "1 domain no longer leads to it." in alice.text
    assert "1 API token that does not provision passes to Identity provider." in alice.text
    assert alice.post(path, typed="Okta").status_code == 400
    assert second in connections(cast).values()
    alice.post(path, typed="Okta <EU>")

    assert list(connections(cast)) == ["Identity provider"]
    assert "The Connection Okta &lt;EU&gt; is deleted." in alice.text
    assert cast.api.get(f"/tokens/{token}").status_code == 200


def test_tokens_that_provision_stand_against_it(alice: Seat, cast: Cast, second: str) -> None:
    good(cast.api.post("/tokens", {"name": "pushes", "kind": "SCIM", "connectionId": second}))
    alice.get(f"/provisioning/{second}/delete")
    assert "delete them first: &#39;pushes&#39;" in alice.text
    assert alice.post(f"/provisioning/{second}/delete", typed="Okta <EU>").status_code == 409
    assert second in connections(cast).values()


def test_members_and_others_do_neither(alice: Seat, bob: Seat, charlie: Seat, dora: Seat, second: str) -> None:
    for path in ("/provisioning/new", f"/provisioning/{second}/delete"):
        assert bob.get(path).status_code == 403
        assert charlie.get(path).status_code == 404
        assert dora.get(path).status_code == 404
        assert alice.get(path).status_code == 200
