"""What identity providers need of answers: each function returns one line where they do not get it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from scim_server.cli.simulation.exchange import Answer

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
Accept = Callable[[Answer], str | None]


def listed(answer: Answer) -> str | None:
    """Accept a ListResponse, empty or not: Entra takes anything else for a server without SCIM."""
    if answer.status != HTTPStatus.OK:
        return f"status {answer.status}, not 200"
    body = answer.body
    if not isinstance(body, dict) or LIST not in body.get("schemas", ()):
        return "no ListResponse"
    if type(body.get("totalResults")) is not int:
        return "totalResults is no whole number"
    if not isinstance(body.get("Resources"), list):
        return "Resources is no list"
    return _media_type(answer)


def at_most_one(answer: Answer) -> str | None:
    """Accept a ListResponse of one resource or none: nobody is matched by a name that two bear."""
    problem = listed(answer)
    if problem is None and len(answer.body["Resources"]) > 1:
        return "two resources bear one name"
    return problem


def exactly_one(answer: Answer) -> str | None:
    """Accept a ListResponse of one resource: what is taken must be found."""
    problem = at_most_one(answer)
    if problem is None and not answer.body["Resources"]:
        return "a name is taken, and nobody is found who bears it"
    return problem


def created(name: str, value: str) -> Accept:
    """Accept 201 with an id and with `name` as it was sent."""

    def accept(answer: Answer) -> str | None:
        if answer.status != HTTPStatus.CREATED:
            return f"status {answer.status}, not 201"
        return _resource(answer, {name: value}) or _media_type(answer)

    return accept


def created_or_taken(name: str, value: str) -> Accept:
    """Accept what `created` does, or a 409 by which the sender knows that it has to look for what is there."""

    def accept(answer: Answer) -> str | None:
        if answer.status != HTTPStatus.CONFLICT:
            return created(name, value)(answer)
        body = answer.body
        if not isinstance(body, dict) or ERROR not in body.get("schemas", ()) or body.get("scimType") != "uniqueness":
            return "409 without a SCIM Error of the type uniqueness"
        return _media_type(answer)

    return accept


def whole(resource_id: str, **values: Any) -> Accept:
    """Accept 200 with the resource of this id, which shows these values."""

    def accept(answer: Answer) -> str | None:
        if answer.status != HTTPStatus.OK:
            return f"status {answer.status}, not 200"
        return _resource(answer, {"id": resource_id, **values}) or _media_type(answer)

    return accept


def done(resource_id: str, **values: Any) -> Accept:
    """Accept 204 without a body, or what `whole` does: never 200 without the resource."""

    def accept(answer: Answer) -> str | None:
        if answer.status == HTTPStatus.NO_CONTENT:
            return "204 with a body" if answer.text else None
        return whole(resource_id, **values)(answer)

    return accept


def deleted(answer: Answer) -> str | None:
    """Accept 204."""
    return None if answer.status == HTTPStatus.NO_CONTENT else f"status {answer.status}, not 204"


def gone(answer: Answer) -> str | None:
    """Accept 204, or 404 where it was gone already."""
    return None if answer.status == HTTPStatus.NOT_FOUND else deleted(answer)


def described(answer: Answer) -> str | None:
    """Accept a ServiceProviderConfig whose bulk.maxOperations is a whole number."""
    if answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
        return f"status {answer.status}, or no object"
    bulk = answer.body.get("bulk")
    if not isinstance(bulk, dict) or type(bulk.get("maxOperations")) is not int:
        return "bulk.maxOperations is no whole number"
    return _media_type(answer)


def _resource(answer: Answer, values: dict[str, Any]) -> str | None:
    body = answer.body
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        return "no resource with an id"
    for name, value in values.items():
        if body.get(name) != value:
            return f"{name} is {body.get(name)!r}, not {value!r}"
    return None


def _media_type(answer: Answer) -> str | None:
    media_type = answer.content_type.partition(";")[0].strip().lower()
    if media_type in {"application/scim+json", "application/json"}:
        return None
    return f"Content-Type is {answer.content_type!r}"
