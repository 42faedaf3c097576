"""Requests drawn from the OpenAPI document (security R25): no failure, no status and no body that it does not name."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from scim_server.app import create_app
from scim_server.settings import Settings
from tests.conftest import Cast

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 20
EXAMPLES_LONG = 1_000


def labels() -> list[str]:
    """Return all operations, such as `GET /v1/organizations`."""
    with tempfile.TemporaryDirectory() as home:
        document = create_app(Settings.load(home=Path(home))).extensions["management_documentation"].document
    return [
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item if method in METHODS
    ]


METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def operations(app: Flask) -> dict[str, Any]:
    """Give all operations by label."""
    found = schemathesis.openapi.from_wsgi("/v1/openapi.json", app).get_all_operations()
    return {operation.ok().label: operation.ok() for operation in found}


@pytest.mark.parametrize("label", labels())
def test_no_undeclared_answer(
    operations: dict[str, Any], cast: Cast, label: str, request: pytest.FixtureRequest
) -> None:
    operation = operations[label]
    there = {"userId": cast.bob, "memberId": cast.bob, "teamId": cast.team}
    sent = [0]
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    examples = EXAMPLES_LONG if request.config.getoption("long") else EXAMPLES

    @settings(max_examples=examples)
    @given(case=cases, is_there=st.booleans())
    def send(case: Any, is_there: bool) -> None:
        if "organizationId" in (case.path_parameters or {}):
            case.path_parameters["organizationId"] = cast.api.organization_id
        if is_there:
            # Ids that are drawn name nothing.
            case.path_parameters |= {name: found for name, found in there.items() if name in case.path_parameters}
        case.headers["Authorization"] = f"Bearer {cast.api.token}"
        case.call_and_validate(checks=CHECKS)
        sent[0] += 1

    send()
    assert sent[0] >= min(examples, 2)
