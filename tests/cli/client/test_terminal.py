"""At a terminal: questions, menus, the progress bar, Ctrl-C, colours; and none of them where nobody looks."""

from pathlib import Path

import pytest

from tests.support.scripted import Reply, ScriptedServer
from tests.support.terminal import Session, Terminal


def session(terminal: Terminal, *arguments: str, **settings: str) -> Session:
    return Terminal(terminal.installation, {**terminal.settings, **settings}).open(*arguments)


def test_asks_for_the_address(ci: Terminal) -> None:
    opened = ci.open("organization", "user", "invite")
    opened.wait_for("enter email address to invite a user: ")
    opened.type("asked@acme.example")
    assert opened.end() == 0
    assert "invite for asked@acme.example with role ORGANIZATION_MEMBER created" in opened.seen


@pytest.mark.parametrize(("answer", "removed"), [("yes", False), ("Y", False), ("", False), ("y", True)])
def test_only_y_is_yes(ci: Terminal, answer: str, removed: bool) -> None:
    email = f"remove-{answer or 'empty'}@acme.example"
    ci.good("organization", "invite", email)
    opened = ci.open("organization", "user", "remove", email)
    opened.wait_for("(y/n)")
    opened.type(answer)
    assert opened.end() == 0
    assert ("was successfully removed" in opened.seen) is removed
    assert (email in ci.good("organization", "user", "list")) is not removed


def test_a_menu(ci: Terminal) -> None:
    ci.good("organization", "invite", "menu@acme.example")
    users = [user["email"] for user in ci.json("organization", "user", "list")["users"]]
    opened = ci.open("organization", "user", "update", "-r", "ORGANIZATION_BILLING_ADMIN")
    opened.wait_for("> ")
    opened.type(str(users.index("menu@acme.example") + 1))
    assert opened.end() == 0
    assert "The user menu@acme.example role was successfully updated to ORGANIZATION_BILLING_ADMIN" in opened.seen
    opened = ci.open("organization", "user", "update", "-r", "ORGANIZATION_BILLING_ADMIN")
    opened.wait_for("> ")
    opened.type("0")
    assert opened.end() == 1
    assert "Error: invalid User selected" in opened.seen


def test_a_progress_bar_that_leaves_nothing_behind(ci: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("".join(f"bar{number}@acme.example\n" for number in range(60)))
    opened = ci.open("organization", "invite", "--file", str(path))
    assert opened.end() == 0
    assert "━" in opened.seen
    # It is drawn ten times a second, so a quick server may be done between two.
    assert "/60" in opened.seen
    assert opened.seen.count(": invited") == 60
    assert opened.seen.rstrip().splitlines()[-1].endswith("60 invited, 0 already there, 0 failed.")


def test_ctrl_c_at_a_question(ci: Terminal) -> None:
    opened = ci.open("organization", "user", "invite")
    opened.wait_for("enter email address")
    opened.interrupt()
    assert opened.end() == 130
    assert opened.seen.rstrip().endswith("Interrupted.")
    assert "Traceback" not in opened.seen


def test_ctrl_c_while_waiting(ci: Terminal) -> None:
    server = ScriptedServer(Reply(429, {}, {"Retry-After": "60"}))
    opened = session(ci, "organization", "list", SCIM_SERVER_URL=server.url)
    opened.wait_for("The server asks to wait 60 s.")
    opened.interrupt()
    assert opened.end() == 130
    server.close()
    assert opened.seen.rstrip().endswith("Interrupted.")
    assert "Traceback" not in opened.seen


def test_the_end_of_the_input_is_no_interruption(ci: Terminal) -> None:
    opened = ci.open("organization", "user", "invite")
    opened.wait_for("enter email address")
    opened.type("\x04")
    assert opened.end() == 1


@pytest.mark.parametrize(("settings", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours(logged_in: Terminal, settings: dict[str, str], coloured: bool) -> None:
    opened = session(logged_in, "organization", "list", **settings)
    assert opened.end() == 0
    assert ("\x1b[32m" in opened.seen) is coloured


def test_a_pipe_gets_whole_lines_without_colours(logged_in: Terminal) -> None:
    name = "n" * 200
    logged_in.good("workspace", "create", "wide", "-d", name)
    printed = logged_in.good("workspace", "list", COLUMNS="40")
    assert "\x1b" not in printed
    assert len([line for line in printed.splitlines() if name in line]) == 1


def test_nobody_is_asked_where_nobody_could_answer(ci: Terminal) -> None:
    ci.good("organization", "invite", "silent@acme.example")
    for command, line in {
        ("user", "invite"): "no email provided for the invite. Retry with a valid email address",
        ("user", "update"): "Name a user by e-mail address.",
        ("user", "update", "silent@acme.example"): "Name the role by --role.",
        ("user", "remove", "silent@acme.example"): "Nobody is here to confirm this; --force does it without asking.",
        ("user", "remove", "nobody@acme.example"): "no user was found for the email you provided",
        ("team", "create"): "you must give your Team a name",
        ("team", "delete"): "no teams found in your organization",
        ("token", "create"): "you must give your API token a name",
        ("token", "rotate"): "Name a token by its id, or by --name.",
        ("token", "rotate", "--name", "none"): "organization token specified was not found",
        ("domain", "verify", "none.example"): "There is no domain 'none.example' in your organization; add it first.",
        ("connection", "show", "--connection", "none"): "There is no Connection 'none'.",
    }.items():
        assert ci.refused("organization", *command) == f"Error: {line}", command
    assert ci.refused("workspace", "user", "list") == "Error: Say which Workspace by --workspace-id."


def test_wrong_usage(ci: Terminal) -> None:
    for command in (
        ("team", "update", "x"),
        ("token", "update", "-t", "ci"),
        ("connection", "set"),
        ("user", "list", "--output", "yaml"),
        ("token", "create", "-e", "3651"),
        ("audit-logs", "export", "-i", "91"),
    ):
        assert ci.run("organization", *command).code == 2, command
