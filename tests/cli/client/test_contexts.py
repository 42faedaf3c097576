"""Logins: where they are kept, which one counts, and what the file withstands."""

import json
import threading
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, stable


def file_of(terminal: Terminal) -> Path:
    return Path(terminal.settings["SCIM_SERVER_CONFIG_HOME"]) / "contexts.json"


def host(terminal: Terminal) -> str:
    return terminal.settings["SCIM_SERVER_URL"].removeprefix("http://")


def without_url(terminal: Terminal) -> Terminal:
    kept = {name: value for name, value in terminal.settings.items() if name != "SCIM_SERVER_URL"}
    return Terminal(terminal.installation, kept)


def test_log_in_and_out(ci: Terminal, person: Terminal) -> None:
    assert person.refused("organization", "list").startswith("Error: You are not logged in to http://127.0.0.1:")
    token = ci.settings["SCIM_SERVER_API_TOKEN"]
    outcome = person.run("login", "--token", "-", answer=f"Bearer {token}\r\n")
    assert stable(outcome.out).splitlines()[0] == "Logging in as ci"
    assert outcome.out.splitlines()[1].startswith(f"Successfully authenticated to {host(person)}, organization Acme")
    assert file_of(person).stat().st_mode & 0o777 == 0o600
    assert file_of(person).parent.stat().st_mode & 0o777 == 0o700
    here = without_url(person)
    assert here.json("organization", "list")["organizations"][0]["isCurrent"]
    assert here.good("logout") == f"Successfully logged out of {person.settings['SCIM_SERVER_URL']}\n"
    assert token not in file_of(person).read_text()
    assert here.refused("organization", "list") == (
        "Error: You are not logged in. Run 'scim-server login', or set SCIM_SERVER_API_TOKEN."
    )
    assert here.run("logout").err == "Nobody was logged in.\n"


def test_a_wrong_token_is_not_kept(person: Terminal) -> None:
    assert "does not take this token" in person.refused("login", "--token", "scim_wrong")
    assert "holds white space or is empty" in person.refused("login", "--token", "a b")
    assert "Nobody is here to log in by a browser" in person.refused("login")
    assert not file_of(person).exists()


def test_the_environment_goes_before_the_login(logged_in: Terminal) -> None:
    outcome = logged_in.run("organization", "list", "--json", SCIM_SERVER_API_TOKEN="scim_wrong")
    assert outcome.err.splitlines()[0] == "Using the API token of SCIM_SERVER_API_TOKEN."
    assert "Set SCIM_SERVER_API_TOKEN to one that is good." in outcome.err
    assert outcome.out == ""
    assert logged_in.json("organization", "list")["organizations"]


def test_a_login_is_good_for_its_own_address_alone(logged_in: Terminal) -> None:
    """What was logged in to over https is not sent in the clear because a variable says http, nor the other way."""
    https = logged_in.settings["SCIM_SERVER_URL"].replace("http://", "https://")
    assert f"You are not logged in to {https}." in logged_in.refused("organization", "list", SCIM_SERVER_URL=https)


def test_a_token_of_a_workspace_logs_in_too(ci: Terminal, person: Terminal) -> None:
    ci.good("workspace", "create", "Narrow")
    made = ci.json("workspace", "token", "create", "-n", "narrow", "-r", "WORKSPACE_OWNER", "-w", "Narrow")
    assert "Successfully authenticated" in person.good("login", "--token", made["token"])
    assert [each["name"] for each in person.json("workspace", "list")["workspaces"]] == ["Narrow"]
    assert "You may not do this." in person.refused("organization", "invite", "eve@acme.example")


def test_contexts(logged_in: Terminal) -> None:
    here = without_url(logged_in)
    assert stable(here.good("context", "list")).startswith("NAME  URL  ORGANIZATION  LOGGED IN AS\n<server>")
    assert here.json("context", "list")["contexts"][0]["isCurrent"]
    document = json.loads(file_of(here).read_text())
    document["contexts"]["other.example"] = {"url": "https://other.example"}
    file_of(here).write_text(json.dumps(document))
    assert here.good("context", "switch", "other.example") == "Switched context to other.example\n"
    assert "You are not logged in" in here.refused("organization", "list")
    assert here.refused("context", "switch", "none") == (
        f"Error: There is no context 'none'. Known: {host(logged_in)}, other.example"
    )
    assert here.good("context", "delete", "other.example", "-f") == "Deleted context other.example\n"
    assert here.refused("organization", "list").startswith("Error: You are not logged in.")
    assert here.good("context", "sw", host(logged_in))
    assert here.json("organization", "list")["organizations"]


def test_switch_organization(ci: Terminal, logged_in: Terminal) -> None:
    organization = logged_in.json("organization", "list")["organizations"][0]
    same = "You selected the same organization as the current one. No switch was made\n"
    for name in (organization["id"], organization["slug"], organization["name"].upper()):
        assert logged_in.good("organization", "switch", name) == same
    assert logged_in.refused("organization", "switch", "none") == "Error: invalid organization name"
    assert "belongs to one Organization" in ci.refused("organization", "switch", organization["id"])
    workspace = logged_in.json("workspace", "create", "Chosen")["id"]
    assert logged_in.good("organization", "sw", organization["id"], "-w", workspace) == (
        "Successfully switched organization\n"
    )
    assert logged_in.json("workspace", "user", "list") == {"users": []}
    assert logged_in.good("workspace", "switch", "chosen") == "Successfully switched workspace to Chosen\n"
    assert logged_in.json("workspace", "list")["workspaces"][0]["isCurrent"]


def test_many_commands_write_at_once(logged_in: Terminal) -> None:
    names = [f"server{number}.example" for number in range(6)]
    document = json.loads(file_of(logged_in).read_text())
    document["contexts"] |= {name: {"url": f"https://{name}"} for name in names}
    file_of(logged_in).write_text(json.dumps(document))
    threads = [threading.Thread(target=logged_in.good, args=("context", "delete", name, "-f")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each["name"] for each in logged_in.json("context", "list")["contexts"]] == [host(logged_in)]
    assert {path.name for path in file_of(logged_in).parent.iterdir()} <= {"contexts.json", "contexts.json.lock"}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"current": 1, "contexts": {"a": 2}}', "\x00"])
def test_a_spoiled_file(person: Terminal, content: str) -> None:
    file_of(person).parent.mkdir()
    file_of(person).write_text(content)
    assert person.refused("context", "list") == (f"Error: {file_of(person)} is spoiled; delete it and log in again.")


@pytest.mark.parametrize(
    "url", ["https://", "ftp://a.example", "https://u:p@a.example", "https://a b", "https://a?b=c"]
)
def test_addresses_that_are_none(person: Terminal, url: str) -> None:
    assert "is no address of a server" in person.refused("login", "--url", url, "--token", "x")


def test_warns_where_the_token_would_be_read(person: Terminal) -> None:
    outcome = person.run("login", "http://scim.invalid", "--token", "x")
    assert outcome.err.startswith("Warning: http://scim.invalid is not encrypted;")
    assert person.run("login", "a.example", "--url", "b.example").code == 2
