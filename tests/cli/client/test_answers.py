"""Answers that a real server seldom gives: none, late ones, refusals, and those that ask to come again."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation, free_port
from tests.support.scripted import Reply, ScriptedServer
from tests.support.terminal import Terminal

TOKEN = "scim_" + "0" * 20 + "_" + "x" * 43
SELF = Reply(200, {"id": "t", "organizationId": "o", "apiTokenName": "ci"})
MADE = Reply(
    200,
    {"inviteId": "i", "inviteeEmail": "a@b.example", "role": "ORGANIZATION_MEMBER", "userId": "u", "expiresAt": "-"},
)
INVITE = ("organization", "invite", "a@b.example")


def refusal(status: int, message: str = "It says why.", **headers: str) -> Reply:
    body = {"message": message, "requestId": "r-123", "statusCode": status}
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def against(tmp_path: Path) -> Iterator[Callable[..., tuple[Terminal, ScriptedServer]]]:
    """Give a CI job against a server with these replies."""
    servers: list[ScriptedServer] = []

    def start(*replies: Reply, **settings: str) -> tuple[Terminal, ScriptedServer]:
        server = ScriptedServer(*replies)
        servers.append(server)
        return job(tmp_path, server.url, **settings), server

    yield start
    for server in servers:
        server.close()


def job(home: Path, url: str, **settings: str) -> Terminal:
    given = {"SCIM_SERVER_URL": url, "SCIM_SERVER_API_TOKEN": TOKEN, "SCIM_SERVER_CONFIG_HOME": str(home / "logins")}
    return Terminal(Installation(home), {**given, **settings})


def test_nobody_listens(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert job(tmp_path, url).refused(*INVITE) == f"Error: {url} cannot be reached: Connection refused."


def test_a_name_that_leads_nowhere(tmp_path: Path) -> None:
    assert "https://scim.invalid cannot be reached" in job(tmp_path, "scim.invalid").refused(*INVITE)


def test_no_https_there(against: Any) -> None:
    terminal, server = against(SELF)
    https = server.url.replace("http://", "https://")
    assert "Error: The certificate of" in terminal.refused(*INVITE, SCIM_SERVER_URL=https)


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        line = job(tmp_path, url, SCIM_SERVER_TIMEOUT="0.2").refused(*INVITE)
    assert line.startswith(f"Error: {url} did not answer within 0.2 seconds; what was asked for may be done")
    assert "SCIM_SERVER_TIMEOUT sets another time" in line


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_that_is_none(tmp_path: Path, text: str) -> None:
    line = job(tmp_path, "http://127.0.0.1:1", SCIM_SERVER_TIMEOUT=text).refused(*INVITE)
    assert line == f"Error: SCIM_SERVER_TIMEOUT is a number of seconds, not {text!r}."


def test_a_late_answer_is_asked_for_again_with_the_same_key(against: Any) -> None:
    terminal, server = against(SELF, Reply(delay=0.6), MADE, SCIM_SERVER_TIMEOUT="0.3")
    assert terminal.good(*INVITE).startswith("invite for a@b.example")
    first, second = server.received[1:]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert json.loads(first.body) == {"inviteeEmail": "a@b.example", "role": "ORGANIZATION_MEMBER"}
    assert first.headers["Authorization"] == f"Bearer {TOKEN}"
    assert first.headers["User-Agent"].startswith("scim-server-cli/")


def test_a_connection_that_breaks(against: Any) -> None:
    terminal, server = against(SELF, Reply(drop=True), MADE)
    assert terminal.good(*INVITE).startswith("invite for")
    terminal, server = against(Reply(drop=True))
    assert "cannot be reached" in terminal.refused(*INVITE)
    assert len(server.received) == 3


def test_comes_again_when_told_to(against: Any) -> None:
    terminal, server = against(SELF, refusal(429, Retry_After="1"), refusal(503, Retry_After="1"), MADE)
    outcome = terminal.run(*INVITE)
    assert outcome.code == 0
    assert outcome.err.count("The server asks to wait 1 s.") == 2
    assert outcome.out.startswith("invite for")
    assert len({each.headers["Idempotency-Key"] for each in server.received[1:]}) == 1


def test_does_not_wait_for_hours(against: Any) -> None:
    terminal, server = against(SELF, refusal(429, "5 invitations an hour.", Retry_After="3000"))
    line = terminal.refused(*INVITE)
    assert line == "Error: 5 invitations an hour. Come back in 3000 seconds. (request r-123)"
    assert len(server.received) == 2


def test_a_busy_proxy(against: Any) -> None:
    terminal, server = against(SELF, Reply(502, b"<html>"), MADE)
    assert terminal.good(*INVITE).startswith("invite for")
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (refusal(400), "It says why."),
        (refusal(409), "It says why."),
        (refusal(403), "You may not do this. It says why. (request r-123)"),
        (refusal(404), "It says why. (request r-123)"),
        (
            refusal(401),
            (
                "The server does not take this token: it is wrong, has expired, or was revoked. "
                "Set SCIM_SERVER_API_TOKEN to one that is good. (request r-123)"
            ),
        ),
        (refusal(500), "The server failed (500); try again later, and else tell its operator. (request r-123)"),
        (
            Reply(500, b"<html>", {"X-Request-Id": "r-7"}),
            "The server failed (500); try again later, and else tell its operator. (request r-7)",
        ),
        (Reply(404, b""), "The server knows nothing of this name or id."),
        (Reply(418, []), "The server answered 418, which no scim-server does: check the address."),
        (refusal(400, "two\nlines \x1b[31mred"), "two lines  [31mred"),
        (Reply(301, b"", {"Location": "https://new.example/"}), "The server is elsewhere: log in to the address of"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else "",
)
def test_refusals(against: Any, reply: Reply, line: str) -> None:
    terminal, server = against(SELF, reply)
    outcome = terminal.run(*INVITE)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1].startswith(f"Error: {line}")
    assert len(server.received) == 2


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'"ok"', b"[]", b"7", b"null"])
def test_something_else_answers(against: Any, body: bytes) -> None:
    terminal, server = against(Reply(200, body))
    assert terminal.refused(*INVITE) == f"Error: {server.url} does not answer as a scim-server: check the address."


@pytest.mark.parametrize(
    ("replies", "missing"),
    [((Reply(200, {"id": "u"}),), "organizationId"), ((SELF, Reply(200, {"people": []})), "users")],
)
def test_a_server_of_another_version_answers(against: Any, replies: tuple[Reply, ...], missing: str) -> None:
    terminal, _ = against(*replies)
    line = f"Error: The server's answer has no '{missing}': its version and this program's differ."
    assert terminal.refused("organization", "user", "list") == line


def test_what_was_deleted_by_a_lost_answer_is_deleted(against: Any) -> None:
    person = {"id": "u", "username": "a@b.example", "organizationRole": "ORGANIZATION_MEMBER", "status": "ACTIVE"}
    found = Reply(200, {"users": [person], "totalCount": 1})
    terminal, _ = against(SELF, found, Reply(drop=True), refusal(404))
    assert "was successfully removed" in terminal.good("organization", "user", "remove", "a@b.example", "-f")
    terminal, _ = against(SELF, found, refusal(404))
    assert terminal.refused("organization", "user", "remove", "a@b.example", "-f").startswith("Error: It says why.")


def test_a_password_file_is_not_looked_into(against: Any, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    terminal, server = against(SELF, MADE, HOME=str(tmp_path))
    terminal.good(*INVITE)
    assert {each.headers["Authorization"] for each in server.received} == {f"Bearer {TOKEN}"}


def test_a_name_does_not_steer_the_terminal(against: Any) -> None:
    person = {
        "id": "u",
        "username": "a\x1b[2J@b.example",
        "organizationRole": "ORGANIZATION_MEMBER",
        "status": "ACTIVE",
    }
    found = Reply(200, {"users": [{**person, "workspaceRoles": []}], "totalCount": 1})
    place = Reply(200, {"workspaces": [{"id": "w", "name": "W"}], "totalCount": 1})
    terminal, _ = against(SELF, found, Reply(204, b""))
    removed = terminal.good("organization", "user", "remove", "a\x1b[2J@b.example", "-f")
    assert removed == "The user a [2J@b.example was successfully removed from the organization\n"
    terminal, _ = against(SELF, place, found)
    line = terminal.refused("workspace", "user", "update", "a\x1b[2J@b.example", "-w", "W")
    assert line == "Error: a [2J@b.example has no role of their own in the workspace; add them first."
