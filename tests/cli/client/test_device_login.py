"""Logging in by a browser, as the command line plays its part (docs/reference/device-login.md), and renewing it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.installation import Installation
from tests.support.scripted import Received, Reply, ScriptedServer
from tests.support.terminal import Terminal

ASKED = {
    "device_code": "code",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://scim.example/device",
    "verification_uri_complete": "https://scim.example/device/WDJB-MJHT",
    "expires_in": 600,
    "interval": 0,
}
TOKENS = {
    "access_token": "scimu_1",
    "token_type": "Bearer",
    "expires_in": 900,
    "refresh_token": "scimr_1",
    "organization_id": "o",
}
SELF = Reply(200, {"id": "u", "organizationId": "o", "username": "ann@acme.example"})
ACME = Reply(200, {"id": "o", "slug": "acme", "name": "Acme"})
LIST = Reply(200, {"organizations": [{"id": "o", "slug": "acme", "name": "Acme"}], "totalCount": 1})
LOGIN = ("login", "--login-link")


def error(name: str, **more: Any) -> Reply:
    return Reply(400, {"error": name, "error_description": f"It is {name}.", **more})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer(Reply(200, ASKED))
    yield server
    server.close()


@pytest.fixture
def person(server: ScriptedServer, tmp_path: Path) -> Terminal:
    settings = {"SCIM_SERVER_URL": server.url, "SCIM_SERVER_CONFIG_HOME": str(tmp_path / "logins")}
    return Terminal(Installation(tmp_path), settings)


def context(person: Terminal, **changes: Any) -> dict[str, Any]:
    """Return what is kept of the login, after changing it."""
    path = Path(person.settings["SCIM_SERVER_CONFIG_HOME"]) / "contexts.json"
    document = json.loads(path.read_text())
    kept: dict[str, Any] = next(iter(document["contexts"].values()))
    kept |= changes
    path.write_text(json.dumps(document))
    return kept


def form(received: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode()).items()}


def log_in(server: ScriptedServer, person: Terminal) -> None:
    server.replies = [Reply(200, ASKED), Reply(200, TOKENS), SELF, ACME]
    person.good(*LOGIN)
    server.received.clear()


def test_waits_until_somebody_approves(server: ScriptedServer, person: Terminal) -> None:
    server.replies = [Reply(200, ASKED), error("authorization_pending"), Reply(200, TOKENS), SELF, ACME]
    assert person.good(*LOGIN).splitlines() == [
        "Open https://scim.example/device and enter the code WDJB-MJHT",
        "Waiting for your approval there. Ctrl-C gives up.",
        "Logging in as ann@acme.example",
        f"Successfully authenticated to {server.url.removeprefix('http://')}, organization Acme",
    ]
    assert [each.path for each in server.received] == [
        "/oauth/device_authorization",
        "/oauth/token",
        "/oauth/token",
        "/v1/users/self",
        "/v1/organizations/o",
    ]
    assert form(server.received[0]).keys() == {"client_id", "device_name"}
    assert form(server.received[1]) == {
        "client_id": "scim-server-cli",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "code",
    }
    assert server.received[3].headers["Authorization"] == "Bearer scimu_1"
    kept = context(person)
    assert (kept["refresh_token"], kept["organization_id"], kept["subject"]) == ("scimr_1", "o", "ann@acme.example")
    assert 800 < kept["expires_at"] - time.time() <= 900


@pytest.mark.parametrize("name", ["access_denied", "expired_token", "invalid_grant"])
def test_nobody_approves(server: ScriptedServer, person: Terminal, name: str) -> None:
    server.replies = [Reply(200, ASKED), error(name)]
    assert person.refused(*LOGIN) == f"Error: It is {name}."
    assert person.json("context", "list") == {"contexts": []}


def test_a_server_without_it(server: ScriptedServer, person: Terminal) -> None:
    server.replies = [Reply(404, {})]
    assert person.refused(*LOGIN).endswith("has no login by a browser; give an API token by --token.")


def test_renews_in_time(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    context(person, expires_at=time.time() + 30)
    server.replies = [Reply(200, {**TOKENS, "access_token": "scimu_2", "refresh_token": "scimr_2"}), LIST]
    assert person.json("organization", "list")["organizations"][0]["isCurrent"]
    renewal, listing = server.received
    assert form(renewal) == {
        "client_id": "scim-server-cli",
        "grant_type": "refresh_token",
        "refresh_token": "scimr_1",
    }
    assert listing.headers["Authorization"] == "Bearer scimu_2"
    assert context(person)["refresh_token"] == "scimr_2"


def test_renews_what_ended_early(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    fresh = {**TOKENS, "access_token": "scimu_2", "refresh_token": "scimr_2"}
    server.replies = [Reply(401, {}), Reply(200, fresh), LIST]
    assert person.json("organization", "list")["organizations"]
    assert [each.headers.get("Authorization") for each in server.received] == ["Bearer scimu_1", None, "Bearer scimu_2"]


def test_a_login_that_ended(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    server.replies = [Reply(401, {}), error("invalid_grant")]
    assert person.refused("organization", "list") == "Error: Your login has ended. Run 'scim-server login'."


def test_a_refresh_token_is_sent_once(server: ScriptedServer, person: Terminal) -> None:
    """A lost answer may have spent it; sent again, it would look like a stolen one."""
    log_in(server, person)
    context(person, expires_at=time.time() + 30)
    server.replies = [Reply(drop=True)]
    assert "cannot be reached" in person.refused("organization", "list")
    assert len(server.received) == 1


def test_logging_out_ends_it_there_too(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    server.replies = [Reply(200, {})]
    person.good("logout")
    assert server.received[0].path == "/oauth/revoke"
    assert form(server.received[0]) == {"client_id": "scim-server-cli", "token": "scimr_1"}
    assert context(person)["token"] is context(person)["refresh_token"] is None


def test_logging_out_without_the_server(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    server.replies = [Reply(drop=True)]
    outcome = person.run("logout")
    assert outcome.code == 0
    assert outcome.err.startswith("Warning: the login is forgotten here, and may go on there.")
    assert context(person)["token"] is None


def test_a_login_that_ends_at_once_is_kept_as_it_was_renewed(server: ScriptedServer, person: Terminal) -> None:
    fresh = {**TOKENS, "access_token": "scimu_2", "refresh_token": "scimr_2"}
    server.replies = [Reply(200, ASKED), Reply(200, {**TOKENS, "expires_in": 1}), Reply(200, fresh), SELF, ACME]
    person.good(*LOGIN)
    kept = context(person)
    assert (kept["token"], kept["refresh_token"], kept["subject"]) == ("scimu_2", "scimr_2", "ann@acme.example")


def test_commands_are_about_the_organization_that_was_switched_to(server: ScriptedServer, person: Terminal) -> None:
    log_in(server, person)
    both = [{"id": "o", "slug": "acme", "name": "Acme"}, {"id": "g", "slug": "globex", "name": "Globex"}]
    listed = Reply(200, {"organizations": both, "totalCount": 2})
    server.replies = [listed]
    assert [each["isCurrent"] for each in person.json("organization", "list")["organizations"]] == [True, False]
    assert person.good("organization", "switch", "globex") == "Successfully switched organization\n"
    assert [each["isCurrent"] for each in person.json("organization", "list")["organizations"]] == [False, True]
    server.replies = [Reply(200, {"teams": [], "totalCount": 0})]
    assert person.json("organization", "team", "list") == {"teams": []}
    assert server.received[-1].path.startswith("/v1/organizations/g/teams?")
    assert person.json("context", "list")["contexts"][0]["organization"] == "Globex"
