"""Fill a database with one Organization's Users and Teams: in bulk, as the product's own functions render the rows."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert

from scim_server.app import create_app
from scim_server.audit.service import ActorType, Origin
from scim_server.connections.onboarding import found_organization
from scim_server.connections.service import joining_policy, read_connection
from scim_server.database import schema, transaction
from scim_server.database.engines import dispose_engines
from scim_server.directory.totals import add_to_total
from scim_server.identifiers import new_id, now
from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.schemas import GROUP, USER
from scim_server.settings import Settings
from scim_server.teams import store as team_store
from scim_server.teams.models import TeamMember
from scim_server.tokens.service import SCIM_SCOPE, create_token
from scim_server.users import store
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import push_new
from tests.performance.people import person, team_numbers

_OPERATOR = Origin(ActorType.OPERATOR, "bench")
_ROLE = "ORGANIZATION_MEMBER"
_BATCH = 2_000
# Users who are in no Team, to be added and removed.
LOOSE = 1_100
BIG = 10_000
# The name and size of the Teams that goals speak of; all others have about a hundred members.
_SPECIAL = {"ten": 10, "hundred": 100, "big": BIG, "everybody": None}


@dataclass(frozen=True)
class Seeded:
    """An Organization: its SCIM token, the ids of its Users in their order, and of the Teams that goals speak of."""

    organization_id: str
    token: str
    user_ids: list[str]
    loose_ids: list[str]
    teams: dict[str, str]


def seed(settings: Settings, size: int) -> Seeded:
    """Migrate an empty database and fill it with `size` Users in Teams, and some who are in none."""
    app = create_app(settings)
    with app.app_context():
        schema.upgrade()
        organization_id = found_organization("Bench", _OPERATOR).organization_id
        _, token = create_token(organization_id, _OPERATOR, name="bench", scopes=(SCIM_SCOPE,))
        user_ids = [new_id() for _ in range(size + LOOSE)]
        with transaction() as connection:
            _write_users(connection, organization_id, user_ids)
            teams = _write_teams(connection, _provisioning(organization_id), user_ids[:size])
        dispose_engines(app)
    return Seeded(organization_id, token, user_ids[:size], user_ids[size:], teams)


def _write_users(connection: Connection, organization_id: str, user_ids: list[str]) -> None:
    for start in range(0, len(user_ids), _BATCH):
        rows: list[dict[str, Any]] = []
        emails: list[dict[str, Any]] = []
        moment = now()
        for number in range(start, min(start + _BATCH, len(user_ids))):
            attributes = person(number)
            rows.append(
                {
                    **store.user_row(organization_id, user_ids[number], USER, attributes),
                    **store.membership_row(push_new(active=True, automatic_membership=_ROLE)),
                    "version": 1,
                    "created_at": moment,
                    "modified_at": moment,
                }
            )
            emails += store.email_rows(organization_id, user_ids[number], attributes)
        connection.execute(insert(User), rows)
        connection.execute(insert(UserEmail), emails)
        _progress(f"{start + len(rows)} of {len(user_ids)} Users")
    add_to_total(connection, organization_id, USER.name, len(user_ids))


def _write_teams(connection: Connection, provisioning: Provisioning, user_ids: list[str]) -> dict[str, str]:
    """Write the special Teams and the ordinary ones with their members; a User is in one to five of them."""
    special = {name: new_id() for name in _SPECIAL}
    ordinary = [new_id() for _ in range(max(10, len(user_ids) // 60))]
    members: dict[str, list[str]] = {special[name]: user_ids[:size] for name, size in _SPECIAL.items()}
    for number, user_id in enumerate(user_ids):
        for team in team_numbers(number, len(ordinary)):
            members.setdefault(ordinary[team], []).append(user_id)
    names = {team_id: name for name, team_id in special.items()}
    names |= {team_id: f"Team {number}" for number, team_id in enumerate(ordinary)}
    moment = now()
    for team_id, name in names.items():
        row = {
            **team_store.creation_row(provisioning.organization_id, team_id, provisioning.origin, moment),
            **team_store.team_row(provisioning.group_type, team_id, {"displayName": name}, is_unique=True),
            "is_idp_managed": True,
            "member_count": len(members.get(team_id, ())),
        }
        team_store.insert_team(connection, row)
    for batch in _batches(provisioning.organization_id, members, moment):
        connection.execute(insert(TeamMember), batch)
        _progress(f"Teams of {len(user_ids)} Users")
    _progress("")
    return special


def _batches(organization_id: str, members: dict[str, list[str]], moment: str) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for team_id, user_ids in members.items():
        for user_id in user_ids:
            batch.append(
                {
                    "organization_id": organization_id,
                    "team_id": team_id,
                    "member_id": user_id,
                    "member_type": "User",
                    "created_at": moment,
                }
            )
            if len(batch) == 5 * _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _provisioning(organization_id: str) -> Provisioning:
    def policy(connection: Connection) -> Any:
        return joining_policy(connection, organization_id, read_connection(organization_id).id)

    return Provisioning(organization_id, "", USER, GROUP, _OPERATOR, policy)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[Kseeding: {text}" if text else "\r\x1b[K", end="", file=sys.stderr, flush=True)
