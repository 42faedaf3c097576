"""`simulate` as an operator runs it: every identity provider against a real server on both databases."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from scim_server.cli.simulation.dialects import DIALECTS
from tests.support.commands import program
from tests.support.installation import Installation, Server

# Enough for each kind of request to be sent.
SIZE = ("--users", "8", "--groups", "3")


@pytest.fixture(scope="module")
def founded(installation: Installation) -> dict[str, Any]:
    return dict(installation.json("quickstart"))


@pytest.fixture(scope="module")
def server(installation: Installation, founded: dict[str, Any]) -> Iterator[Server]:
    with installation.serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def target(server: Server, founded: dict[str, Any]) -> dict[str, str]:
    """Give the environment that names the server and the token."""
    return {
        "SCIM_SERVER_URL": f"{server.url}/scim/v2/{founded['organization_id']}",
        "SCIM_SERVER_TOKEN": founded["scim_token"],
    }


def held(target: dict[str, str], path: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {target['SCIM_SERVER_TOKEN']}"}
    found = requests.get(f"{target['SCIM_SERVER_URL']}{path}", headers=headers, timeout=30).json()["Resources"]
    return [each for each in found if "simulat" in each.get("userName", each.get("displayName"))]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_answer_is_what_it_needs(dialect: str, installation: Installation, target: dict[str, str]) -> None:
    result = installation.json("simulate", "--dialect", dialect, *SIZE, **target)
    assert result["failures"] == []
    sent = {line["kind"]: line["requests"] for line in result["requests"]}
    assert {"Create a User", "Change a User", "Deactivate a User", "Reactivate a User"} <= set(sent)
    assert {"Create a Group", "Change members", "Rename a Group", "Delete a Group"} <= set(sent)
    assert ("Delete a User" in sent) is not dialect.startswith("okta")
    assert result["total"]["requests"] == sum(sent.values()) > 50
    assert held(target, "/Users") == held(target, "/Groups") == []


def test_what_is_kept_is_found_again_and_cleaned_up(installation: Installation, target: dict[str, str]) -> None:
    for _ in range(2):
        kept = installation.json("simulate", "--keep", *SIZE, **target)
        assert kept["failures"] == []
        people, groups = held(target, "/Users"), held(target, "/Groups")
        assert len(people) == 8
        assert sorted(each["displayName"] for each in groups) == ["Engineers (simulated)", "Everyone (simulated)"]
        assert sum(not each["active"] for each in people) == 1
    # Another identity provider takes over what is there.
    assert installation.json("simulate", "--dialect", "authentik", *SIZE, **target)["failures"] == []
    assert held(target, "/Users") == held(target, "/Groups") == []


def test_the_table_says_how_it_went(installation: Installation, target: dict[str, str]) -> None:
    lines = installation.good("simulate", "--users", "3", "--groups", "0", **target).splitlines()
    assert lines[0].split() == ["Request", "Sent", "Failed", "p50", "ms", "p95", "ms"]
    assert re.fullmatch(r"Okta at http://\S+: \d+ requests in \d+\.\d s\.", lines[-2])
    assert lines[-1] == "Every answer was what it needs."


def test_what_quickstart_made_needs_no_words(fresh: Installation) -> None:
    assert "scim-server quickstart" in fresh.refused("simulate")
    fresh.good("quickstart")
    with fresh.serving() as server:
        settings = {"SCIM_SERVER_PORT": str(server.port)}
        assert fresh.json("simulate", "--users", "2", "--groups", "1", **settings)["failures"] == []
        address = {"SCIM_SERVER_URL": server.url, "SCIM_SERVER_TOKEN": fresh.json("quickstart")["api_token"]}
        assert fresh.json("simulate", "-O", "my-organization", "--users", "1", **address)["failures"] == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"SCIM_SERVER_URL": "ftp://x/scim/v2/acme"}, "is no URL that begins with https://"),
        ({"SCIM_SERVER_URL": "https://idp.example.com"}, "is no SCIM base URL"),
        ({"SCIM_SERVER_TOKEN": "grün"}, "The token holds characters"),
        ({"SCIM_SERVER_TOKEN": ""}, "Give --url and --token"),
    ],
)
def test_a_wrong_target_is_wrong_usage(fresh: Installation, changed: dict[str, str], line: str) -> None:
    target = {"SCIM_SERVER_URL": "http://127.0.0.1:1/scim/v2/acme", "SCIM_SERVER_TOKEN": "x", **changed}
    outcome = fresh.run("simulate", **target)
    assert outcome.code == 2
    assert line in outcome.err


def test_a_server_that_is_away(fresh: Installation) -> None:
    target = {"SCIM_SERVER_URL": "http://127.0.0.1:1/scim/v2/acme", "SCIM_SERVER_TOKEN": "x"}
    line = fresh.refused("simulate", **target)
    assert line == "Error: http://127.0.0.1:1/scim/v2/acme gives no answer: Connection refused."


def test_a_wrong_token_ends_it_at_the_first_request(installation: Installation, target: dict[str, str]) -> None:
    outcome = installation.run("simulate", **{**target, "SCIM_SERVER_TOKEN": "wrong"})
    assert outcome.code == 1
    assert "1 requests in" in outcome.out
    assert "Test the connection: GET /Users?startIndex=1&count=2\n    status 401, not 200: " in outcome.err
    assert "wrong" not in outcome.out + outcome.err


def start(installation: Installation, target: dict[str, str], *words: str, error: int) -> subprocess.Popen[str]:
    command = [*program(), "simulate", *words]
    environment = installation.environment(**target)
    return subprocess.Popen(
        command, env=environment, cwd=installation.home, stdout=subprocess.PIPE, stderr=error, text=True
    )


def test_ctrl_c_cleans_up(installation: Installation, target: dict[str, str]) -> None:
    process = start(installation, target, "--users", "2000", error=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while not held(target, "/Users"):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130, out
    assert "Interrupted." in out
    assert "Traceback" not in out
    # The one whose answer was on its way may be left.
    assert len(held(target, "/Users")) <= 1
    installation.json("simulate", *SIZE, **target)


def test_a_terminal_sees_how_far_it_is(installation: Installation, target: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    process = start(installation, target, "--users", "5", "--groups", "2", "--json", error=theirs)
    os.close(theirs)
    with process:
        assert process.stdout is not None
        result = json.loads(process.stdout.read())
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert result["failures"] == []
    assert b"clean up" in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the other end is closed
        return b""
