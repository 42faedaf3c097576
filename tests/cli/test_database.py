"""`db upgrade|downgrade|check`, and databases that cannot be used."""

import uuid
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.postgres import create_database


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation whose database is empty."""
    url = None
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"tables_{uuid.uuid4().hex[:12]}")
    return Installation(tmp_path_factory.mktemp("tables"), url)


def test_up_and_down_and_up_again(empty: Installation) -> None:
    assert empty.refused("db", "check") == "Error: The database has no tables yet; run 'scim-server db upgrade'."
    assert "run 'scim-server db upgrade'" in empty.refused("organization", "list-all")
    assert "run 'scim-server db upgrade'" in empty.refused("serve")
    assert empty.good("db", "upgrade") == empty.good("db", "upgrade")
    assert "agrees with this version" in empty.good("db", "check")
    empty.good("organization", "create", "Acme")

    kept = empty.run("db", "downgrade", "base")
    assert kept.code == 1
    assert "Aborted!" in kept.err
    assert len(empty.json("organization", "list-all")) == 1
    assert empty.good("db", "downgrade", "base", "--yes") == "The database is at revision base.\n"
    empty.refused("db", "check")
    empty.good("db", "upgrade")
    assert empty.json("organization", "list-all") == []


def test_revisions_that_are_not(fresh: Installation) -> None:
    fresh.good("db", "upgrade")
    assert "'nosuch'" in fresh.refused("db", "downgrade", "nosuch", "--yes")
    assert "agrees" in fresh.good("db", "check")


UNREACHABLE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.mark.parametrize("command", [["organization", "list-all"], ["db", "upgrade"], ["quickstart"], ["serve"]])
def test_a_database_that_is_away(fresh: Installation, command: list[str]) -> None:
    assert "database" in fresh.refused(*command, SCIM_SERVER_DATABASE_URL=UNREACHABLE)


def test_a_file_that_is_no_database(tmp_path: Path, fresh: Installation) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes and no database. " * 100)
    fresh.refused("organization", "list-all", SCIM_SERVER_DATABASE_URL=f"sqlite:///{path}")
    assert "not a database" in fresh.refused("db", "upgrade", SCIM_SERVER_DATABASE_URL=f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCIM_SERVER_PORT", "abc"),
        ("SCIM_SERVER_DATABASE_URL", "mysql://somewhere/x"),
        ("SCIM_SERVER_PUBLIC_URL", "nonsense"),
        ("SCIM_SERVER_HOME", "/dev/null/home"),
        ("SCIM_SERVER_NO_SUCH_SETTING", "1"),
    ],
)
def test_wrong_settings_are_one_line_that_names_them(fresh: Installation, name: str, value: str) -> None:
    assert name in fresh.refused("organization", "list-all", **{name: value})
