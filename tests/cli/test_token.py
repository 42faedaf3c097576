"""`token create|list|revoke`."""

from tests.support.installation import Installation


def test_the_life_of_a_token(installation: Installation, slug: str) -> None:
    assert installation.good("token", "list", "-O", slug).startswith(
        "No token yet. Create one: scim-server token create"
    )
    assert installation.json("token", "list", "-O", slug) == []
    plain = installation.run("token", "create", "-O", slug, "--name", "okta")
    text = plain.out.strip()
    assert plain.out == f"{text}\n"
    assert "cannot be shown again" in plain.err
    made = installation.json("token", "create", "-O", slug, "--name", "entra", "--scope", "owner", "--days", "30")
    assert list(made) == ["id", "token", "expires_at", "scim_base_url"]
    listed = installation.json("token", "list", "-O", slug)
    assert [(each["name"], each["scopes"], each["role"]) for each in listed] == [
        ("okta", ["scim"], None),
        ("entra", ["scim", "management"], "ORGANIZATION_OWNER"),
    ]
    assert listed[0]["expires_at"] is None
    assert listed[1]["expires_at"] == made["expires_at"]
    table = installation.good("token", "list", "-O", slug)
    assert text.split("_", 2)[2] not in table
    assert sum(made["id"] in line and "entra" in line for line in table.splitlines()) == 1

    asked = installation.run("token", "revoke", "-O", slug, made["id"])
    assert asked.code == 1
    assert "Aborted!" in asked.err
    assert installation.run("token", "revoke", "-O", slug, made["id"], answer="n\n").code == 1
    assert installation.json("token", "list", "-O", slug)[1]["revoked_at"] is None
    assert installation.run("token", "revoke", "-O", slug, made["id"], answer="y\n").code == 0
    assert installation.json("token", "list", "-O", slug)[1]["revoked_at"] is not None
    assert installation.good("token", "revoke", "-O", slug, made["id"], "--yes") == f"Revoked the token {made['id']}.\n"


def test_an_unknown_token_fails_without_a_question(installation: Installation, slug: str) -> None:
    assert installation.refused("token", "revoke", "-O", slug, "nobody").startswith("Error: There is no token 'nobody'")


def test_another_organizations_token_is_unknown(installation: Installation, slug: str) -> None:
    other = installation.json("organization", "create", "Elsewhere")["organization_slug"]
    theirs = installation.json("token", "create", "-O", other, "--name", "theirs")
    installation.refused("token", "revoke", "-O", slug, theirs["id"], "--yes")
    assert installation.json("token", "list", "-O", other)[0]["revoked_at"] is None


def test_names_that_cannot_be(installation: Installation, slug: str) -> None:
    for name in ("", " ", "a" * 257, "two\nlines"):
        assert "1 to 256 printable characters" in installation.refused("token", "create", "-O", slug, "--name", name)
    assert installation.json("token", "list", "-O", slug) == []


def test_wrong_usage(installation: Installation, slug: str) -> None:
    for arguments in (["--days", "0"], ["--scope", "everything"], ["--days", "soon"]):
        outcome = installation.run("token", "create", "-O", slug, "--name", "x", *arguments)
        assert outcome.code == 2
        assert outcome.err.startswith("Usage: scim-server token create")
