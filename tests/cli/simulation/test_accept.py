"""What an identity provider needs of an answer: good ones pass, and each spoiled one is named."""

from typing import Any

import pytest

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.exchange import Answer

SCIM = "application/scim+json"
LISTED = {"schemas": [accept.LIST], "totalResults": 0, "Resources": []}
TAKEN = {"schemas": [accept.ERROR], "status": "409", "scimType": "uniqueness"}
ADA = {"id": "1", "userName": "Ada", "active": True}
CREATED = accept.created("userName", "Ada")
TABLE: list[tuple[accept.Accept, int, Any, str | None]] = [
    (accept.listed, 200, LISTED, None),
    (accept.listed, 404, LISTED, "status 404, not 200"),
    (accept.listed, 200, [], "no ListResponse"),
    (accept.listed, 200, None, "no ListResponse"),
    (accept.listed, 200, {**LISTED, "schemas": []}, "no ListResponse"),
    (accept.listed, 200, {**LISTED, "totalResults": "0"}, "totalResults is no whole number"),
    (accept.listed, 200, {**LISTED, "totalResults": True}, "totalResults is no whole number"),
    (accept.listed, 200, {**LISTED, "Resources": None}, "Resources is no list"),
    (accept.at_most_one, 200, LISTED, None),
    (accept.at_most_one, 200, {**LISTED, "Resources": [ADA, ADA]}, "two resources bear one name"),
    (accept.exactly_one, 200, {**LISTED, "Resources": [ADA]}, None),
    (accept.exactly_one, 200, LISTED, "a name is taken, and nobody is found who bears it"),
    (CREATED, 201, ADA, None),
    (CREATED, 200, ADA, "status 200, not 201"),
    (CREATED, 201, None, "no resource with an id"),
    (CREATED, 201, {**ADA, "id": 1}, "no resource with an id"),
    (CREATED, 201, {**ADA, "id": ""}, "no resource with an id"),
    (CREATED, 201, {**ADA, "userName": "ada"}, "userName is 'ada', not 'Ada'"),
    (accept.created_or_taken("userName", "Ada"), 201, ADA, None),
    (accept.created_or_taken("userName", "Ada"), 409, TAKEN, None),
    (
        accept.created_or_taken("userName", "Ada"),
        409,
        {**TAKEN, "scimType": None},
        "409 without a SCIM Error of the type uniqueness",
    ),
    (accept.whole("1", active=True), 200, ADA, None),
    (accept.whole("1"), 204, None, "status 204, not 200"),
    (accept.whole("2"), 200, ADA, "id is '1', not '2'"),
    (accept.whole("1", active=False), 200, ADA, "active is True, not False"),
    (accept.done("1"), 204, None, None),
    (accept.done("1"), 200, ADA, None),
    (accept.done("1"), 200, None, "no resource with an id"),
    (accept.deleted, 204, None, None),
    (accept.deleted, 200, None, "status 200, not 204"),
    (accept.gone, 404, None, None),
    (accept.described, 200, {"bulk": {"maxOperations": 1000}}, None),
    (accept.described, 200, {}, "bulk.maxOperations is no whole number"),
    (accept.described, 500, {}, "status 500, or no object"),
]


@pytest.mark.parametrize(("accepted", "status", "body", "problem"), TABLE)
def test_answers(accepted: accept.Accept, status: int, body: Any, problem: str | None) -> None:
    assert accepted(Answer(status, body, "", SCIM)) == problem


@pytest.mark.parametrize("accepted", [accept.listed, CREATED, accept.whole("1")])
def test_html_is_no_answer(accepted: accept.Accept) -> None:
    body, status = (LISTED, 200) if accepted is accept.listed else (ADA, 201 if accepted is CREATED else 200)
    assert (
        accepted(Answer(status, body, "", "text/html; charset=utf-8")) == "Content-Type is 'text/html; charset=utf-8'"
    )


def test_a_body_of_204_is_told() -> None:
    assert accept.done("1")(Answer(204, None, "x")) == "204 with a body"
