"""What an Owner does in a day, command by command; what each prints is held letter by letter."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.client.conftest import ci_job
from tests.support.installation import Installation
from tests.support.terminal import Terminal, stable


@pytest.fixture
def job(sqlite_server: tuple[Installation, str], tmp_path: Path) -> Terminal:
    """Give a CI job of a new Organization."""
    return ci_job(sqlite_server, tmp_path / "logins")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    """Give a CI job of a new Organization on each database."""
    return ci_job(request.getfixturevalue(f"{request.param}_server"), tmp_path / "logins")


def test_people(either: Terminal) -> None:
    assert either.good("organization", "invite", "bob@acme.example", "--role", "ORGANIZATION_BILLING_ADMIN") == (
        "invite for bob@acme.example with role ORGANIZATION_BILLING_ADMIN created\n"
    )
    assert either.good("org", "user", "inv", "eve@acme.example") == (
        "invite for eve@acme.example with role ORGANIZATION_MEMBER created\n"
    )
    assert either.good("organization", "user", "update", "BOB@acme.example", "-r", "ORGANIZATION_OWNER") == (
        "The user bob@acme.example role was successfully updated to ORGANIZATION_OWNER\n"
    )
    assert either.good("organization", "user", "rm", "eve@acme.example", "--force") == (
        "The user eve@acme.example was successfully removed from the organization\n"
    )
    assert stable(either.good("organization", "user", "list")) == (
        "FULLNAME  EMAIL  ID  ORGANIZATION ROLE  IDP MANAGED  STATUS  CREATE DATE\n"
        "Ann Owner  ann@acme.example  <id>  ORGANIZATION_OWNER  false  ACTIVE  <moment>\n"
        "bob@acme.example  bob@acme.example  <id>  ORGANIZATION_OWNER  false  PENDING  <moment>"
    )
    users = either.json("organization", "user", "list")["users"]
    assert [list(user) for user in users] == [
        ["fullName", "email", "id", "createdAt", "orgRole", "isIdpManaged", "status"]
    ] * 2
    assert users == json.loads(either.good("organization", "user", "list", "--output", "json"))["users"]


def test_teams(job: Terminal) -> None:
    assert job.good("organization", "connection", "set", "--provisioning", "off")
    assert job.good("organization", "team", "create", "-n", "Engineers", "-d", "Who build") == (
        "Team Engineers was successfully created\n"
    )
    assert job.good("organization", "team", "user", "add", "-t", "Engineers", "-u", "ann@acme.example").startswith(
        "User "
    )
    assert stable(job.good("organization", "team", "user", "list", "-t", "engineers")) == (
        "ID  FULLNAME  EMAIL\n<id>  Ann Owner  ann@acme.example"
    )
    assert stable(job.good("organization", "team", "list")) == (
        "ID  NAME  DESCRIPTION  ORG ROLE  IDP MANAGED  CREATE DATE\n"
        "<id>  Engineers  Who build  ORGANIZATION_MEMBER  false  <moment>"
    )
    changed = job.good("organization", "team", "up", "Engineers", "-n", "Builders", "-r", "ORGANIZATION_OWNER")
    assert changed == (
        "Team Engineers was successfully updated\nTeam role Engineers was successfully updated to ORGANIZATION_OWNER\n"
    )
    team = job.json("organization", "team", "list")["teams"][0]
    assert list(team) == ["id", "name", "description", "orgRole", "isIdpManaged", "createdAt"]
    assert (team["name"], team["description"], team["orgRole"]) == ("Builders", "Who build", "ORGANIZATION_OWNER")
    removed = job.good("organization", "team", "user", "remove", "-t", team["id"], "-u", "ann@acme.example")
    assert stable(removed) == "User <id> was successfully removed from team Builders"
    outcome = job.run("organization", "team", "user", "list", "-t", "Builders")
    assert (outcome.code, outcome.out) == (0, "")
    assert "The selected team has no members" in outcome.err
    assert job.good("organization", "team", "delete", "Builders", "-f") == "Team Builders was successfully deleted\n"
    assert job.json("organization", "team", "list") == {"teams": []}


def test_tokens(either: Terminal) -> None:
    made = either.good("organization", "token", "create", "-n", "deploy", "-r", "ORGANIZATION_MEMBER", "-e", "30")
    assert stable(made) == (
        "Organization API token deploy was successfully created\n"
        "Copy and paste this API token for your records.\n\n<token>\n\n"
        "You will not be shown this API token value again."
    )
    assert stable(either.good("organization", "token", "list")) == (
        "ID  NAME  DESCRIPTION  SCOPE  ORGANIZATION ROLE  CREATED  CREATED BY\n"
        "<token id>  ci  -  ORGANIZATION  ORGANIZATION_OWNER  <ago>  root\n"
        "<token id>  deploy  -  ORGANIZATION  ORGANIZATION_MEMBER  <ago>  ci"
    ).replace("root", _operator(either))
    assert either.good("organization", "token", "up", "-t", "deploy", "-n", "release", "-r", "ORGANIZATION_OWNER") == (
        "Organization API token release was successfully updated\n"
    )
    assert stable(either.good("organization", "token", "roles", "--name", "release")) == (
        "ENTITY_TYPE  ENTITY_ID  ROLE\nORGANIZATION  <id>  ORGANIZATION_OWNER"
    )
    text = either.good("organization", "token", "rotate", "-t", "release", "--force", "--clean-output").strip()
    assert either.json("organization", "list", SCIM_SERVER_API_TOKEN=text)["organizations"][0]["isCurrent"]
    again = either.json("organization", "token", "rotate", "-t", "release", "-f")
    assert list(again) == ["id", "name", "token", "expiresAt"]
    assert "does not take this token" in either.refused("organization", "list", SCIM_SERVER_API_TOKEN=text)
    assert either.good("organization", "token", "delete", again["id"], "-f") == (
        "Organization API token release was successfully deleted\n"
    )
    assert either.refused("organization", "token", "delete", again["id"], "-f") == (
        "Error: organization token specified was not found"
    )


def test_places(job: Terminal) -> None:
    assert stable(job.good("workspace", "create", "Analytics", "-d", "Reports")) == (
        "Workspace Analytics was successfully created: <id>"
    )
    here = ("--workspace-id", "Analytics")
    assert job.good("workspace", "user", "add", "ann@acme.example", *here) == (
        "The user ann@acme.example was successfully added to the workspace with the role WORKSPACE_MEMBER\n"
    )
    assert "is in the workspace already" in job.refused("workspace", "user", "add", "ann@acme.example", *here)
    assert job.good("workspace", "user", "update", "ann@acme.example", "-r", "WORKSPACE_AUTHOR", *here) == (
        "The workspace user ann@acme.example role was successfully updated to WORKSPACE_AUTHOR\n"
    )
    assert stable(job.good("workspace", "user", "list", *here)) == (
        "FULLNAME  EMAIL  ID  WORKSPACE ROLE  CREATE DATE\n"
        "Ann Owner  ann@acme.example  <id>  WORKSPACE_AUTHOR  <moment>"
    )
    made = job.json("deployment", "create", "Reports", *here)
    assert list(made) == ["name", "id", "description", "createdAt"]
    there = ("--deployment-id", made["id"])
    assert job.good("deployment", "user", "add", "ann@acme.example", *there) == (
        "The user ann@acme.example was successfully added to the deployment with the role DEPLOYMENT_ADMIN\n"
    )
    assert job.json("workspace", "user", "list", *here)["users"][0]["role"] == "WORKSPACE_AUTHOR"
    assert job.good("workspace", "user", "remove", "ann@acme.example", "-f", *here) == (
        "The user ann@acme.example was successfully removed from the workspace\n"
    )
    # What a role on a Deployment brings along stays for as long as that does.
    assert job.json("workspace", "user", "list", *here)["users"][0]["role"] == "WORKSPACE_ACCESSOR"
    token = job.json("workspace", "token", "create", "-n", "here", "-r", "WORKSPACE_OPERATOR", *here)
    assert job.good("workspace", "token", "add", "-t", "ci", *here) == (
        "The token ci was successfully added to the workspace with the role WORKSPACE_MEMBER\n"
    )
    listed = job.json("workspace", "token", "list", *here)["tokens"]
    assert {(each["name"], each["role"]) for each in listed} == {
        ("here", "WORKSPACE_OPERATOR"),
        ("ci", "WORKSPACE_MEMBER"),
    }
    assert "delete it instead" in job.refused("workspace", "token", "remove", token["id"], "-f", *here)
    assert job.good("workspace", "token", "remove", "-t", "ci", "-f", *here).startswith("The token ci was")
    assert job.good("workspace", "token", "update", token["id"], "-r", "WORKSPACE_AUTHOR", *here)
    assert job.good("workspace", "token", "rotate", token["id"], "-f", "-c", *here).startswith("scim_")
    assert job.good("workspace", "token", "delete", token["id"], "-f", *here).startswith("Workspace API token here")
    assert (
        job.good("deployment", "update", "Reports", "-d", "Nightly") == "Deployment Reports was successfully updated\n"
    )
    assert job.json("deployment", "list", *here)["deployments"][0]["description"] == "Nightly"
    assert job.good("deployment", "delete", "Reports", "-f") == "Deployment Reports was successfully deleted\n"
    assert job.good("workspace", "update", "Analytics", "-n", "Data") == "Workspace Data was successfully updated\n"
    assert job.good("workspace", "delete", "Data", "-f") == "Workspace Data was successfully deleted\n"


def test_connection_domain_roles_and_audit(job: Terminal, tmp_path: Path) -> None:
    shown = job.good("organization", "connection", "set", "--automatic-membership", "disabled")
    assert "Automatic membership: DISABLED\n" in shown
    assert job.json("organization", "connection", "show")["automaticMembership"] == "DISABLED"
    assert "Possible values are ORGANIZATION_OWNER" not in job.good("organization", "connection", "show")
    added = job.good("organization", "domain", "add", "acme-widgets.com")
    assert added.splitlines()[0].startswith("Domain acme-widgets.com was successfully added.")
    assert job.json("organization", "domain", "list")["domains"][0]["status"] == "PENDING"
    roles = job.json("organization", "role", "list", "--include-default-roles")["roles"]
    assert {"name", "id", "scopeType", "description", "permissions"} == set(roles[0])
    assert "ORGANIZATION_OWNER" in {role["name"] for role in roles}
    file = tmp_path / "audit.ndjson.gz"
    exported = job.run("organization", "al", "export", "--include", "2", "-o", str(file))
    assert exported.out == f"Finished exporting logs to local GZIP file: {file}\n"
    assert "This may take some time" in exported.err
    events = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert len(events) > 2
    assert file.stat().st_mode & 0o777 == 0o600


def _operator(job: Terminal) -> str:
    """Return the name of whoever runs the tests, who made the first token."""
    return str(job.json("organization", "token", "list")["tokens"][0]["createdBy"])
