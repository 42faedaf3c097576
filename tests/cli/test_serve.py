"""`serve`: it answers, ends by signals, and refuses what cannot be."""

import signal
import socket
import sys

import pytest
import requests

from tests.support.installation import Installation

# Nothing imported before, as an operator starts it; elsewhere in these tests everything is.
AFRESH = (sys.executable, "-m", "scim_server")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_a_signal(installation: Installation, sign: signal.Signals) -> None:
    made = installation.json("quickstart")
    # One worker: a second one that is told to stop while it starts does not hear it, and is waited for in vain.
    with installation.serving(by=AFRESH, SCIM_SERVER_WORKERS="1") as server:
        answer = requests.get(
            f"{server.url}/scim/v2/{made['organization_id']}/Users",
            headers={"Authorization": f"Bearer {made['scim_token']}"},
            timeout=30,
        )
        assert answer.json()["totalResults"] == 1
        stopped = server.stop(sign)
    assert stopped.code == 0
    assert "Traceback" not in stopped.out
    assert f"listening on 127.0.0.1:{server.port}" in stopped.out.splitlines()[0]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/healthz", timeout=5)


def test_a_taken_port(fresh: Installation) -> None:
    fresh.good("quickstart")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = fresh.refused("serve", "--port", str(port))
        assert line == f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use."


def test_a_port_that_another_server_shares(fresh: Installation) -> None:
    fresh.good("quickstart")
    with fresh.serving() as server:
        assert "Address already in use" in fresh.refused("serve", "--port", str(server.port))
        assert requests.get(f"{server.url}/healthz", timeout=30).status_code == requests.codes.ok


def test_an_address_that_is_not_of_this_machine(fresh: Installation) -> None:
    fresh.good("quickstart")
    assert "Cannot listen on 192.0.2.1:8000" in fresh.refused("serve", "--host", "192.0.2.1")


def test_sqlite_is_served_by_one_process(fresh: Installation) -> None:
    fresh.good("quickstart")
    line = fresh.refused("serve", "--workers", "2")
    assert "SQLite is served by one process" in line
    assert "PostgreSQL" in line
