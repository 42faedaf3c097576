"""What a worker remembers of a token is believed only while the database says the same."""

from collections.abc import Mapping
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, update

from scim_server.connections.models import Connection
from scim_server.database import reading, transaction
from scim_server.directory.witness import Witness
from scim_server.identifiers import new_id, now
from scim_server.organizations.models import Organization as OrganizationRow
from scim_server.tokens import recognition
from scim_server.tokens.models import Token
from scim_server.tokens.recognition import MAX_REMEMBERED, Principal, recall, recognise
from scim_server.tokens.secrets import digest, new_token, parse_token
from scim_server.users.mapping import users_directory
from tests.conftest import Organization
from tests.support.client import ScimClient

_TOKEN: dict[str, dict[str, Any]] = {
    "name": {"name": "another name"},
    "a new secret": {"secret_digest": digest("another secret")},
    "an earlier secret": {"previous_secret_digest": digest("another secret")},
    "the end of the earlier secret": {"previous_expires_at": "2030-01-01T00:00:00.000Z"},
    "role": {"role": "ORGANIZATION_OWNER"},
    "scopes": {"scopes": []},
    "expiry": {"expires_at": "2020-01-01T00:00:00.000Z"},
    "revocation": {"revoked_at": "2020-01-01T00:00:00.000Z"},
}
_ORGANIZATION: dict[str, dict[str, Any]] = {
    "slug": {"slug": f"moved-{new_id()}"},
    "schemas": {"schema_revision": 7},
    "unique names of Teams": {"unique_team_names": False},
    "nested Teams": {"has_nested_teams": True},
}
_CONNECTION: dict[str, dict[str, Any]] = {
    "provisioning": {"provisioning": "OFF"},
    "automatic membership": {"automatic_membership": None},
}
_CHANGES = [
    *((Token, values) for values in _TOKEN.values()),
    *((OrganizationRow, values) for values in _ORGANIZATION.values()),
    *((Connection, values) for values in _CONNECTION.values()),
]
_NAMES = [*_TOKEN, *_ORGANIZATION, *_CONNECTION]


def change(token: str, model: type[Any], values: Mapping[str, Any]) -> None:
    """Change what belongs to the token behind the worker's back, as another process does."""
    parts, principal = parse_token(token), recognise(token)
    assert parts is not None
    assert principal is not None
    row = {Token: parts.id, OrganizationRow: principal.organization_id, Connection: principal.connection_id}[model]
    with transaction() as connection:
        assert connection.execute(update(model).where(model.id == row).values(**values)).rowcount == 1


def recalled(token: str) -> tuple[Principal, Witness]:
    """Return what the worker remembers."""
    found = recall(token)
    assert found is not None
    return found


def read(principal: Principal, witness: Witness, user_id: str) -> None:
    """Read a User, and ask the witness beside it."""
    users = users_directory(has_nested_teams=False)
    assert users.get(principal.organization_id, user_id, "", witness=witness) is not None


def test_what_is_remembered_is_what_was_recognised(organization: Organization) -> None:
    assert recall(organization.token) is None

    recognised = recognise(organization.token)

    assert recalled(organization.token)[0] == recognised
    assert recall(f"{organization.token}x") is None
    assert recall("garbage") is None


@pytest.mark.parametrize(("model", "values"), _CHANGES, ids=_NAMES)
def test_whatever_changes_is_told_by_the_next_read(
    scim: ScimClient, model: type[Any], values: Mapping[str, Any]
) -> None:
    user_id = scim.create_user("erin@example.com")["id"]
    recognise(scim.token)
    principal, unchanged = recalled(scim.token)
    read(principal, unchanged, user_id)
    assert unchanged.held is True

    change(scim.token, model, values)

    principal, witness = recalled(scim.token)
    if values == {"expires_at": "2020-01-01T00:00:00.000Z"}:
        assert recognise(scim.token) is None
    read(principal, witness, user_id)
    assert witness.held is False


def test_a_deleted_token_is_told_by_the_next_read(scim: ScimClient) -> None:
    user_id = scim.create_user("erin@example.com")["id"]
    parts = parse_token(scim.token)
    assert parts is not None
    with transaction() as connection:
        connection.execute(Token.__table__.delete().where(Token.id == parts.id))

    principal, witness = recalled(scim.token)
    read(principal, witness, user_id)

    assert not witness.held
    assert scim.get(f"/Users/{user_id}").status_code == 401


def test_a_witness_of_nothing_found_says_nothing(scim: ScimClient) -> None:
    recognise(scim.token)
    principal, witness = recalled(scim.token)

    users_directory(has_nested_teams=False).get(principal.organization_id, "nobody", "", witness=witness)

    assert witness.held is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Users/{user}", 200),
        ('/Users?filter=userName eq "erin@example.com"', 200),
        ("/Users", 200),
        ("/Groups", 200),
        ("", 200),
        ("/Users?count=0", 200),
        ("/Users/nobody", 404),
        ("/Users?filter=unknown eq 1", 400),
        ("/Schemas", 200),
        ("/Me", 501),
    ],
)
def test_no_read_is_answered_by_a_token_that_was_revoked_elsewhere(scim: ScimClient, path: str, status: int) -> None:
    path = path.format(user=scim.create_user("erin@example.com")["id"])
    assert scim.get(path).status_code == status

    change(scim.token, Token, {"revoked_at": now()})

    assert scim.get(path).status_code == 401
    assert recall(scim.token) is None
    assert scim.get(path).status_code == 401


def test_a_read_by_the_slug_follows_it(scim: ScimClient, organization: Organization) -> None:
    user_id = scim.create_user("erin@example.com")["id"]
    by_slug = ScimClient(scim.app, organization.slug, scim.token)
    assert by_slug.get(f"/Users/{user_id}").status_code == 200

    change(scim.token, OrganizationRow, {"slug": f"{organization.slug}-moved"})

    assert by_slug.get(f"/Users/{user_id}").status_code == 404
    assert ScimClient(scim.app, f"{organization.slug}-moved", scim.token).get(f"/Users/{user_id}").status_code == 200


def test_provisioning_that_is_switched_off_and_on_elsewhere_holds_at_once(scim: ScimClient) -> None:
    user_id = scim.create_user("erin@example.com")["id"]
    assert scim.get(f"/Users/{user_id}").status_code == 200

    change(scim.token, Connection, {"provisioning": "OFF"})
    assert scim.get(f"/Users/{user_id}").status_code == 403

    change(scim.token, Connection, {"provisioning": "ON"})
    assert scim.get(f"/Users/{user_id}").status_code == 200


def test_a_remembered_token_expires(scim: ScimClient) -> None:
    user_id = scim.create_user("erin@example.com")["id"]
    change(scim.token, Token, {"expires_at": "2100-01-01T00:00:00.000Z"})
    assert scim.get(f"/Users/{user_id}").status_code == 200

    with time_machine.travel("2100-01-02T00:00:00Z"):
        assert recall(scim.token) is None
        assert scim.get(f"/Users/{user_id}").status_code == 401


def test_the_memory_is_bounded(app: Flask, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_remembered", {})
    monkeypatch.setattr(recognition, "MAX_REMEMBERED", 2)
    assert MAX_REMEMBERED > 2
    made = [new_token() for _ in range(3)]
    principal = recognise(organization.token)
    assert principal is not None
    with reading() as connection:
        row = dict(connection.execute(Token.__table__.select().where(Token.id == principal.token_id)).mappings().one())
    with transaction() as connection:
        for parts, _ in made:
            connection.execute(insert(Token), {**row, "id": parts.id, "secret_digest": digest(parts.secret)})

    for _, text in made:
        assert recognise(text) is not None

    assert len(recognition._remembered) <= 2
    assert recall(made[-1][1]) is not None
