"""canaille provisions our server: after each of its changes both hold the same people and groups."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.canaille.conftest import Installation
from tests.canaille.provider import Canaille
from tests.support.client import ENTERPRISE
from tests.support.server import RealServer

pytestmark = pytest.mark.timeout(240)

_SAME = ("userName", "displayName", "title", "active", "profileUrl", "preferredLanguage")


@pytest.fixture(params=["jit on", "jit off"])
def joining(request: pytest.FixtureRequest, installation: Installation) -> Iterator[str]:
    """Set automatic membership, and give the status that a person who is pushed must have."""
    on = request.param == "jit on"
    role = "ORGANIZATION_MEMBER" if on else "disabled"
    organization = installation.server.founded["organization_slug"]
    command = ("connection", "set", "--organization", organization, "--automatic-membership")
    installation.server.run(*command, role)
    yield "ACTIVE" if on else "AWAITING_INVITATION"


def test_people_and_groups_follow(installation: Installation, joining: str) -> None:
    server, canaille = installation.server, installation.canaille
    # The names differ from those of the other setting of just-in-time provisioning, whose people are still there.
    prefix = joining.lower().replace("_", "")

    ada = canaille.create_user(
        f"{prefix}-ada",
        displayName="Ada B.",
        title="Countess",
        **{ENTERPRISE: {"employeeNumber": "1815", "organization": "Analytical", "department": "Engines"}},
    )
    bob = canaille.create_user(f"{prefix}-bob")
    eve = canaille.create_user(f"{prefix}-eve", emails=[{"value": "e@example.org"}, {"value": "eve@example.org"}])
    created = (
        "--user-name",
        f"{prefix}-cli",
        "--family-name",
        "Clí",
        "--formatted-name",
        "Clí",
        "--emails",
        f"{prefix}-cli@example.org",
    )
    canaille.command("create", "user", "--quiet", *created)
    _assert_same(server, canaille)
    assert _standing(server, f"{prefix}-ada") == joining

    crew = canaille.create_group(f"{prefix} crew", ada, bob)
    other = canaille.create_group(f"{prefix} others", eve)
    _assert_same(server, canaille)

    canaille.change(ada, displayName="Ada Lovelace", title="Programmer", **{"name.familyName": "Lovelace"})
    canaille.change(ada, **{f"{ENTERPRISE}:department": "Notes"})
    canaille.change(eve, emails=[{"value": f"{prefix}-eve@example.org"}])
    _assert_same(server, canaille)

    canaille.change(bob, active=False)
    _assert_same(server, canaille)
    assert _standing(server, f"{prefix}-bob") == "INACTIVE"
    canaille.change(bob, active=True)
    _assert_same(server, canaille)
    assert _standing(server, f"{prefix}-bob") == joining

    canaille.set_group(crew, f"{prefix} crew", f"{prefix}-ada", f"{prefix}-eve")
    canaille.set_group(other, f"{prefix} renamed", f"{prefix}-bob", f"{prefix}-eve")
    _assert_same(server, canaille)

    canaille.delete(f"/Users/{eve}")
    canaille.delete(f"/Groups/{other}")
    _assert_same(server, canaille)
    assert _standing(server, f"{prefix}-eve") is None


def _assert_same(server: RealServer, canaille: Canaille) -> None:
    """Compare all that canaille holds with all that our server got from it, both as SCIM."""
    theirs, their_groups = canaille.people(), canaille.groups()
    with server.client() as client:
        ours = {each["externalId"]: each for each in _all(client, "/Users") if "externalId" in each}
        our_groups = {each["externalId"]: each for each in _all(client, "/Groups")}
    assert {key: _person(each) for key, each in ours.items()} == {key: _person(each) for key, each in theirs.items()}
    names = {each["id"]: each["userName"] for each in ours.values()}
    assert {key: _group(each, names) for key, each in our_groups.items()} == {
        key: _group(each, {one["id"]: one["userName"] for one in theirs.values()}) for key, each in their_groups.items()
    }


def _all(client: Any, path: str) -> list[dict[str, Any]]:
    answer = client.get(path, count=1000)
    assert answer.status == 200, answer.body
    return list(answer.json.get("Resources", []))


def _person(each: dict[str, Any]) -> dict[str, Any]:
    same = {name: each.get(name) for name in _SAME}
    values = {name: sorted(one["value"] for one in each.get(name, [])) for name in ("emails", "phoneNumbers")}
    groups = sorted(one["display"] for one in each.get("groups", []))
    return {**same, **values, "name": each.get("name"), "groups": groups, ENTERPRISE: each.get(ENTERPRISE, {})}


def _group(each: dict[str, Any], names: dict[str, str]) -> tuple[str, list[str]]:
    # canaille names members by id in one place and by user name in another.
    members = (one["value"] for one in each.get("members", []))
    return each["displayName"], sorted(names.get(member, member) for member in members)


def _standing(server: RealServer, user_name: str) -> str | None:
    engine = create_engine(server.database_url)
    try:
        with engine.connect() as connection:
            found = text("SELECT status FROM users WHERE user_name_folded = :name")
            return connection.execute(found, {"name": user_name}).scalar()
    finally:
        engine.dispose()
