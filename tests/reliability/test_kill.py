"""kill -9 of the whole server while clients write: what was acknowledged is there, and every change has its event."""

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.support.server import Answer, RealClient, RealServer

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(3600)]

CLIENTS = 4


@dataclass
class History:
    """What one client was told: Users with their last acknowledged title and those tried since, members of the Team."""

    users: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    tried: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    members: set[str] = field(default_factory=set)


class Writer(threading.Thread):
    """Writes until the server is gone, one request after another."""

    def __init__(self, server: RealServer, name: str, team: str, history: History) -> None:
        super().__init__(daemon=True)
        self.server, self.prefix, self.team, self.history = server, name, team, history
        self.written = 0
        self.surprise: str | None = None

    def run(self) -> None:
        with self.server.client() as client:
            try:
                while True:
                    self._write(client)
            except (OSError, http.client.HTTPException):
                return

    def _write(self, client: RealClient) -> None:
        history, number = self.history, self.written
        user_name = f"{self.prefix}-{number}"
        created = self._expect(client.create_user(user_name, title="none"), 201)
        user_id = created.json["id"]
        history.users[user_id] = user_name
        history.titles[user_id] = "none"
        title = f"title {number}"
        history.tried[user_id].add(title)
        self._expect(client.patch(f"/Users/{user_id}", {"op": "replace", "path": "title", "value": title}), 200)
        history.titles[user_id] = title
        add = {"op": "add", "path": "members", "value": [{"value": user_id}]}
        self._expect(client.patch(f"/Groups/{self.team}", add), 200, 204)
        history.members.add(user_id)
        self.written += 1

    def _expect(self, answer: Answer, *statuses: int) -> Answer:
        if answer.status not in statuses:
            self.surprise = f"{answer.status} {answer.body!r}"
            raise OSError(self.surprise)
        return answer


def test_nothing_acknowledged_is_lost(real_server: RealServer, amount: Callable[[int, int], int]) -> None:
    rounds = amount(20, 200)
    chance = random.Random(20)
    histories = [History() for _ in range(CLIENTS)]
    real_server.start()
    with real_server.client() as client:
        team = client.create_group("Everybody").json["id"]
    for number in range(rounds):
        writers = [Writer(real_server, f"r{number}-c{index}", team, history) for index, history in enumerate(histories)]
        for writer in writers:
            writer.start()
        while not any(writer.written for writer in writers) and any(writer.is_alive() for writer in writers):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.4))
        real_server.kill()
        for writer in writers:
            writer.join(30)
        assert [writer.surprise for writer in writers if writer.surprise] == []
        real_server.start()
    _check_over_the_wire(real_server, team, histories)
    real_server.kill()
    engine = create_engine(real_server.database_url)
    try:
        with engine.connect() as connection:
            _check_database(connection, real_server.founded["organization_id"], team)
    finally:
        engine.dispose()


def _check_over_the_wire(server: RealServer, team: str, histories: list[History]) -> None:
    with server.client() as client:
        members = {member["value"] for member in client.get(f"/Groups/{team}").json["members"]}
        for history in histories:
            assert history.users
            assert history.members <= members
            for user_id, user_name in history.users.items():
                found = client.get(f"/Users/{user_id}")
                assert found.status == 200, f"{user_name} was acknowledged and is lost"
                assert found.json["userName"] == user_name
                assert found.json["title"] in {history.titles[user_id], *history.tried[user_id]}
                assert user_id not in history.members or found.json["groups"][0]["value"] == team
        total = client.get("/Users", count=0).json["totalResults"]
        listed = client.get("/Users", filter="meta.created pr", count=0).json["totalResults"]
        assert total == listed, "the counter of Users has drifted"


def _check_database(connection: Connection, organization_id: str, team: str) -> None:
    """Compare the state with the audit events: each change has exactly one, and each event its change."""
    if connection.dialect.name == "sqlite":
        assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    bound = {"organization": organization_id}
    of = "WHERE organization_id = :organization"
    events = connection.execute(text(f"SELECT action, target_id, changes FROM audit_events {of}"), bound).all()
    users = dict(connection.execute(text(f"SELECT id, version FROM users {of} AND source = 'scim'"), bound).all())
    created = Counter(target for action, target, _ in events if action == "scim:user:created")
    updated = Counter(target for action, target, _ in events if action == "scim:user:updated")
    assert created == Counter(dict.fromkeys(users, 1))
    assert {user_id: 1 + updated[user_id] for user_id in users} == users
    rows = text(f"SELECT member_id FROM team_members {of} AND team_id = :team")
    members = connection.execute(rows, {**bound, "team": team}).scalars().all()
    row = text(f"SELECT version, member_count FROM teams {of} AND id = :team")
    version, member_count = connection.execute(row, {**bound, "team": team}).one()
    changes = [json.loads(told) for action, target, told in events if (action, target) == ("scim:team:updated", team)]
    added = [member for change in changes for member in change["#membersAdded"][1]]
    assert sorted(added) == sorted(members)
    assert (version, member_count) == (1 + len(changes), len(members))
