"""What each dialect sends is what the golden exchanges recorded, and it never sends what its original does not."""

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from scim_server.cli.simulation.dialects import DIALECTS
from scim_server.cli.simulation.exchange import Kind, Request
from tests.cli.simulation.in_process import played
from tests.idp.exchange import read_cases
from tests.support.client import ScimClient

CASES = read_cases()
# Which steps of which exchanges must be among what a dialect sends, by their place.
GOLDEN = [
    ("okta", "okta/o20-exists", [0]),
    ("okta", "okta/o22-create", [0]),
    ("okta", "okta/o33-deactivate", [0]),
    ("okta", "okta/o50-find-group", [0, 2]),
    ("okta", "okta/o52-replace-with-id", [0]),
    ("okta", "okta/o53-remove-and-add", [0]),
    ("okta", "okta/o54-set-members", [0]),
    ("okta", "okta/o59-delete-group", [0]),
    ("okta-wizard", "okta/o22-create", [0]),
    ("okta-wizard", "okta/o56-put-group", [0]),
    ("entra", "entra/e2-test-connection", [0]),
    ("entra", "entra/e5-test-connection-groups", [0]),
    ("entra", "entra/e20-sequence", [0, 1]),
    ("entra", "entra/e21-create", [0]),
    ("entra", "entra/e40-text-boolean-filled", [0]),
    ("entra", "entra/e41-add-mail-filled", [0]),
    ("entra", "entra/e44-add-name-part-filled", [0]),
    ("entra", "entra/e45-extension-path-filled", [0]),
    ("entra", "entra/e48-manager-text-filled", [0]),
    ("entra", "entra/e71-create-group", [0]),
    ("entra", "entra/e73-read-group", [0]),
    ("entra", "entra/e74-rename-group", [0]),
    ("entra", "entra/e75-add-members", [0]),
    ("entra", "entra/e76-remove-one-of-three", [0]),
    ("entra-2020", "entra/e60-flagged-boolean", [0, 1]),
    ("entra-2020", "entra/e62-remove-member-by-filter", [0]),
    ("entra-2020", "entra/e74-rename-group", [1]),
    ("onelogin", "onelogin/b1-calls", [0, 4, 5, 6, 7]),
    ("jumpcloud", "jumpcloud/c1-activation", [1, 3, 4, 5, 6, 7, 8]),
    ("jumpcloud", "jumpcloud/c3-repeated-members", [0, 2]),
    ("ping", "ping/d1-default-filter", [0]),
    ("authentik", "authentik/a1-service-provider-config", [0]),
    ("authentik", "authentik/a3-find-after-conflict", [1]),
    ("authentik", "authentik/a5-patch-group", [0]),
    ("authentik", "authentik/a6-members-one-by-one", [0, 1]),
    ("authentik", "authentik/a7-reconcile", [0]),
    ("authentik", "authentik/a8-import", [0]),
]


def shapes(method: str, path: str, query: str | dict[str, str], body: Any) -> set[str]:
    """Return what is to be compared: operations one by one, made-up values masked, and all that is a form kept."""
    path, _, flag = path.partition("?")
    parts = dict(query) if isinstance(query, dict) else dict(parse_qsl(query, keep_blank_values=True))
    parts |= dict(parse_qsl(flag, keep_blank_values=True))
    parts.pop("aadOptscim062020", None)
    if "filter" in parts:
        parts["filter"] = re.sub(r'( eq )("?).*?("?)$', r"\1\2*\3", parts["filter"], flags=re.IGNORECASE)
    place = re.sub("^(/[A-Za-z]+/).+", r"\1*", path)
    start = f"{method} {place} {sorted(parts.items())}"
    if not isinstance(body, dict) or "Operations" not in body:
        return {f"{start} {masked(body)}"}
    return {f"{start} {operation(each)}" for each in body["Operations"]}


def operation(sent: dict[str, Any]) -> dict[str, Any]:
    path = re.sub(r'^members\[value eq ".*"\]$', "members[*]", sent.get("path", ""))
    value = sent.get("value")
    return {"op": sent["op"], "path": path, "value": value if value in ("True", "False") else masked(value)}


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: part if name == "schemas" else masked(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [masked(part) for part in value[:1]]
    return "*" if isinstance(value, str) else value


def of_request(request: Request) -> set[str]:
    return shapes(request.method, request.path, request.query, request.body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sends_what_was_recorded_and_gets_what_it_needs(dialect: str, scim: ScimClient) -> None:
    sent, record = played(dialect, scim)
    assert record.failures == []
    seen = set().union(*map(of_request, sent))
    for _, name, steps in [each for each in GOLDEN if each[0] == dialect]:
        for number in steps:
            golden = CASES[name]["steps"][number]["request"]
            for shape in shapes(golden["method"], golden["path"], golden.get("query", ""), golden.get("body")):
                assert shape in seen, f"{name}, step {number}: {shape}"
            headers = golden.get("headers", {})
            assert any(headers.items() <= request.headers.items() for request in sent), name
    check_habits(dialect, sent)


def check_habits(dialect: str, sent: list[Request]) -> None:
    methods = {request.method for request in sent}
    operations = [each["op"] for request in sent if request.method == "PATCH" for each in request.body["Operations"]]
    kinds = [request.kind for request in sent]
    if dialect == "okta-wizard":
        assert "PATCH" not in methods
    if dialect.startswith("okta"):
        assert not any(request.method == "DELETE" and request.path.startswith("/Users") for request in sent)
        assert {request.headers["User-Agent"] for request in sent} == {"Okta SCIM Client 1.0.0"}
        assert all("Content-Type" in request.headers for request in sent)
    if dialect == "entra":
        assert set(operations) == {"Add", "Remove", "Replace"}
    if dialect == "entra-2020":
        assert set(operations) == {"add", "remove", "replace"}
        assert all("aadOptscim062020" in request.query for request in sent)
        (merged,) = {
            frozenset(each["value"])
            for request in sent
            for each in (request.body or {}).get("Operations", [])
            if each["op"] == "replace" and request.kind is Kind.UPDATE_USER
        }
        assert merged < set(CASES["entra/e61-merged-replace"]["steps"][0]["request"]["body"]["Operations"][0]["value"])
    if dialect.startswith("entra"):
        assert "PUT" not in methods
    if dialect == "authentik":
        assert kinds.index(Kind.CREATE_USER) == 1
        assert Kind.FIND_USER in kinds  # after the conflict of a second start
    else:
        assert kinds.index(Kind.CREATE_GROUP) > kinds.index(Kind.CREATE_USER) > kinds.index(Kind.FIND_USER)


def test_every_dialect_has_its_recordings() -> None:
    assert {dialect for dialect, _, _ in GOLDEN} == set(DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("users", "groups"), [(1, 0), (2, 2)])
def test_any_size_works(dialect: str, users: int, groups: int, app: object, scim: ScimClient) -> None:
    _, record = played(dialect, scim, users=users, groups=groups)
    assert record.failures == []
    # And again, on what is there.
    _, record = played(dialect, scim, users=users, groups=groups)
    assert record.failures == []
