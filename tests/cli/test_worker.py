"""`worker` and `outbox`: mail without `serve`, by cron or as a process of its own."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.support.commands import program
from tests.support.installation import Installation


@pytest.fixture
def made(fresh: Installation) -> Installation:
    """Give an installation with an Organization."""
    fresh.good("quickstart")
    return fresh


def invite(installation: Installation, url: str, email: str) -> None:
    founded = installation.json("quickstart")
    answer = requests.post(
        f"{url}/v1/organizations/{founded['organization_id']}/invites",
        json={"inviteeEmail": email, "role": "ORGANIZATION_MEMBER"},
        headers={"Authorization": f"Bearer {founded['api_token']}"},
        timeout=30,
    )
    assert answer.status_code == requests.codes.ok, answer.text


def mails(installation: Installation) -> list[Path]:
    return list((installation.home / "mail").glob("*.eml"))


def wait_for_mail(installation: Installation, number: int) -> None:
    deadline = time.monotonic() + 60
    while len(mails(installation)) < number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_serve_delivers_and_says_where(made: Installation) -> None:
    with made.serving() as server:
        invite(made, server.url, "bob@acme.example")
        wait_for_mail(made, 1)
        assert made.good("worker", "--once") == "Another process does the jobs at the moment.\n"
        stopped = server.stop()
    assert stopped.code == 0
    assert f"mails become files in {made.home}/mail" in stopped.out
    assert "Traceback" not in stopped.out
    # Its lease was given back.
    assert made.good("worker", "--once") == ""
    (shown,) = made.json("outbox", "list", "-O", "my-organization")
    assert (shown["recipient"], shown["state"]) == ("bob@acme.example", "SENT")
    assert "bob@acme.example" in made.good("outbox", "list", "-O", "my-organization")
    assert made.json("outbox", "list", "-O", "my-organization", "--state", "dead") == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_worker_ends_by_a_signal(made: Installation, sign: signal.Signals) -> None:
    command = [*program(), "worker"]
    process = subprocess.Popen(
        command, env=made.environment(), cwd=made.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        # Printed after the signals are cared for.
        while "Doing the jobs" not in process.stdout.readline():
            pass
        process.send_signal(sign)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert made.good("worker", "--once") == ""


def test_a_mail_server_that_is_away_and_back(made: Installation) -> None:
    away = {"SCIM_SERVER_SMTP_HOST": "127.0.0.1", "SCIM_SERVER_SMTP_PORT": "1"}
    with made.serving(**away) as server:
        invite(made, server.url, "bob@acme.example")
        deadline = time.monotonic() + 60
        while made.json("outbox", "list", "-O", "my-organization")[0]["last_error"] is None:
            assert time.monotonic() < deadline
    (waiting,) = made.json("outbox", "list", "-O", "my-organization", "--state", "waiting")
    assert waiting["state"] == "WAITING"
    assert "Connection refused" in waiting["last_error"]
    made.good("outbox", "retry", "-O", "my-organization", waiting["id"])
    made.good("worker", "--once")
    assert len(mails(made)) == 1
    assert "was sent" in made.refused("outbox", "retry", "-O", "my-organization", waiting["id"])
    assert made.json("outbox", "retry", "-O", "my-organization", "--all") == []
    assert made.run("outbox", "retry", "-O", "my-organization").code == 2
