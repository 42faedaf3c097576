"""Read a golden exchange from its file and play it against a server; README.md describes the format."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from scim_server.connections.service import change_connection
from scim_server.organizations.schemas import register_extension
from tests.conftest import OPERATOR
from tests.idp.matching import ABSENT, mismatches, resolve
from tests.support.client import GROUP, SCIM, USER, ScimClient

FOLDER = Path(__file__).parent
_PARTS = {"items", "about", "organization", "before", "steps", "after"}
_ORGANIZATION = {"automatic_membership", "refuse_unknown_members", "extension"}


def read_cases() -> dict[str, dict[str, Any]]:
    """Return every case by its name, such as `entra/e76-remove-one`."""
    files = sorted(FOLDER.glob("*/*.json"))
    return {f"{file.parent.name}/{file.stem}": json.loads(file.read_text(encoding="utf-8")) for file in files}


def play(case: dict[str, Any], scim: ScimClient) -> None:
    """Prepare the Organization, send the requests, compare each answer, and then the state that is left."""
    assert not set(case) - _PARTS, f"unknown parts {set(case) - _PARTS}"
    _set_up(case.get("organization", {}), scim)
    names: dict[str, Any] = {"organization": {"id": scim.organization_id, "base": scim.base}}
    for name, body in case.get("before", {}).items():
        names[name] = _create(resolve(body, names), scim)
    for number, step in enumerate(case["steps"], 1):
        answer = _send(resolve(step["request"], names), scim)
        found = _compare(resolve(step["response"], names), answer)
        assert not found, f"step {number}: {'; '.join(found)}\n{answer.get_data(as_text=True)}"
        if "as" in step:
            names[step["as"]] = answer.get_json(force=True)
    after = resolve(case.get("after", {}), names)
    for path, expected in after.get("present", {}).items():
        answer = _send({"method": "GET", "path": path}, scim)
        found = _compare({"status": 200, "body": expected}, answer)
        assert not found, f"after, {path}: {'; '.join(found)}\n{answer.get_data(as_text=True)}"
    for path in after.get("absent", []):
        assert _send({"method": "GET", "path": path}, scim).status_code == 404, f"after, {path} should be gone"


def _set_up(settings: dict[str, Any], scim: ScimClient) -> None:
    assert not set(settings) - _ORGANIZATION, f"unknown settings {set(settings) - _ORGANIZATION}"
    change_connection(
        scim.organization_id,
        OPERATOR,
        automatic_membership=settings.get("automatic_membership", "ORGANIZATION_MEMBER"),
        unknown_members="refuse" if settings.get("refuse_unknown_members") else "skip",
    )
    if "extension" in settings:
        register_extension(scim.organization_id, OPERATOR, resource_type="User", document=settings["extension"])


def _create(body: dict[str, Any], scim: ScimClient) -> Any:
    path, schema = ("/Users", USER) if "userName" in body else ("/Groups", GROUP)
    answer = scim.post(path, {"schemas": [schema], **body})
    assert answer.status_code == 201, f"before: {answer.get_data(as_text=True)}"
    return answer.get_json(force=True)


def _send(request: dict[str, Any], scim: ScimClient) -> TestResponse:
    path, _, query = request["path"].partition("?")
    query = request.get("query", query)
    arguments: dict[str, Any] = {"query_string": urlencode(query) if isinstance(query, dict) else query}
    headers = dict(request.get("headers", {}))
    if "body" in request:
        body = request["body"]
        arguments["data"] = body if isinstance(body, str) else json.dumps(body)
        headers.setdefault("Content-Type", SCIM)
    return scim.request(request["method"], path, headers=headers, **arguments)


def _compare(expected: dict[str, Any], answer: TestResponse) -> list[str]:
    if answer.status_code != expected["status"]:
        return [f"status is {answer.status_code}, not {expected['status']}"]
    found = []
    for name, value in expected.get("headers", {}).items():
        found += mismatches(value, answer.headers.get(name, ABSENT), name)
    if expected.get("body") == "$absent":
        return found + (["there is a body"] if answer.get_data() else [])
    if "body" in expected:
        found += mismatches(expected["body"], answer.get_json(force=True))
    return found
