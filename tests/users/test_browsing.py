"""The console's pages of Users: the same rows as the whole list has, whatever plan finds them, and few statements."""

import itertools
from typing import Any

import pytest

from scim_server.database import transaction
from scim_server.directory.totals import total_of
from scim_server.protocol.schemas import USER as USER_TYPE
from scim_server.users import listing
from scim_server.users.listing import SORTS, UserFilters, browse_users, count_users, list_users
from tests.conftest import Organization
from tests.support.client import BULK, USER, ScimClient
from tests.users.test_administration import insert_binding, requester
from tests.web.test_statements import counted

PEOPLE = 30
FILTERS: list[dict[str, Any]] = [
    {},
    {"status": "ACTIVE"},
    {"status": "INACTIVE"},
    {"status": "AWAITING_INVITATION"},
    {"organization_role": "ORGANIZATION_MEMBER"},
    {"source": "scim"},
    {"source": "jit"},
    {"team_id": "{team}"},
    {"team_id": "none"},
    {"search": "n"},
    {"search": "mail3"},
    {"search": "given 1"},
    {"search": "100%"},
    {"search": "nobody at all"},
    {"search": "n", "status": "ACTIVE"},
    {"search": "mail", "status": "INACTIVE", "team_id": "{team}"},
    {"team_id": "{team}", "source": "scim", "organization_role": "ORGANIZATION_MEMBER"},
]
ORDERS = [[(field, descending)] for field, descending in itertools.product(SORTS, (False, True))]


def person(number: int) -> dict[str, Any]:
    """Return somebody with, in turns, a displayName, names, or neither, and an address of another name."""
    named: list[dict[str, Any]] = [
        {"displayName": f"Name {number % 7}"},
        {"name": {"givenName": f"Given {number}", "familyName": "Family"}},
        {},
    ]
    email = {"value": f"mail{number}@other.example", "type": "work"}
    return {"schemas": [USER], "userName": f"n{number:02}@p.example", "emails": [email], **named[number % 3]}


@pytest.fixture
def team(scim: ScimClient) -> str:
    """Give the id of a Team of every second of the people."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": person(number)} for number in range(PEOPLE)
    ]
    done = scim.post("/Bulk", {"schemas": [BULK], "Operations": operations}).get_json(force=True)["Operations"]
    ids = [each["location"].rpartition("/")[2] for each in done]
    for each in ids[::4]:
        scim.patch(f"/Users/{each}", {"op": "replace", "path": "active", "value": False})
    return str(scim.create_group("Team", *ids[::2])["id"])


@pytest.mark.parametrize("bounds", [(1_000, 3_000), (3, 5), (12, 18)], ids=["all are few", "nearly all many", "some"])
def test_pages_are_those_of_the_whole_list(
    organization: Organization, team: str, bounds: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_COUNTED", bounds[0])
    monkeypatch.setattr(listing, "_MAX_FOUND", bounds[1])
    owner = requester(organization.id)
    for named in FILTERS:
        filters = UserFilters(**{name: value.format(team=team) for name, value in named.items()})
        for order in ORDERS:
            everybody, total = list_users(owner, filters, order, limit=100)
            assert len(everybody) == total
            for offset in range(0, PEOPLE + 8, 7):
                page = browse_users(owner, filters, order, offset=offset, limit=7)
                assert page.users == everybody[offset : offset + 7], (named, order, offset)
                most = max(bounds[0], offset + 7) if named else total
                assert (page.total, page.is_more) == (min(total, most), total > most)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_the_last_pages_are_reached_from_the_end(
    organization: Organization, team: str, order: list[tuple[str, bool]]
) -> None:
    owner = requester(organization.id)
    everybody, total = list_users(owner, UserFilters(), order, limit=100)
    pages = [list_users(owner, UserFilters(), order, offset=offset, limit=4) for offset in range(0, total + 8, 4)]

    assert [user for found, _ in pages for user in found] == everybody
    assert {each for _, each in pages} == {total, PEOPLE}


def test_counts(organization: Organization, team: str) -> None:
    owner = requester(organization.id)
    with transaction() as connection:
        total = total_of(connection, organization.id, USER_TYPE.name)

    assert total == PEOPLE
    assert count_users(owner, UserFilters(status="INACTIVE")) == len(range(0, PEOPLE, 4))


@pytest.mark.parametrize(
    ("filters", "statements"),
    [
        # total, page, roles
        ({}, 3),
        ({"status": "ACTIVE"}, 3),
        ({"team_id": "{team}"}, 3),
        # and who has the term
        ({"search": "n"}, 4),
        ({"search": "mail3", "status": "ACTIVE"}, 4),
        # and nobody to read
        ({"source": "jit"}, 1),
        ({"search": "nobody at all"}, 2),
    ],
    ids=str,
)
def test_statements(organization: Organization, team: str, filters: dict[str, str], statements: int) -> None:
    owner = requester(organization.id)
    asked = UserFilters(**{name: value.format(team=team) for name, value in filters.items()})  # type: ignore[arg-type]
    for limit in (1, 20):
        with counted() as found:
            browse_users(owner, asked, [("username", True)], offset=0, limit=limit)
        assert len(found) == statements


def test_roles_are_read_for_the_page(organization: Organization, scim: ScimClient) -> None:
    user = scim.create_user("a@p.example")["id"]
    workspace = insert_binding(organization.id, user)
    (found,) = browse_users(requester(organization.id), UserFilters(), [("id", False)], offset=0, limit=5).users

    assert [each.workspace_id for each in found.workspace_roles] == [workspace]
