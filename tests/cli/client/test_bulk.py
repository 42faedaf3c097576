"""`organization invite --file`: forms of files, what is told of each line, and running it again."""

from pathlib import Path

import pytest

from scim_server.cli.client.users_file import Line, read_lines
from tests.support.terminal import Terminal

MEMBER, OWNER, BILLING = "ORGANIZATION_MEMBER", "ORGANIZATION_OWNER", "ORGANIZATION_BILLING_ADMIN"


@pytest.mark.parametrize(
    ("content", "people"),
    [
        (b"a@x.example ORGANIZATION_OWNER\n", [("a@x.example", OWNER)]),
        (b"a@x.example ORGANIZATION_OWNER", [("a@x.example", OWNER)]),
        (b"a@x.example ORGANIZATION_OWNER\r\nb@x.example\r\n", [("a@x.example", OWNER), ("b@x.example", MEMBER)]),
        (b"\xef\xbb\xbfa@x.example\tORGANIZATION_OWNER\n\n  \n", [("a@x.example", OWNER)]),
        (b"# people\na@x.example ORGANIZATION_OWNER # the first\n  # last\n", [("a@x.example", OWNER)]),
        (b"a@x.example,ORGANIZATION_OWNER\nb@x.example , \n", [("a@x.example", OWNER), ("b@x.example", MEMBER)]),
        (b'email;role\n"a@x.example";ORGANIZATION_OWNER\n', [("a@x.example", OWNER)]),
        (b"Name,Role,E-Mail\nAnn,ORGANIZATION_OWNER,a@x.example\n", [("a@x.example", OWNER)]),
        (b"email\na@x.example\n", [("a@x.example", MEMBER)]),
    ],
)
def test_forms(tmp_path: Path, content: bytes, people: list[tuple[str, str]]) -> None:
    path = tmp_path / "users"
    path.write_bytes(content)
    assert [(line.email, line.role, line.problem) for line in read_lines(path, MEMBER)] == [
        (*person, None) for person in people
    ]


def test_lines_that_name_nobody(tmp_path: Path) -> None:
    path = tmp_path / "users"
    long = f"{'a' * 512}@x.example"
    path.write_text(
        f"\nnobody ORGANIZATION_OWNER\na@x.example ORGANIZATION_OWNER and more\n{long}\na@x.example {'R' * 101}\n"
    )
    assert read_lines(path, MEMBER) == [
        Line(2, "nobody", OWNER, "This is no e-mail address."),
        Line(3, "a@x.example", OWNER, "A line is an e-mail address and a role, and this one holds more."),
        Line(4, long, MEMBER, "This is no e-mail address."),
        Line(5, "a@x.example", "R" * 101, "This is no role."),
    ]


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "names nobody"), (b"# none\n", "names nobody"), (b"a@x\n\xff\n", "line 2 is not text")]
)
def test_files_that_cannot_be_read(ci: Terminal, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "users"
    path.write_bytes(content)
    assert words in ci.refused("organization", "invite", "--file", str(path))
    assert "No such file" in ci.refused("organization", "invite", "--file", str(tmp_path / "none"))


def test_a_mixed_file_twice(ci: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    path.write_text(
        f"new@bulk.example {BILLING}\n"
        f"king@bulk.example ORGANIZATION_KING\n"
        f"ann@acme.example {OWNER}\n"
        f"ANN@acme.example {MEMBER}\n"
        f"New@bulk.example {BILLING}\n"
        "nobody\n"
        f"last@bulk.example {MEMBER}"
    )
    file = ("organization", "invite", "--file", str(path))
    rehearsed = ci.run(*file, "--dry-run")
    assert rehearsed.code == 1
    assert rehearsed.out.splitlines()[0] == f"line 1: new@bulk.example {BILLING}: would be invited"
    assert rehearsed.out.splitlines()[-1] == "2 would be invited, 2 already there, 3 failed."
    assert ci.json("organization", "user", "list")["users"][-1]["email"] == "ann@acme.example"

    first = ci.run(*file)
    assert first.code == 1
    assert first.err.splitlines()[-1] == "Error: 3 of 7 lines failed."
    lines = first.out.splitlines()
    assert lines[0] == f"line 1: new@bulk.example {BILLING}: invited"
    assert lines[1].startswith("line 2: king@bulk.example ORGANIZATION_KING: failed: 'ORGANIZATION_KING' is no role")
    assert lines[2] == f"line 3: ann@acme.example {OWNER}: already: is a member"
    assert lines[3] == f"line 4: ANN@acme.example {MEMBER}: failed: Line 3 names this person with the role {OWNER}."
    assert lines[4] == f"line 5: New@bulk.example {BILLING}: already: the same as line 1"
    assert lines[5] == f"line 6: nobody {MEMBER}: failed: This is no e-mail address."
    assert lines[6:] == [f"line 7: last@bulk.example {MEMBER}: invited", "2 invited, 2 already there, 3 failed."]

    again = ci.run(*file)
    assert again.out.splitlines()[0] == f"line 1: new@bulk.example {BILLING}: already: has an open invitation"
    assert again.out.splitlines()[-1] == "0 invited, 4 already there, 3 failed."


def test_another_role_invites_anew(ci: Terminal, tmp_path: Path) -> None:
    ci.good("organization", "invite", "anew@bulk.example", "-r", MEMBER)
    path = tmp_path / "users.csv"
    path.write_text(f"anew@bulk.example,{BILLING}\n")
    told = ci.json("organization", "invite", "--file", str(path))
    assert told == {
        "results": [
            {"line": 1, "email": "anew@bulk.example", "role": BILLING, "result": "invited", "message": None},
        ],
        "dryRun": False,
        "invited": 1,
        "already": 0,
        "failed": 0,
    }
    users = ci.json("organization", "user", "list")["users"]
    assert [user["orgRole"] for user in users if user["email"] == "anew@bulk.example"] == [BILLING]


def test_a_member_with_another_role(ci: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"ann@acme.example {MEMBER}\n")
    outcome = ci.run("organization", "invite", "--file", str(path))
    assert outcome.code == 1
    assert f"This person is a member with the role {OWNER}; 'scim-server organization user update'" in outcome.out


def test_from_standard_input(ci: Terminal) -> None:
    outcome = ci.run("organization", "invite", "--file", "-", answer="stdin@bulk.example\n")
    invited = f"line 1: stdin@bulk.example {MEMBER}: invited"
    assert outcome.out.splitlines() == [invited, "1 invited, 0 already there, 0 failed."]


def test_wrong_usage(ci: Terminal) -> None:
    assert ci.run("organization", "invite", "a@b.example", "--file", "users").code == 2
    assert ci.run("organization", "invite", "a@b.example", "--dry-run").code == 2
    assert ci.refused("organization", "invite") == (
        "Error: no email provided for the invite. Retry with a valid email address"
    )
