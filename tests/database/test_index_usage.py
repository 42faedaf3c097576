"""What identity providers ask again and again is found by an index: nobody reads all Users of an Organization."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from scim_server.database import db
from scim_server.database.engines import dispose_engines, read_engine
from tests.conftest import Organization, make_api, make_app, make_organization
from tests.support.api import ApiClient
from tests.support.client import BULK, USER, ScimClient
from tests.support.postgres import create_database

PEOPLE = 3_000
TEAMS = 30
MEMBERS = 20
_LARGE = {"users", "user_emails", "team_members"}


@pytest.fixture(scope="module")
def large(backend: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give an Organization of thousands beside another, with fresh statistics."""
    folder: Path = tmp_path_factory.mktemp("large")
    url = f"sqlite:///{folder}/scim.db"
    if backend == "postgresql":
        url = create_database(request.getfixturevalue("postgres"), f"indexes_{uuid.uuid4().hex[:12]}")
    app = make_app(url, folder)
    with app.app_context():
        scims = []
        for name in ("Large", "Other"):
            organization = make_organization(name)
            scims.append(ScimClient(app, organization.id, organization.token))
        ids, _ = map(_fill, scims)
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        yield scims[0], ids
    dispose_engines(app)


def _fill(scim: ScimClient) -> dict[str, str]:
    ids: list[str] = []
    for start in range(0, PEOPLE, 1_000):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": str(number), "data": _person(number)}
            for number in range(start, start + 1_000)
        ]
        answer = scim.post("/Bulk", {"schemas": [BULK], "Operations": operations}).get_json(force=True)
        ids += [each["location"].rpartition("/")[2] for each in answer["Operations"]]
    teams = [
        scim.create_group(f"Team {number}", *ids[number * MEMBERS : (number + 1) * MEMBERS], externalId=f"T{number}")[
            "id"
        ]
        for number in range(TEAMS)
    ]
    return {"user": ids[1_234], "member": ids[5], "team": teams[7]}


def _person(number: int) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": f"user-{number}@example.org",
        "externalId": f"ext-{number}",
        "displayName": f"Name {number}",
        "active": number % 100 != 0,
        "emails": [{"value": f"user-{number}@example.org", "type": "work", "primary": True}],
    }


USER_FILTERS = [
    'userName eq "USER-77@example.org"',
    'userName sw "user-77"',
    'externalId eq "ext-77"',
    'id eq "{user}"',
    'displayName eq "name 77"',
    'displayName sw "name 77"',
    'emails.value eq "user-77@example.org"',
    'emails[value eq "user-77@example.org"]',
    'emails[type eq "work"].value eq "user-77@example.org"',
    'emails.value sw "user-77@"',
    "active eq false",
    'meta.lastModified eq "2100-01-01T00:00:00Z"',
    'groups.value eq "{team}"',
    'groups eq "{team}"',
    'userName eq "user-77@example.org" and active eq true',
    'userName eq "user-77@example.org" or externalId eq "ext-78"',
]
GROUP_FILTERS = [
    'displayName eq "Team 7"',
    'externalId eq "T7"',
    'id eq "{team}"',
    'members.value eq "{member}"',
    'members eq "{member}"',
    'members[value eq "{member}"]',
]


@pytest.mark.parametrize(
    ("endpoint", "text_"),
    [("/Users", each) for each in USER_FILTERS] + [("/Groups", each) for each in GROUP_FILTERS],
)
def test_filters_are_served_by_an_index(large: tuple[ScimClient, dict[str, str]], endpoint: str, text_: str) -> None:
    scim, ids = large
    for name, resource_id in ids.items():
        text_ = text_.replace("{" + name + "}", resource_id)
    _assert_no_scan(scim, endpoint, {"filter": text_, "attributes": "userName,displayName"})


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"count": 10, "startIndex": 1_501},
        {"count": 10, "startIndex": 2_901},
        {"count": 10, "cursor": ""},
        {"count": 0},
    ],
    ids=str,
)
def test_lists_read_only_their_page(large: tuple[ScimClient, dict[str, str]], parameters: dict[str, Any]) -> None:
    _assert_no_scan(large[0], "/Users", parameters, whole_index=True)


# Lists of the management API and their usual filters; a search for a part of a name reads all names.
OWNERS_LISTS = [
    ("/users", {"status": "INACTIVE"}),
    ("/users", {"organizationRole": "ORGANIZATION_OWNER"}),
    ("/users", {"organizationRole": "ORGANIZATION_OWNER", "status": "ACTIVE", "sorts": "username:asc"}),
    ("/users", {"teamId": "{team}", "sorts": "fullName:asc"}),
    ("/users", {"workspaceId": "none"}),
    ("/users/{user}", {}),
    ("/users/{member}/teams", {}),
    ("/teams", {"names": "team 7"}),
    ("/teams/{team}", {}),
    ("/teams/{team}/members", {}),
]


@pytest.mark.parametrize(("path", "query"), OWNERS_LISTS, ids=str)
def test_lists_of_owners_are_served_by_an_index(
    large: tuple[ScimClient, dict[str, str]], path: str, query: dict[str, str]
) -> None:
    scim, ids = large
    api = make_api(scim.app, Organization(scim.organization_id, "", scim.token))
    filled = {name: value.format(**ids) for name, value in query.items()}

    _assert_no_scan(api, path.format(**ids), filled)


def _assert_no_scan(
    client: ScimClient | ApiClient, endpoint: str, parameters: dict[str, Any], *, whole_index: bool = False
) -> None:
    """Explain every statement of a request."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, bound: Any, *_: Any) -> None:
        statements.append((statement, bound))

    event.listen(read_engine(), "before_cursor_execute", note)
    try:
        answer = (
            client.get(endpoint, query_string=parameters)
            if isinstance(client, ScimClient)
            else client.get(endpoint, **parameters)
        )
    finally:
        event.remove(read_engine(), "before_cursor_execute", note)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    selects = [each for each in statements if each[0].startswith("SELECT")]
    assert selects
    for statement, bound in selects:
        if db.engine.dialect.name == "sqlite":
            _check_sqlite(statement, bound, whole_index=whole_index)
        else:
            _check_postgresql(statement, bound, whole_index=whole_index)


def _check_sqlite(statement: str, bound: Any, *, whole_index: bool) -> None:
    with read_engine().connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound).all()
    plan = [str(row[-1]) for row in rows]
    for step in plan:
        scanned = re.match(r"SCAN (\w+)", step)
        assert not scanned or scanned[1] not in _LARGE, f"{step}\n{statement}\n{plan}"
        if re.match(r"SEARCH users USING .*\(organization_id=\?\)$", step):
            # In the order of the index, a LIMIT ends the search after its page.
            ordered = not any("TEMP B-TREE" in each for each in plan)
            if whole_index and ordered and re.search(r"\bLIMIT \d+( OFFSET \?)?\s*$", statement):
                continue
            raise AssertionError(f"reads the whole Organization: {plan}\n{statement}")


def _check_postgresql(statement: str, bound: Any, *, whole_index: bool) -> None:
    with read_engine().connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", bound).scalar()
    for node in _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
        table = node.get("Relation Name")
        if table not in _LARGE:
            continue
        assert node["Node Type"] != "Seq Scan", f"{json.dumps(node, indent=1)}\n{statement}"
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert whole_index or read < PEOPLE / 10, f"reads {read} rows: {json.dumps(node, indent=1)}\n{statement}"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def test_the_check_finds_a_scan(large: tuple[ScimClient, dict[str, str]]) -> None:
    """Guard the guard: a filter that no index can serve is found out."""
    with pytest.raises(AssertionError):
        _assert_no_scan(large[0], "/Users", {"filter": 'nickName eq "x"'})
