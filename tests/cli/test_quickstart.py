"""`quickstart`: from nothing to a base URL and tokens that work, and the same again on a second run."""

import json
import re
import stat
import uuid

import pytest
import requests

from tests.support.installation import Installation
from tests.support.postgres import create_database

KEYS = [
    "organization_id",
    "organization_slug",
    "scim_base_url",
    "scim_token",
    "api_token",
    "owner_email",
    "owner_link",
]


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation whose database is empty."""
    url = None
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"quickstart_{uuid.uuid4().hex[:12]}")
    return Installation(tmp_path_factory.mktemp("empty"), url)


def test_makes_everything_once(empty: Installation) -> None:
    first = empty.json("quickstart", "--organization", "Acme", "--owner", "ann@acme.example")
    memory = empty.home / "quickstart.json"
    assert list(first) == KEYS
    assert first["organization_slug"] == "acme"
    assert first["owner_email"] == "ann@acme.example"
    assert first["scim_base_url"] == f"http://127.0.0.1:8000/scim/v2/{first['organization_id']}"
    assert first["scim_token"] != first["api_token"]
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600

    assert empty.json("quickstart") == first
    assert [each["users"] for each in empty.json("organization", "list-all")] == [1]

    memory.unlink()
    third = empty.json("quickstart")
    tokens = {"scim_token", "api_token", "owner_link"}
    assert {name: third[name] for name in KEYS if name not in tokens} == {
        name: first[name] for name in KEYS if name not in tokens
    }
    assert all(third[name] != first[name] for name in tokens)
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600


def test_prints_link_base_url_and_token_at_a_glance(fresh: Installation) -> None:
    lines = fresh.good("quickstart").splitlines()
    printed = fresh.json("quickstart")
    assert lines[0].startswith("Open the console with this link")
    assert lines[1].strip() == printed["owner_link"]
    assert lines[3].split() == ["SCIM", "base", "URL:", printed["scim_base_url"]]
    assert lines[4].split() == ["SCIM", "token:", printed["scim_token"]]


def test_takes_the_organization_that_is_there(fresh: Installation) -> None:
    fresh.good("db", "upgrade")
    made = fresh.json("organization", "create", "Globex", "--owner", "olga@globex.example")
    result = fresh.json("quickstart", "--organization", "Ignored", "--owner", "ignored@example.com")
    assert result["organization_id"] == made["organization_id"]
    assert result["owner_email"] == "olga@globex.example"
    assert len(fresh.json("organization", "list-all")) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"organization_id": 1, "scim_token": 1, "api_token": 2}', "\x00"])
def test_a_spoiled_memory_is_made_anew(fresh: Installation, content: str) -> None:
    before = fresh.json("quickstart")
    (fresh.home / "quickstart.json").write_text(content)
    after = fresh.json("quickstart")
    assert after["organization_id"] == before["organization_id"]
    assert json.loads((fresh.home / "quickstart.json").read_text())["scim_token"] == after["scim_token"]


def test_a_revoked_token_is_made_anew(fresh: Installation) -> None:
    before = fresh.json("quickstart")
    fresh.good("token", "revoke", "-O", before["organization_slug"], before["scim_token"].split("_")[1], "--yes")
    after = fresh.json("quickstart")
    assert after["scim_token"] != before["scim_token"]


def test_follows_the_public_url(fresh: Installation) -> None:
    fresh.good("quickstart")
    moved = fresh.json("quickstart", SCIM_SERVER_PUBLIC_URL="https://scim.example.com")
    assert moved["scim_base_url"].startswith("https://scim.example.com/scim/v2/")
    assert moved["owner_link"].startswith("https://scim.example.com/set-up/")


def test_the_owner_gets_in_by_the_link_once(fresh: Installation) -> None:
    with_link = fresh.json("quickstart", "--owner", "ann@acme.example")
    assert with_link["owner_link"] in fresh.good("quickstart")
    with fresh.serving() as server, requests.Session() as browser:
        page = browser.get(f"{server.url}/set-up/{with_link['owner_link'].rpartition('/')[2]}", timeout=30)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token is not None
        form = {"csrf_token": token[1], "name": "Ann", "password": "quickstart-horse-battery"}
        done = browser.post(page.url, data=form, headers={"Referer": page.url}, timeout=30)
        assert done.ok, done.text
    assert fresh.json("quickstart")["owner_link"] is None
    assert fresh.good("quickstart").startswith("Give these two to your identity provider:")


def test_refuses_what_is_no_address(fresh: Installation) -> None:
    assert "'nobody' is no e-mail address" in fresh.refused("quickstart", "--owner", "nobody")
    assert fresh.json("organization", "list-all") == []
