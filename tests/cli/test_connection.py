"""`connection set|show|admit-waiting`."""

import requests

from tests.support.client import SCIM, USER
from tests.support.installation import Installation


def push(installation: Installation, slug: str, *user_names: str) -> None:
    """Create Users as an identity provider does."""
    made = installation.json("token", "create", "-O", slug, "--name", "tests")
    with installation.serving() as server:
        for user_name in user_names:
            answer = requests.post(
                f"{server.url}/scim/v2/{slug}/Users",
                json={"schemas": [USER], "userName": user_name, "x": "unknown here"},
                headers={"Authorization": f"Bearer {made['token']}", "Content-Type": SCIM},
                timeout=30,
            )
            assert answer.status_code == requests.codes.created


def test_show_and_set(installation: Installation, slug: str) -> None:
    shown = installation.json("connection", "show", "-O", slug)
    assert shown == {
        "automatic_membership": "ORGANIZATION_MEMBER",
        "unknown_members": "skip",
        "waiting_users": 0,
        "observations": [],
    }
    assert "Nothing had to be repaired yet." in installation.good("connection", "show", "-O", slug)
    changed = installation.json("connection", "set", "-O", slug, "--automatic-membership", "organization_billing_admin")
    assert changed["automatic_membership"] == "ORGANIZATION_BILLING_ADMIN"
    assert changed["unknown_members"] == "skip"
    printed = installation.good("connection", "set", "-O", slug, "--automatic-membership", "disabled")
    assert "Automatic membership: disabled\n" in printed
    refusing = installation.json("connection", "set", "-O", slug, "--unknown-members", "refuse")
    assert refusing["automatic_membership"] is None
    assert refusing["unknown_members"] == "refuse"


def test_a_connection_is_named_where_there_are_several(installation: Installation, slug: str) -> None:
    named = installation.json("connection", "show", "-O", slug, "--connection", "Identity provider")
    assert named == installation.json("connection", "show", "-O", slug)
    line = installation.refused("connection", "set", "-O", slug, "--connection", "Okta", "--unknown-members", "refuse")
    assert "There is no Connection 'Okta'" in line
    assert "Identity provider" in line
    assert installation.json("connection", "show", "-O", slug) == named


def test_an_unknown_role_is_answered_by_those_there_are(installation: Installation, slug: str) -> None:
    line = installation.refused("connection", "set", "-O", slug, "--automatic-membership", "boss")
    assert "'BOSS' is no role" in line
    assert "ORGANIZATION_MEMBER" in line
    assert "ORGANIZATION_OWNER" in installation.refused(
        "connection", "set", "-O", slug, "--automatic-membership", "ORGANIZATION_OWNER"
    )
    assert installation.json("connection", "show", "-O", slug)["automatic_membership"] == "ORGANIZATION_MEMBER"


def test_admitting_the_waiting(installation: Installation, slug: str) -> None:
    assert installation.good("connection", "admit-waiting", "-O", slug).startswith("Nobody waits in ")
    installation.good("connection", "set", "-O", slug, "--automatic-membership", "disabled")
    push(installation, slug, "bob@acme.example", "carol@acme.example")
    shown = installation.json("connection", "show", "-O", slug)
    assert shown["waiting_users"] == 2
    assert {"quirk": "unknown-attribute", "occurrences": 2, "sample": "x"} in shown["observations"]
    line = installation.refused("connection", "admit-waiting", "-O", slug)
    assert "Automatic membership is disabled" in line
    assert "connection set --automatic-membership" in line

    printed = installation.good("connection", "set", "-O", slug, "--automatic-membership", "ORGANIZATION_MEMBER")
    assert "Waiting Users:        2\n" in printed
    assert f"scim-server connection admit-waiting -O {slug}" in printed
    assert installation.good("connection", "admit-waiting", "-O", slug).startswith("2 Users joined ")
    assert installation.json("connection", "admit-waiting", "-O", slug) == {"admitted_users": 0}
    assert installation.json("connection", "show", "-O", slug)["waiting_users"] == 0
