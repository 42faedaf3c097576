"""Cursors of lists (RFC 9865) that were tampered with, have expired, or belong to somebody else (section 7b Q24)."""

import re
import time
from typing import Any

import pytest
import time_machine

from scim_server.protocol.limits import CURSOR_TIMEOUT
from tests.support.client import ScimClient


@pytest.fixture
def first_page(scim: ScimClient) -> dict[str, Any]:
    """Give the first of three pages by cursor."""
    for name in ("ada", "bob", "carl"):
        scim.create_user(f"{name}@example.test")
    page: dict[str, Any] = scim.get("/Users?cursor&count=1").get_json(force=True)
    assert page["itemsPerPage"] == 1
    return page


def _follow(scim: ScimClient, cursor: str, **changed: str) -> Any:
    return scim.get("/Users", query_string={"cursor": cursor, "count": "1", **changed})


def _scim_type(answer: Any) -> str:
    assert answer.status_code == 400
    return str(answer.get_json(force=True)["scimType"])


def test_q24_a_cursor_walks_the_whole_list(scim: ScimClient, first_page: dict[str, Any]) -> None:
    seen, page = [first_page["Resources"][0]["id"]], first_page
    while "nextCursor" in page:
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", page["nextCursor"])
        page = _follow(scim, page["nextCursor"]).get_json(force=True)
        seen += [each["id"] for each in page["Resources"]]
    everybody = scim.get("/Users").get_json(force=True)["Resources"]
    assert len(everybody) == 3
    assert sorted(seen) == sorted(each["id"] for each in everybody)


def test_q24_a_cursor_that_was_tampered_with(scim: ScimClient, first_page: dict[str, Any]) -> None:
    cursor = first_page["nextCursor"]
    for place in range(0, len(cursor), 7):
        forged = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert _scim_type(_follow(scim, forged)) == "invalidCursor"
    for forged in ("x", cursor[:-4], cursor + "AAAA", "..", "0"):
        assert _scim_type(_follow(scim, forged)) == "invalidCursor"


def test_q24_a_cursor_of_another_query(scim: ScimClient, first_page: dict[str, Any]) -> None:
    cursor = first_page["nextCursor"]
    assert _scim_type(_follow(scim, cursor, filter="userName pr")) == "invalidCursor"
    assert _scim_type(_follow(scim, cursor, sortBy="userName")) == "invalidCursor"
    assert _scim_type(_follow(scim, cursor, count="2")) == "invalidCount"


def test_q24_a_cursor_of_another_organization(
    scim: ScimClient, other_scim: ScimClient, first_page: dict[str, Any]
) -> None:
    assert _follow(scim, first_page["nextCursor"]).status_code == 200
    assert _scim_type(_follow(other_scim, first_page["nextCursor"])) == "invalidCursor"


def test_q24_a_cursor_that_has_expired(scim: ScimClient, first_page: dict[str, Any]) -> None:
    moment = time.time()
    with time_machine.travel(moment + CURSOR_TIMEOUT - 60):
        assert _follow(scim, first_page["nextCursor"]).status_code == 200
    with time_machine.travel(moment + CURSOR_TIMEOUT + 60):
        assert _scim_type(_follow(scim, first_page["nextCursor"])) == "expiredCursor"
