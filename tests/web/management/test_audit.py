"""The audit log over the API: pages, filters, names, and the export."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from scim_server.audit import listing
from scim_server.audit.chain import seal
from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.database import transaction
from tests.conftest import OPERATOR, Cast, Organization, make_api
from tests.support.api import ApiClient, good, refused
from tests.support.client import ScimClient
from tests.web.test_statements import counted


def write(organization_id: str, *events: Event, origin: Origin = OPERATOR) -> None:
    with transaction() as connection:
        record(connection, organization_id, origin, events)


def events(api: ApiClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(api.get("/audit-events", **query))["auditEvents"]
    return found


def test_an_event_says_who_did_what_to_whom(api: ApiClient, scim: ScimClient) -> None:
    user = scim.create_user("ada@acme.example", displayName="Ada")
    scim.patch(f"/Users/{user['id']}", {"op": "replace", "path": "displayName", "value": "Ada L."})

    event = events(api, targetId=user["id"], limit=1)[0]

    assert event["action"] == "scim:user:updated"
    assert event["target"] == {"id": user["id"], "type": "User", "name": "Ada L."}
    assert event["actor"]["type"] == "SERVICEKEY"
    assert event["actor"]["name"] == "tests"
    assert event["changes"] == {"displayName": {"before": "Ada", "after": "Ada L."}}
    assert event["sourceIp"] == "127.0.0.1"
    assert event["position"] is None
    seal(api.organization_id)
    assert events(api, targetId=user["id"], limit=1)[0]["position"] > 1


def test_pages_hold_each_event_once_while_more_are_written(api: ApiClient, organization: Organization) -> None:
    write(organization.id, *(Event("owner:thing:made", "Thing", str(number), {}) for number in range(25)))
    query: dict[str, Any] = {"targetType": "Thing", "limit": 10}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        body = good(api.get("/audit-events", **query, **({"cursor": cursor} if cursor else {})))
        seen += [event["target"]["id"] for event in body["auditEvents"]]
        write(organization.id, Event("owner:thing:made", "Thing", "late", {}))
        cursor = body["nextCursor"]
        if cursor is None:
            break

    assert seen == [str(number) for number in reversed(range(25))]


def test_a_cursor_belongs_to_its_query_and_organization(cast: Cast) -> None:
    cursor = good(cast.api.get("/audit-events", limit=1))["nextCursor"]

    assert cast.api.get("/audit-events", limit=1, cursor=cursor).status_code == 200
    refused(cast.api.get("/audit-events", limit=1, cursor=cursor, targetType="User"), 400)
    refused(cast.charlies_api.get("/audit-events", limit=1, cursor=cursor), 400)
    refused(cast.api.get("/audit-events", limit=1, cursor="nonsense"), 400)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "owner:thing:"}, {"1", "2"}),
        ({"action": "owner:thing:made"}, {"1"}),
        ({"action": "owner:thing:%"}, set()),
        ({"targetId": "2"}, {"2"}),
        ({"targetType": "Other"}, {"3"}),
        ({"actorId": "eve"}, {"3"}),
        ({"search": "GREEN"}, {"2"}),
        ({"search": "50%"}, {"1"}),
        ({"search": "eve b", "targetType": "Other"}, {"3"}),
        ({"search": "nothing like it"}, set()),
    ],
)
def test_filters(api: ApiClient, organization: Organization, query: dict[str, str], found: set[str]) -> None:
    write(
        organization.id,
        Event("owner:thing:made", "Thing", "1", {"note": [None, "50% off"]}),
        Event("owner:thing:sold", "Thing", "2", {"colour": ["Green", "red"]}),
    )
    eve = Origin(ActorType.USER, "eve", "Eve Black")
    write(organization.id, Event("owner:other:made", "Other", "3", {"note": [None, "50x off"]}), origin=eve)

    assert {event["target"]["id"] for event in events(api, **query)} == found


def test_periods(api: ApiClient, organization: Organization) -> None:
    write(organization.id, Event("owner:thing:made", "Thing", "1", {}))
    (event,) = events(api, targetType="Thing")
    moment = datetime.fromisoformat(event["timestamp"])
    day = moment.date().isoformat()
    after = (moment + timedelta(microseconds=1)).isoformat()

    def number(**query: str) -> int:
        body = good(api.get("/audit-events", targetType="Thing", **query))
        return len(body["auditEvents"])

    assert number(**{"from": event["timestamp"]}) == 1
    assert number(**{"from": after}) == 0
    assert number(to=event["timestamp"]) == 0
    assert number(to=after) == 1
    assert number(**{"from": day, "to": day}) == 1
    assert number(to=(moment - timedelta(days=1)).date().isoformat()) == 0
    assert number(**{"from": (moment + timedelta(days=1)).date().isoformat()}) == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "0001-01-01T00:00:00+23:59"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"search": ""}, "search"),
        ({"search": "a\0b"}, "search"),
        ({"action": "x" * 201}, "action"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_queries(api: ApiClient, query: dict[str, str], field: str) -> None:
    refused(api.get("/audit-events", **query), 400, field)


def test_AV02_a_page_costs_a_constant_number_of_statements(api: ApiClient, scim: ScimClient) -> None:
    def cost() -> int:
        with counted() as statements:
            good(api.get("/audit-events", limit=100))
        return len(statements)

    scim.create_user("first@acme.example")
    scim.create_group("First")
    cost()
    few = cost()
    for number in range(12):
        scim.create_user(f"user{number}@acme.example")
        scim.create_group(f"Team {number}")

    assert cost() == few == 5


def test_export_in_each_form(cast: Cast) -> None:
    compressed = cast.api.get("/audit-logs")
    plain = cast.api.get("/audit-logs", format="ndjson")
    accepted = cast.api.request("GET", "/audit-logs", headers={"Accept": "application/x-ndjson"})
    table = cast.api.request("GET", "/audit-logs", headers={"Accept": "text/csv"})

    assert compressed.mimetype == "application/octet-stream"
    assert ".ndjson.gz" in compressed.headers["Content-Disposition"]
    assert gzip.decompress(compressed.get_data()) == plain.get_data() == accepted.get_data()
    lines = [json.loads(line) for line in plain.get_data(as_text=True).splitlines()]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    first = lines[0]
    assert first["organizationId"] == cast.api.organization_id
    assert first["subjectType"] == "OPERATOR"
    for name in ("subjectId", "timestamp", "sourceIp", "userAgent", "requestId", "action", "targetId", "changes"):
        assert name in first
    rows = list(csv.DictReader(io.StringIO(table.get_data(as_text=True))))
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert json.loads(rows[-1]["changes"]) == lines[-1]["changes"]


def test_export_of_nothing(api: ApiClient) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()

    assert gzip.decompress(api.get("/audit-logs", startDate=tomorrow).get_data()) == b""
    assert api.get("/audit-logs", startDate=tomorrow, format="csv").get_data().startswith(b"timestamp,action")
    refused(api.get("/audit-logs", startDate="2026-01-02", endDate="2026-01-01"), 400, "endDate")
    refused(api.get("/audit-logs", format="xlsx"), 400, "format")


def test_export_reads_in_pieces(
    app: Flask, api: ApiClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer begins before all is read, and holds each event once whatever is written meanwhile."""
    monkeypatch.setattr(listing, "EXPORT_BATCH", 10)
    write(organization.id, *(Event("owner:thing:made", "Thing", str(number), {}) for number in range(35)))

    answer = api.request("GET", "/audit-logs", query_string={"format": "ndjson"}, buffered=False)
    pieces = iter(answer.response)
    first = next(pieces)

    assert first.count(b"\n") == 10
    write(organization.id, Event("owner:thing:made", "Thing", "late", {}))
    rest = b"".join(pieces)
    targets = [json.loads(line)["targetId"] for line in (first + rest).splitlines()]
    assert targets[-36:] == [*map(str, range(35)), "late"]


def test_members_do_not_read_it(app: Flask, organization: Organization) -> None:
    member = make_api(app, organization, "ORGANIZATION_MEMBER")

    assert "organization.auditLogs.get" in refused(member.get("/audit-events"), 403)
    refused(member.get("/audit-logs"), 403)
