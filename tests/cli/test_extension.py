"""`extension register|list|remove`."""

from pathlib import Path

import pytest

from tests.support.installation import Installation

URN = "urn:example:scim:badges:2.0:User"


def test_register_list_and_remove(installation: Installation, slug: str, extension_file: Path) -> None:
    assert installation.good("extension", "list", "-O", slug).startswith("No extension yet. Register one: ")
    printed = installation.good("extension", "register", "-O", slug, str(extension_file))
    assert printed.startswith(f"Registered {URN} with 1 attributes for Users of Acme")
    assert installation.json("extension", "list", "-O", slug) == [{"resource_type": "User", "id": URN, "attributes": 1}]
    assert URN in installation.good("extension", "list", "-O", slug)
    assert "already" in installation.refused("extension", "register", "-O", slug, str(extension_file))

    assert installation.run("extension", "remove", "-O", slug, URN).code == 1
    assert len(installation.json("extension", "list", "-O", slug)) == 1
    assert installation.good("extension", "remove", "-O", slug, URN.upper(), "--yes").startswith("Removed ")
    assert installation.json("extension", "list", "-O", slug) == []
    assert "has no extension" in installation.refused("extension", "remove", "-O", slug, URN)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "JSON"),
        ("[]", "object"),
        ("{", "JSON"),
        ('{"id": "urn:example:x"}', "attributes"),
        ('{"id": "urn:ietf:params:scim:schemas:core:2.0:X", "attributes": [{"name": "a", "type": "string"}]}', "RFCs"),
        ('{"id": "urn:example:x:y", "attributes": [{"name": "a", "type": "text"}]}', "string"),
    ],
)
def test_documents_that_are_no_schema(tmp_path: Path, content: str, told: str, schemaless: Installation) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(content)
    assert told in schemaless.refused("extension", "register", "-O", "my-organization", str(path))


@pytest.fixture(scope="module")
def schemaless(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation on SQLite with one Organization and no extension."""
    made = Installation(tmp_path_factory.mktemp("schemaless"))
    made.good("quickstart")
    return made


def test_a_file_that_is_not_there(schemaless: Installation) -> None:
    outcome = schemaless.run("extension", "register", "-O", "my-organization", "nowhere.json")
    assert outcome.code == 2
    assert "'nowhere.json' does not exist" in outcome.err
