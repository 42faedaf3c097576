"""`organization create|list-all|show`."""

from pathlib import Path

from tests.support.installation import Installation


def test_create_show_and_list(installation: Installation) -> None:
    made = installation.json("organization", "create", "  Initech   Ltd ", "--owner", "bill@initech.example")
    assert list(made) == ["organization_id", "organization_slug", "scim_base_url", "owner_email"]
    assert made["organization_slug"] == "initech-ltd"
    for name in (made["organization_id"], "initech-ltd", "Initech Ltd"):
        assert installation.json("organization", "show", name)["id"] == made["organization_id"]
    shown = installation.json("organization", "show", "initech-ltd")
    assert shown["name"] == "Initech Ltd"
    assert (shown["users"], shown["teams"]) == (1, 0)
    assert shown["automatic_membership"] == "ORGANIZATION_MEMBER"
    assert shown["unknown_members"] == "skip"
    assert shown["scim_base_url"] == made["scim_base_url"]
    fields = installation.good("organization", "show", "initech-ltd")
    assert fields.splitlines()[0].split() == ["Name:", "Initech", "Ltd"]
    rows = [line for line in installation.good("organization", "list-all").splitlines() if "initech-ltd" in line]
    assert len(rows) == 1
    assert made["organization_id"] in rows[0]


def test_says_what_to_do_next(installation: Installation) -> None:
    printed = installation.good("organization", "create", "Second")
    assert printed.splitlines()[0] == "Created the Organization 'Second'."
    assert "scim-server token create --organization second" in printed


def test_the_same_name_gets_another_slug(installation: Installation) -> None:
    slugs = [installation.json("organization", "create", "Twin")["organization_slug"] for _ in range(2)]
    assert slugs == ["twin", "twin-2"]
    assert "name one by its slug" in installation.refused("organization", "show", "Twin")


def test_an_unknown_organization_is_answered_by_those_there_are(installation: Installation, slug: str) -> None:
    line = installation.refused("organization", "show", "nobody")
    assert line.startswith("Error: There is no Organization 'nobody'. Known: ")
    assert slug in installation.refused("token", "list", "-O", "nobody")


def test_wrong_names_and_addresses_leave_nothing(installation: Installation) -> None:
    before = installation.json("organization", "list-all")
    for name in ("", " ", "a" * 101, "\x1b[31mred"):
        assert "1 to 100 printable characters" in installation.refused("organization", "create", name)
    assert "is no e-mail address" in installation.refused("organization", "create", "New", "--owner", "@")
    assert installation.json("organization", "list-all") == before


def test_bytes_that_are_no_text(fresh: Installation) -> None:
    fresh.good("db", "upgrade")
    assert "not text in UTF-8" in fresh.refused("organization", "show", b"\xff")


def test_markup_is_no_markup(fresh: Installation) -> None:
    fresh.good("db", "upgrade")
    fresh.good("organization", "create", "[red]Alert[/red]")
    assert "[red]Alert[/red]" in fresh.good("organization", "list-all")


def test_none_yet(fresh: Installation) -> None:
    fresh.good("db", "upgrade")
    assert fresh.good("organization", "list-all").startswith(
        "No Organization yet. Create one: scim-server organization"
    )
    assert fresh.json("organization", "list-all") == []
    assert fresh.refused("organization", "show", "x") == "Error: There is no Organization 'x'. Known: none yet."


def test_the_home_may_have_spaces(tmp_path: Path) -> None:
    home = tmp_path / "a b%20c"
    home.mkdir()
    assert Installation(home).json("quickstart")["organization_slug"] == "my-organization"
