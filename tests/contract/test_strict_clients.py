"""Clients that refuse what RFC 7643 does not name still get a configuration that they can read."""

import pytest

from tests.support.client import ScimClient


@pytest.mark.parametrize(
    ("user_agent", "told"), [("python-httpx/0.28.1", False), ("Okta SCIM Client 1.0.0", True), ("", True)]
)
def test_cursor_paging_is_told_to_all_but_strict_clients(scim: ScimClient, user_agent: str, told: bool) -> None:
    answer = scim.get("/ServiceProviderConfig", headers={"User-Agent": user_agent})
    assert ("pagination" in answer.get_json(force=True)) is told
