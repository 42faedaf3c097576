"""`audit verify|retention`."""

import json

from sqlalchemy import create_engine, text

from tests.support.installation import Installation


def edit(installation: Installation, statement: str) -> None:
    """Change the database behind the server's back."""
    url = installation.database_url or f"sqlite:///{installation.home}/scim-server.sqlite"
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    engine.dispose()


def test_a_whole_log_verifies(installation: Installation, slug: str) -> None:
    printed = installation.good("audit", "verify", "-O", slug)

    assert printed.startswith(f"{slug}: all 2 events are as they were written. The chain ends at 2 with ")
    (found,) = installation.json("audit", "verify", "-O", slug)
    assert (found["organization_slug"], found["whole"], found["position"], found["problems"]) == (slug, True, 2, [])


def test_SC05_a_tampered_log_is_named(installation: Installation, slug: str) -> None:
    installation.good("audit", "verify", "-O", slug)
    of = f"WHERE organization_id = (SELECT id FROM organizations WHERE slug = '{slug}')"
    edit(installation, f"UPDATE audit_events SET actor_name = 'nobody' {of} AND position = 1")
    edit(installation, f"DELETE FROM audit_events {of} AND position = 2")

    done = installation.run("audit", "verify", "-O", slug)

    assert done.code == 1
    assert f"{slug}: 2 problems in 1 events." in done.err
    assert "Event 1 (operator:" in done.err
    assert "was changed." in done.err
    assert "The end of the log was cut off: events 2 to 2 are missing." in done.err
    as_json = installation.run("audit", "verify", "--json", "-O", slug)
    assert as_json.code == 1
    (found,) = json.loads(as_json.out)
    assert [problem["kind"] for problem in found["problems"]] == ["edited", "end"]
    # Without an Organization all are checked, and one that was changed is enough.
    assert installation.run("audit", "verify").code == 1


def test_retention(installation: Installation, slug: str) -> None:
    assert "kept for ever" in installation.good("audit", "retention", "-O", slug)
    assert "kept 365 days" in installation.good("audit", "retention", "-O", slug, "--days", "365")
    assert "kept 365 days" in installation.good("audit", "retention", "-O", slug)
    assert "kept for ever" in installation.good("audit", "retention", "-O", slug, "--for-ever")
    assert installation.run("audit", "retention", "-O", slug, "--for-ever", "--days", "3").code == 2
    assert installation.run("audit", "retention", "-O", slug, "--days", "0").code == 2
